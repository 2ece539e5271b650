package authors

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

func commitBy(id, email string) pull.Commit {
	return pull.Commit{ID: id, Parents: []string{id + "^"}, Signed: []pull.Signature{{Part: pull.Author, Email: email}}}
}

// TestNewCommits holds that each commit is remembered once, also when the forge comes to
// know more of its makers, and that of too many only the makers are.
func TestNewCommits(t *testing.T) {
	t.Parallel()
	a, b := commitBy("a", "x@y"), commitBy("b", "x@y")
	known := commitBy("a", "x@y")
	known.Signed[0].Account = pull.Person{Login: "x"}
	heads := []pull.Head{{Commits: []pull.Commit{a}}}
	if diff := cmp.Diff([]pull.Commit{b, known}, NewCommits(heads, []pull.Commit{a, b, known, b})); diff != "" {
		t.Errorf("commits (-want +got):\n%s", diff)
	}
	for i := range maxPast {
		heads[0].Commits = append(heads[0].Commits, commitBy(fmt.Sprint(i), "x@y"))
	}
	c, d, e := commitBy("c", "x@y"), commitBy("d", "z@y"), commitBy("e", "z@y")
	late := NewCommits(heads, []pull.Commit{a, c, d, e})
	want := []pull.Commit{{Signed: c.Signed}, {Signed: d.Signed}}
	if diff := cmp.Diff(want, late); diff != "" {
		t.Errorf("of too many (-want +got):\n%s", diff)
	}
	if more := NewCommits(append(heads, pull.Head{Commits: late}), []pull.Commit{e}); len(more) > 0 {
		t.Errorf("once more: %v", more)
	}
}

// TestFewerCommits holds that what is left of commits says the same of who wrote which
// file.
func TestFewerCommits(t *testing.T) {
	t.Parallel()
	a, b, c, d := commitBy("a", "x@y"), commitBy("b", "x@y"), commitBy("c", "x@y"), commitBy("d", "z@y")
	b.Paths, b.PathsKnown = []string{"f"}, true
	c.PathsKnown = true
	heads := []pull.Head{{ID: "1", Commits: []pull.Commit{a, b}}, {ID: "2", Commits: []pull.Commit{c, a, d, b}}}
	want := []pull.Head{{ID: "1", Commits: []pull.Commit{a, b}}, {ID: "2", Commits: []pull.Commit{c, d}}}
	if diff := cmp.Diff(want, FewerCommits(heads)); diff != "" {
		t.Errorf("heads (-want +got):\n%s", diff)
	}
}
