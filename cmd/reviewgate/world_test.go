package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/forge/githubtest"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

const testSecret = "a secret of the tests"

// testPolicy and testMap are what a world's repository starts with.
const (
	testPolicy = forgetest.DefaultPolicy
	testMap    = forgetest.DefaultMap
)

// fastWaits are short, so that tests are.
var fastWaits = github.Waits{Token: 5 * time.Millisecond, TooFast: 50 * time.Millisecond}

// testKey is the App's key in all worlds, as making one takes long.
var testKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// world is a forge in memory with the repository acme/linux, and a service that
// watches it, all in this process, speaking HTTP.
type world struct {
	*fakegithub.Server
	t       testing.TB
	server  *httptest.Server
	repo    *fake.Repo
	dir     string
	svc     *service.Service
	stop    func()
	log     *logBuffer
	token   bool // act with alice's token instead of as the app
	writes  int  // that are allowed in a minute; 0: more than any test makes
	changed chan struct{}
	fast    int // how much faster than ours the world's clock runs; 0: it does not
	begun   time.Time
	ahead   atomic.Int64 // how far the world's clock is ahead of ours, in nanoseconds
	skew    atomic.Int64 // how far the service's is ahead of the world's
	extra   string       // further keys of the configuration
	oauth   config.OAuth // by which people sign in
	keys    string       // the same, for a process of its own
	content string       // where content is read: api or git
	// database is that of the configuration; empty: an SQLite file.
	database string
	// defaults are the service's own default files, by name.
	defaults map[string]string
}

type worldOptions struct {
	policy, owners string
	token          bool
	contract       bool // hold every call to GitHub's description
	ownTime        bool // the forge's credentials expire by the forge's clock, and not by ours
	idle           bool // do not start the service
	latency        time.Duration
	content        string // api or git
	limit          int    // of the forge's calls in an hour; 0: GitHub's
	files          map[string]string
}

func check0(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// newWorld builds a world, with the people of forgetest.
func newWorld(t testing.TB, o worldOptions) *world {
	t.Helper()
	key, err := testKey()
	check0(t, err)
	w := &world{t: t, begun: time.Now(), dir: t.TempDir(), log: &logBuffer{}, token: o.token, content: o.content, changed: make(chan struct{}, 1)}
	app := fakegithub.App{Key: key, Clock: time.Now}
	if o.ownTime {
		app.Clock = w.clock
	}
	begin := forgetest.Setting{Policy: o.policy, Owners: o.owners, Files: o.files}
	cast := forgetest.Players()
	cast.Repo, cast.Files, cast.Installed = "acme/linux", begin.Tree("github", github.PolicyPath), true
	forge := githubtest.NewDouble(t, fake.New(w.clock), fakegithub.Options{Latency: o.latency, RateLimit: o.limit, App: app}, cast)
	w.Server, w.server, w.repo = forge.Server, forge.HTTP, forge.Repo
	w.OnRequest(func(c fakegithub.Call) {
		select {
		case w.changed <- struct{}{}:
		default:
		}
	})
	if !o.idle {
		var transport http.RoundTripper
		if o.contract {
			transport = githubtest.NewContract(t).Wrap(http.DefaultTransport)
		}
		w.start(transport)
	}
	return w
}

// clock is the forge's time, and the service's unless that is told another one.
func (w *world) clock() time.Time {
	now := time.Now()
	if w.fast > 0 {
		now = w.begun.Add(now.Sub(w.begun) * time.Duration(w.fast))
	}
	return now.Add(time.Duration(w.ahead.Load()))
}

// serviceClock is the service's time.
func (w *world) serviceClock() time.Time { return w.clock().Add(time.Duration(w.skew.Load())) }

// later lets some time pass for forge and service: forges give times in whole
// seconds, and what happens within one has no order.
func (w *world) later() { w.ahead.Add(int64(2 * time.Second)) }

func or(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

// lines is a text of numbered lines.
func lines(name string, n int) string { return forgetest.Lines(name, n) }

// config is the service's configuration in this world.
func (w *world) config() config.Config {
	fc := config.Forge{Name: "github", Kind: "github", APIURL: w.server.URL, WebhookSecret: testSecret,
		WritesPerMinute: cmp.Or(w.writes, 100000), Content: w.content, OAuth: w.oauth}
	if w.token {
		fc.Token = "token-alice"
	} else {
		key, err := w.AppKey()
		check0(w.t, err)
		fc.App = config.App{ID: 1, PrivateKey: string(key)}
	}
	data, err := os.MkdirTemp(w.dir, "data") // each replica has its own
	check0(w.t, err)
	cfg := config.Config{DataDir: data, Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
		Sweep:    w.sweeps(),
		Database: or(w.database, "sqlite:"+filepath.Join(w.dir, "gate.db")), Forges: []config.Forge{fc}}
	if w.extra != "" {
		check0(w.t, strictyaml.Unmarshal("extra", []byte(w.extra), &cfg))
	}
	for name, text := range w.defaults {
		path := filepath.Join(w.dir, name)
		check0(w.t, os.WriteFile(path, []byte(text), 0o600))
		if name == "policy.yml" {
			cfg.DefaultPolicy = path
		} else {
			cfg.DefaultSubsystems = path
		}
	}
	return cfg
}

// serve opens a service on the world's database.
func (w *world) serve(ctx context.Context, log *slog.Logger, now func() time.Time, transport http.RoundTripper) (*service.Service, error) {
	if w.database == "" {
		if err := forgetest.MakeStore(filepath.Join(w.dir, "gate.db")); err != nil {
			return nil, err
		}
	}
	return openService(ctx, w.config(), log, environment{transport: transport, now: now, waits: fastWaits})
}

// start runs the service until the test ends, or until stop is called.
func (w *world) start(transport http.RoundTripper) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	svc, err := w.serve(ctx, slog.New(slog.NewJSONHandler(w.log, nil)), w.serviceClock, transport)
	if err != nil {
		cancel()
		w.t.Fatal(err)
	}
	w.svc = svc
	w.SetWebhook("http://"+svc.Public()+"/webhooks/github", testSecret)
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("service: %v", err)
		}
	})
	w.t.Cleanup(w.stop)
}

// push commits texts to a branch as dave; an empty text deletes the file.
func (w *world) push(branch string, texts map[string]string) string {
	w.t.Helper()
	return w.pushAs("dave", branch, texts)
}

func (w *world) pushAs(author, branch string, texts map[string]string) string {
	w.t.Helper()
	files := map[string]*fake.File{}
	for path, text := range texts {
		if files[path] = (*fake.File)(nil); text != "" {
			files[path] = &fake.File{Content: text}
		}
	}
	id, err := w.repo.Commit(fake.Change{Branch: branch, Author: author, Message: "change", Files: files})
	check0(w.t, err)
	return id
}

// open opens a pull request of dave's that changes the given paths.
func (w *world) open(branch string, paths ...string) *fake.PullRequest {
	w.t.Helper()
	texts := map[string]string{}
	for _, p := range paths {
		texts[p] = lines(p+" "+branch, 20)
	}
	w.push(branch, texts)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: branch})
	check0(w.t, err)
	return pr
}

func (w *world) review(pr *fake.PullRequest, who string, state fake.ReviewState) int64 {
	w.t.Helper()
	id, err := pr.Review(fake.Review{By: who, State: state, Body: "text"})
	check0(w.t, err)
	return id
}

// run is the latest check on a commit.
func (w *world) run(head string) fake.CheckRun {
	runs := w.repo.CheckRuns(head)
	if len(runs) == 0 {
		return fake.CheckRun{}
	}
	return runs[len(runs)-1]
}

// conclusion is success, failure, or in_progress.
func conclusion(run fake.CheckRun) string { return or(string(run.Conclusion), string(run.Status)) }

// until waits for a condition, which it looks at after each call to the forge.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	forgetest.Await(w.t, what, w.changed, ok, func() string { return fmt.Sprintf("checks: %+v\n%s", w.checks(), w.log) })
}

// checks are those on the heads of all pull requests.
func (w *world) checks() []fake.CheckRun {
	var all []fake.CheckRun
	for n := 1; w.repo.PullRequest(n) != nil; n++ {
		all = append(all, w.repo.CheckRuns(w.repo.PullRequest(n).Head())...)
	}
	return all
}

// expect waits until the check on the head of a pull request has a conclusion
// and its title contains a text.
func (w *world) expect(pr *fake.PullRequest, want, title string) {
	w.t.Helper()
	w.until(w.shows(pr, want, title))
}

// shows is a condition, and what it is called: that a head's check is so.
func (w *world) shows(pr *fake.PullRequest, want, title string) (what string, holds func() bool) {
	return fmt.Sprintf("%s with %q on #%d", want, title, pr.Number()), func() bool {
		run := w.run(pr.Head())
		return conclusion(run) == want && strings.Contains(run.Title, title)
	}
}

// quiet waits until no work is left and no webhook is on its way.
func (w *world) quiet() {
	w.t.Helper()
	check0(w.t, w.FlushWebhooks(context.Background()))
	w.until("quiet", func() bool {
		b, err := w.svc.Store().Backlog(context.Background())
		return err == nil && b.Waiting+b.Running+b.Retrying == 0
	})
}

// swept waits until the sweep at the start is through.
func (w *world) swept() {
	w.t.Helper()
	w.sweptSince(0)
}

// sweptSince waits until there were more sweeps than some, and all is quiet.
func (w *world) sweptSince(sweeps int) {
	w.t.Helper()
	w.until("the first sweep", func() bool { return w.sweepsSeen() > sweeps })
	w.quiet()
}

// sweepsSeen counts the lists of pull requests that were asked for.
func (w *world) sweepsSeen() int {
	n := 0
	for _, c := range w.Calls() {
		if c.Pattern == "/repos/{owner}/{repo}/pulls" {
			n++
		}
	}
	return n
}

// charged sums the points of the calls since the last reset, those to paths
// that contain one of the left out texts apart.
func (w *world) charged(leftOut ...string) int {
	points := 0
	for _, c := range w.Calls() {
		if c.Identity != "" && !slices.ContainsFunc(leftOut, func(s string) bool { return strings.Contains(c.Path, s) || c.Operation == s }) {
			points += c.Points
		}
	}
	return points
}

// logBuffer keeps what the service logs.
type logBuffer struct{ forgetest.Log }
