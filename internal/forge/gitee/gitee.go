// Package gitee is a Gitee or a GitCode as the gate sees it: conversation by their REST
// APIs, version 5, which are spelled alike and mean much alike, and content by git, of which
// the APIs tell less: lists of files end at 300, and name a commit where a file's id is
// expected. What differs between the two is a flavour.
//
// It promises that nothing it could not read whole looks whole, that each write done
// twice is as good as done once, and that what was written is held against what the server
// shows. What is decided is left to package rule. The facts are those of published
// descriptions and recorded answers; where they leave something open, the adapter keeps to
// the side that never lets through, and Examine tells of it.
package gitee

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
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// maxConns is how many connections there are at once: more than the server's limits let be used.
const maxConns = 20

// Config says how to reach a server. Kind, Token and Content are set.
type Config struct {
	Name      string // the forge's configured name, for references
	Kind      string // Kind or KindGitCode
	APIURL    string // https://HOST/api/v5/; empty: that of the site itself
	Token     string // of an account of the gate's own
	PublicURL string // where the details of a check are; may be empty
	Content   seam.Content
	// WebhookMode is how deliveries prove themselves: Signature, which is the default, or
	// Password.
	WebhookMode string
	// Bots are logins of accounts that are no people; the server does not tell.
	Bots []string
	// WritesPerMinute bounds what people are told of; 0: only as all calls are.
	WritesPerMinute int
	// SweepShare is how many percent of the calls sweeps may use; 0: all.
	SweepShare int
	// Replicas is how many processes share the token's calls; nil: this one.
	Replicas func() int
	// Observe is told of each call; may be nil.
	Observe   func(account int64, c forge.Call)
	Transport http.RoundTripper
	Now       func() time.Time
	// Hour is how long an hour of the site's limits lasts, for tests that have none; 0: an hour.
	Hour time.Duration
}

// api is the address of the API.
func (c Config) api() (*url.URL, error) {
	api, err := url.Parse(cmp.Or(c.APIURL, flavourOf(c.Kind).api))
	if err != nil || api.Scheme != "https" && api.Scheme != "http" || api.Host == "" {
		return nil, fmt.Errorf("api_url %q: want an address such as %s", c.APIURL, flavourOf(c.Kind).api)
	}
	api.Path = strings.TrimSuffix(api.Path, "/") + "/"
	return api, nil
}

// Remote tells where a repository's git is, and the header that opens it: a server takes a
// token for the password of the user oauth2.
func (c Config) Remote(_ context.Context, repo pull.Repo) (address, header string, err error) {
	api, err := c.api()
	if err != nil {
		return "", "", err
	}
	user := base64.StdEncoding.EncodeToString([]byte("oauth2:" + c.Token))
	at := webOf(api).JoinPath(repo.Owner, repo.Name+".git")
	return at.String(), "Authorization: Basic " + user, nil
}

// RequestRef is the ref of a pull request's head in its repository.
func (c Config) RequestRef(number int) string { return fmt.Sprintf(flavourOf(c.Kind).ref, number) }

// webOf is the address of the server's pages: that of an API without its own host.
func webOf(api *url.URL) *url.URL {
	path := strings.TrimSuffix(strings.TrimSuffix(api.Path, "/"), "/api/v5")
	return &url.URL{Scheme: api.Scheme, Host: strings.TrimPrefix(api.Host, "api."), Path: path}
}

// Forge speaks to one server. It is safe for concurrent use.
type Forge struct {
	*rest.Client
	flavour

	cfg Config
	url *url.URL

	original turns.Kept[original, struct{}]

	mu       sync.Mutex
	self     *rest.User
	known    map[pull.Repo]repoMemory
	whenever time.Time // since when known is kept
	crowd    crowd
	tested   map[pull.Ref]bool // where we were a tester whose test holds
}

// New checks the configuration. It makes no call.
func New(cfg Config) (*Forge, error) {
	api, err := cfg.api()
	if err == nil {
		err = forge.Encrypted(api)
	}
	if err != nil {
		return nil, err
	}
	if cfg.Token == "" {
		return nil, errors.New("no token is configured; make one for the gate's own account and set token_file")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxConnsPerHost, t.MaxIdleConnsPerHost = maxConns, maxConns
		cfg.Transport = t
	}
	f := &Forge{flavour: flavourOf(cfg.Kind), cfg: cfg, url: api, known: map[pull.Repo]repoMemory{},
		original: turns.Kept[original, struct{}]{Most: maxOriginal}}
	calls := rest.Config{URL: api, Token: cfg.Token, Limits: f.limits, Hour: cfg.Hour, WritesPerMinute: cfg.WritesPerMinute,
		SweepShare: cfg.SweepShare, Replicas: cfg.Replicas, Transport: cfg.Transport, Now: cfg.Now}
	if cfg.Observe != nil {
		calls.Observe = func(c forge.Call) { cfg.Observe(0, c) }
	}
	f.Client = rest.New(calls)
	return f, nil
}
