// Package gitcode is GitCode's dialect of the forge in memory: the part of its API, version
// 5, that the gate uses, and its webhooks, which are shaped as GitLab's.
//
// It answers as recorded answers do, and where there are none as GitCode describes them: ids
// of people are text by the API and numbers in webhooks, a comment is made under the id of
// its thread, what Gitee says by 200 is 201, a time that is none is empty. There are neither
// check runs nor statuses. An account may make 50 calls in a minute, and no header tells.
package gitcode

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// Server serves a forge as GitCode.
type Server struct{ *rest.Server }

// New serves a forge on which nothing happened yet.
func New(forge *fake.Forge, o rest.Options) *Server {
	s := &Server{rest.New(forge, o)}
	s.Speak(rest.Dialect{
		Routes:       s.routes(),
		Failure:      s.failure,
		Limits:       []rest.Limit{{Most: 50, Over: time.Minute}, {Most: 4000, Over: time.Hour}},
		PrivateToken: true,
		Heed:         s.heed,
		HeedAct:      s.heedAct,
		Headers:      s.headers,
	})
	return s
}

// failures are the names of refusals.
var failures = map[int]string{
	http.StatusBadRequest: "BAD_REQUEST", http.StatusUnauthorized: "UN_AUTHORIZED", http.StatusForbidden: "FORBIDDEN",
	http.StatusNotFound: "NOT_PATH", http.StatusTooManyRequests: "TOO_MANY_REQUESTS",
}

func (s *Server) failure(status int, message string) any {
	text := strings.TrimPrefix(message, strconv.Itoa(status)+" ")
	return rest.Obj{"error_code": status, "error_code_name": failures[status], "error_message": text, "trace_id": rest.HexID(s.NextID(), 32)}
}

// Passes reports whether a pull request has passed what the gate blocks by: a tester, or a
// thread that is resolved. Without either of them nothing has.
func (s *Server) Passes(p *fake.PullRequest) bool {
	s.Lock()
	defer s.Unlock()
	tested, threads := s.Desk(p).Testers > 0, s.Defaults(p.Repo()).ThreadsResolved
	return (tested || threads) && s.Desk(p).Passed(rest.Tester) && s.Resolved(p)
}

// Obstacle says what keeps a pull request from being merged; empty if nothing does.
func (s *Server) Obstacle(p *fake.PullRequest) string {
	s.Lock()
	defer s.Unlock()
	return s.Server.Obstacle(p)
}

func (s *Server) repoAPI(r *fake.Repo, path string) string {
	return s.API("/repos/" + r.FullName() + path)
}

func (s *Server) web(r *fake.Repo, path string) string { return s.Link("/" + r.FullName() + path) }

// userID is a person's id by the API; webhooks have another one.
func userID(a *fake.Account) string { return rest.HexID(a.ID, 24) }
