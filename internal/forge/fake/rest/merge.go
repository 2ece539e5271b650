package rest

import (
	"net/http"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// Obstacle says what keeps a pull request from being merged, apart from what only one of the
// forges has; empty if nothing does. Under the lock.
func (s *Server) Obstacle(p *fake.PullRequest) string {
	d := s.Desk(p)
	switch {
	case !p.IsOpen:
		return "it is not open"
	case p.Draft:
		return "it is a draft"
	case !p.Mergeable():
		return "it has conflicts"
	case !d.Passed(Assignee) || !d.Passed(Reviewer):
		return "it is not reviewed"
	case !d.Passed(Tester):
		return "it is not tested"
	case !s.Resolved(p):
		return "a thread is not resolved"
	}
	return ""
}

// Resolved reports whether threads keep nothing from being merged: all are resolved, or need
// not be. Under the lock.
func (s *Server) Resolved(p *fake.PullRequest) bool {
	if !s.Defaults(p.Repo()).ThreadsResolved {
		return true
	}
	for _, c := range p.Conversation {
		if !s.Thread(c.ID).Resolved {
			return false
		}
	}
	return true
}

// Merge merges the pull request of a call, unless something keeps it, and returns the
// commit's id.
func (c *Call) Merge(obstacle string) (Obj, error) {
	if obstacle != "" {
		return nil, Refuse(http.StatusMethodNotAllowed, "the pull request can not be merged: %s", obstacle)
	}
	id, err := c.Who.Merge(c.Pull, "", c.Text("title"), c.Text("merge_method") == "squash")
	if err != nil {
		return nil, err
	}
	return Obj{"sha": id.String(), "merged": true, "message": "Pull Request 已成功合并"}, nil
}
