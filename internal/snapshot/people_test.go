package snapshot

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestCandidatesAreBounded holds that so many people are looked up along the way, and no
// more.
func TestCandidatesAreBounded(t *testing.T) {
	t.Parallel()
	for _, people := range []int{maxCandidates - 1, maxCandidates, 2 * maxCandidates} {
		l := &Reading{}
		l.Snapshot.Rules.Asking.Max = 5
		for i := range people {
			l.deciders = append(l.deciders, ownership.Owner{Login: fmt.Sprint("m", i)})
		}
		if got, want := len(New(Config{}, nil, nil).mayBeAsked(l)), min(people, maxCandidates); got != want {
			t.Errorf("%d of %d people are looked up, want %d", got, people, want)
		}
	}
}

// directory knows one account.
type directory struct{ asked [][]string }

func (d *directory) Addressees(_ context.Context, _ pull.Repo, emails []string) (map[string]pull.Person, string, error) {
	d.asked = append(d.asked, emails)
	return map[string]pull.Person{"bob@example.org": {Login: "bob", ID: 2}}, "", nil
}

// TestAddresseesAreBounded holds that one evaluation looks so many addresses up and no
// more, that the others come at the next ones, also when those before are no longer known,
// and that an old answer is better than none.
func TestAddresseesAreBounded(t *testing.T) {
	t.Parallel()
	commit := pull.Commit{ID: "c", Signed: []pull.Signature{{Part: pull.CoAuthor, Email: "bob@example.org"}}}
	for i := range 2*maxAddressees + 1 {
		commit.Signed = append(commit.Signed, pull.Signature{Part: pull.CoAuthor, Email: fmt.Sprintf("p%02d@example.org", i)})
	}
	d := &directory{}
	raised := 0
	g := New(Config{Directory: d, Log: slog.New(slog.DiscardHandler), Raise: func(context.Context, ...pull.Ref) error {
		raised++
		return nil
	}}, nil, nil)
	asked := map[string]bool{}
	for i, want := range []int{maxAddressees, maxAddressees, 10} {
		l := &Reading{}
		l.Snapshot.Request = pull.Request{Ref: pull.Ref{Repo: linux}, Commits: []pull.Commit{commit}}
		l.Snapshot.Now = hour(1).Add(time.Duration(i) * 25 * time.Hour)
		if err := g.addressees(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if len(d.asked) != i+1 || len(d.asked[i]) != want {
			t.Fatalf("evaluation %d looks up %v, want %d", i+1, d.asked, want)
		}
		for _, email := range d.asked[i] {
			asked[email] = true
		}
		if rest := len(asked) < len(commit.Signed); rest != (len(l.Snapshot.Faults) > 0) || rest != (raised == i+1) {
			t.Errorf("evaluation %d: faults %v, %d follow", i+1, l.Snapshot.Faults, raised)
		}
		if !slices.ContainsFunc(l.Snapshot.Addressees, func(a authors.Addressee) bool { return a.Person.Login == "bob" }) {
			t.Errorf("evaluation %d does not know whose the first address is: %v", i+1, l.Snapshot.Addressees)
		}
	}
	if len(asked) != len(commit.Signed) {
		t.Errorf("%d addresses were looked up of %d", len(asked), len(commit.Signed))
	}
	for i := range maxNamed {
		commit.Signed = append(commit.Signed, pull.Signature{Part: pull.CoAuthor, Email: fmt.Sprintf("q%03d@example.org", i)})
	}
	l := &Reading{}
	l.Snapshot.Request = pull.Request{Ref: pull.Ref{Repo: linux}, Commits: []pull.Commit{commit}}
	raised = 0
	if err := g.addressees(t.Context(), l); err != nil || raised > 0 || len(l.Snapshot.Faults) != 1 ||
		!strings.Contains(l.Snapshot.Faults[0].Text, "merge fewer at once") {
		t.Errorf("beyond %d: %v, %d follow, faults %v", maxNamed, err, raised, l.Snapshot.Faults)
	}
}
