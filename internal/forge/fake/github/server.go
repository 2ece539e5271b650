// Package github is GitHub's dialect of the forge in memory: the part of its API that the
// gate uses, over REST and GraphQL, the App's tokens and signed webhooks. The demo runs on
// it, and so do the tests of everything that talks to GitHub.
//
// It promises GitHub's shapes, caps, paging, conditional requests, rate limits and refusals
// for what it serves, and answers 404 to everything else. Whether state changes through
// the API or through the methods of the model, the rules and the webhooks are the same. It
// holds the model's lock while it answers a call.
package github

import (
	"cmp"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/oauth"
	"github.com/reviewgate/reviewgate/internal/forge/fake/post"
)

// Options configure a Server. The zero value of each has a default.
type Options struct {
	Log *slog.Logger // discards
	// Latency is what each call waits before it is served.
	Latency time.Duration
	// RateLimit is how many points an identity has in an hour, for REST and
	// GraphQL each; 5,000.
	RateLimit     int
	WebhookURL    string // no webhooks if empty
	WebhookSecret string // signs the webhooks, unless empty
	App           App
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

// Server serves a forge as GitHub. Its methods may be called from several goroutines. The
// token of the user alice is "token-alice".
type Server struct {
	*fake.Forge
	log     *slog.Logger
	handler http.Handler
	graph   *graph
	hooks   *post.Office[*delivery]
	client  *http.Client // carries the webhooks
	keyOnce sync.Once

	watch watch // what the tests hang in; has its own lock

	// The forge's lock guards what follows.
	opts         Options
	url          string // the base of all links, without a slash at its end
	behaviour    Behaviour
	bot          *fake.Account        // that the App acts as
	tokens       map[string]*identity // of installations and workflows
	people       map[*fake.Account]*identity
	installed    []*installation
	limits       map[string]*window
	written      int // writes that create content, since one was refused as too fast
	refused      int // of them
	hook         hookSettings
	oauth        oauth.Desk
	lastDelivery int64                     // id
	missed       map[string]int            // writes that did not find a commit, by its id
	unseen       map[*fake.PullRequest]int // reads that did not find it, as it was new
	rulesets     map[*fake.Repo]bool       // that require checks by a ruleset

	recordsWorkflows bool
	workflowEvents   []WorkflowEvent
}

// New serves a forge on which nothing happened yet.
func New(forge *fake.Forge, o Options) (*Server, error) {
	o.App.ID = cmp.Or(o.App.ID, 1)
	o.App.Slug = cmp.Or(o.App.Slug, "reviewgate")
	o.App.Name = cmp.Or(o.App.Name, "Reviewgate")
	o.RateLimit = cmp.Or(o.RateLimit, 5000)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.App.Permissions == nil {
		o.App.Permissions = defaultPermissions()
	}
	if o.App.Events == nil {
		o.App.Events = defaultEvents()
	}
	if o.App.Clock == nil {
		o.App.Clock = forge.Now
	}
	s := &Server{
		Forge: forge, log: o.Log, opts: o,
		tokens: map[string]*identity{}, people: map[*fake.Account]*identity{}, limits: map[string]*window{},
		missed: map[string]int{}, unseen: map[*fake.PullRequest]int{}, rulesets: map[*fake.Repo]bool{},
	}
	graph, err := newGraph(s)
	if err != nil {
		return nil, fmt.Errorf("serve as GitHub: %w", err)
	}
	s.graph = graph
	s.oauth.Refused = http.StatusOK
	s.hooks, s.client, s.lastDelivery = post.New(s.send), &http.Client{Timeout: 10 * time.Second}, 5000
	s.handler = s.routes()
	forge.SetCustoms(customs())
	forge.Lock()
	s.bot, err = forge.AppAccount(o.App.Slug)
	forge.Unlock()
	if err != nil {
		return nil, fmt.Errorf("serve as GitHub: %w", err)
	}
	forge.Subscribe(s.heed)
	return s, nil
}

// AllowSignIn has people sign in to the App.
func (s *Server) AllowSignIn(app oauth.App) { s.oauth.Allow(app) }

// botSuffix is the end of an app's login.
const botSuffix = "[bot]"

// customs are GitHub's. Its limits are from docs.github.com: "Review requests", "Check
// runs" and "Commit statuses".
func customs() fake.Customs {
	return fake.Customs{
		Committer: "GitHub <noreply@github.com>",
		Bot:       botSuffix,
		QueueBranch: func(branch string, number int, onto string) string {
			return fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", branch, number, onto)
		},
		MaxReviewers: 15,
		MaxComment:   65_536,
		MaxRuns:      1_000,
		MaxStatuses:  1_000,
	}
}

// Close ends the delivery of webhooks; what was not delivered is dropped. It
// returns when the last delivery under way has ended.
func (s *Server) Close() { s.hooks.Close() }

// SetURL sets the base of all links, once the listener is known.
func (s *Server) SetURL(url string) {
	s.Lock()
	defer s.Unlock()
	s.url = strings.TrimSuffix(url, "/")
}

// SetWebhook sets where webhooks go to and what signs them.
func (s *Server) SetWebhook(url, secret string) {
	s.Lock()
	defer s.Unlock()
	s.opts.WebhookURL, s.opts.WebhookSecret = url, secret
}

// SetRateLimit sets the points that an identity has in an hour; what was used
// stays used.
func (s *Server) SetRateLimit(points int) {
	s.Lock()
	defer s.Unlock()
	s.opts.RateLimit = points
}

// AppSlug is the slug of the App.
func (s *Server) AppSlug() string { return s.opts.App.Slug }

// stamp writes a time as GitHub does.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// stampOrNull is null for the zero time.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}
