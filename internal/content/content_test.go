package content

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
)

var linux = pull.Repo{Forge: "a forge", Owner: "acme", Name: "linux"}

// TestManyMerges holds that one evaluation makes so many merges and no more, and that
// those beyond come at the next ones, even where some can't be made.
func TestManyMerges(t *testing.T) {
	t.Parallel()
	f := &shelf.Forge{Texts: map[string][]byte{"base": []byte("1\n2\n3\n"), "ours": []byte("0\n1\n2\n3\n"), "huge": make([]byte, MaxBlob+1)}}
	var needed []sight.Merge
	for i := range 2*maxMerges + 1 {
		theirs, merged := fmt.Appendf(nil, "1\n2\n3\n%d\n", i), fmt.Appendf(nil, "0\n1\n2\n3\n%d\n", i)
		m := sight.Merge{Base: "base", Ours: "ours", Theirs: fmt.Sprint(i), Result: pull.ObjectID("blob", merged, 40)}
		if f.Texts[m.Theirs] = theirs; i < 3 {
			m.Ours = "huge"
		}
		needed = append(needed, m)
	}
	r := New(Config{Files: f, Trees: f, Blobs: &shelf.Kept{}})
	for i, want := range []int{maxMerges - 3, 2*maxMerges - 3, 2*maxMerges + 1 - 3} {
		clean, err := r.CleanOf(t.Context(), linux, needed)
		if err != nil || len(clean) != want {
			t.Errorf("evaluation %d knows %d clean merges, want %d; %v", i+1, len(clean), want, err)
		}
	}
}

// longHistory is a forge on which more lies between commits than is read.
type longHistory struct{ shelf.Forge }

func (*longHistory) MergeBases(context.Context, pull.Repo, string, string) ([]string, error) {
	return nil, fmt.Errorf("compare: %w", pull.ErrTooLarge)
}

// TestLongHistory holds that where more history would have to be read than is, a request
// gets told so, and what a merge brought touches every file: neither ends the evaluation.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	f := &longHistory{}
	r := New(Config{Files: f, Trees: f, Blobs: &shelf.Kept{}, Log: slog.New(slog.DiscardHandler)})
	look := seam.Look{ChangedFiles: 1, Request: pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "c", BaseBranch: "main",
		BaseTip: "tip", MergeBase: "m", Commits: []pull.Commit{{ID: "c", Parents: []string{"a", "b"}}}}}
	c := seam.Change{MergeBase: "m"}
	if err := r.Complete(t.Context(), look, &c); err != nil || c.Incomplete != TooLong || c.Transient {
		t.Errorf("the list is said to be %q, %v", c.Incomplete, err)
	}
	merge := &Commit{Commit: look.Request.Commits[0], Listed: map[string]bool{"a": true}}
	if err := r.CommitPaths(t.Context(), &look.Request, map[string]*Commit{"c": merge}); err != nil || merge.PathsKnown {
		t.Errorf("what the merge touches is known: %v, %v", merge.Paths, err)
	}
}

// TestBombs holds that a commit that touches more files than are read touches every file, that
// the others beside it are told all the same, and that a request with one is told so.
func TestBombs(t *testing.T) {
	t.Parallel()
	f := &shelf.Forge{Dirs: map[string][]gittree.Entry{"a": {{Name: "x", Mode: pull.Regular, ID: "1"}}, "m": {}, "bomb": nil}}
	below := "a"
	for i := range 10 {
		id := fmt.Sprint("bomb", i)
		for k := range 10 {
			f.Dirs[id] = append(f.Dirs[id], gittree.Entry{Name: fmt.Sprint(k), Mode: pull.Directory, ID: below})
		}
		below = id
	}
	f.Dirs["bomb"] = f.Dirs[below]
	r := New(Config{Files: f, Trees: f, Blobs: &shelf.Kept{}, Log: slog.New(slog.DiscardHandler)})
	req := &pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}}
	bomb := &Commit{Commit: pull.Commit{ID: "bomb", Parents: []string{"m"}}}
	plain := &Commit{Commit: pull.Commit{ID: "a", Parents: []string{"m"}}}
	err := r.CommitPaths(t.Context(), req, map[string]*Commit{"bomb": bomb, "a": plain})
	if err != nil || bomb.PathsKnown || !slices.Equal(plain.Paths, []string{"x"}) {
		t.Errorf("known %t, the other one touches %q, %v", bomb.PathsKnown, plain.Paths, err)
	}
	look := seam.Look{ChangedFiles: 1, Request: pull.Request{Ref: req.Ref, Head: "bomb", BaseBranch: "main", BaseTip: "m", MergeBase: "m",
		Commits: []pull.Commit{{ID: "bomb", Parents: []string{"m", "a"}}}}}
	c := seam.Change{MergeBase: "m"}
	if err := r.Complete(t.Context(), look, &c); err != nil || c.Incomplete != gittree.ErrTooMany.Error() {
		t.Errorf("the list is said to be %q, %v", c.Incomplete, err)
	}
}
