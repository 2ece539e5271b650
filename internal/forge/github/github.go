// Package github is GitHub as the gate sees it: github.com or GitHub
// Enterprise Server, as an App or with a token.
//
// It reads by one GraphQL query per look, with REST for what only REST has
// (old paths of renames, comparisons, blobs, teams), reads trees many at a
// time, and writes checks, review requests, comments and reactions. It promises
// that nothing it could not read whole looks whole, that each write done twice
// is as good as done once, and that reads go by commit id where GitHub allows.
// What is decided is left to package policy.
package github

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Numbers of GitHub's that the adapter is built around (docs.github.com).
const (
	maxFiles    = 3000 // "List pull requests files"
	maxCommits  = 250  // "List commits on a pull request"
	maxCompare  = 300  // files of "Compare two commits"
	pageSize    = 100
	parallel    = 30       // pages of one list read at once
	maxConns    = 80       // of 100 concurrent requests, "Rate limits for the REST API"
	keptAnswers = 12 << 20 // bytes of answers kept for revalidation, per installation
	callTimeout = 30 * time.Second
)

// Config says how to reach GitHub. App or Token is set.
type Config struct {
	Name   string // the forge's configured name, for references
	APIURL string // https://api.github.com/, or https://HOST/api/v3/
	App    *App
	Token  string
	// Actions tells that Token is a workflow's GITHUB_TOKEN, which has no user.
	Actions   bool
	PublicURL string // where the details of a check are; may be empty
	Transport http.RoundTripper
	Now       func() time.Time
}

// App is a GitHub App's identity.
type App struct {
	ID  int64
	Key []byte // PEM
}

// Forge speaks to one GitHub. It is safe for concurrent use.
type Forge struct {
	cfg     Config
	api     *url.URL
	graphql string
	key     *rsa.PrivateKey

	bases bases

	mu       sync.Mutex
	clients  map[int64]*client // by installation; 0 is the token's, appItself the app's own
	installs map[string]int64  // by owner in lower case, as last seen
	self     *identity
	queues   map[string]bool            // repositories, in lower case, that have told of a merge queue
	labels   map[string]bool            // that are there, by labelKey
	refusals map[string]time.Time       // fields of GraphQL that were refused, until when they are not asked for
	watched  map[string]map[string]bool // names of files by repository in lower case; nil where nothing was read yet
}

// client is one credential's view.
type client struct {
	rest *github.Client
	http *http.Client
}

// New checks the configuration. It makes no call.
func New(cfg Config) (*Forge, error) {
	api, err := url.Parse(cmp.Or(cfg.APIURL, "https://api.github.com/"))
	if err != nil || api.Scheme != "https" && api.Scheme != "http" || api.Host == "" {
		return nil, fmt.Errorf("api_url %q: want an address such as https://api.github.com/", cfg.APIURL)
	}
	api.Path = strings.TrimSuffix(api.Path, "/") + "/"
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxConnsPerHost, t.MaxIdleConnsPerHost = maxConns, maxConns
		cfg.Transport = t
	}
	f := &Forge{
		cfg: cfg, api: api, graphql: graphqlURL(api), clients: map[int64]*client{}, installs: map[string]int64{},
		queues: map[string]bool{}, labels: map[string]bool{}, refusals: map[string]time.Time{}, watched: map[string]map[string]bool{},
	}
	switch {
	case cfg.App != nil && cfg.Token != "":
		return nil, errors.New("both an app and a token are configured; keep one")
	case cfg.App != nil:
		if f.key, err = jwt.ParseRSAPrivateKeyFromPEM(cfg.App.Key); err != nil {
			return nil, errors.New("the app's private key is no RSA key in PEM; download it again from the app's settings")
		}
	case cfg.Token == "":
		return nil, errors.New("neither an app nor a token is configured")
	}
	return f, nil
}

// graphqlURL follows GitHub's layout: /graphql beside the API's root, but
// /api/graphql beside an Enterprise Server's /api/v3/.
func graphqlURL(api *url.URL) string {
	u := *api
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/v3") + "/graphql"
	return u.String()
}

// App tells whether the forge is reached as an App, which writes check runs;
// a token writes commit statuses.
func (f *Forge) App() bool { return f.cfg.App != nil }

// client gives the client for a repository's installation.
func (f *Forge) client(ctx context.Context, repo pull.Repo) (*client, error) {
	if f.cfg.App == nil {
		return f.clientOf(0), nil
	}
	owner := strings.ToLower(repo.Owner)
	f.mu.Lock()
	id := f.installs[owner]
	f.mu.Unlock()
	if id == 0 {
		found, _, err := f.asApp().Apps.FindRepositoryInstallation(ctx, repo.Owner, repo.Name)
		if err != nil {
			return nil, fmt.Errorf("find the app's installation for %s: %w", repo.Slug(), kind(err))
		}
		id = found.GetID()
		f.learn(repo.Owner, id)
	}
	return f.clientOf(id), nil
}

// learn remembers an owner's installation.
func (f *Forge) learn(owner string, id int64) {
	if owner == "" || id == 0 || f.cfg.App == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.installs[strings.ToLower(owner)] = id
}

// forget drops an installation that no longer answers.
func (f *Forge) forget(owner string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.installs, strings.ToLower(owner))
}

func (f *Forge) clientOf(installation int64) *client {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[installation]; c != nil {
		return c
	}
	c := f.newClient(f.auth(installation))
	f.clients[installation] = c
	return c
}

// auth signs requests as the App, as an installation, or with the token.
func (f *Forge) auth(installation int64) http.RoundTripper {
	switch {
	case f.cfg.App == nil:
		return bearer{f.cfg.Token, f.cfg.Transport}
	case installation == appItself:
		return f.appTransport()
	}
	install := ghinstallation.NewFromAppsTransport(f.appTransport(), installation)
	install.BaseURL = f.base()
	return install
}

// newClient stacks the round trippers: revalidation outermost, so that its key
// never meets another credential; then limits, then one more try.
func (f *Forge) newClient(auth http.RoundTripper) *client {
	limits := &forge.Limits{Now: f.cfg.Now, Base: &forge.Retry{Base: auth, Wait: 300 * time.Millisecond, Safe: f.isQuery}}
	h := &http.Client{Timeout: callTimeout, Transport: &forge.Revalidate{Base: limits, Limit: keptAnswers}}
	rest := github.NewClient(h)
	rest.BaseURL = f.api
	return &client{rest: rest, http: h}
}

func (f *Forge) isQuery(req *http.Request) bool { return req.URL.String() == f.graphql }

// base is the API's address without the slash at its end.
func (f *Forge) base() string { return strings.TrimSuffix(f.api.String(), "/") }

func (f *Forge) appTransport() *ghinstallation.AppsTransport {
	t := ghinstallation.NewAppsTransportFromPrivateKey(f.cfg.Transport, f.cfg.App.ID, f.key)
	t.BaseURL = f.base()
	return t
}

// appItself is the key of the client that acts as the App and not as one of its
// installations.
const appItself = -1

// asApp gives a client that acts as the App itself.
func (f *Forge) asApp() *github.Client { return f.clientOf(appItself).rest }

// bearer adds a token.
type bearer struct {
	token string
	base  http.RoundTripper
}

func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+b.token)
	return b.base.RoundTrip(req)
}

// kind gives an error of package forge's kinds where there is one.
func kind(err error) error {
	if limit, ok := errors.AsType[*forge.LimitError](err); ok {
		return limit
	}
	if limit, ok := errors.AsType[*github.RateLimitError](err); ok {
		return &forge.LimitError{Until: limit.Rate.Reset.Time, What: "primary rate limit"}
	}
	switch status(err) {
	case http.StatusNotFound:
		return fmt.Errorf("%w: %w", forge.ErrNotFound, err)
	case http.StatusForbidden:
		return fmt.Errorf("%w: %w", forge.ErrForbidden, err)
	}
	return err
}

// status gives the HTTP status of an error answer; 0 where there was none.
func status(err error) int {
	if res, ok := errors.AsType[*github.ErrorResponse](err); ok && res.Response != nil {
		return res.Response.StatusCode
	}
	if res, ok := errors.AsType[*ghinstallation.HTTPError](err); ok && res.Response != nil {
		return res.Response.StatusCode
	}
	return 0
}
