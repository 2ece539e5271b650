package rest

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// Route is one endpoint of the API.
type Route struct {
	Method, Path string // below the API's root
	// Query and Body name what a call may give, with spaces between; a * marks what it must.
	Query, Body string
	List        bool       // the body is a list
	Form        bool       // the body is a form, and never JSON
	Level       fake.Level // that the caller needs in the repository
	Status      int        // of a success; 0: 200
	Handle      func(*Call) (any, error)
}

// Then does something, and answers by what a call shows afterwards.
func Then(do func(*Call) error, show func(*Call) (any, error)) func(*Call) (any, error) {
	return func(c *Call) (any, error) {
		if err := do(c); err != nil {
			return nil, err
		}
		return show(c)
	}
}

// Nothing is an answer without a body, and Empty one of an empty object.
func Nothing(*Call) (any, error) { return nil, nil }

// Empty is an answer of an empty object.
func Empty(*Call) (any, error) { return Obj{}, nil }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "GET /oauth/authorize":
		s.oauth.Authorize(w, r)
		return
	case "POST /oauth/token":
		s.oauth.Exchange(w, r)
		return
	}
	path, inside := strings.CutPrefix(r.URL.EscapedPath(), root+"/")
	var best Route
	var names map[string]string
	most := -1
	for _, rt := range s.dialect.Routes {
		if rt.Method != r.Method || !inside {
			continue
		}
		if found, literals, ok := match(rt.Path, path); ok && literals > most {
			best, names, most = rt, found, literals
		}
	}
	for name, value := range names {
		r.SetPathValue(name, value)
	}
	s.serve(best, w, r)
}

// match holds a path against a route's: {name} is one part of it, {name...} all that is left.
// It returns the names' values, and how many parts are the route's own. Of the forges' routes
// some differ in that alone: pulls/{number}/comments, pulls/comments/{id}.
func match(pattern, path string) (names map[string]string, literals int, ok bool) {
	parts, given := strings.Split(strings.TrimPrefix(pattern, "/"), "/"), strings.Split(path, "/")
	names = map[string]string{}
	for i, part := range parts {
		name, variable := strings.CutPrefix(part, "{")
		name = strings.TrimSuffix(name, "}")
		switch {
		case i >= len(given):
			return nil, 0, false
		case strings.HasSuffix(name, "..."):
			value, err := url.PathUnescape(strings.Join(given[i:], "/"))
			names[strings.TrimSuffix(name, "...")] = value
			return names, literals, err == nil
		case variable:
			value, err := url.PathUnescape(given[i])
			if err != nil {
				return nil, 0, false
			}
			names[name] = value
		case part != given[i]:
			return nil, 0, false
		default:
			literals++
		}
	}
	return names, literals, len(parts) == len(given)
}

// identify finds out whose token a call has.
func (c *Call) identify() error {
	token := c.Text("access_token")
	if bearer, ok := strings.CutPrefix(c.R.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	if private := c.R.Header.Get("PRIVATE-TOKEN"); private != "" && c.s.dialect.PrivateToken {
		token = private
	}
	if token == "" {
		return nil
	}
	who, ok := c.s.ByToken(token)
	if !ok {
		return Refuse(http.StatusUnauthorized, "401 Unauthorized: Access token does not exist")
	}
	c.Who = who
	return nil
}

// ByToken finds whose token something is; under the lock.
func (s *Server) ByToken(token string) (*fake.Account, bool) {
	login, ok := strings.CutPrefix(token, "token-")
	if !ok {
		return nil, false
	}
	a, err := s.FindAccount(login)
	return a, err == nil
}

// authorize holds a call to the rights that its route needs.
func (c *Call) authorize() error {
	if c.Who == nil && (c.R.Method != http.MethodGet || c.route.Path == "/user") {
		return Refuse(http.StatusUnauthorized, "401 Unauthorized")
	}
	owner, name := c.R.PathValue("owner"), c.R.PathValue("repo")
	if name == "" {
		return nil
	}
	c.Repo = c.s.FindRepo(owner, name)
	if c.Repo == nil || c.Repo.Access(c.Who) == fake.None {
		return Refuse(http.StatusNotFound, "404 Project Not Found")
	}
	if c.s.Level(c.Repo, c.Who) < c.route.Level {
		return Refuse(http.StatusForbidden, "403 Forbidden")
	}
	if c.R.PathValue("number") == "" {
		return nil
	}
	number, err := c.PathNumber("number")
	if err != nil {
		return err
	}
	if c.Pull = c.Repo.FindPull(int(number)).Shown(); c.Pull == nil {
		return Refuse(http.StatusNotFound, "404 Not Found")
	}
	if c.R.Method != http.MethodGet {
		c.Pull = c.Repo.FindPull(int(number))
		c.Pull.Remember()
	}
	return nil
}

// Level is what an account may do in a repository, with what a knob takes from bots; under
// the lock.
func (s *Server) Level(r *fake.Repo, a *fake.Account) fake.Level {
	if a != nil && a.Kind == fake.Bot && s.Is(NoAdministrator) {
		return min(r.Access(a), fake.Write)
	}
	return r.Access(a)
}
