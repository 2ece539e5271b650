package sources

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
)

// listing is a forge with some open pull requests.
type listing struct {
	*shelf.Forge
	open []seam.Listed
}

func (l listing) OpenRequests(context.Context, pull.Repo) ([]seam.Listed, error) { return l.open, nil }

// TestSilentChanges holds that a sweep reads gated pull requests again of which nothing shows
// that they changed, where reviews change in silence, and only there; and those to branches
// without a gate nowhere.
func TestSilentChanges(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	l := listing{Forge: &shelf.Forge{}}
	var known []history.PullState
	for n, check := range []string{"review-gate", "", "review-gate"} {
		l.open = append(l.open, seam.Listed{Number: n + 1, Head: "h", BaseBranch: "main", DefaultBranch: "main", UpdatedAt: at})
		known = append(known, history.PullState{Ref: pull.Ref{Repo: linux, Number: n + 1}, Head: "h", BaseBranch: "main", UpdatedAt: at,
			Check: check, Open: true, Sources: "v1"})
	}
	known[2].Head = "before"
	r := New(Config{Archive: l.Forge, Lister: l, Traits: seam.Traits{PolicyPath: "p.yml", SilentChanges: true}},
		content.New(content.Config{Files: l.Forge, Trees: l.Forge, Blobs: &shelf.Kept{}}))
	now, later, err := r.Stale(t.Context(), linux, known)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(now, later); got != "[github:acme/linux#3] [github:acme/linux#1]" {
		t.Errorf("got %s", got)
	}
}
