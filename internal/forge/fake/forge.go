// Package fake is a small forge in memory that speaks the part of GitHub's
// API that the gate uses: REST, GraphQL, the App's tokens and signed webhooks.
// The demo runs on it, and so do the tests of everything that talks to GitHub.
//
// It holds repositories as git objects with real ids and computes from them
// what GitHub computes: lists of changed files with renames and patches, merge
// bases, comparisons, test merges, merge queues. It promises GitHub's shapes, caps, paging,
// conditional requests, rate limits and refusals for what it serves, and
// answers 404 to everything else. State changes through the API or through the
// methods of Forge, Repo and PullRequest, with the same rules and the same
// webhooks either way.
//
// It leaves out whatever outlives the process: there is no storage, and no git
// transport. Merges are by whole files. It knows nothing of the gate.
package fake

import (
	"cmp"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options configure a Forge. The zero value of each has a default.
type Options struct {
	Clock func() time.Time // time.Now
	Log   *slog.Logger     // discards
	// URL is the base under which the forge can be reached, without a slash at
	// its end; SetURL sets it once the listener is known.
	URL string
	// Latency is what each call waits before it is served.
	Latency time.Duration
	// RateLimit is how many points an identity has in an hour, for REST and
	// GraphQL each; 5,000.
	RateLimit     int
	WebhookURL    string // no webhooks if empty
	WebhookSecret string // signs the webhooks, unless empty
	Client        *http.Client
	App           App
	Behaviour     Behaviour
}

// App is the forge's one GitHub App.
type App struct {
	ID         int64           // 1
	Slug, Name string          // "reviewgate", "Reviewgate"
	Key        *rsa.PrivateKey // made when first needed
	// Permissions are what each installation grants, for example checks:write;
	// by default what the gate needs.
	Permissions map[string]string
	// Events are the webhook events that the App is subscribed to; by default
	// all that the forge knows. Installation events always arrive.
	Events []string
	// Clock is that by which credentials expire; the forge's own unless it is
	// set. Where that runs ahead, clients that read the real one need it.
	Clock func() time.Time
}

// Forge is the server. Its methods may be called from several goroutines.
type Forge struct {
	log     *slog.Logger
	clock   func() time.Time
	handler http.Handler
	graph   *graph
	hooks   *deliverer
	keyOnce sync.Once

	watch watch // what the tests hang in; has its own lock

	mu        sync.Mutex
	opts      Options
	lastID    int64
	accounts  []*account
	byLogin   map[string]*account
	teams     []*team
	repos     []*Repo
	tokens    map[string]*identity
	installed []*installation
	forwards  []forward // former names, the latest last
	limits    map[string]*window
	written   int // writes that create content, since one was refused as too fast
	refused   int // of them
	hook      hookSettings
	missed    map[string]int // writes that did not find a commit, by its id

	recordsWorkflows bool
	workflowEvents   []WorkflowEvent
}

// New makes an empty forge.
func New(o Options) (*Forge, error) {
	o.App.ID = cmp.Or(o.App.ID, 1)
	o.App.Slug = cmp.Or(o.App.Slug, "reviewgate")
	o.App.Name = cmp.Or(o.App.Name, "Reviewgate")
	o.RateLimit = cmp.Or(o.RateLimit, 5000)
	if o.App.Permissions == nil {
		o.App.Permissions = defaultPermissions()
	}
	if o.App.Events == nil {
		o.App.Events = defaultEvents()
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 10 * time.Second}
	}
	f := &Forge{
		log:     o.Log,
		clock:   o.Clock,
		opts:    o,
		lastID:  1000,
		byLogin: map[string]*account{},
		tokens:  map[string]*identity{},
		limits:  map[string]*window{},
	}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	if f.clock == nil {
		f.clock = time.Now
	}
	if f.opts.App.Clock == nil {
		f.opts.App.Clock = f.clock
	}
	graph, err := newGraph(f)
	if err != nil {
		return nil, fmt.Errorf("sandbox forge: %w", err)
	}
	f.graph = graph
	f.hooks = newDeliverer(f, o.Client)
	f.handler = f.routes()
	if _, err := f.addAccount(o.App.Slug+"[bot]", "Bot"); err != nil {
		return nil, fmt.Errorf("sandbox forge: %w", err)
	}
	return f, nil
}

// Close ends the delivery of webhooks; what was not delivered is dropped. It
// returns when the last delivery under way has ended.
func (f *Forge) Close() { f.hooks.close() }

// SetURL sets the base of all links, once the listener is known.
func (f *Forge) SetURL(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opts.URL = strings.TrimSuffix(url, "/")
}

// SetWebhook sets where webhooks go to and what signs them.
func (f *Forge) SetWebhook(url, secret string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opts.WebhookURL, f.opts.WebhookSecret = url, secret
}

// SetRateLimit sets the points that an identity has in an hour; what was used
// stays used.
func (f *Forge) SetRateLimit(points int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opts.RateLimit = points
}

// now is the clock in the whole seconds of GitHub's timestamps.
func (f *Forge) now() time.Time { return f.clock().UTC().Truncate(time.Second) }

func (f *Forge) nextID() int64 {
	f.lastID++
	return f.lastID
}

// stamp writes a time as GitHub does.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// stampOrNull is null for the zero time.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

func sameName(a, b string) bool { return strings.EqualFold(a, b) }
