package assign_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		Rules: policy.Rules{Threshold: limit, MaxUnreviewed: -1, Asking: policy.AssignRules{Max: 5, Strategy: policy.AskCover},
			Untouched: policy.UntouchedAllowed}}
}

// choose returns the names of those who are to be asked.
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
		"all":           {func(*assign.Input) {}, []string{"bob", "alice", "erin"}},
		"at most one":   {func(in *assign.Input) { in.Rules.Asking.Max = 1 }, []string{"bob"}},
		"already asked": {func(in *assign.Input) { in.Asked = []string{"Bob"} }, []string{"alice", "erin"}},
		"never":         {func(in *assign.Input) { in.Never = []string{"bob"} }, []string{"alice", "carol", "erin"}},
		"who must be": {func(in *assign.Input) { in.Must = []string{"Carol", "zoe", "bob"}; in.Never = []string{"Zoe"} },
			[]string{"alice", "bob", "carol", "erin"}},
		"who must be, within max": {func(in *assign.Input) { in.Must = []string{"zoe", "carol"}; in.Rules.Asking.Max = 1 }, []string{"zoe"}},
		"who must be and is":      {func(in *assign.Input) { in.Must, in.Asked = []string{"bob"}, []string{"Bob"} }, []string{"alice", "erin"}},
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

func TestKnowledgeComesBeforeLoad(t *testing.T) {
	t.Parallel()
	in := input(t, "100%", unreviewed("a", "s", "alice", "bob", "carol"))
	in.Load = map[string]float64{"alice": 3, "bob": 1, "carol": 2}
	in.Knows = map[string]float64{"alice": 3, "carol": 1}
	want := assign.Choice{Enough: true, Ask: []assign.Pick{{Who: "alice", Files: 1, Subsystems: []string{"s"}, Load: 3, Knows: 0.75}}}
	if diff := cmp.Diff(want, assign.Choose(in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOthersGetATurn holds that who knows the files alone is not asked every time.
func TestOthersGetATurn(t *testing.T) {
	t.Parallel()
	in := input(t, "100%", unreviewed("a", "s", "alice", "bob"))
	in.Knows, in.Owns = map[string]float64{"alice": 2}, 0.2
	for load, want := range map[float64]string{0: "alice", 5: "alice", 12: "bob"} {
		in.Load = map[string]float64{"alice": load}
		if got := choose(in); len(got) != 1 || got[0] != want {
			t.Errorf("with a load of %v: %v, want %s", load, got, want)
		}
	}
}

func TestCoverFindsWhatGreedyMisses(t *testing.T) {
	t.Parallel()
	// The greedy choice is carol, who covers most, and then needs two more.
	files := []policy.FileVerdict{
		unreviewed("1", "s", "alice", "carol"), unreviewed("2", "s", "alice", "carol"), unreviewed("3", "s", "alice"),
		unreviewed("4", "s", "bob", "carol"), unreviewed("5", "s", "bob", "carol"), unreviewed("6", "s", "bob"),
	}
	got := choose(input(t, "100%", files...))
	slices.Sort(got)
	if diff := cmp.Diff([]string{"alice", "bob"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBalance(t *testing.T) {
	t.Parallel()
	three := unreviewed("a", "s", "alice", "bob", "carol", "dave", "erin")
	three.Needs[0].Missing = 3
	tests := map[string]struct {
		change func(*assign.Input)
		want   []string
	}{
		"the least loaded": {func(in *assign.Input) { in.Load = map[string]float64{"alice": 9, "carol": 8} }, []string{"bob", "dave", "erin"}},
		"one who knows, then the least loaded": {func(in *assign.Input) {
			in.Knows = map[string]float64{"alice": 6, "bob": 2, "carol": 2}
			in.Load = map[string]float64{"alice": 9, "bob": 9, "carol": 9}
		}, []string{"alice", "dave", "erin"}},
		"knowledge that needs two": {func(in *assign.Input) {
			in.Knows = map[string]float64{"alice": 3, "bob": 3, "carol": 3}
			in.Load = map[string]float64{"alice": 9, "bob": 1, "carol": 1, "erin": 1}
		}, []string{"bob", "carol", "dave"}},
		"more work for whoever covers more": {func(in *assign.Input) {
			in.Verdict.Files = nil
			for i := range 9 {
				in.Verdict.Files = append(in.Verdict.Files, unreviewed(fmt.Sprint(i), "s", "alice", "bob"))
			}
			in.Verdict.Files = append(in.Verdict.Files, unreviewed("x", "s", "alice"))
			in.Load = map[string]float64{"alice": 3}
		}, []string{"alice"}},
	}
	for name, tt := range tests {
		in := input(t, "100%", three)
		in.Rules.Asking.Strategy = policy.AskBalance
		tt.change(&in)
		got := choose(in)
		slices.Sort(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	in := input(t, "100%", unreviewed("a", "mm", "alice", "bob"), unreviewed("b", "mm", "alice"), unreviewed("c", "fs", "carol"))
	in.Rules.Asking.Strategy = policy.AskAll
	in.Helpers = []string{"Rita", "alice", "Roy", "rita", "mallory"}
	in.Never = []string{"Mallory"}
	in.Knows = map[string]float64{"roy": 1}
	got := choose(in)
	if diff := cmp.Diff([]string{"alice", "carol", "bob", "Roy", "Rita"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	in.Room = 2
	if diff := cmp.Diff([]string{"alice", "carol"}, choose(in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	f := unreviewed("mm/a", "mm", "alice", "Bob", "carol")
	f.Needs[0].Subsystems = []string{"mm"}
	f.Needs[0].Missing = 2
	in := input(t, "100%", f)
	in.Verdict.Subsystems[0].CanApprove = []string{"alice", "@Acme/mm", "@other/mm"}
	in.Teams = map[string][]string{"acme/mm": {"bob", "Carol", "alice"}}
	in.Knows = map[string]float64{"bob": 1}
	in.Load = map[string]float64{"alice": 1}
	tests := map[string]struct {
		change func(*assign.Input)
		want   []string
	}{
		"one by one":         {func(in *assign.Input) {}, []string{"Bob", "carol"}},
		"the team":           {func(in *assign.Input) { in.Rules.Asking.Teams = policy.TeamsAsk }, []string{"@acme/mm"}},
		"the team was asked": {func(in *assign.Input) { in.Asked = []string{"@acme/MM"} }, nil},
		"the team can't be asked": {func(in *assign.Input) { in.Rules.Asking.Teams = policy.TeamsAsk; in.Never = []string{"@acme/mm"} },
			[]string{"Bob", "carol"}},
		"the forge knows no teams": {func(in *assign.Input) { in.Rules.Asking.Teams = policy.TeamsAsk; in.Teams = nil },
			[]string{"Bob", "carol"}},
	}
	for name, tt := range tests {
		in := in
		tt.change(&in)
		got := choose(in)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// BenchmarkChoose chooses among 500 people for 3,000 files that are all of other
// people: as far as they go, a search that has to give up, and balance.
func BenchmarkChoose(b *testing.B) {
	crew := func(i, n int) (who []string) {
		for j := range n {
			who = append(who, fmt.Sprint("p", (i*(j+1)*(j+3)+j*131)%500))
		}
		return who
	}
	for name, change := range map[string]func(*assign.Input){
		"far":     func(*assign.Input) {},
		"search":  func(in *assign.Input) { in.Rules.Threshold, _ = share.ParseThreshold("30%"); in.Rules.Asking.Max = 15 },
		"balance": func(in *assign.Input) { in.Rules.Asking.Strategy = policy.AskBalance; in.Rules.Asking.Max = 15 },
		"all":     func(in *assign.Input) { in.Rules.Asking.Strategy = policy.AskAll; in.Rules.Asking.Max = 15 },
	} {
		b.Run(name, func(b *testing.B) {
			var files []policy.FileVerdict
			for i := range 3000 {
				files = append(files, unreviewed(fmt.Sprint("f", i), fmt.Sprint("s", i%200), crew(i, 10)...))
			}
			in := input(b, "100%", files...)
			change(&in)
			b.ReportAllocs()
			for b.Loop() {
				assign.Choose(in)
			}
		})
	}
}
