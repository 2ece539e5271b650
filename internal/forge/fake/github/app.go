package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// tokenLife is how long an installation's token can be used.
const tokenLife = time.Hour

// installation is the App installed in an account, with all of its
// repositories or some.
type installation struct {
	id      int64
	account *fake.Account
	repos   []*fake.Repo // nil: all
	created time.Time
	// suspended ones get no tokens.
	suspended bool
	accepted  map[string]string // permissions; nil: all that the App asks for
}

func (i *installation) covers(r *fake.Repo) bool {
	return r.Owner == i.account && (i.repos == nil || slices.Contains(i.repos, r))
}

func (i *installation) selection() string {
	if i.repos == nil {
		return "all"
	}
	return "selected"
}

// identity is who makes a call.
type identity struct {
	account *fake.Account // nil: nobody, or the App itself
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
func (s *Server) Install(account string, repos ...string) (int64, error) {
	s.Lock()
	defer s.Unlock()
	a, err := s.FindAccount(account)
	if err != nil {
		return 0, fmt.Errorf("install the app: %w", err)
	}
	i := &installation{id: s.NextID(), account: a, created: s.Now()}
	for _, name := range repos {
		r := s.FindRepo(account, name)
		if r == nil {
			return 0, fmt.Errorf("install the app: no repository %s/%s", account, name)
		}
		i.repos = append(i.repos, r)
	}
	s.installed = append(s.installed, i)
	s.emitInstallation("created", i)
	return i.id, nil
}

// Uninstall takes the App out of an account; its tokens become invalid.
func (s *Server) Uninstall(account string) {
	s.Lock()
	defer s.Unlock()
	for _, i := range slices.Clone(s.installed) {
		if !strings.EqualFold(i.account.Login, account) {
			continue
		}
		s.emitInstallation("deleted", i)
		s.installed = slices.DeleteFunc(s.installed, func(o *installation) bool { return o == i })
		for token, id := range s.tokens {
			if id.install == i {
				delete(s.tokens, token)
			}
		}
	}
}

// RotateKey returns the App another key; tokens that were issued stay good.
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

// SetPermissions changes what the App's installations grant.
func (s *Server) SetPermissions(permissions map[string]string) {
	s.Lock()
	defer s.Unlock()
	s.opts.App.Permissions = permissions
}

// AppKey returns the App's private key as PEM, as GitHub hands it out.
func (s *Server) AppKey() ([]byte, error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return pem.EncodeToMemory(block), nil
}

// key returns the App's key; it is made on first use, which takes a moment.
func (s *Server) key() (*rsa.PrivateKey, error) {
	var err error
	s.keyOnce.Do(func() {
		s.Lock()
		defer s.Unlock()
		if s.opts.App.Key == nil {
			s.opts.App.Key, err = rsa.GenerateKey(rand.Reader, 2048)
		}
	})
	s.Lock()
	defer s.Unlock()
	if s.opts.App.Key == nil {
		return nil, fmt.Errorf("make the app's key: %w", err)
	}
	return s.opts.App.Key, nil
}

// checkJWT checks an App's token: signature, issuer and lifetime, which GitHub
// limits to ten minutes.
func (s *Server) checkJWT(token string) error {
	key, err := s.key()
	if err != nil {
		return err
	}
	claims := jwt.RegisteredClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err == nil && claims.Issuer != strconv.FormatInt(s.opts.App.ID, 10) &&
		claims.Issuer != s.clientID() {
		return &failure{status: 404, message: "Integration not found"} // octokit/rest.js#218
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }); err != nil {
		return &failure{status: 401, message: "A JSON web token could not be decoded"}
	}
	now := s.opts.App.Clock()
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

func (s *Server) clientID() string { return fmt.Sprintf("Iv1.%016x", s.opts.App.ID) }

// issue makes a token of an installation.
func (s *Server) issue(i *installation) (token string, expires time.Time) {
	token, expires = newToken(), s.opts.App.Clock().Truncate(time.Second).Add(tokenLife)
	s.tokens[token] = &identity{
		account: s.bot, install: i, expires: expires, key: "installation:" + strconv.FormatInt(i.id, 10),
	}
	return token, expires
}

// identify finds who a call's credentials stand for. No credentials are
// nobody, who may read what is public.
func (s *Server) identify(authorization, addr string) (*identity, error) {
	if authorization == "" {
		return &identity{key: "address:" + addr}, nil
	}
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") {
		return nil, &failure{status: 401, message: "Bad credentials"}
	}
	token = strings.TrimSpace(token)
	if strings.Count(token, ".") == 2 {
		if err := s.checkJWT(token); err != nil {
			return nil, err
		}
		return &identity{app: true, key: "app"}, nil
	}
	s.Lock()
	defer s.Unlock()
	if login, ok := strings.CutPrefix(token, "token-"); ok {
		a, err := s.FindAccount(login)
		if err != nil || a.Login != login || a.Kind == fake.Organization {
			return nil, &failure{status: 401, message: "Bad credentials"}
		}
		return s.person(a), nil
	}
	id := s.tokens[token]
	if id == nil || (!id.expires.IsZero() && !s.opts.App.Clock().Before(id.expires)) {
		return nil, &failure{status: 401, message: "Bad credentials"}
	}
	return id, nil
}

// person is who a user's own token stands for.
func (s *Server) person(a *fake.Account) *identity {
	if s.people[a] == nil {
		s.people[a] = &identity{account: a, key: "user:" + a.Login, scopes: "repo, read:org"}
	}
	return s.people[a]
}

// installationOf finds the installation that covers a repository, or nil.
func (s *Server) installationOf(r *fake.Repo) *installation {
	for _, i := range s.installed {
		if i.covers(r) {
			return i
		}
	}
	return nil
}

func (s *Server) appJSON() obj {
	app := s.opts.App
	owner := s.userJSON(nil)
	if len(s.Accounts) > 1 {
		owner = s.userJSON(s.Accounts[1])
	}
	return obj{
		"id": app.ID, "slug": app.Slug, "node_id": nodeID("A", app.ID), "client_id": s.clientID(), "owner": owner,
		"name": app.Name, "description": nil, "external_url": s.web("/apps/%s", app.Slug),
		"html_url": s.web("/apps/%s", app.Slug), "created_at": stamp(s.bot.Created),
		"updated_at": stamp(s.bot.Created), "permissions": app.Permissions, "events": app.Events,
	}
}

// installationJSON is an installation. GitHub's description wants its account
// to be a user and an enterprise at once, so it has the fields of both.
func (s *Server) installationJSON(i *installation) obj {
	account := s.userJSON(i.account)
	account["name"], account["slug"] = i.account.Name, i.account.Login
	account["created_at"], account["updated_at"] = stamp(i.account.Created), stamp(i.account.Created)
	return obj{
		"id": i.id, "account": account, "repository_selection": i.selection(),
		"access_tokens_url": s.link("/app/installations/%d/access_tokens", i.id),
		"repositories_url":  s.link("/installation/repositories"), "html_url": s.web("/installations/%d", i.id),
		"app_id": s.opts.App.ID, "app_slug": s.opts.App.Slug, "target_id": i.account.ID,
		"target_type": accountTypes().say(i.account.Kind), "permissions": i.permissions(s), "events": s.opts.App.Events,
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
