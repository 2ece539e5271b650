package fake

import (
	"path"
	"slices"
)

// hookSettings are what the App's webhook is set to besides its address and secret.
type hookSettings struct {
	contentType string
	insecure    bool
}

// SetHookSettings sets how the App's webhooks would be written, "json" or "form", and
// whether they go out without certificates being checked. It is only told: webhooks go
// out as JSON.
func (f *Forge) SetHookSettings(contentType string, insecure bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = hookSettings{contentType, insecure}
}

func (f *Forge) hookJSON() obj {
	out := obj{"url": f.opts.WebhookURL, "content_type": "json", "insecure_ssl": "0"}
	if f.hook.contentType != "" {
		out["content_type"] = f.hook.contentType
	}
	if f.hook.insecure {
		out["insecure_ssl"] = "1"
	}
	if f.opts.WebhookSecret != "" {
		out["secret"] = "********"
	}
	return out
}

// SetEvents changes the events that the App is subscribed to, where it is installed
// from now on.
func (f *Forge) SetEvents(events ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opts.App.Events = events
}

// Accept sets what an account has accepted, where that is not all that the App asks
// for now: GitHub keeps an installation at what it was until an owner accepts more.
func (f *Forge) Accept(account string, permissions map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.installed {
		if sameName(i.account.login, account) {
			i.accepted = permissions
		}
	}
}

// permissions are what the account of an installation has accepted.
func (i *installation) permissions(f *Forge) map[string]string {
	if i.accepted != nil {
		return i.accepted
	}
	return f.opts.App.Permissions
}

// SetScopes sets the scopes of a user's token, as GitHub writes them; empty for a
// fine-grained token, of which it tells none. They are only told.
func (f *Forge) SetScopes(login, scopes string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id := f.tokens["token-"+login]; id != nil {
		id.scopes = scopes
	}
}

// RestrictCreation has a ruleset say that not everybody may create branches of a
// pattern. It is only told.
func (r *Repo) RestrictCreation(pattern string) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	r.closed = append(r.closed, pattern)
}

// mayCreate tells whether rulesets let everybody who may write create a branch.
func (r *Repo) mayCreate(branch string) bool {
	return !slices.ContainsFunc(r.closed, func(pattern string) bool {
		ok, err := path.Match(pattern, branch)
		return ok && err == nil
	})
}

// ProtectReviews has a branch's own protection dismiss stale approvals, which only
// those are told who administrate. It is only told; Behaviour has what is done.
func (r *Repo) ProtectReviews(branch string) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	r.dismisses = append(r.dismisses, branch)
}
