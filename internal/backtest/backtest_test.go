package backtest_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/backtest"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/simulate"
)

const areas = `version: 1
subsystems:
  - {name: mm, paths: ["mm/**"], maintainers: [ann, bob]}
  - {name: fs, paths: ["fs/**"], maintainers: [carl, dora, ann]}
  - {name: rest, fallback: true, maintainers: [zoe, ann]}
`

var owners = map[string][]string{"mm": {"ann", "bob"}, "fs": {"carl", "dora", "ann"}, "rest": {"zoe", "ann"}}

// past draws pull requests, by people of whom two are in no area.
func past(t *rapid.T) []simulate.Pull {
	people := []string{"ann", "bob", "carl", "dora", "zoe", "erin", "fred"}
	pulls := make([]simulate.Pull, rapid.IntRange(1, 30).Draw(t, "pulls"))
	for i := range pulls {
		created := rapid.Int64Range(0, 100).Draw(t, "created")
		pushed := created + rapid.Int64Range(0, 50).Draw(t, "pushed")
		p := simulate.Pull{Number: i + 1, Author: rapid.SampledFrom(people).Draw(t, "author"), Created: time.Unix(created, 0),
			Pushed: time.Unix(pushed, 0), Closed: time.Unix(150, 0), Merged: rapid.IntRange(0, 4).Draw(t, "merged") > 0,
			Paths: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"mm/a.c", "mm/b.c", "fs/c.c", "fs/d.c", "README", "out.o"}), 1, 6,
				rapid.ID[string]).Draw(t, "paths")}
		who := rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 4, rapid.ID[string]).Draw(t, "reviewers")
		p.Reviewers = who
		if rapid.Bool().Draw(t, "timed") {
			p.Approvals = []simulate.Approval{}
			for _, by := range who {
				p.Approvals = append(p.Approvals, simulate.Approval{By: by, At: time.Unix(created+rapid.Int64Range(0, 150).Draw(t, "at"), 0)})
			}
		}
		pulls[i] = p
	}
	return pulls
}

// recount is the rule once more, as plainly as can be: who owns each file, and how many of
// them approved by a time.
func recount(p *simulate.Pull, by time.Time, approvals int) (reviewed, counted int) {
	given := p.Approvals
	if given == nil {
		for _, who := range p.Reviewers {
			given = append(given, simulate.Approval{By: who})
		}
	}
	given = slices.DeleteFunc(slices.Clone(given), func(a simulate.Approval) bool { return a.At.After(p.Closed) }) // once it was merged
	for _, path := range p.Paths {
		if strings.HasSuffix(path, ".o") {
			continue // ignored by the policy
		}
		area, _, _ := strings.Cut(path, "/")
		if owners[area] == nil {
			area = "rest"
		}
		without := func(people []string) []string {
			return slices.DeleteFunc(slices.Clone(people), func(who string) bool { return who == p.Author })
		}
		people := without(owners[area])
		if len(people) < approvals && len(owners[area]) >= approvals { // the author is missing
			people = without(owners["rest"])
		}
		n := 0
		for _, a := range given {
			if slices.Contains(people, a.By) && !a.At.After(by) {
				n++
			}
		}
		if counted++; n >= approvals {
			reviewed++
		}
	}
	return reviewed, counted
}

const rules = "ignore: ['*.o']\n"

// TestRecount holds the numbers to a plain recount.
func TestRecount(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, areas, rules)
	passed, waited := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		pulls := past(t)
		got := backtest.Run(f.Cases(backtest.FromFile(pulls)))
		for i, level := range got.Levels {
			approvals, percent := i/11+1, 50+i%11*5
			want := backtest.Level{MinApprovals: approvals, Threshold: level.Threshold}
			var waits []int64
			for k := range pulls {
				p := &pulls[k]
				ok := func(at time.Time) bool {
					reviewed, counted := recount(p, at, approvals)
					return reviewed*100 >= percent*counted
				}
				if !p.Merged || !ok(p.Closed) {
					continue
				}
				want.Passed++
				if reviewed, _ := recount(p, p.Closed, 1); reviewed > 0 {
					want.PassedReviewed++
				}
				if p.Approvals == nil {
					continue
				}
				wait := int64(0)
				for !ok(p.Pushed.Add(time.Duration(wait) * time.Second)) {
					wait++
				}
				waits = append(waits, wait)
			}
			if slices.Sort(waits); len(waits) > 0 {
				n := len(waits)
				want.Wait = &backtest.Wait{Of: n, Median: waits[(n+1)/2-1], Most: waits[(9*n+9)/10-1]}
			}
			if diff := gocmp.Diff(want, level, gocmp.Comparer(share.Threshold.Equal)); diff != "" {
				t.Fatalf("%d%% with %d (-want +got):\n%s", percent, approvals, diff)
			}
			passed, waited = passed+want.Passed, waited+len(waits)
		}
	})
	if passed == 0 || waited == 0 {
		t.Errorf("%d passed and %d waited, so this holds nothing", passed, waited)
	}
}

// TestSameAsTheRule holds each pull request to what the rule says of it with that threshold
// in its policy, an area with a threshold of its own and another key among it.
func TestSameAsTheRule(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, strings.Replace(areas, "name: fs,", "name: fs, threshold: 60%,", 1), rules+"untouched: blocks\n")
	kept, floors := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		merged := backtest.FromFile(past(t))
		got := backtest.Run(f.Cases(merged))
		for _, level := range got.Levels {
			want := 0
			for c := range f.Cases(merged) {
				c.Snapshot.Rules.Threshold, c.Snapshot.Rules.MinApprovals = level.Threshold, level.MinApprovals
				v := rule.Evaluate(c.Snapshot)
				if v.Unwarned == policy.Success {
					want++
				}
				for _, why := range v.Reasons {
					kept += len(v.Reasons) - 1
					if why.Code == policy.NoteFloor {
						floors++
					}
				}
			}
			if level.Passed != want {
				t.Fatalf("%s with %d: %d, want %d", level.Threshold, level.MinApprovals, level.Passed, want)
			}
		}
	})
	if kept == 0 || floors == 0 {
		t.Error("nothing but the threshold was ever missing, so this holds less than it says")
	}
}

// many makes pull requests of which the first have both files reviewed, others one of two.
func many(whole, half, none int) []pull.Merged {
	var pulls []simulate.Pull
	for i := range whole + half + none {
		p := simulate.Pull{Number: i + 1, Author: "erin", Merged: true, Paths: []string{"mm/a.c", "fs/c.c"}, Reviewers: []string{"ann"}}
		if i >= whole {
			p.Reviewers = []string{"bob"}
		}
		if i >= whole+half {
			p.Reviewers = []string{"fred"}
		}
		pulls = append(pulls, p)
	}
	return backtest.FromFile(pulls)
}

// TestRecommended holds the rule by which a threshold is recommended, at its borders.
func TestRecommended(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, areas, "")
	for name, tt := range map[string]struct {
		whole, half, none int
		want              string
	}{
		"all reviewed":            {whole: 20, want: "100% of 20: 20"},
		"one in twenty":           {whole: 19, half: 1, want: "100% of 20: 19"},
		"two in twenty":           {whole: 18, half: 2, want: "50% of 20: 20, 55% costs 2"},
		"too few":                 {whole: 19, want: "none"},
		"by nobody whom it names": {whole: 20, none: 100, want: "100% of 20: 20"},
		"nobody":                  {none: 100, want: "none"},
	} {
		r := backtest.Run(f.Cases(many(tt.whole, tt.half, tt.none)))
		got := "none"
		if a := r.Recommended; a != nil {
			got = fmt.Sprintf("%s of %d: %d", a.Threshold, a.Reviewed, a.Passed)
			if a.Next != nil {
				got += fmt.Sprintf(", %s costs %d", a.Next.Threshold, a.Next.Fewer)
			}
			if a.MinApprovals != 1 {
				t.Errorf("%s: %d approvals", name, a.MinApprovals)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if r.Unnamed != tt.none || r.Reviewed != tt.whole+tt.half {
			t.Errorf("%s: %d reviewed, %d unnamed", name, r.Reviewed, r.Unnamed)
		}
	}
}

// TestTwoApprovals holds that two are recommended where people gave them anyway.
func TestTwoApprovals(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, areas, "")
	merged := many(20, 0, 0)
	for i := range merged {
		for _, who := range []string{"bob", "dora"} {
			merged[i].Request.Reviews = append(merged[i].Request.Reviews, pull.Review{Author: pull.Person{Login: who}, State: pull.Approved})
		}
	}
	r := backtest.Run(f.Cases(merged))
	if r.Recommended == nil || r.Recommended.MinApprovals != 2 {
		t.Errorf("%+v", r.Recommended)
	}
}

// TestFloors holds that an area's floor is told by its own people's reviews, of enough pull
// requests.
func TestFloors(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, areas, "")
	merged := many(19, 5, 0)
	merged = append(merged, backtest.FromFile([]simulate.Pull{{Number: 99, Author: "erin", Merged: true, Paths: []string{"README"},
		Reviewers: []string{"zoe"}}})...)
	r := backtest.Run(f.Cases(merged))
	got := map[string]string{}
	for _, a := range r.Areas {
		got[a.Name] = cmp.Or(a.Floor.String(), "-") + fmt.Sprint(" ", a.Pulls)
	}
	want := map[string]string{"mm": "100% 24", "fs": "- 24", "rest": "- 1"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnstaffedAreas holds that an area is not told to be seldom reviewed by its own people where
// it has none who can approve.
func TestUnstaffedAreas(t *testing.T) {
	t.Parallel()
	owners := "Maintainers List\n----------------\n\nMM\nR:\tAnn <a@example.org> [@ann]\nS:\tMaintained\nF:\tmm/\n\n" +
		"THE REST\nM:\tAnn <a@example.org> [@ann]\nS:\tMaintained\nF:\t*\nF:\t*/\n"
	for policy, want := range map[string]bool{"": true, "reviewers_count: true\n": false} {
		f := frame(t, formats.Maintainers, owners, policy)
		r := backtest.Run(f.Cases(many(20, 0, 0)))
		for _, a := range r.Areas {
			if unstaffed := a.Name == "MM" && want; a.Unstaffed != unstaffed {
				t.Errorf("%s by %q: %t", a.Name, policy, a.Unstaffed)
			}
		}
		if said := strings.Contains(r.Text(), "nobody of it can approve  "); said != want {
			t.Errorf("by %q:\n%s", policy, r.Text())
		}
	}
}

// TestNotWhole holds that a pull request of which not all files are known counts nowhere.
func TestNotWhole(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, areas, "")
	merged := many(3, 0, 0)
	merged[0].Request.Complete, merged[0].Request.Incomplete = false, "more than 100 files"
	r := backtest.Run(f.Cases(merged))
	if r.Pulls != 3 || r.Unjudged != 1 || r.Judged() != 2 || r.Levels[0].Passed != 2 || r.Reviewed != 2 {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(r.Text(), "1 left out: their lists of files are not whole") {
		t.Error(r.Text())
	}
}

// TestObjections holds that a request for changes keeps a pull request, as the rule has it,
// and that its dismissal brings no older approval back.
func TestObjections(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, areas, "")
	for last, want := range map[pull.ReviewState]int{pull.Commented: 1, pull.ChangesRequested: 0, pull.Dismissed: 0, pull.Approved: 1} {
		merged := many(1, 0, 0)
		merged[0].Request.Reviews = append(merged[0].Request.Reviews, pull.Review{Author: pull.Person{Login: "ann"}, State: last,
			DismissedState: pull.Commented, At: time.Unix(1, 0)})
		merged[0].Request.UpdatedAt = time.Unix(2, 0)
		if got := backtest.Run(f.Cases(merged)).Levels[0].Passed; got != want {
			t.Errorf("%s: %d, want %d", last, got, want)
		}
	}
}

// TestProtected holds that a file of policy or ownership must be reviewed whatever the threshold.
func TestProtected(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, areas, "")
	f.Protected = []string{"fs/c.c"}
	if got := backtest.Run(f.Cases(many(1, 1, 0))).Levels[0].Passed; got != 1 {
		t.Errorf("%d passed at 50%%, want the one with the protected file reviewed", got)
	}
}

// TestTeams holds that members of teams count, and that a team of nobody known does not.
func TestTeams(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, "version: 1\nsubsystems: [{name: all, paths: ['**'], maintainers: ['@acme/all', '@acme/none']}]\n", "")
	if diff := gocmp.Diff([]string{"acme/all", "acme/none"}, f.NamedTeams()); diff != "" {
		t.Error(diff)
	}
	for _, members := range [][]pull.Person{nil, {{Login: "Ann"}}} {
		f.Teams = map[string]policy.Team{"acme/all": {Members: members}}
		if got := backtest.Run(f.Cases(many(1, 0, 0))).Levels[0].Passed; got != len(members) {
			t.Errorf("%d of 1 passed with %v", got, members)
		}
	}
}

// TestOwnPeople holds that a floor is told by the reviews of the area's own maintainers, where
// those of another one may review its files, too.
func TestOwnPeople(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, "version: 1\nsubsystems: [{name: a, paths: ['**'], maintainers: [ann]}, "+
		"{name: b, paths: ['mm/**'], maintainers: [bob]}]\n", "")
	r := backtest.Run(f.Cases(many(20, 0, 0)))
	for _, a := range r.Areas {
		if want := map[string]int{"a": 20, "b": 0}[a.Name]; a.All() != want || a.Floor.Set() != (want > 0) {
			t.Errorf("%s: %d held, floor %s", a.Name, a.All(), a.Floor)
		}
	}
}
