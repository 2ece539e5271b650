// Package rest is what the doubles of Gitee's and of GitCode's API, version 5, have in common:
// how calls are read, refused and answered, who is who by which token, what a page is, who is
// to look at a pull request and has accepted it, what was logged, and what may merge. Their
// dialects give the routes, the shapes of answers and the webhooks; see fake/gitee and
// fake/gitcode.
//
// It promises to be no kinder than the forges: a call of an unknown parameter is refused, an
// acceptance names neither a commit nor a time, and what nobody knows of the forges is a knob
// with a default on the unkind side. It leaves all facts to the model, but for those that
// only these two forges have.
package rest

import (
	"context"
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
	// Limits are how many calls an account has; by default the forge's own.
	Limits []Limit
	// Knobs are settings by name; see Knobs. What is missing has its default.
	Knobs map[string]int
}

// Dialect is what a forge has its own way of.
type Dialect struct {
	Routes []Route
	// Failure is the body of a refusal.
	Failure func(status int, message string) any
	// Limits are the forge's; with LimitsTold answers have headers of them.
	Limits     []Limit
	LimitsTold bool
	// MaxComment is how many characters a comment may have; 0: any number.
	MaxComment int
	// PrivateToken takes a token from the header PRIVATE-TOKEN as well.
	PrivateToken bool
	// Heed is told what happens in the model, and HeedAct what happens at desks, under the
	// forge's lock.
	Heed    func(e fake.Event)
	HeedAct func(a Act)
	// Headers are those of a webhook with a body, which go out at a time.
	Headers func(hook Hook, event string, body []byte, at time.Time) http.Header
}

// Server serves a forge in memory. Its methods may be called from several goroutines. The
// token of the user alice is "token-alice".
type Server struct {
	*fake.Forge
	dialect Dialect
	log     *slog.Logger
	hooks   *post.Office[*letter]
	client  *http.Client // carries the webhooks
	oauth   oauth.Desk

	watch sync.Mutex
	calls []Answered
	heard func(Answered)

	// The forge's lock guards what follows.
	url     string // the base of all links, without a slash at its end
	told    int    // webhooks that were sent, or would have been
	silent  bool   // something happened of which none was
	hook    Hook
	knobs   map[string]int
	limits  []Limit
	windows map[string]*window
	desks   map[int64]*Desk     // by pull request
	customs map[int64]*Defaults // by repository
	edits   map[int64][]Edit    // by comment
	threads map[int64]*Thread   // by comment
}

// New serves a forge on which nothing happened yet. The dialect is set by Speak.
func New(forge *fake.Forge, o Options) *Server {
	s := &Server{
		Forge: forge, log: o.Log, client: &http.Client{Timeout: 10 * time.Second}, knobs: map[string]int{}, limits: o.Limits,
		windows: map[string]*window{}, desks: map[int64]*Desk{}, customs: map[int64]*Defaults{}, edits: map[int64][]Edit{},
		threads: map[int64]*Thread{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, k := range Knobs() {
		s.knobs[k.Name] = k.Default
	}
	for name, n := range o.Knobs {
		s.knobs[name] = n
	}
	s.hooks = post.New(s.send)
	return s
}

// AllowSignIn has people sign in to an application.
func (s *Server) AllowSignIn(app oauth.App) { s.oauth.Allow(app) }

// Speak sets the dialect, once, before the first call.
func (s *Server) Speak(d Dialect) {
	s.dialect = d
	if s.limits == nil {
		s.limits = d.Limits
	}
	s.SetCustoms(fake.Customs{Committer: "forge <noreply@forge.example>", MaxComment: d.MaxComment})
	s.Subscribe(s.heed)
}

// Close ends the delivery of webhooks; what was not delivered is dropped.
func (s *Server) Close() { s.hooks.Close() }

// SetURL sets the base of all links, once the listener is known.
func (s *Server) SetURL(url string) {
	s.Lock()
	defer s.Unlock()
	s.url = strings.TrimSuffix(url, "/")
}

// Hook is where webhooks go to, and what they are told to be genuine by.
type Hook struct{ URL, Secret string }

// SetWebhook sets where webhooks go to; none without an address.
func (s *Server) SetWebhook(h Hook) {
	s.Lock()
	defer s.Unlock()
	s.hook = h
}

// HoldWebhooks keeps webhooks back until ReleaseWebhooks.
func (s *Server) HoldWebhooks() { s.hooks.Hold() }

// ReleaseWebhooks sends what HoldWebhooks kept back.
func (s *Server) ReleaseWebhooks() { s.hooks.Release() }

// DropWebhooks forgets what HoldWebhooks keeps back, and returns how many that were.
func (s *Server) DropWebhooks() int { return s.hooks.Drop() }

// FlushWebhooks waits until every webhook was delivered or has failed. It fails at the end of
// a context, if some were not by then.
func (s *Server) FlushWebhooks(ctx context.Context) error { return s.hooks.Flush(ctx) }

// Link is an address on the forge: of a page, or of the API where the path begins with /api.
// Under the lock.
func (s *Server) Link(path string) string { return s.url + path }

// API is the address of something in the API; under the lock.
func (s *Server) API(path string) string { return s.url + root + path }

// zone is that of all times that the forges tell.
var zone = time.FixedZone("", 8*60*60)

// Stamp writes a time as the forges do, in whole seconds at +08:00.
func Stamp(t time.Time) string { return t.In(zone).Format(time.RFC3339) }

// StampOr is a time, or something else for the zero time.
func StampOr(t time.Time, otherwise any) any {
	if t.IsZero() {
		return otherwise
	}
	return Stamp(t)
}
