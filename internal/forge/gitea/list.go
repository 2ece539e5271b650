package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// OpenRequests implements seam.Lister.
func (f *Forge) OpenRequests(ctx context.Context, repo pull.Repo) ([]seam.Listed, error) {
	all, err := f.pulls(ctx, repo, "open")
	if err != nil {
		return nil, fmt.Errorf("list the open pull requests of %s: %w", repo, err)
	}
	out := make([]seam.Listed, 0, len(all))
	for i := range all {
		p := &all[i]
		l := seam.Listed{Number: p.Number, Head: p.Head.SHA, BaseBranch: p.Base.Ref, DefaultBranch: p.Base.Repo.DefaultBranch,
			UpdatedAt: p.UpdatedAt, HeadBranch: p.Head.Ref}
		if p.Head.Repo != nil {
			l.HeadRepo = p.Head.Repo.FullName
		}
		out = append(out, l)
	}
	return out, nil
}

func (f *Forge) pulls(ctx context.Context, repo pull.Repo, state string) ([]pullAnswer, error) {
	all, err := list[pullAnswer](ctx, f, repoPath(repo, "pulls"), url.Values{"state": {state}, "sort": {"oldest"}})
	for i := range all {
		if err := all[i].whole(all[i].Number); err != nil {
			return nil, err
		}
	}
	return all, err
}

// Tip implements seam.Lister.
func (f *Forge) Tip(ctx context.Context, repo pull.Repo, branch string) (string, error) {
	var b struct {
		Commit struct {
			ID string `json:"id"`
		} `json:"commit"`
	}
	err := f.get(ctx, repoPath(repo, "branches", branch), nil, &b)
	if errors.Is(err, forge.ErrNotFound) || branch == "" {
		return "", nil
	}
	if err == nil {
		err = forge.RequireField(b.Commit.ID != "", "the branch's commit")
	}
	if err != nil {
		return "", fmt.Errorf("read branch %s of %s: %w", branch, repo, err)
	}
	return b.Commit.ID, nil
}

// Noted implements seam.Archive by the times of our own statuses.
func (f *Forge) Noted(ctx context.Context, repo pull.Repo, commit string) ([]pull.Proof, error) {
	self, err := f.whoami(ctx)
	if err != nil {
		return nil, err
	}
	type noted struct {
		Creator   *userAnswer `json:"creator"`
		CreatedAt time.Time   `json:"created_at"`
	}
	all, err := list[noted](ctx, f, repoPath(repo, "commits", commit, "statuses"), nil)
	if err != nil {
		return nil, fmt.Errorf("list the statuses of %s in %s: %w", commit, repo, err)
	}
	var out []pull.Proof
	for _, s := range all {
		if s.Creator.person().Is(self) && !s.CreatedAt.IsZero() {
			out = append(out, pull.Proof{Commit: commit, At: s.CreatedAt.UTC()})
		}
	}
	return out, nil
}

// Repositories implements sweep.Forge: those that the token's account may see as its own,
// a collaborator's or a team's.
func (f *Forge) Repositories(ctx context.Context) ([]pull.Repo, bool, error) {
	all, err := list[repoAnswer](ctx, f, "user/repos", nil)
	if err != nil {
		return nil, false, fmt.Errorf("list the repositories of %s: %w", f.cfg.Name, err)
	}
	var out []pull.Repo
	for _, r := range all {
		repo, err := pull.ParseRepo(f.cfg.Name, r.FullName)
		if err != nil {
			return nil, false, err
		}
		if !r.Archived && !r.Empty {
			out = append(out, repo)
		}
	}
	return out, false, nil // an account may be given others by a server's administrator
}

// Resolve returns the name that a repository has now: the server forwards a former one.
func (f *Forge) Resolve(ctx context.Context, repo pull.Repo) (pull.Repo, error) {
	var r repoAnswer
	err := f.get(ctx, repoPath(repo), nil, &r)
	if errors.Is(err, forge.ErrNotFound) {
		err = fmt.Errorf("%w: %w", forge.ErrGone, err)
	}
	if err != nil {
		return pull.Repo{}, fmt.Errorf("look for %s: %w", repo, err)
	}
	now, err := pull.ParseRepo(f.cfg.Name, r.FullName)
	if err != nil {
		return pull.Repo{}, fmt.Errorf("look for %s: %w", repo, err)
	}
	return now, nil
}

// Reach fails if the server gives no answer at all. It needs no credential.
func (f *Forge) Reach(ctx context.Context) error {
	return forge.Reach(ctx, f.cfg.Transport, f.cfg.Name, strings.TrimSuffix(f.api.String(), "/")+"/version")
}

// WriteBudget returns nil: checks have no pace of their own.
func (f *Forge) WriteBudget(pull.Ref) error { return nil }

// Limited returns until when a limit keeps calls back, by the account 0.
func (f *Forge) Limited() map[int64]time.Time {
	limited := map[int64]time.Time{}
	if until := f.limits.Until(); !until.IsZero() {
		limited[0] = until
	}
	return limited
}

// Found implements seam.Finder.
func (f *Forge) Found(ctx context.Context, repo pull.Repo, head string, names ...string) ([]seam.FoundCheck, error) {
	var out []seam.FoundCheck
	for _, name := range names {
		latest, _, err := f.statuses(ctx, repo, head, name)
		if err != nil {
			return nil, fmt.Errorf("look for checks on %s of %s: %w", head, repo, err)
		}
		if latest.ID != 0 {
			out = append(out, seam.FoundCheck{Name: name, Outcome: seam.OutcomeOf(latest.Status), ID: fmt.Sprint(latest.ID)})
		}
	}
	return out, nil
}

// RequestsAt lists the open pull requests of a head.
func (f *Forge) RequestsAt(ctx context.Context, repo pull.Repo, head string) ([]history.PullState, error) {
	all, err := f.OpenRequests(ctx, repo)
	var out []history.PullState
	for _, l := range all {
		if l.Head == head {
			out = append(out, history.PullState{Ref: pull.Ref{Repo: repo, Number: l.Number}, Head: l.Head, BaseBranch: l.BaseBranch, Open: true})
		}
	}
	return out, err
}

// ClosedAt lists closed pull requests of a head.
func (f *Forge) ClosedAt(ctx context.Context, repo pull.Repo, head string) ([]pull.Ref, error) {
	all, err := f.pulls(ctx, repo, "closed")
	if err != nil {
		return nil, fmt.Errorf("list the closed pull requests of %s: %w", repo, err)
	}
	var out []pull.Ref
	for _, p := range all {
		if p.Head.SHA == head {
			out = append(out, pull.Ref{Repo: repo, Number: p.Number})
		}
	}
	return out, nil
}

// HeadOf returns head and base branch of a pull request.
func (f *Forge) HeadOf(ctx context.Context, ref pull.Ref) (head, base string, err error) {
	p, _, err := f.readPull(ctx, ref)
	if err != nil {
		return "", "", fmt.Errorf("read %s: %w", ref, err)
	}
	return p.Head.SHA, p.Base.Ref, nil
}

// Required implements seam.Protection: a branch tells everybody what it requires.
func (f *Forge) Required(ctx context.Context, repo pull.Repo, branch string) (seam.Requirement, error) {
	rule, err := f.rule(ctx, repo, branch)
	if err != nil {
		return seam.Requirement{}, fmt.Errorf("read what branch %s of %s requires: %w", branch, repo, err)
	}
	out := seam.Requirement{Known: true}
	if rule.Protected && rule.Checks {
		for _, name := range rule.Contexts {
			out.Checks = append(out.Checks, seam.RequiredCheck{Name: name})
		}
	}
	return out, nil
}

// ruleAnswer is what a branch requires, as everybody may see it.
type ruleAnswer struct {
	Protected bool     `json:"protected"`
	Checks    bool     `json:"enable_status_check"`
	Contexts  []string `json:"status_check_contexts"`
	CanPush   bool     `json:"user_can_push"`
	Rule      string   `json:"effective_branch_protection_name"`
}

func (f *Forge) rule(ctx context.Context, repo pull.Repo, branch string) (ruleAnswer, error) {
	var r ruleAnswer
	return r, f.get(ctx, repoPath(repo, "branches", branch), nil, &r)
}
