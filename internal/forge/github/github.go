// Package github is GitHub as the gate sees it: github.com or GitHub
// Enterprise Server, as an App or with a token.
//
// It reads by one GraphQL query per look, with REST for what only REST has
// (old paths of renames, comparisons, blobs, teams), reads trees many at a
// time, and writes checks, review requests, comments and reactions. It promises
// that nothing it could not read whole looks whole, that each write done twice
// is as good as done once, and that reads go by commit id where GitHub allows.
// What is decided is left to package rule.
package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
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
	maxConns    = 80       // calls under way, of 100 concurrent requests, "Rate limits for the REST API"
	keptAnswers = 12 << 20 // bytes of answers kept for revalidation, per installation
	callTimeout = 30 * time.Second
)

// Config says how to reach GitHub. App or Token is set.
type Config struct {
	Name      string // the forge's configured name, for references
	APIURL    string // https://api.github.com/, or https://HOST/api/v3/
	App       *App
	Token     string
	PublicURL string // where the details of a check are; may be empty
	// Reload reads the App's key or the token again, where it is refused; nil:
	// it never changes.
	Reload func() ([]byte, error)
	// SweepShare is how much of a rate limit sweeps may use, in percent; 0: all.
	SweepShare int
	// WritesPerMinute bounds what creates content as one installation, and twice as
	// much the checks; 0: the constant of that name. Replicas tells how many
	// processes share it; nil: one.
	WritesPerMinute int
	Replicas        func() int
	Waits           Waits
	// Observe is told of each call, with the installation's number, 0 for a
	// token's, -1 for the App's own; may be nil.
	Observe   func(installation int64, c forge.Call)
	Transport http.RoundTripper
	Now       func() time.Time
}

// Waits are how long to wait for GitHub. The zero value of each has a default.
type Waits struct {
	// Token is the first wait before a call is sent again that was refused to a token
	// made just now; a second.
	Token time.Duration
	// TooFast is how long writes of a kind are kept back of which one was refused for
	// their frequency; a minute and a half.
	TooFast time.Duration
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
	ring    *keyring

	breaker *forge.Breaker

	bases bases
	lists listPages // guarded by mu

	mu       sync.Mutex
	clients  map[int64]*client    // by installation; 0 is the token's, appItself the app's own
	installs map[string]int64     // by owner in lower case, as last seen
	absent   map[string]time.Time // owners in lower case who have none, until when that is believed
	self     *identity
	queues   map[string]bool            // repositories, in lower case, that have told of a merge queue
	labels   map[string]bool            // that are there, by labelKey
	refusals map[string]time.Time       // fields of GraphQL that were refused, until when they are not asked for
	watched  map[string]map[string]bool // names of files by repository in lower case; nil where nothing was read yet
}

// client is one credential's view.
type client struct {
	rest    *github.Client
	http    *http.Client
	limits  *forge.Limits
	checks  *forge.Pace // of checks and statuses
	content *forge.Pace // of what creates content
	signed  *credential
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
	cfg.Waits.Token, cfg.Waits.TooFast = cmp.Or(cfg.Waits.Token, time.Second), cmp.Or(cfg.Waits.TooFast, tooFastFor)
	cfg.WritesPerMinute = cmp.Or(cfg.WritesPerMinute, WritesPerMinute)
	if cfg.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxConnsPerHost, t.MaxIdleConnsPerHost = maxConns, maxConns
		cfg.Transport = newAtOnce(t, maxConns)
	}
	f := &Forge{
		cfg: cfg, api: api, graphql: graphqlURL(api), clients: map[int64]*client{}, installs: map[string]int64{}, absent: map[string]time.Time{},
		queues: map[string]bool{}, labels: map[string]bool{}, refusals: map[string]time.Time{}, watched: map[string]map[string]bool{},
	}
	f.breaker = &forge.Breaker{Thing: f.thing, Now: cfg.Now}
	f.ring = &keyring{cfg: &f.cfg, token: cfg.Token}
	switch {
	case cfg.App != nil && cfg.Token != "":
		return nil, errors.New("both an app and a token are configured; keep one")
	case cfg.App != nil:
		if f.ring.key, err = parseKey(cfg.App.Key); err != nil {
			return nil, err
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

// App reports whether the forge is reached as an App, which writes check runs;
// a token writes commit statuses.
func (f *Forge) App() bool { return f.cfg.App != nil }

// client returns the client for a repository's installation.
func (f *Forge) client(ctx context.Context, repo pull.Repo) (*client, error) {
	if f.cfg.App == nil {
		return f.clientOf(0), nil
	}
	owner := strings.ToLower(repo.Owner)
	f.mu.Lock()
	id := f.installs[owner]
	f.mu.Unlock()
	if id == 0 {
		found, err := f.installation(ctx, repo.Owner, repo.Name)
		if err != nil {
			return nil, fmt.Errorf("find the app's installation for %s: %w", repo.Slug(), err)
		}
		id = found
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
	delete(f.absent, strings.ToLower(owner))
}

// forget drops an installation that no longer answers.
func (f *Forge) forget(owner string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.installs, strings.ToLower(owner))
	delete(f.absent, strings.ToLower(owner))
}

func (f *Forge) clientOf(installation int64) *client {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[installation]; c != nil {
		return c
	}
	c := f.newClient(installation)
	f.clients[installation] = c
	return c
}

// What creates content, such as comments and requests for review, is kept a little
// below what GitHub allows: 80 requests a minute, and 500 an hour. Checks and
// statuses notify nobody, and nothing else lets people merge: they are held to a pace
// of their own, by the 900 points a minute of which each write takes 5 and each read
// 1 (docs.github.com, "Rate limits for the REST API"), which nothing else draws on. What
// answers commands decides the least and is asked for the most easily: it leaves half of
// the content to comments, requests for review and labels. What GitHub refuses for its
// frequency keeps back its own kind for a while, and no reading.
const (
	WritesPerMinute = 75
	hourOfMinutes   = 6.4 // WritesPerMinute that an hour may have of content
	checksOfWrites  = 2   // checks a minute for each WritesPerMinute: 750 of the 900 points
	spareChecks     = 10  // of so many checks one is kept for taking back a success
	answersOf       = 2   // of so many writes of content one may answer a command
	writePatience   = time.Second
)

// newClient stacks the round trippers: revalidation outermost, so that its key
// never meets another credential; then what leaves a forge alone that fails, for all
// credentials together; then what keeps calls back; then one more try,
// the credential, and who watches. What one of them keeps back uses up nothing of
// those below it.
func (f *Forge) newClient(installation int64) *client {
	transport := f.cfg.Transport
	if f.cfg.Observe != nil {
		transport = &forge.Observe{Base: transport, Meter: meter, Endpoint: f.endpoint,
			Tell: func(c forge.Call) { f.cfg.Observe(installation, c) }}
	}
	signed := &credential{ring: f.ring, installation: installation, api: f.base(), base: transport}
	share := &forge.Share{Meter: meter, Percent: f.cfg.SweepShare, Class: f.class, Now: f.cfg.Now,
		Base: &forge.Retry{Base: &forge.RequireBody{Base: signed}, Wait: 300 * time.Millisecond, Safe: f.isQuery}}
	minute, hour := f.cfg.WritesPerMinute, int(hourOfMinutes*float64(f.cfg.WritesPerMinute))
	content := f.pace(share, true,
		forge.Window{Counts: f.isContent, Most: minute, Over: time.Minute},
		forge.Window{Counts: f.isContent, Most: hour, Over: time.Hour},
		forge.Window{Counts: f.isAnswer, Most: max(minute/answersOf, 1), Over: time.Minute},
		forge.Window{Counts: f.isAnswer, Most: max(hour/answersOf, 1), Over: time.Hour})
	most := checksOfWrites * minute
	checks := f.pace(content, false, forge.Window{Counts: f.isCheck, Most: most, Over: time.Minute, Spare: most / spareChecks})
	limits := &forge.Limits{Meter: meter, Now: f.cfg.Now, Base: checks}
	h := &http.Client{Timeout: callTimeout, CheckRedirect: forge.OnlyReads(f.api),
		Transport: &forge.Revalidate{Base: f.breaker.Guard(limits), Limit: keptAnswers}}
	rest := github.NewClient(h)
	rest.BaseURL = f.api
	return &client{rest: rest, http: h, limits: limits, checks: checks, content: content, signed: signed}
}

func (f *Forge) pace(base http.RoundTripper, minor bool, windows ...forge.Window) *forge.Pace {
	return &forge.Pace{Base: base, Windows: windows, Among: f.cfg.Replicas, Patience: writePatience, Minor: minor, Refused: f.tooFast,
		Now: f.cfg.Now}
}

// WriteBudget returns a *forge.LimitError while no check can be written for a pull request
// because of their pace. It makes no call, and takes nobody's place.
func (f *Forge) WriteBudget(ref pull.Ref) error {
	f.mu.Lock()
	c := f.clients[f.installs[strings.ToLower(ref.Repo.Owner)]] // 0, where there is none, is the token's
	f.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.checks.Budget(forge.AskerOf(ref))
}

// Limited returns the installations whose calls are kept back by a rate limit,
// until when; 0 is a token, -1 the App itself.
func (f *Forge) Limited() map[int64]time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	limited := map[int64]time.Time{}
	for id, c := range f.clients {
		if until := c.limits.Until(); !until.IsZero() {
			limited[id] = until
		}
	}
	return limited
}

// base is the API's address without the slash at its end.
func (f *Forge) base() string { return strings.TrimSuffix(f.api.String(), "/") }

// appItself is the key of the client that acts as the App and not as one of its
// installations.
const appItself = -1

// asApp returns a client that acts as the App itself.
func (f *Forge) asApp() *github.Client { return f.clientOf(appItself).rest }

// errIncomplete says that an answer of success lacks what was asked for.
var errIncomplete = errors.New("the server's answer holds nothing of what was asked for")

// kind returns an error of package forge's kinds where there is one.
func kind(err error) error {
	if limit, ok := errors.AsType[*forge.LimitError](err); ok {
		return limit
	}
	if limit, ok := errors.AsType[*github.RateLimitError](err); ok {
		return &forge.LimitError{Until: limit.Rate.Reset.Time, What: "primary rate limit"}
	}
	if failed, ok := errors.AsType[*ghinstallation.HTTPError](err); ok &&
		(status(err) == http.StatusNotFound || status(err) == http.StatusForbidden) {
		if limit, err := meter.LimitOf(failed.Response, time.Now()); err == nil && limit != nil {
			return limit
		}
		// No token is given: the App is not installed there any more.
		return fmt.Errorf("%w: %w", forge.ErrGone, failed)
	}
	switch status(err) {
	case http.StatusMovedPermanently, http.StatusPermanentRedirect, http.StatusTemporaryRedirect:
		return fmt.Errorf("%w under this name any more: %w", forge.ErrNotFound, err)
	case http.StatusNotFound:
		return fmt.Errorf("%w: %w", forge.ErrNotFound, err)
	case http.StatusForbidden:
		return fmt.Errorf("%w: %w", forge.ErrForbidden, err)
	}
	return err
}

// status returns the HTTP status of an error answer; 0 where there was none.
func status(err error) int {
	if res, ok := errors.AsType[*github.ErrorResponse](err); ok && res.Response != nil {
		return res.Response.StatusCode
	}
	if res, ok := errors.AsType[*ghinstallation.HTTPError](err); ok && res.Response != nil {
		return res.Response.StatusCode
	}
	return 0
}
