package github_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestTestMerges holds that a look and the query of many pull requests tell what stands
// on the commit that merging would give.
func TestTestMerges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	commit, err := pr.TestMerge()
	check(t, err, w.repo.SetStatus("carol", commit, fake.Status{Context: "Gate", State: "success"}),
		w.repo.SetStatus("carol", commit, fake.Status{Context: "other", State: "error"}))
	want := seam.TestMerge{Commit: commit, Shows: map[string]policy.Outcome{"gate": policy.Success, "other": policy.Failure}}
	if diff := cmp.Diff(want, w.look(ref).TestMerge); diff != "" {
		t.Errorf("look (-want +got):\n%s", diff)
	}
	all, err := w.app.TestMerges(t.Context(), ref.Repo, []int{ref.Number, 4711})
	check(t, err)
	if diff := cmp.Diff(map[int]seam.TestMerge{ref.Number: want}, all); diff != "" {
		t.Errorf("many (-want +got):\n%s", diff)
	}
}

// TestLookIsAskedOnce holds that the forge of the tests takes the query of a look as it
// is: where it refused a part of it, what hangs on that would be tested by nothing.
func TestLookIsAskedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	w.look(ref) // asks for a token, too
	w.ResetCalls()
	w.look(ref)
	if n := len(w.Calls()); n != 1 {
		t.Errorf("%d calls: %+v", n, w.Calls())
	}
}

// TestViewerOfAServerWithoutIt holds that a token's user is asked for by REST where
// GraphQL does not tell.
func TestViewerOfAServerWithoutIt(t *testing.T) {
	t.Parallel()
	refused := 0
	w := newWorld(t, refuser(&refused, "viewer"))
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	w.as(func(c *github.Config) { c.App, c.Token = nil, "token-alice" })
	_, err := pr.Comment("alice", "text "+publish.Mark)
	check(t, err)
	id, err := w.app.OwnComment(t.Context(), ref)
	if check(t, err); id == "" || refused != 1 {
		t.Errorf("comment %q, refused %d times", id, refused)
	}
}
