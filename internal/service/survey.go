package service

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/coverage"
	"github.com/reviewgate/reviewgate/internal/coverage/survey"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// surveyWithin is how long a tree and its map may be read.
const surveyWithin = 5 * time.Minute

// survey finds out who owns the tree of a repository, where somebody wants to know it. What could
// not be read is noted, and not tried again until it is wanted again.
func (s *Service) survey(ctx context.Context, g *gate.Gate, repo pull.Repo) error {
	asked, err := s.cfg.Store.Survey(ctx, repo)
	if err != nil || !asked.Wanted() || !s.surveying.TryLock() { // the next sweep tries again
		return err
	}
	defer s.surveying.Unlock()
	base, found, err := s.surveyed(ctx, repo)
	if err != nil {
		return err
	}
	out := coverage.Survey{Why: coverage.WhyNoPolicy}
	if found {
		within, cancel := context.WithTimeout(forge.Background(ctx), surveyWithin)
		out, err = survey.Read(within, g.Sources, repo, base.BaseTip)
		cancel()
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err() // the service stops
		}
		s.cfg.Log.WarnContext(ctx, "who owns the tree could not be found out", "repo", repo.String(), "error", err)
		out = coverage.Survey{Why: coverage.WhyUnread}
	}
	out.At, out.Base, out.Commit = s.cfg.Now().UTC(), base.BaseBranch, base.BaseTip
	body, err := json.Marshal(out)
	if err != nil {
		return err // unreachable: it has texts and numbers
	}
	return s.cfg.Store.SaveSurvey(ctx, repo, out.At, body)
}

// surveyed is the gated pull request that changed last, whose base is surveyed; false where there is
// none.
func (s *Service) surveyed(ctx context.Context, repo pull.Repo) (base history.PullState, found bool, err error) {
	list, err := s.cfg.Store.OpenKnown(ctx, repo)
	if err == nil && len(list) == 0 {
		list, err = s.cfg.Store.ClosedKnown(ctx, repo, time.Time{}, 1)
	}
	list = slices.DeleteFunc(list, func(k history.PullState) bool { return k.BaseTip == "" || k.Open && k.Check == "" })
	if err != nil || len(list) == 0 {
		return base, false, err
	}
	return slices.MaxFunc(list, func(a, b history.PullState) int { return a.UpdatedAt.Compare(b.UpdatedAt) }), true, nil
}
