package github

import (
	"net/http"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// refuseEarly answers the first calls with a new installation's token as GitHub does
// while not all of its servers know it: the first half of them 401, the others 403.
func (s *Server) refuseEarly(c *call) error {
	if c.who.install == nil || c.who.early >= s.behaviour.NewTokens {
		return nil
	}
	c.who.early++
	c.exempt = true
	if c.who.early <= s.behaviour.NewTokens/2 {
		return &failure{status: http.StatusUnauthorized, message: "Bad credentials"}
	}
	return forbidden("Resource not accessible by integration")
}

// refuseTooFast refuses every so many of the writes that create content, as GitHub
// does by 422 without a time (cli/cli#4801).
func (s *Server) refuseTooFast(c *call) error {
	if s.behaviour.TooFast == 0 || c.r.Method == http.MethodGet || strings.Contains(c.r.URL.Path, "graphql") ||
		strings.Contains(c.r.URL.Path, "/check-runs") || strings.Contains(c.r.URL.Path, "/statuses/") || c.repo == nil {
		return nil
	}
	if !s.wroteTooFast() {
		return nil
	}
	return &failure{http.StatusUnprocessableEntity, "Validation Failed", []any{obj{
		"resource": "Issue", "code": "abuse", "field": "base", "message": "was submitted too quickly",
	}}}
}

// wroteTooFast counts a write, and reports whether it is one too many. It is a later
// one each time, or what is tried again from its beginning would never get through.
func (s *Server) wroteTooFast() bool {
	s.written++
	if s.written < s.behaviour.TooFast+s.refused {
		return false
	}
	s.written, s.refused = 0, s.refused+1
	return true
}

// mutatesTooFast is the same in GraphQL.
func (s *Server) mutatesTooFast() obj {
	if s.behaviour.TooFast == 0 || !s.wroteTooFast() {
		return nil
	}
	return obj{"type": "UNPROCESSABLE", "message": "was submitted too quickly"}
}

// hidden reports whether a pull request was opened so lately that reads do not find
// it yet.
func (s *Server) hidden(p *fake.PullRequest) bool {
	if s.unseen[p] >= s.behaviour.NewPulls {
		return false
	}
	s.unseen[p]++
	return true
}

// missing refuses a write to a commit that is not known to all servers yet
// (rust-lang/homu#141).
func (s *Server) missing(commit string) error {
	if s.missed[commit] >= s.behaviour.NewCommits {
		return nil
	}
	s.missed[commit]++
	return noCommit(commit)
}

// spend counts a field of a query, and reports whether the query's budget is used up.
func (q *query) spend() bool {
	q.spent++
	budget := q.server.behaviour.QueryBudget
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
