package storetest

import (
	"fmt"
	"testing"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Benchmark measures what an evaluation reads and writes, of a pull request with few and
// with many facts.
func Benchmark(b *testing.B, s Store) {
	for number, each := range []int{1, 10} {
		b.Run(fmt.Sprint("each=", each), func(b *testing.B) { benchmark(b, s, ref(number+1), each) })
	}
}

// benchmark is on a pull request of which five evaluations remembered so many facts of each
// kind.
func benchmark(b *testing.B, s Store, r pull.Ref, each int) {
	remember := func(f history.Update) {
		b.Helper()
		if err := s.Remember(b.Context(), r, f); err != nil {
			b.Fatal(err)
		}
	}
	for i := range 5 {
		remember(past(i, each))
	}
	b.Run("Recall", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Recall(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("RememberComment", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			remember(history.Update{Comment: &history.CommentRecord{ID: fmt.Sprint(i), Digest: "d"}})
		}
	})
	b.Run("RememberAgain", func(b *testing.B) {
		f := past(0, each)
		f.Head, f.Sighting = nil, nil
		b.ReportAllocs()
		for b.Loop() {
			remember(f)
		}
	})
}

// past is what one of some evaluations remembers.
func past(i, each int) history.Update {
	f := facts(1)
	f.Known = nil
	f.Head.ID, f.Head.SeenAt = fmt.Sprint("h", i), at(i)
	f.Sighting = &pull.Sighting{Number: i + 1, Head: f.Head.ID, BaseBranch: "main", BaseTip: "t1", At: at(i)}
	f.Asked, f.Accounts, f.Cancels, f.Labels, f.Objections = nil, nil, nil, nil, nil
	for j := range each {
		who := fmt.Sprintf("person-%d-%d", i, j)
		f.Asked = append(f.Asked, requests.Requested{Head: f.Head.ID, Login: who, At: at(i),
			Why: policy.RequestVerdict{Files: 2, Subsystems: []string{"mm"}, Load: 0.5}})
		f.Accounts = append(f.Accounts, history.Account{Login: who, ID: int64(10*i + j)})
		f.Cancels = append(f.Cancels, policy.Cancel{Who: pull.Person{Login: who, ID: int64(j)}, At: at(i)})
		f.Labels = append(f.Labels, history.LabelRecord{Name: fmt.Sprint("label-", i, "-", j), At: at(i), Done: true})
		f.Sights = append(f.Sights, pull.Sight{Review: int64(10*i + j), State: pull.Approved, Commit: f.Head.ID, In: i + 1})
		f.Objections = append(f.Objections, pull.Objection{Review: int64(10*i + j), Author: pull.Person{Login: who}, At: at(i)})
	}
	return f
}
