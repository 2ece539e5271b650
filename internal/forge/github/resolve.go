package github

import (
	"context"
	"errors"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Resolve returns the name that a repository has now: GitHub forwards a former
// one. The error is forge.ErrGone if it is out of reach. An installation that
// was remembered is looked up anew, as the App may have been installed again.
func (f *Forge) Resolve(ctx context.Context, repo pull.Repo) (pull.Repo, error) {
	f.forget(repo.Owner)
	c, err := f.client(ctx, repo)
	if err != nil {
		return pull.Repo{}, err
	}
	found, _, err := c.rest.Repositories.Get(ctx, repo.Owner, repo.Name)
	if err != nil {
		err = kind(err)
		if errors.Is(err, forge.ErrNotFound) {
			err = fmt.Errorf("%w: %w", forge.ErrGone, err)
		}
		return pull.Repo{}, fmt.Errorf("look for %s: %w", repo, err)
	}
	now, err := pull.ParseRepo(f.cfg.Name, found.GetFullName())
	if err != nil {
		return pull.Repo{}, fmt.Errorf("look for %s: %w", repo, err)
	}
	return now, nil
}
