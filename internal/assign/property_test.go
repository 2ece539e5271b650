package assign_test

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/assign"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
)

var people = []string{"a", "b", "c", "d", "e", "f", "g"}

// world draws a request of few files and people, with all that the rule knows:
// thresholds, caps, floors, protected files, several needs a file, several
// approvals a need.
func world(t *rapid.T) assign.Input {
	crew := func(label string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 4, rapid.ID[string]).Draw(t, label)
	}
	var files []policy.FileVerdict
	for i := range rapid.IntRange(1, 7).Draw(t, "files") {
		f := policy.FileVerdict{Path: fmt.Sprint("f", i), State: policy.Unreviewed, Protected: rapid.IntRange(0, 5).Draw(t, "protected") == 0,
			Subsystems: []string{fmt.Sprint("s", rapid.IntRange(0, 2).Draw(t, "subsystem"))}}
		for range rapid.IntRange(0, 2).Draw(t, "needs") {
			f.Needs = append(f.Needs, policy.Need{Missing: rapid.IntRange(1, 2).Draw(t, "missing"), Candidates: crew("who")})
		}
		if len(f.Needs) == 0 {
			f.State = policy.Reviewed
		}
		if rapid.Bool().Draw(t, "floor") {
			f.OwnNeeds = []policy.Need{{Missing: 1, Candidates: crew("own")}}
		}
		files = append(files, f)
	}
	in := input(t, rapid.SampledFrom([]string{"100%", "60%", "> 50%", "0%"}).Draw(t, "threshold"), files...)
	in.Rules.MaxUnreviewed = rapid.IntRange(-1, 3).Draw(t, "cap")
	if rapid.Bool().Draw(t, "untouched") {
		in.Rules.Untouched = policy.UntouchedBlocks
	}
	floor, err := share.ParseThreshold("50%")
	if err != nil {
		t.Fatal(err)
	}
	in.Verdict.Subsystems[0].Floor = floor
	in.Rules.Asking.Max = rapid.IntRange(0, 6).Draw(t, "max")
	in.Rules.Asking.Strategy = rapid.SampledFrom([]policy.Strategy{policy.AskCover, policy.AskBalance, policy.AskAll}).Draw(t, "strategy")
	in.Asked = rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 2, rapid.ID[string]).Draw(t, "asked")
	in.Never = rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 2, rapid.ID[string]).Draw(t, "never")
	in.Load, in.Knows = map[string]float64{}, map[string]float64{}
	for _, who := range people {
		in.Load[who] = float64(rapid.IntRange(0, 4).Draw(t, "load"))
		in.Knows[who] = float64(rapid.IntRange(0, 4).Draw(t, "knows"))
	}
	return in
}

// opens is the rule written plainly: whether these approvals open the gate.
func opens(in assign.Input, who []string) bool {
	met := func(needs []policy.Need) bool {
		for _, n := range needs {
			got := 0
			for _, c := range n.Candidates {
				if slices.Contains(who, c) {
					got++
				}
			}
			if got < n.Missing {
				return false
			}
		}
		return true
	}
	var total share.Ratio
	rows, own := map[string]*share.Ratio{}, map[string]*share.Ratio{}
	for _, f := range in.Verdict.Files {
		reviewed := met(f.Needs)
		if f.Protected && !reviewed {
			return false
		}
		total.Add(reviewed)
		for _, s := range f.Subsystems {
			if rows[s] == nil {
				rows[s], own[s] = &share.Ratio{}, &share.Ratio{}
			}
			rows[s].Add(reviewed)
			own[s].Add(met(f.OwnNeeds) && (reviewed || len(f.OwnNeeds) > 0))
		}
	}
	for _, s := range in.Verdict.Subsystems {
		if !s.Floor.Holds(*own[s.Name]) || in.Rules.Untouched == policy.UntouchedBlocks && rows[s.Name].Reviewed == 0 {
			return false
		}
	}
	return in.Rules.Threshold.Holds(total) && (in.Rules.MaxUnreviewed < 0 || total.Unreviewed() <= in.Rules.MaxUnreviewed)
}

// smallest tries all sets of those who may be asked: the size of the smallest
// that suffices within max, -1 if none does.
func smallest(in assign.Input) int {
	best := -1
	for set := range 1 << len(people) {
		who := slices.Clone(in.Asked)
		ok := true
		for i, p := range people {
			if set>>i&1 == 1 {
				ok = ok && !slices.Contains(in.Asked, p) && !slices.Contains(in.Never, p)
				who = append(who, p)
			}
		}
		n := bits.OnesCount(uint(set))
		if ok && (n == 0 || n+len(in.Asked) <= in.Rules.Asking.Max) && (best < 0 || n < best) && opens(in, who) {
			best = n
		}
	}
	return best
}

// worth is what a set knows, discounted by its load as if so many people were
// needed.
func worth(in assign.Input, set []string, needed int) float64 {
	sum := 0.0
	for _, who := range set {
		sum += in.Knows[who] / math.Pow(1+in.Load[who], 1/float64(needed))
	}
	return sum
}

// mostWorth is the most that a sufficing set of a size is worth.
func mostWorth(in assign.Input, size, needed int) float64 {
	most := -1.0
	for set := range 1 << len(people) {
		var who []string
		ok := bits.OnesCount(uint(set)) == size
		for i, p := range people {
			if set>>i&1 == 1 {
				ok = ok && !slices.Contains(in.Asked, p) && !slices.Contains(in.Never, p)
				who = append(who, p)
			}
		}
		if ok && worth(in, who, needed) > most && opens(in, slices.Concat(in.Asked, who)) {
			most = worth(in, who, needed)
		}
	}
	return most
}

// TestSuffices holds on random requests: where some people within max suffice,
// the chosen do, by whatever strategy; cover takes the fewest, so nobody of them
// can be left out; nobody is asked who is not to be; max holds.
func TestSuffices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := world(t)
		choice := assign.Choose(in)
		got := choose(in)
		if diff := cmp.Diff(choice, assign.Choose(in)); diff != "" {
			t.Fatalf("another choice:\n%s", diff)
		}
		if len(got) > 0 && len(got)+len(in.Asked) > in.Rules.Asking.Max {
			t.Fatalf("%v beside %v are more than %d", got, in.Asked, in.Rules.Asking.Max)
		}
		for i, who := range got {
			if slices.Contains(in.Asked, who) || slices.Contains(in.Never, who) || slices.Contains(got[:i], who) {
				t.Fatalf("%s is asked among %v", who, got)
			}
		}
		enough := opens(in, slices.Concat(in.Asked, got))
		if enough != choice.Enough {
			t.Fatalf("%v: enough %v, want %v", got, choice.Enough, enough)
		}
		best := smallest(in)
		if best >= 0 && !enough && in.Rules.Asking.Strategy != policy.AskAll {
			t.Fatalf("%v do not suffice, %d others would", got, best)
		}
		if in.Rules.Asking.Strategy == policy.AskCover && best >= 0 && len(got) != best {
			t.Fatalf("%v, but %d people suffice", got, best)
		}
		if in.Rules.Asking.Strategy == policy.AskCover && best > 0 {
			// How many are needed is what the greedy choice says.
			worthiest := false
			for needed := best; needed <= in.Rules.Asking.Max; needed++ {
				worthiest = worthiest || math.Abs(worth(in, got, needed)-mostWorth(in, best, needed)) < 1e-6
			}
			if !worthiest {
				t.Fatalf("%v are worth less than as many others who suffice", got)
			}
		}
		if in.Rules.Asking.Strategy == policy.AskBalance && enough {
			for i := range got {
				if opens(in, slices.Concat(in.Asked, got[:i], got[i+1:])) {
					t.Fatalf("%v suffice without %s", got, got[i])
				}
			}
		}
	})
}

// TestOrderDoesNotMatter: files, candidates and lists in another order choose
// the same people.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := world(t)
		want := choose(in)
		slices.Reverse(in.Verdict.Files)
		slices.Reverse(in.Asked)
		slices.Reverse(in.Never)
		for i := range in.Verdict.Files {
			for _, n := range in.Verdict.Files[i].Needs {
				slices.Reverse(n.Candidates)
			}
		}
		if diff := cmp.Diff(want, choose(in)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
