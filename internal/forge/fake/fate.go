package fake

import (
	"crypto/rsa"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// RotateKey gives the App another key; tokens that were issued stay good.
func (f *Forge) RotateKey(key *rsa.PrivateKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opts.App.Key = key
}

// RevokeTokens makes the tokens of all installations invalid before their time.
func (f *Forge) RevokeTokens() {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.tokens, func(_ string, id *identity) bool { return id.install != nil })
}

// Suspend has the App's installation in an account suspended, or in use again.
func (f *Forge) Suspend(account string, suspended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.installed {
		if !sameName(i.account.login, account) || i.suspended == suspended {
			continue
		}
		i.suspended = suspended
		action := "unsuspend"
		if suspended {
			action = "suspend"
			maps.DeleteFunc(f.tokens, func(_ string, id *identity) bool { return id.install == i })
		}
		f.emitInstallation(action, i)
	}
}

// errSuspended is what a suspended installation is answered.
func errSuspended() error { return forbidden("This installation has been suspended") }

// Rename gives the repository another owner or name. Its old name is forwarded
// to the new one, as long as no other repository takes it.
func (r *Repo) Rename(owner, name string) error {
	f := r.forge
	f.mu.Lock()
	defer f.mu.Unlock()
	to, err := f.account(owner)
	if err != nil {
		return fmt.Errorf("rename %s: %w", r.FullName(), err)
	}
	if f.repo(owner, name) != nil {
		return fmt.Errorf("rename %s: %s/%s is there already", r.FullName(), owner, name)
	}
	changes, action := obj{"repository": obj{"name": obj{"from": r.name}}}, "renamed"
	if to != r.owner {
		changes, action = obj{"owner": obj{"from": obj{"organization": f.userJSON(r.owner)}}}, "transferred"
	}
	f.forwards = append(f.forwards, forward{owner: r.owner.login, name: r.name, to: r})
	r.owner, r.name = to, name
	f.emit("repository", action, f.installationOf(r), r, to, obj{"changes": changes})
	return nil
}

// Delete takes the repository away. Pull requests from it are closed.
func (r *Repo) Delete() {
	f := r.forge
	f.mu.Lock()
	defer f.mu.Unlock()
	r.deleted = true
	for _, other := range f.repos {
		for _, p := range other.pulls {
			if p.headRepo == r && other != r {
				p.remember()
				p.close(r.owner)
			}
		}
	}
	f.emit("repository", "deleted", f.installationOf(r), r, r.owner, obj{})
	f.repos = slices.DeleteFunc(f.repos, func(o *Repo) bool { return o == r })
	f.forwards = slices.DeleteFunc(f.forwards, func(w forward) bool { return w.to == r })
}

// forward is a former name of a repository.
type forward struct {
	owner, name string
	to          *Repo
}

// formerly finds the repository that had a name.
func (f *Forge) formerly(owner, name string) *Repo {
	for _, w := range slices.Backward(f.forwards) {
		if sameName(w.owner, owner) && sameName(w.name, name) {
			return w.to
		}
	}
	return nil
}

// moved answers a call on a former name: the REST API sends the caller on.
func (c *call) moved(r *Repo) error {
	rest := c.r.URL.EscapedPath()[len("/repos/"+c.r.PathValue("owner")+"/"+c.r.PathValue("repo")):]
	query := ""
	if c.r.URL.RawQuery != "" {
		query = "?" + c.r.URL.RawQuery
	}
	c.header.Set("Location", c.f.url("/repos/%s%s%s", r.FullName(), rest, query))
	return &failure{status: http.StatusMovedPermanently, message: "Moved Permanently"}
}
