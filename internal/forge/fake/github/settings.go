package github

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// hookSettings are what the App's webhook is set to besides its address and secret.
type hookSettings struct {
	contentType string
	insecure    bool
}

// SetHookSettings sets how the App's webhooks would be written, "json" or "form", and
// whether they go out without certificates being checked. It is only told: webhooks go
// out as JSON.
func (s *Server) SetHookSettings(contentType string, insecure bool) {
	s.Lock()
	defer s.Unlock()
	s.hook = hookSettings{contentType, insecure}
}

func (s *Server) hookJSON() obj {
	out := obj{"url": s.opts.WebhookURL, "content_type": "json", "insecure_ssl": "0"}
	if s.hook.contentType != "" {
		out["content_type"] = s.hook.contentType
	}
	if s.hook.insecure {
		out["insecure_ssl"] = "1"
	}
	if s.opts.WebhookSecret != "" {
		out["secret"] = "********"
	}
	return out
}

// SetEvents changes the events that the App is subscribed to, where it is installed
// from now on.
func (s *Server) SetEvents(events ...string) {
	s.Lock()
	defer s.Unlock()
	s.opts.App.Events = events
}

// Accept sets what an account has accepted, where that is not all that the App asks
// for now: GitHub keeps an installation at what it was until an owner accepts more.
func (s *Server) Accept(account string, permissions map[string]string) {
	s.Lock()
	defer s.Unlock()
	for _, i := range s.installed {
		if strings.EqualFold(i.account.Login, account) {
			i.accepted = permissions
		}
	}
}

// permissions are what the account of an installation has accepted.
func (i *installation) permissions(s *Server) map[string]string {
	if i.accepted != nil {
		return i.accepted
	}
	return s.opts.App.Permissions
}

// SetScopes sets the scopes of a user's token, as GitHub writes them; empty for a
// fine-grained token, of which it tells none. They are only told.
func (s *Server) SetScopes(login, scopes string) {
	s.Lock()
	defer s.Unlock()
	if a, err := s.FindAccount(login); err == nil {
		s.person(a).scopes = scopes
	}
}

// UseRulesets has the checks that a repository's branches require be rules of a ruleset,
// and not of their protection.
func (s *Server) UseRulesets(r *fake.Repo) {
	s.Lock()
	defer s.Unlock()
	s.rulesets[r] = true
}
