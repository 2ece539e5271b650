// Package gitee is Gitee's dialect of the forge in memory: the part of its API, version 5,
// that the gate uses, and its webhooks.
//
// It answers as Gitee's recorded answers do, odd types included: the sha of a changed file
// is a commit's, the parents of a commit are one object, numbers of lines are text, a
// modified file has no status, the base of a pull request is its merge base. Check runs name
// neither their maker nor their pull request, and a conclusion is final. A webhook's body is
// not signed. What is not known of Gitee is a knob of package rest.
package gitee

import (
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// Server serves a forge as Gitee.
type Server struct {
	*rest.Server

	// The forge's lock guards what follows.
	runs     []*run
	required map[string][]string // names of checks, by protected branch
}

// New serves a forge on which nothing happened yet.
func New(forge *fake.Forge, o rest.Options) *Server {
	s := &Server{Server: rest.New(forge, o), required: map[string][]string{}}
	s.Speak(rest.Dialect{
		Routes:     s.routes(),
		Failure:    func(_ int, message string) any { return rest.Obj{"message": message} },
		Limits:     []rest.Limit{{Most: 5000, Over: time.Hour}},
		LimitsTold: true,
		MaxComment: 65_535,
		Heed:       s.heed,
		HeedAct:    s.heedAct,
		Headers:    s.headers,
	})
	return s
}

// Require has a branch be protected, and nothing merge into it without some checks; of
// several protections of one branch the earliest holds, so that this replaces it. Without
// checks it goes away.
func (s *Server) Require(branch string, checks ...string) {
	s.Lock()
	defer s.Unlock()
	if delete(s.required, branch); len(checks) > 0 {
		s.required[branch] = checks
	}
}

// obstacle says what keeps a pull request from being merged, if some checks are required
// besides; empty if nothing does.
func (s *Server) obstacle(p *fake.PullRequest, checks ...string) string {
	if why := s.Server.Obstacle(p); why != "" {
		return why
	}
	for _, name := range append(checks, s.required[p.BaseBranch]...) {
		if !s.passes(p, name) {
			return "the check " + name + " has not passed"
		}
	}
	return ""
}

// Passes reports whether a pull request has passed a check, as if its base branch required
// it. Where the gate's account does not administrate, its checks are nothing: then it has
// passed if all testers that it needs, one at the least, have accepted.
func (s *Server) Passes(p *fake.PullRequest, check string) bool {
	s.Lock()
	defer s.Unlock()
	return s.passes(p, check)
}

func (s *Server) passes(p *fake.PullRequest, check string) bool {
	if !s.Is(rest.NoAdministrator) {
		return s.passedRun(p, check)
	}
	return s.Desk(p).Testers > 0 && s.Desk(p).Passed(rest.Tester)
}

// Obstacle says what keeps a pull request from being merged, if some checks are required
// besides; empty if nothing does.
func (s *Server) Obstacle(p *fake.PullRequest, checks ...string) string {
	s.Lock()
	defer s.Unlock()
	return s.obstacle(p, checks...)
}

// repoAPI is the API's address of something in a repository, and web that of a page.
func (s *Server) repoAPI(r *fake.Repo, path string) string {
	return s.API("/repos/" + r.FullName() + path)
}

func (s *Server) web(r *fake.Repo, path string) string { return s.Link("/" + r.FullName() + path) }

// orNull is null for an empty text.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// namespace is the path of a repository's owner.
func namespace(r *fake.Repo) string { return strings.ToLower(r.Owner.Login) }
