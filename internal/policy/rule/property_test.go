package rule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
)

var (
	logins = []string{"alice", "bob", "carol", "dave", "erin"}
	paths  = []string{"mm/a.c", "mm/b.c", "fs/a.c", "fs/x/b.c", "kernel/c.c", "README", "policy.yml"}
)

const owners = `version: 1
subsystems:
  - {name: mm, paths: ["mm/**"], maintainers: [alice], threshold: 50%}
  - {name: fs, paths: ["fs/**", "!fs/x/**"], maintainers: [bob, "@acme/fs"]}
  - {name: tree, paths: ["**/*.c"], maintainers: [carol]}
  - {name: core, fallback: true, maintainers: [erin, alice]}
`

// drawSnapshot makes any history of a small repository.
func drawSnapshot(t *rapid.T) policy.Snapshot {
	set, _, err := yamlmap.Parse("map.yml", []byte(owners))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policyfile.Parse("policy.yml",
		fmt.Appendf(nil, "version: 1\nthreshold: %d%%\nmin_approvals: %d\noverlap: %s\nunowned: %s\nexclude_contributors: %s\n",
			rapid.SampledFrom([]int{0, 50, 80, 100}).Draw(t, "threshold"), rapid.IntRange(1, 2).Draw(t, "min"),
			rapid.SampledFrom([]string{"any", "each"}).Draw(t, "overlap"),
			rapid.SampledFrom([]string{"unreviewed", "anyone", "exempt"}).Draw(t, "unowned"),
			rapid.SampledFrom([]string{"files", "all", "none"}).Draw(t, "contributors")))
	if err != nil {
		t.Fatal(err)
	}
	s := policy.Snapshot{Owners: m, PolicyFiles: []string{"policy.yml"}, Now: epoch.Add(100 * time.Hour),
		Teams: map[string]policy.Team{"acme/fs": {Members: []pull.Person{{Login: "erin"}}}}}
	if rapid.Bool().Draw(t, "unread") {
		s.Teams = nil
	}
	s.Rules, _ = p.For("main", "main")
	req := &s.Request
	req.Author, req.Head, req.BaseBranch, req.MergeBase = pull.Person{Login: "dave"}, "h2", "main", "m"
	req.Complete, req.BaseMovesKnown = true, rapid.Bool().Draw(t, "moves known")
	for i, head := range []string{"h1", "h2"} {
		h := pull.Head{ID: head, BaseBranch: "main", MergeBase: "m", SeenAt: epoch.Add(time.Duration(i*10) * time.Hour), Complete: true}
		for _, path := range paths {
			if !rapid.Bool().Draw(t, head+path) {
				continue
			}
			c := pull.Content{Path: path, Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular, OldID: "o",
				ID: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "id")}
			h.Files = append(h.Files, c)
			if head == "h2" {
				req.Files = append(req.Files, pull.File{Content: c})
			}
		}
		s.Heads = append(s.Heads, h)
	}
	s.SameTree = true
	for i := range rapid.IntRange(0, 6).Draw(t, "reviews") {
		req.Reviews = append(req.Reviews, pull.Review{
			ID: int64(i), At: epoch.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "at")) * time.Hour),
			Author: pull.Person{Login: rapid.SampledFrom(logins).Draw(t, "who")},
			Commit: rapid.SampledFrom([]string{"h1", "h2", "h0"}).Draw(t, "commit"),
			State: rapid.SampledFrom([]pull.ReviewState{pull.Approved, pull.Approved, pull.ChangesRequested, pull.Dismissed,
				pull.Commented}).Draw(t, "state"),
			CanWrite: rapid.Bool().Draw(t, "writes"),
		})
	}
	if rapid.Bool().Draw(t, "contributor") {
		req.Commits = []pull.Commit{{ID: "c", People: []pull.Person{{Login: rapid.SampledFrom(logins).Draw(t, "wrote")}},
			Paths: []string{"mm/a.c"}, PathsKnown: rapid.Bool().Draw(t, "paths known")}}
	}
	return sealed(s)
}

func TestOrderChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t)
		want := rule.Evaluate(sealed(s))
		s.Request.Files = rapid.Permutation(s.Request.Files).Draw(t, "files")
		s.Request.Reviews = rapid.Permutation(s.Request.Reviews).Draw(t, "reviews")
		s.Heads = rapid.Permutation(s.Heads).Draw(t, "heads")
		if diff := cmp.Diff(want, rule.Evaluate(sealed(s))); diff != "" {
			t.Fatalf("another order gives another verdict (-want +got):\n%s", diff)
		}
	})
}

func TestVerdictIsConsistent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t)
		v := rule.Evaluate(sealed(s))
		if v.Ratio.Reviewed > v.Ratio.Counted || v.Ratio.Counted > len(s.Request.Files) {
			t.Fatalf("ratio %v of %d files", v.Ratio, len(s.Request.Files))
		}
		var want, got []string
		for _, f := range s.Request.Files {
			want = append(want, f.Path)
		}
		for _, f := range v.Files {
			got = append(got, f.Path)
			if (f.State == policy.Reviewed) != (f.State.Counted() && len(f.Needs) == 0) {
				t.Fatalf("%s is %s and needs %v", f.Path, f.State, f.Needs)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("files (-want +got):\n%s", diff)
		}
		if (v.Outcome == policy.Success) != (len(v.Reasons) == 0) {
			t.Fatalf("%s for %v", v.Outcome, v.Reasons)
		}
	})
}

func TestAuthorsApprovalNeverCounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t)
		want := rule.Evaluate(sealed(s))
		s.Request.Reviews = append(s.Request.Reviews, pull.Review{ID: 99, State: pull.Approved, At: epoch.Add(50 * time.Hour),
			Author: s.Request.Author, Commit: "h2", CanWrite: true})
		got := rule.Evaluate(sealed(s))
		if got.Ratio != want.Ratio || got.Outcome == policy.Success && want.Outcome != policy.Success {
			// An approval lifts the author's own request for changes, which no
			// forge lets an author give.
			if !slices.ContainsFunc(want.Blocks, func(b policy.Block) bool { return b.Who == "dave" }) {
				t.Fatalf("the author's approval changed %v to %v", want.Ratio, got.Ratio)
			}
		}
	})
}

func TestApprovalNeverHurts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t)
		before := rule.Evaluate(sealed(s))
		s.Request.Reviews = append(s.Request.Reviews, pull.Review{ID: 99, State: pull.Approved, At: epoch.Add(50 * time.Hour),
			Author: pull.Person{Login: rapid.SampledFrom(logins).Draw(t, "approver")}, Commit: "h2"})
		after := rule.Evaluate(sealed(s))
		if after.Ratio.Reviewed < before.Ratio.Reviewed || before.Outcome == policy.Success && after.Outcome != policy.Success {
			t.Fatalf("one more approval turned %s %v into %s %v", before.Outcome, before.Ratio, after.Outcome, after.Ratio)
		}
	})
}

// TestReviewedFilesWereSeen holds the heart of the rule: a file counted as
// reviewed has, at a head that an owner approved, the content that it has now.
func TestReviewedFilesWereSeen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t)
		for _, f := range rule.Evaluate(sealed(s)).Files {
			if f.State != policy.Reviewed {
				continue
			}
			now, _ := find(s.Heads[1], f.Path)
			if !slices.ContainsFunc(s.Request.Reviews, func(r pull.Review) bool {
				i := slices.IndexFunc(s.Heads, func(h pull.Head) bool { return h.ID == r.Commit })
				if r.State != pull.Approved || i < 0 || r.Author.Login == "dave" {
					return false
				}
				then, ok := find(s.Heads[i], f.Path)
				return ok && then == now
			}) {
				t.Fatalf("%s is reviewed, but nobody approved its content", f.Path)
			}
		}
	})
}

// find returns the content that a head had for a path.
func find(h pull.Head, path string) (pull.Content, bool) {
	i := slices.IndexFunc(h.Files, func(c pull.Content) bool { return c.Path == path })
	if i < 0 {
		return pull.Content{}, false
	}
	return h.Files[i], true
}
