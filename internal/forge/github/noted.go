package github

import (
	"context"
	"fmt"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Noted implements seam.Archive by the times of a commit's check suites, of which
// GitHub makes one for an app at each push, and of our own statuses. GitHub tells the
// branches of the repository itself only, none of a fork's.
func (f *Forge) Noted(ctx context.Context, repo pull.Repo, commit string) ([]pull.Proof, error) {
	cl, err := f.client(ctx, repo)
	if err != nil {
		return nil, err
	}
	var out []pull.Proof
	suites, _, err := cl.rest.Checks.ListCheckSuitesForRef(ctx, repo.Owner, repo.Name, commit,
		&github.ListCheckSuiteOptions{ListOptions: github.ListOptions{PerPage: pageSize}})
	if err != nil {
		return nil, fmt.Errorf("list the check suites of %s in %s: %w", commit, repo, kind(err))
	}
	for _, s := range suites.CheckSuites {
		if made := s.GetCreatedAt(); !made.IsZero() {
			out = append(out, pull.Proof{Commit: commit, Branch: s.GetHeadBranch(), At: made.UTC()})
		}
	}
	statuses, _, err := cl.rest.Repositories.ListStatuses(ctx, repo.Owner, repo.Name, commit, &github.ListOptions{PerPage: pageSize})
	if err != nil {
		return nil, fmt.Errorf("list the statuses of %s in %s: %w", commit, repo, kind(err))
	}
	for _, s := range statuses {
		if made := s.GetCreatedAt(); !made.IsZero() && f.isOurs(&loginPayload{Login: s.GetCreator().GetLogin()}) {
			out = append(out, pull.Proof{Commit: commit, At: made.UTC()})
		}
	}
	return out, nil
}
