package github

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// CheckOn implements seam.Inspector.
func (f *Forge) CheckOn(ctx context.Context, ref pull.Ref, head, name string, anybody bool) (policy.Outcome, error) {
	repo := ref.Repo
	cl, err := f.client(ctx, repo)
	if err != nil {
		return "", err
	}
	var outcome policy.Outcome
	if f.App() {
		outcome, err = f.runOn(ctx, cl, repo, head, name, anybody)
	} else {
		outcome, err = statusOn(ctx, cl, repo, head, name)
	}
	if err != nil {
		return "", fmt.Errorf("read the checks of %s in %s: %w", head, repo, kind(err))
	}
	return outcome, nil
}

func (f *Forge) runOn(ctx context.Context, cl *client, repo pull.Repo, head, name string, anybody bool) (policy.Outcome, error) {
	run, others, err := f.latestRun(ctx, cl, repo, head, name, anybody)
	if anybody && others.GetID() > run.GetID() {
		run = others
	}
	return shown(run), err
}

// statusOn reads the last status of a name, of which GitHub's summary has one: it may
// have many names, and a page of it some.
func statusOn(ctx context.Context, cl *client, repo pull.Repo, head, name string) (policy.Outcome, error) {
	opts := &github.ListOptions{PerPage: pageSize}
	for {
		combined, res, err := cl.rest.Repositories.GetCombinedStatus(ctx, repo.Owner, repo.Name, head, opts)
		if err != nil {
			return "", err
		}
		if combined.GetSHA() == "" {
			return "", errIncomplete
		}
		for _, s := range combined.Statuses {
			if strings.EqualFold(s.GetContext(), name) {
				return seam.OutcomeOf(s.GetState()), nil
			}
		}
		if res.NextPage == 0 {
			return "", nil
		}
		if opts.Page, err = following(max(opts.Page, 1), res.NextPage); err != nil {
			return "", err
		}
	}
}
