package assign_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/assign"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
)

// unreviewed is a file that needs one approval from some people.
func unreviewed(path, subsystem string, who ...string) policy.FileVerdict {
	return policy.FileVerdict{Path: path, State: policy.Unreviewed, Subsystems: []string{subsystem},
		Needs: []policy.Need{{Path: path, Missing: 1, Candidates: who}}}
}

func input(t interface{ Fatal(...any) }, threshold string, files ...policy.FileVerdict) assign.Input {
	limit, err := share.ParseThreshold(threshold)
	if err != nil {
		t.Fatal(err)
	}
	v := policy.Verdict{Threshold: limit, Files: files}
	for _, f := range files {
		for _, s := range f.Subsystems {
			if !slices.ContainsFunc(v.Subsystems, func(r policy.SubsystemVerdict) bool { return r.Name == s }) {
				v.Subsystems = append(v.Subsystems, policy.SubsystemVerdict{Name: s})
			}
		}
	}
	return assign.Input{Verdict: v, Room: 15, Seed: "github:acme/linux#1",
		Rules: policy.Rules{Threshold: limit, MaxUnreviewed: -1, Asking: policy.Asking{Max: 5, Strategy: policy.AskCover}, Untouched: policy.UntouchedAllowed}}
}

// choose gives the names of those who are to be asked.
func choose(in assign.Input) []string {
	var names []string
	for _, p := range assign.Choose(in).Ask {
		names = append(names, p.Who)
	}
	return names
}

func TestChoose(t *testing.T) {
	t.Parallel()
	files := []policy.FileVerdict{
		unreviewed("mm/a", "mm", "alice", "bob"), unreviewed("mm/b", "mm", "alice"),
		unreviewed("fs/a", "fs", "bob"), unreviewed("fs/b", "fs", "bob", "carol"), unreviewed("net/a", "net", "erin"),
	}
	tests := map[string]struct {
		change func(*assign.Input)
		want   []string
	}{
		"all":                     {func(*assign.Input) {}, []string{"bob", "alice", "erin"}},
		"at most one":             {func(in *assign.Input) { in.Rules.Asking.Max = 1 }, []string{"bob"}},
		"already asked":           {func(in *assign.Input) { in.Asked = []string{"Bob"} }, []string{"alice", "erin"}},
		"never":                   {func(in *assign.Input) { in.Never = []string{"bob"} }, []string{"alice", "carol", "erin"}},
		"nobody":                  {func(in *assign.Input) { in.Rules.Asking.Max = 0 }, nil},
		"asked people use up max": {func(in *assign.Input) { in.Asked, in.Rules.Asking.Max = []string{"x", "y"}, 2 }, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input(t, "100%", files...)
			tt.change(&in)
			got := choose(in)
			slices.Sort(got)
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestChooseStopsAtTheThreshold(t *testing.T) {
	t.Parallel()
	in := input(t, "60%", unreviewed("a", "s", "alice"), unreviewed("b", "s", "alice"), unreviewed("c", "s", "alice"),
		unreviewed("d", "s", "bob"), unreviewed("e", "s", "carol"))
	if diff := cmp.Diff([]string{"alice"}, choose(in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	in.Verdict.Files[3].Protected = true
	got := choose(in)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"alice", "bob"}, got); diff != "" {
		t.Errorf("protected (-want +got):\n%s", diff)
	}
}

func TestChooseMeetsFloors(t *testing.T) {
	t.Parallel()
	f := unreviewed("mm/a", "mm", "alice", "bob")
	f.State, f.Needs = policy.Reviewed, nil
	f.OwnNeeds = []policy.Need{{Path: "mm/a", Missing: 1, Candidates: []string{"alice"}}}
	in := input(t, "0%", f)
	in.Verdict.Subsystems[0].Floor = in.Rules.Threshold
	if got := choose(in); got != nil {
		t.Errorf("a floor of 0%% asks %v", got)
	}
	floor, err := share.ParseThreshold("100%")
	if err != nil {
		t.Fatal(err)
	}
	in.Verdict.Subsystems[0].Floor = floor
	if diff := cmp.Diff([]string{"alice"}, choose(in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadBreaksTies(t *testing.T) {
	t.Parallel()
	in := input(t, "100%", unreviewed("a", "s", "alice", "bob", "carol"))
	in.Load = map[string]float64{"alice": 3, "bob": 1, "carol": 2}
	if diff := cmp.Diff([]string{"bob"}, choose(in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestChosenSetSuffices holds, on random requests: within max the chosen people
// meet every need that somebody can meet, nobody chosen is superfluous, and the
// choice is the same each time.
func TestChosenSetSuffices(t *testing.T) {
	t.Parallel()
	people := []string{"a", "b", "c", "d", "e", "f"}
	rapid.Check(t, func(t *rapid.T) {
		var files []policy.FileVerdict
		for i := range rapid.IntRange(1, 8).Draw(t, "files") {
			who := rapid.SliceOfNDistinct(rapid.SampledFrom(people), 1, 3, rapid.ID[string]).Draw(t, "who")
			files = append(files, unreviewed(fmt.Sprint("f", i), fmt.Sprint("s", i%3), who...))
		}
		in := input(t, "100%", files...)
		in.Rules.Asking.Max = len(people)
		got := choose(in)
		if diff := cmp.Diff(got, choose(in)); diff != "" {
			t.Fatalf("another choice:\n%s", diff)
		}
		covers := func(set []string) bool {
			return !slices.ContainsFunc(files, func(f policy.FileVerdict) bool {
				return !slices.ContainsFunc(f.Needs[0].Candidates, func(c string) bool { return slices.Contains(set, c) })
			})
		}
		if !covers(got) {
			t.Fatalf("%v does not suffice", got)
		}
		for i := range got {
			if covers(slices.Concat(got[:i], got[i+1:])) {
				t.Fatalf("%v suffices without %s", got, got[i])
			}
		}
	})
}

func BenchmarkChoose(b *testing.B) {
	var files []policy.FileVerdict
	for i := range 3000 {
		files = append(files, unreviewed(fmt.Sprint("f", i), fmt.Sprint("s", i%200), fmt.Sprint("p", i%500), fmt.Sprint("p", (i*7)%500), fmt.Sprint("p", (i*13)%500)))
	}
	in := input(b, "100%", files...)
	b.ReportAllocs()
	for b.Loop() {
		choose(in)
	}
}
