package github

import (
	"crypto/rsa"
	"maps"
	"net/http"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// RotateKey gives the App another key; tokens that were issued stay good.
func (s *Server) RotateKey(key *rsa.PrivateKey) {
	s.Lock()
	defer s.Unlock()
	s.opts.App.Key = key
}

// RevokeTokens makes the tokens of all installations invalid before their time.
func (s *Server) RevokeTokens() {
	s.Lock()
	defer s.Unlock()
	maps.DeleteFunc(s.tokens, func(_ string, id *identity) bool { return id.install != nil })
}

// Suspend has the App's installation in an account suspended, or in use again.
func (s *Server) Suspend(account string, suspended bool) {
	s.Lock()
	defer s.Unlock()
	for _, i := range s.installed {
		if !strings.EqualFold(i.account.Login, account) || i.suspended == suspended {
			continue
		}
		i.suspended = suspended
		action := "unsuspend"
		if suspended {
			action = "suspend"
			maps.DeleteFunc(s.tokens, func(_ string, id *identity) bool { return id.install == i })
		}
		s.emitInstallation(action, i)
	}
}

// errSuspended is what a suspended installation is answered.
func errSuspended() error { return forbidden("This installation has been suspended") }

// moved answers a call on a former name: the REST API sends the caller on.
func (c *call) moved(r *fake.Repo) error {
	rest := c.r.URL.EscapedPath()[len("/repos/"+c.r.PathValue("owner")+"/"+c.r.PathValue("repo")):]
	query := ""
	if c.r.URL.RawQuery != "" {
		query = "?" + c.r.URL.RawQuery
	}
	c.header.Set("Location", c.s.link("/repos/%s%s%s", r.FullName(), rest, query))
	return &failure{status: http.StatusMovedPermanently, message: "Moved Permanently"}
}
