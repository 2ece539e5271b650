package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Examine looks at the token, and at how far the server's clock is from ours.
func (f *Forge) Examine(ctx context.Context, _ int) doctor.Forge {
	out := doctor.Forge{Name: f.cfg.Name, Token: f.examineToken(ctx)}
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

// scopesTold is in the answer to a token that lacks a scope, before those that it has.
const scopesTold = "token scope="

// examineToken asks for what no gate's token may: a server says then what it may.
func (f *Forge) examineToken(ctx context.Context) doctor.Token {
	out := doctor.Token{
		Untold: "the server tells it only of a token that is no administrator's",
		Look:   "see that it has the scopes write:repository, write:issue, read:organization and read:user, and no others",
		Needs: []doctor.Scope{
			{Any: []string{"write:repository"}, Lost: "neither contents can be read nor statuses written", Needed: true},
			{Any: []string{"write:issue"}, Lost: "comments can't be written, and labels not put on", Needed: true},
			{Any: []string{"read:organization", "write:organization"}, Lost: "teams can't be read, and a team that can't be read approves nothing"},
			{Any: []string{"read:user", "write:user"}, Lost: "the gate can't tell its own comments and statuses from others'", Needed: true},
		},
		Safer: "let only those write whom you trust: a sweep notices a status of the gate's name that somebody else wrote, and writes over it",
	}
	err := f.get(ctx, "admin/cron", nil, nil)
	if e, ok := errors.AsType[*answerError](err); ok && e.status == http.StatusForbidden {
		if _, scopes, ok := strings.Cut(e.message, scopesTold); ok {
			out.Scopes, out.Told = strings.Split(scopes, ","), true
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
	BlockAdminOverride bool     `json:"block_admin_merge_override"`
	DismissStale       bool     `json:"dismiss_stale_approvals"`
	Push               bool     `json:"enable_push"`
	PushListed         bool     `json:"enable_push_whitelist"`
	PushUsers          []string `json:"push_whitelist_usernames"`
	PushTeams          []string `json:"push_whitelist_teams"`
	PushKeys           bool     `json:"push_whitelist_deploy_keys"`
}

// way is who gets past the rule.
func (p *protectionAnswer) way() doctor.Way {
	w := doctor.Way{Told: true, Admins: !p.BlockAdminOverride, Anyone: p.Push && !p.PushListed}
	if !p.Push || !p.PushListed {
		return w
	}
	w.Pushers = slices.Clone(p.PushUsers)
	for _, team := range p.PushTeams {
		w.Pushers = append(w.Pushers, "the team "+team)
	}
	if p.PushKeys {
		w.Pushers = append(w.Pushers, "deploy keys that may write")
	}
	return w
}

// ExamineBranch returns what a branch requires: names of checks everybody is told, the
// rest administrators.
func (f *Forge) ExamineBranch(ctx context.Context, repo pull.Repo, branch string) (doctor.Branch, error) {
	rule, err := f.rule(ctx, repo, branch)
	if err != nil {
		return doctor.Branch{}, fmt.Errorf("read what branch %s of %s requires: %w", branch, repo, err)
	}
	out := doctor.Branch{Name: branch, Exact: true}
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
		out.Stale, out.Way = own.DismissStale, own.way()
	case errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound):
		out.StaleUnread = "the gate's account is no administrator of the repository"
		out.Way.Unread = out.StaleUnread
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
