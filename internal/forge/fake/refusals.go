package fake

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// refuseEarly answers the first calls with a new installation's token as GitHub does
// while not all of its servers know it: the first half of them 401, the others 403.
func (f *Forge) refuseEarly(c *call) error {
	if c.who.install == nil || c.who.early >= f.opts.Behaviour.NewTokens {
		return nil
	}
	c.who.early++
	c.exempt = true
	if c.who.early <= f.opts.Behaviour.NewTokens/2 {
		return &failure{status: http.StatusUnauthorized, message: "Bad credentials"}
	}
	return forbidden("Resource not accessible by integration")
}

// refuseTooFast refuses every so many of the writes that create content, as GitHub
// does by 422 without a time (cli/cli#4801).
func (f *Forge) refuseTooFast(c *call) error {
	if f.opts.Behaviour.TooFast == 0 || c.r.Method == http.MethodGet || strings.Contains(c.r.URL.Path, "graphql") ||
		strings.Contains(c.r.URL.Path, "/check-runs") || strings.Contains(c.r.URL.Path, "/statuses/") || c.repo == nil {
		return nil
	}
	if !f.wroteTooFast() {
		return nil
	}
	return &failure{http.StatusUnprocessableEntity, "Validation Failed", []any{obj{
		"resource": "Issue", "code": "abuse", "field": "base", "message": "was submitted too quickly",
	}}}
}

// wroteTooFast counts a write, and reports whether it is one too many. It is a later
// one each time, or what is tried again from its beginning would never get through.
func (f *Forge) wroteTooFast() bool {
	f.written++
	if f.written < f.opts.Behaviour.TooFast+f.refused {
		return false
	}
	f.written, f.refused = 0, f.refused+1
	return true
}

// mutatesTooFast is the same in GraphQL.
func (f *Forge) mutatesTooFast() obj {
	if f.opts.Behaviour.TooFast == 0 || !f.wroteTooFast() {
		return nil
	}
	return obj{"type": "UNPROCESSABLE", "message": "was submitted too quickly"}
}

// hidden reports whether a pull request was opened so lately that reads do not find
// it yet.
func (p *PullRequest) hidden() bool {
	if p.reads >= p.repo.forge.opts.Behaviour.NewPulls {
		return false
	}
	p.reads++
	return true
}

// missing refuses a write to a commit that is not known to all servers yet
// (rust-lang/homu#141).
func (r *Repo) missing(commit string) error {
	f := r.forge
	if f.missed[commit] >= f.opts.Behaviour.NewCommits {
		return nil
	}
	if f.missed == nil {
		f.missed = map[string]int{}
	}
	f.missed[commit]++
	return &failure{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + commit}
}

// spend counts a field of a query, and reports whether the query's budget is used up.
func (q *query) spend() bool {
	q.spent++
	budget := q.forge.opts.Behaviour.QueryBudget
	return budget > 0 && q.spent > budget
}

// exhausted notes once that the budget is used up, at whatever field it was.
func (q *query) exhausted(path []any) {
	for _, e := range q.errors {
		if e.(obj)["type"] == "RESOURCE_LIMITS_EXCEEDED" {
			return
		}
	}
	q.errors = append(q.errors, obj{
		"type": "RESOURCE_LIMITS_EXCEEDED", "path": slices.Clone(path), "message": "Resource limits for this query exceeded.",
	})
}

// GitHub's words where it dismisses reviews itself (orgs/community#58535).
const (
	mergeBaseChanged  = "The merge-base changed after approval."
	baseBranchChanged = "The base branch was changed."
)

// dismissStale dismisses the approvals, as a branch that asks for it does: the actor
// is who pushed, and a push that changed the diff is named by its commit.
func (p *PullRequest) dismissStale(message string, commit plumbing.Hash, by *account) {
	if !p.repo.forge.opts.Behaviour.DismissStale {
		return
	}
	for _, rv := range p.reviews {
		if rv.state != approved {
			continue
		}
		p.record(event{kind: reviewDismissed, actor: by, review: rv, from: rv.state, message: message, after: commit})
		rv.state = dismissed
		p.touchQuietly()
		p.emitReview("dismissed", rv, by, nil)
	}
}

// assignMembers replaces a team that was asked by its first member who may review, as
// code review assignment does.
func (p *PullRequest) assignMembers(t *team, by *account) {
	if !p.repo.forge.opts.Behaviour.AssignMembers {
		return
	}
	for _, a := range p.repo.forge.membersOf(t) {
		if a == p.author || slices.Contains(p.users, a) {
			continue
		}
		p.teams = slices.DeleteFunc(p.teams, func(o *team) bool { return o == t })
		p.record(event{kind: requestRemoved, actor: by, team: t})
		p.emit("review_request_removed", by, obj{"requested_team": p.repo.forge.teamJSON(t)})
		p.users = append(p.users, a)
		p.record(event{kind: reviewRequested, actor: by, who: a})
		p.emit("review_requested", by, obj{"requested_reviewer": p.repo.forge.userJSON(a)})
		return
	}
}
