package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Examine looks at the token, and at how far the server's clock is from ours.
func (f *Forge) Examine(ctx context.Context, _ int) doctor.Forge {
	out := doctor.Forge{Name: f.cfg.Name}
	var u userAnswer
	header, err := f.call(ctx, http.MethodGet, "user", nil, nil, &u)
	switch {
	case status(err) == http.StatusUnauthorized:
		out.Login = doctor.Login{State: doctor.NotTaken, Said: err.Error()}
	case err != nil:
		out.Login = doctor.Login{State: doctor.NotAnswered, Said: err.Error()}
	default:
		out.Token.Login = u.Login
		if at := dateOf(header); !at.IsZero() {
			ahead := at.Sub(f.cfg.Now())
			out.Clock = &ahead
		}
	}
	return out
}

// Branches lists so many branches and reports whether there are more.
func (f *Forge) Branches(ctx context.Context, repo pull.Repo, most int) (names []string, defaultBranch string, more bool, err error) {
	var r repoAnswer
	if err := f.get(ctx, repoPath(repo), nil, &r); err != nil {
		return nil, "", false, fmt.Errorf("read %s: %w", repo, err)
	}
	type branch struct {
		Name string `json:"name"`
	}
	all, err := list[branch](ctx, f, repoPath(repo, "branches"), nil)
	if err != nil {
		return nil, "", false, fmt.Errorf("list the branches of %s: %w", repo, err)
	}
	for _, b := range all {
		names = append(names, b.Name)
	}
	return names[:min(most, len(names))], r.DefaultBranch, len(names) > most, nil
}

// protectionAnswer is a rule as administrators see it.
type protectionAnswer struct {
	BlockAdminOverride bool `json:"block_admin_merge_override"`
	DismissStale       bool `json:"dismiss_stale_approvals"`
}

// ExamineBranch returns what a branch requires: names of checks everybody is told, the
// rest administrators.
func (f *Forge) ExamineBranch(ctx context.Context, repo pull.Repo, branch string) (doctor.Branch, error) {
	rule, err := f.rule(ctx, repo, branch)
	if err != nil {
		return doctor.Branch{}, fmt.Errorf("read what branch %s of %s requires: %w", branch, repo, err)
	}
	out := doctor.Branch{Name: branch}
	if !rule.Protected {
		return out, nil
	}
	if rule.Checks {
		for _, name := range rule.Contexts {
			out.Required = append(out.Required, doctor.Required{Name: name})
		}
	}
	var own protectionAnswer
	err = f.get(ctx, repoPath(repo, "branch_protections", rule.Rule), nil, &own)
	switch {
	case err == nil:
		out.Stale = own.DismissStale
	case errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound):
		out.StaleUnread = "the gate's account is no administrator of the repository"
	default:
		return out, fmt.Errorf("read the rule of branch %s of %s: %w", branch, repo, err)
	}
	return out, nil
}

// ExamineCreation returns that everybody who may write can create a branch: a rule for
// branches keeps from pushing to those that are there.
func (f *Forge) ExamineCreation(context.Context, pull.Repo, string) (closed bool, unread string, err error) {
	return false, "", nil
}
