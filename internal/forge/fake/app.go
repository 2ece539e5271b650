package fake

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// tokenLife is how long an installation's token can be used.
const tokenLife = time.Hour

// installation is the App installed in an account, with all of its
// repositories or some.
type installation struct {
	id      int64
	account *account
	repos   []*Repo // nil: all
	created time.Time
	// suspended ones get no tokens.
	suspended bool
	accepted  map[string]string // permissions; nil: all that the App asks for
}

func (i *installation) covers(r *Repo) bool {
	return r.owner == i.account && (i.repos == nil || slices.Contains(i.repos, r))
}

func (i *installation) selection() string {
	if i.repos == nil {
		return "all"
	}
	return "selected"
}

// identity is who makes a call.
type identity struct {
	account *account      // nil: nobody, or the App itself
	install *installation // of an installation's token
	// permissions are what a workflow's token was given; nil: what the App has.
	permissions map[string]string
	app         bool      // the App itself, by its JWT
	expires     time.Time // zero: never
	key         string    // the rate limit that it draws on
	early       int       // calls that were refused as the token was new
	scopes      string    // of a user's classic token
}

func defaultPermissions() map[string]string {
	return map[string]string{
		"checks": "write", "contents": "read", "issues": "write", "members": "read", "merge_queues": "read", "metadata": "read",
		"pull_requests": "write", "statuses": "write", "administration": "read",
	}
}

func defaultEvents() []string {
	return []string{
		"check_run", "check_suite", "issue_comment", "member", "membership", "merge_group", "organization",
		"pull_request", "pull_request_review", "push", "repository", "status", "team",
	}
}

// Install installs the App in an account, with the named repositories or, if
// none is named, with all, and gives the installation's id.
func (f *Forge) Install(account string, repos ...string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.account(account)
	if err != nil {
		return 0, fmt.Errorf("install the app: %w", err)
	}
	i := &installation{id: f.nextID(), account: a, created: f.now()}
	for _, name := range repos {
		r := f.repo(account, name)
		if r == nil {
			return 0, fmt.Errorf("install the app: no repository %s/%s", account, name)
		}
		i.repos = append(i.repos, r)
	}
	f.installed = append(f.installed, i)
	f.emitInstallation("created", i)
	return i.id, nil
}

// Uninstall takes the App out of an account; its tokens become invalid.
func (f *Forge) Uninstall(account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range slices.Clone(f.installed) {
		if !sameName(i.account.login, account) {
			continue
		}
		f.emitInstallation("deleted", i)
		f.installed = slices.DeleteFunc(f.installed, func(o *installation) bool { return o == i })
		for token, id := range f.tokens {
			if id.install == i {
				delete(f.tokens, token)
			}
		}
	}
}

// SetPermissions changes what the App's installations grant.
func (f *Forge) SetPermissions(permissions map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opts.App.Permissions = permissions
}

// AppKey gives the App's private key as PEM, as GitHub hands it out.
func (f *Forge) AppKey() ([]byte, error) {
	key, err := f.key()
	if err != nil {
		return nil, err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return pem.EncodeToMemory(block), nil
}

// key gives the App's key; it is made on first use, which takes a moment.
func (f *Forge) key() (*rsa.PrivateKey, error) {
	var err error
	f.keyOnce.Do(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.opts.App.Key == nil {
			f.opts.App.Key, err = rsa.GenerateKey(rand.Reader, 2048)
		}
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opts.App.Key == nil {
		return nil, fmt.Errorf("make the app's key: %w", err)
	}
	return f.opts.App.Key, nil
}

// checkJWT checks an App's token: signature, issuer and lifetime, which GitHub
// limits to ten minutes.
func (f *Forge) checkJWT(token string) error {
	key, err := f.key()
	if err != nil {
		return err
	}
	claims := jwt.RegisteredClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err == nil && claims.Issuer != strconv.FormatInt(f.opts.App.ID, 10) && claims.Issuer != f.clientID() {
		return &failure{status: 404, message: "Integration not found"} // octokit/rest.js#218
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }); err != nil {
		return &failure{status: 401, message: "A JSON web token could not be decoded"}
	}
	now := f.opts.App.Clock()
	switch {
	case claims.ExpiresAt == nil || !claims.ExpiresAt.After(now):
		return &failure{status: 401,
			message: "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"}
	case claims.ExpiresAt.After(now.Add(11 * time.Minute)):
		return &failure{status: 401, message: "'Expiration time' claim ('exp') is too far in the future"}
	case claims.IssuedAt != nil && claims.IssuedAt.After(now.Add(time.Minute)):
		return &failure{status: 401, message: "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"}
	}
	return nil
}

func (f *Forge) clientID() string { return fmt.Sprintf("Iv1.%016x", f.opts.App.ID) }

// issue makes a token of an installation.
func (f *Forge) issue(i *installation) (token string, expires time.Time) {
	token, expires = newToken(), f.opts.App.Clock().Truncate(time.Second).Add(tokenLife)
	f.tokens[token] = &identity{
		account: f.bot(), install: i, expires: expires, key: "installation:" + strconv.FormatInt(i.id, 10),
	}
	return token, expires
}

// identify finds who a call's credentials stand for. No credentials are
// nobody, who may read what is public.
func (f *Forge) identify(authorization, addr string) (*identity, error) {
	if authorization == "" {
		return &identity{key: "address:" + addr}, nil
	}
	scheme, token, _ := strings.Cut(authorization, " ")
	if !sameName(scheme, "bearer") && !sameName(scheme, "token") {
		return nil, &failure{status: 401, message: "Bad credentials"}
	}
	token = strings.TrimSpace(token)
	if strings.Count(token, ".") == 2 {
		if err := f.checkJWT(token); err != nil {
			return nil, err
		}
		return &identity{app: true, key: "app"}, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.tokens[token]
	if id == nil || (!id.expires.IsZero() && !f.opts.App.Clock().Before(id.expires)) {
		return nil, &failure{status: 401, message: "Bad credentials"}
	}
	return id, nil
}

// installationOf finds the installation that covers a repository, or nil.
func (f *Forge) installationOf(r *Repo) *installation {
	for _, i := range f.installed {
		if i.covers(r) {
			return i
		}
	}
	return nil
}

func (f *Forge) appJSON() obj {
	app := f.opts.App
	owner := f.userJSON(nil)
	if len(f.accounts) > 1 {
		owner = f.userJSON(f.accounts[1])
	}
	return obj{
		"id": app.ID, "slug": app.Slug, "node_id": nodeID("A", app.ID), "client_id": f.clientID(), "owner": owner,
		"name": app.Name, "description": nil, "external_url": f.web("/apps/%s", app.Slug),
		"html_url": f.web("/apps/%s", app.Slug), "created_at": stamp(f.bot().created),
		"updated_at": stamp(f.bot().created), "permissions": app.Permissions, "events": app.Events,
	}
}

// installationJSON is an installation. GitHub's description wants its account
// to be a user and an enterprise at once, so it has the fields of both.
func (f *Forge) installationJSON(i *installation) obj {
	account := f.userJSON(i.account)
	account["name"], account["slug"] = i.account.name, i.account.login
	account["created_at"], account["updated_at"] = stamp(i.account.created), stamp(i.account.created)
	return obj{
		"id": i.id, "account": account, "repository_selection": i.selection(),
		"access_tokens_url": f.url("/app/installations/%d/access_tokens", i.id),
		"repositories_url":  f.url("/installation/repositories"), "html_url": f.web("/installations/%d", i.id),
		"app_id": f.opts.App.ID, "app_slug": f.opts.App.Slug, "target_id": i.account.id,
		"target_type": i.account.kind, "permissions": i.permissions(f), "events": f.opts.App.Events,
		"created_at": stamp(i.created), "updated_at": stamp(i.created), "single_file_name": nil,
		"suspended_by": nil, "suspended_at": i.suspendedAt(),
	}
}

func (i *installation) suspendedAt() any {
	if !i.suspended {
		return nil
	}
	return stamp(i.created)
}
