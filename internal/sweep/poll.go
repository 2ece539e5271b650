package sweep

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
)

// pollEvery is how often the open pull requests are listed of forges that deliver no event
// a second time.
const pollEvery = time.Minute

// Poll queues the pull requests that changed on forges that deliver no event a second time,
// by a call for each page of their lists, and within the share of sweeps. What can't be
// listed now is listed the next time.
func (s *Sweeper) Poll(ctx context.Context) {
	ctx = forge.Background(ctx)
	known, err := s.Store.Repos(ctx)
	if err != nil {
		s.Log.WarnContext(ctx, "pull requests not listed", "error", err)
		return
	}
	rand.Shuffle(len(known), func(i, k int) { known[i], known[k] = known[k], known[i] }) // a limit meets others each time
	full := map[string]bool{}
	for _, repo := range known {
		if !s.Forges[repo.Forge].Polled || full[repo.Forge] {
			continue
		}
		if err := s.pollRepo(ctx, repo); err != nil && ctx.Err() == nil {
			_, full[repo.Forge] = errors.AsType[*forge.LimitError](err)
			s.Log.DebugContext(ctx, "pull requests not listed", "repo", repo.Slug(), "error", err)
		}
	}
}

func (s *Sweeper) pollRepo(ctx context.Context, repo pull.Repo) error {
	ctx = forge.For(ctx, pull.Ref{Repo: repo})
	known, err := s.Store.OpenKnown(ctx, repo)
	if err != nil {
		return err
	}
	changed, err := s.Forges[repo.Forge].Gate.Sources.Changed(ctx, repo, known)
	s.Repaired(Changed, len(changed))
	if err != nil || len(changed) == 0 {
		return err
	}
	return s.Store.RaiseAs(ctx, queue.Fresh, changed...) // as an event would, of which there may be none
}
