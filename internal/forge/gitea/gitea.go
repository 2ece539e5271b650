// Package gitea is a Gitea or a Forgejo as the gate sees it: conversation by its REST
// API, version 1, and content by git, which the API tells badly: it takes a commit's id
// for its tree's, loses bytes of names, and lists neither modes nor object ids.
//
// It promises that nothing it could not read whole looks whole, that each write done
// twice is as good as done once, and that what was written is held against the answer.
// What is decided is left to package rule. Facts were seen on a Gitea 1.26.0; see the
// tests in live.
package gitea

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Kind is what a configuration calls this kind of forge.
const Kind = "gitea"

const (
	pageSize    = 50       // the most that a server gives by its defaults ("MAX_RESPONSE_ITEMS")
	maxPages    = 200      // of a list: nobody reads 10,000 reviews
	maxHoles    = 20       // of a thousand drafts, or mentions in places that are not for us
	maxAnswer   = 32 << 20 // bytes of one that is held; comments are not
	maxConns    = 20       // a small server answers no faster by more
	callTimeout = 30 * time.Second
)

// Config says how to reach a Gitea. APIURL, Token and Content are set.
type Config struct {
	Name      string // the forge's configured name, for references
	APIURL    string // https://HOST/api/v1/
	Token     string // needs write:repository, write:issue, read:organization and read:user
	PublicURL string // where the details of a check are; may be empty
	Content   seam.Content
	// WritesPerMinute bounds what creates content; 0: not at all. A Gitea has no limits of
	// its own, but people who are told.
	WritesPerMinute int
	// Observe is told of each call; may be nil.
	Observe   func(account int64, c forge.Call)
	Transport http.RoundTripper
	Now       func() time.Time
}

// Remote tells where a repository's git is, and the header that opens it. A server takes a
// token for the password of any user.
func (c Config) Remote(_ context.Context, repo pull.Repo) (address, header string, err error) {
	api, err := url.Parse(c.APIURL)
	if err != nil {
		return "", "", fmt.Errorf("api_url: %w", err)
	}
	user := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + c.Token))
	top := &url.URL{Scheme: api.Scheme, Host: api.Host, Path: webPath(api)}
	return top.JoinPath(url.PathEscape(repo.Owner), url.PathEscape(repo.Name)+".git").String(), "Authorization: Basic " + user, nil
}

// webPath is the path of the server's pages.
func webPath(api *url.URL) string {
	return strings.TrimSuffix(strings.TrimSuffix(api.Path, "/"), "/api/v1")
}

// Forge speaks to one Gitea. It is safe for concurrent use.
type Forge struct {
	cfg     Config
	api     *url.URL
	http    *http.Client
	breaker *forge.Breaker
	limits  *forge.Limits
	pace    *forge.Pace

	mu   sync.Mutex
	self pull.Person
}

// New checks the configuration. It makes no call.
func New(cfg Config) (*Forge, error) {
	api, err := url.Parse(cfg.APIURL)
	if err != nil || api.Scheme != "https" && api.Scheme != "http" || api.Host == "" {
		return nil, fmt.Errorf("api_url %q: want an address such as https://gitea.example.org/api/v1/", cfg.APIURL)
	}
	if err := forge.Encrypted(api); err != nil {
		return nil, err
	}
	if cfg.Token == "" {
		return nil, errors.New("no token is configured; make one for the gate's own account and set token_file")
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
	f := &Forge{cfg: cfg, api: api}
	f.stack()
	return f, nil
}

// stack puts the round trippers above each other: what leaves a forge alone that fails,
// then what keeps calls back, then one more try, and who watches.
func (f *Forge) stack() {
	transport := f.cfg.Transport
	if f.cfg.Observe != nil {
		transport = &forge.Observe{Base: transport, Meter: meter, Endpoint: f.endpoint,
			Tell: func(c forge.Call) { f.cfg.Observe(0, c) }}
	}
	retry := &forge.Retry{Base: &forge.RequireBody{Base: transport}, Wait: 300 * time.Millisecond,
		Safe: func(*http.Request) bool { return false }}
	var windows []forge.Window
	if n := f.cfg.WritesPerMinute; n > 0 {
		windows = append(windows, forge.Window{Counts: isWrite, Most: n, Over: time.Minute})
	}
	f.pace = &forge.Pace{Base: retry, Now: f.cfg.Now, Windows: windows, Patience: time.Second, Minor: true}
	f.limits = &forge.Limits{Meter: meter, Now: f.cfg.Now, Base: f.pace}
	f.breaker = &forge.Breaker{Thing: f.endpoint, Now: f.cfg.Now}
	f.http = &http.Client{Timeout: callTimeout, CheckRedirect: forge.OnlyReads(f.api), Transport: f.breaker.Guard(f.limits)}
}

// meter reads the limits that a proxy before the server may have; a Gitea has none.
var meter = forge.Meter{
	Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Resource: "X-RateLimit-Resource",
}

// isWrite reports whether a request creates what people are told of: checks are none of it.
func isWrite(req *http.Request) bool {
	return req.Method != http.MethodGet && !strings.Contains(req.URL.Path, "/statuses/")
}

// endpoint names what a call asks for, without what differs from call to call.
func (f *Forge) endpoint(req *http.Request) string {
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, f.api.Path), "/")
	if len(parts) > 3 && parts[0] == "repos" {
		return req.Method + " repos/" + parts[3]
	}
	return req.Method + " " + cmp.Or(parts[0], "api")
}
