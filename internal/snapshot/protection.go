package snapshot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// protectedFor is how long what a branch requires is taken for what it was.
const protectedFor = 10 * time.Minute

// protection is what a branch was last seen to require.
type protection struct {
	at time.Time
	seam.Requirement
}

// Required returns what is known of a check of a branch. It makes no call: sweeps do.
func (g *Reader) Required(repo pull.Repo, branch, name string) policy.Requirement {
	p, ok := g.cache.protections.Get(sources.Branch{Repo: repo, Name: branch})
	if !ok {
		return policy.RequirementUnknown
	}
	return p.Of(name)
}

// Alone reports whether all open pull requests of a head that have a check go to
// branches that are known to take it from us alone. Where nothing is known of one, or
// there is none, it may be anybody's.
func (g *Reader) Alone(open []history.PullState, name string) bool {
	ours := false
	for _, k := range open {
		if !strings.EqualFold(k.Check, name) {
			continue
		}
		if g.Required(k.Ref.Repo, k.BaseBranch, name) != policy.RequiredFromUs {
			return false
		}
		ours = true
	}
	return ours
}

// ReadProtection reads what the gated branches of some pull requests require. What
// can't be read is not known, and no error.
func (g *Reader) ReadProtection(ctx context.Context, repo pull.Repo, known []history.PullState) error {
	if g.cfg.Protection == nil {
		return nil
	}
	for _, k := range known {
		of := sources.Branch{Repo: repo, Name: k.BaseBranch}
		if before, _ := g.cache.protections.Get(of); k.Check == "" || g.cfg.Now().Before(before.at.Add(protectedFor)) {
			continue
		}
		r, err := g.cfg.Protection.Required(ctx, repo, k.BaseBranch)
		if limit := seam.Limited(nil); errors.As(err, &limit) {
			return err
		}
		if err != nil { // what others may do is not known then
			g.cfg.Log.WarnContext(ctx, "the rules of a branch can't be read", "forge", repo.Forge, "repo", repo.Slug(), "branch", k.BaseBranch,
				"error", err)
			r = seam.Requirement{}
		}
		if g.cache.protections.Keep(of, protection{g.cfg.Now(), r}); r.Of(k.Check) == policy.RequiredFromUs {
			continue
		}
		g.cfg.Log.DebugContext(ctx, "the check may be written by others, too", "forge", repo.Forge, "repo", repo.Slug(), "branch", k.BaseBranch,
			"check", k.Check, "known", r.Known)
	}
	return nil
}
