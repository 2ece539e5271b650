// Package service is the gate as it runs for long: it takes webhooks, has pull requests
// judged by workers, sweeps, and shows administrators how it fares.
//
// It promises that a delivery is stored before it is acknowledged, that work which failed
// is tried again or told, and that strangers are served within bounds. What is decided is
// left to the gate, what is stored to its store, and which forges there are to who opens it.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/sweep"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// stopGrace is how long requests under way may take at a stop.
const stopGrace = 10 * time.Second

// Forge is one forge as the service uses it.
type Forge struct {
	Gate        seam.Forge
	Intake      webhook.Intake
	Sweep       sweep.Forge
	Redeliverer sweep.Redeliverer // nil: the forge keeps no deliveries
	Line        Line
	// Examine looks at the set-up as a whole: at so many of the accounts that it is in.
	Examine func(ctx context.Context, counted int) doctor.Forge
	// Close ends what goes on beside calls; nil where nothing does.
	Close func() error
}

// Line is the connection to a forge.
type Line interface {
	// Reach asks the forge for any answer.
	Reach(ctx context.Context) error
	// WriteBudget gives a *forge.LimitError while no check can be written for a pull request
	// because of a limit. It makes no call.
	WriteBudget(ref pull.Ref) error
	// Limited gives the accounts whose calls are kept back by a limit, until when.
	Limited() map[int64]time.Time
	// Resolve gives the name that a repository has now; pull.ErrGone where it is out of
	// reach.
	Resolve(ctx context.Context, repo pull.Repo) (pull.Repo, error)
}

// Config says what to serve. All fields are set, but those of which it is said.
type Config struct {
	Listen, AdminListen string // addresses, for forges and for administrators
	PublicURL           string // may be empty
	// Pages adds what people are shown to the routes of the public address; nil: nothing is.
	Pages func(mux *http.ServeMux)
	// Told hears of each authentic delivery, by the forge's word for its event; may be nil.
	Told    func(forge, event string)
	Version string // of the program, to be told
	Store   Store
	Forges  map[string]Forge // by configured name
	Watch   *Watch
	// Gate is what all gates have: the forge, and what the store and the service give
	// them, is filled in.
	Gate       gate.Config
	SweepEvery time.Duration
	Keep       store.Keep
	Log        *slog.Logger
	Now        func() time.Time
}

// Service is everything that runs.
type Service struct {
	cfg       Config
	gates     map[string]*gate.Gate
	public    net.Listener
	admin     net.Listener
	handler   *webhook.Handler
	sweeper   *sweep.Sweeper
	readiness *readiness
	surveying sync.Mutex // one tree at once is in memory
}

// Open starts to listen. It makes no call to a forge. The store is the service's from then
// on, also where an error is returned: it is closed with it.
func Open(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, gates: map[string]*gate.Gate{}, readiness: &readiness{check: cfg.Store.Ready, log: cfg.Log}}
	s.sweeper = &sweep.Sweeper{Store: cfg.Store, Forges: map[string]sweep.Swept{}, Every: cfg.SweepEvery, Keep: cfg.Keep,
		Repaired: cfg.Watch.repaired, Whole: cfg.Watch.swept.SetToCurrentTime, Log: cfg.Log, Now: cfg.Now}
	intakes := map[string]webhook.Intake{}
	for name, f := range cfg.Forges {
		g := gate.New(s.gateOf(f))
		s.gates[name], intakes[name] = g, f.Intake
		s.sweeper.Forges[name] = sweep.Swept{Forge: f.Sweep, Redeliverer: f.Redeliverer, Inspector: f.Gate.Inspector, Beside: f.Gate.Beside,
			Gate: g, PassOnly: f.Gate.Traits.PassOnly, PerRequest: f.Gate.Traits.ChecksPerRequest, Polled: f.Gate.Traits.Polled}
	}
	cfg.Watch.gauges(cfg.Store, cfg.Forges)
	s.handler = webhook.NewHandler(intakes, cfg.Store, cfg.Log, cfg.Now)
	s.handler.Count = func(forge, event string, status int, reason string, took time.Duration) {
		cfg.Watch.delivery(forge, event, status, reason, took)
		if cfg.Told != nil && event != "" {
			cfg.Told(forge, event)
		}
	}
	if err := s.listen(ctx); err != nil {
		return nil, errors.Join(err, s.closeForges(), cfg.Store.Close())
	}
	return s, nil
}

// gateOf is what the gate of a forge works with.
func (s *Service) gateOf(f Forge) gate.Config {
	all, c := s.cfg.Store, s.cfg.Gate
	c.Forge, c.History, c.Lists, c.Workload, c.Blobs, c.Runs, c.Turns, c.Raise = f.Gate, all, all, all, all, all, all, all.Raise
	c.Branches, c.Noticed, c.Log, c.Now = s.sweeper.GatedBranches, s.cfg.Watch.oddity, s.cfg.Log, s.cfg.Now
	return c
}

// Public and Admin are the addresses that are listened on, for forges and for
// administrators.
func (s *Service) Public() string { return s.public.Addr().String() }

// Admin is like Public.
func (s *Service) Admin() string { return s.admin.Addr().String() }

// Sweeper sweeps its forges.
func (s *Service) Sweeper() *sweep.Sweeper { return s.sweeper }

// Store is what it works on.
func (s *Service) Store() Store { return s.cfg.Store }

// Gate is the gate of a forge; nil where none of that name is configured.
func (s *Service) Gate(forge string) *gate.Gate { return s.gates[forge] }

func (s *Service) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if s.public, err = lc.Listen(ctx, "tcp", s.cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.admin, err = lc.Listen(ctx, "tcp", s.cfg.AdminListen); err != nil {
		return errors.Join(fmt.Errorf("listen for metrics: %w", err), s.public.Close())
	}
	return nil
}

// Run serves until ctx ends, then stops gracefully: requests first, then
// evaluations, then the database.
func (s *Service) Run(ctx context.Context) error {
	if err := s.cfg.Store.Start(ctx, queue.Options{Work: s.work, Unreached: s.cfg.Watch.reach.unreached}); err != nil {
		return errors.Join(err, s.public.Close(), s.admin.Close(), s.closeForges(), s.cfg.Store.Close())
	}
	troubles := slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn)
	public := newPublicServer(s.routes(), s.cfg.Log)
	admin := &http.Server{Handler: s.cfg.Watch.handler(), ErrorLog: troubles, ReadHeaderTimeout: 10 * time.Second}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveUntilClosed(public, s.public) })
	group.Go(func() error { return serveUntilClosed(admin, s.admin) })
	group.Go(func() error { s.examine(groupCtx); s.sweeper.Loop(groupCtx); return nil })
	group.Go(func() error { s.cfg.Watch.reach.watch(groupCtx, s.probes()); return nil })
	group.Go(func() error {
		<-groupCtx.Done()
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		return errors.Join(public.Shutdown(stopCtx), admin.Shutdown(stopCtx))
	})
	s.cfg.Log.InfoContext(ctx, "serving", "listen", s.Public(), "admin_listen", s.Admin(), "version", s.cfg.Version)
	err := group.Wait()
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stopGrace)
	defer cancel()
	return errors.Join(err, s.cfg.Store.Stop(stopCtx), s.closeForges(), s.cfg.Store.Close())
}

func (s *Service) closeForges() (err error) {
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Forges)) {
		if f := s.cfg.Forges[name]; f.Close != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// probes ask each forge for any answer.
func (s *Service) probes() map[string]func(context.Context) error {
	ask := map[string]func(context.Context) error{}
	for name, f := range s.cfg.Forges {
		ask[name] = f.Line.Reach
	}
	return ask
}

func serveUntilClosed(server *http.Server, l net.Listener) error {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// routes are called by forges (webhooks) and by what watches the process
// (probes).
func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/{forge}", s.handler)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.readiness.ask(r.Context()); err != nil {
			http.Error(w, "the database does not answer, or is not as it must be; the log says more", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	if s.cfg.Pages != nil {
		s.cfg.Pages(mux)
	}
	return mux
}

// work evaluates one reference, or compares a whole repository with its forge.
func (s *Service) work(ctx context.Context, ref pull.Ref) error {
	g := s.gates[ref.Repo.Forge]
	log := s.cfg.Log.With(ref.Fields()...)
	if g == nil {
		log.WarnContext(ctx, "forge is no longer configured; work dropped")
		return nil
	}
	start := time.Now()
	ctx = forge.For(ctx, ref)
	if claim, ok := queue.Claimed(ctx); ok && claim.Class >= queue.Found && s.cfg.Forges[ref.Repo.Forge].Gate.Traits.Polled {
		ctx = forge.Background(ctx)
	}
	if ref.Number == 0 {
		err := s.sweeper.Repo(ctx, ref.Repo)
		if err == nil {
			err = s.survey(ctx, g, ref.Repo)
		}
		if err != nil {
			return s.failed(ctx, ref, err)
		}
		return nil
	}
	if err := s.deferIfNoBudget(ctx, ref); err != nil {
		return s.failed(ctx, ref, err)
	}
	run, err := g.Run(ctx, ref)
	waits, later := errors.AsType[*gate.ProposalError](err)
	if later {
		err = nil
	}
	s.cfg.Watch.lasted.Observe(time.Since(start).Seconds())
	if err != nil {
		return s.failed(ctx, ref, err)
	}
	outcome := string(run.Verdict.Outcome)
	if outcome == "" {
		outcome = "not_gated"
	}
	s.cfg.Watch.evaluations.WithLabelValues(outcome, "").Inc()
	log.InfoContext(ctx, "evaluated", "head", run.Head, "outcome", outcome, "reviewed", run.Verdict.Ratio.Reviewed,
		"counted", run.Verdict.Ratio.Counted, "wrote", !run.Plan.Empty(), "ms", time.Since(start).Milliseconds())
	if later {
		return queue.RetryAtOrNextEvent(time.Now().Add(proposalPause+rand.N(proposalPause)), waits)
	}
	return nil
}

// proposalPause is after how long at least a pull request's own policy is tried again that
// had to wait for another one's.
const proposalPause = 5 * time.Second

// deferIfNoBudget keeps a pull request from being read while nothing could be written to it,
// unless a success stands there that may have to be taken back.
func (s *Service) deferIfNoBudget(ctx context.Context, ref pull.Ref) error {
	full := s.cfg.Forges[ref.Repo.Forge].Line.WriteBudget(ref)
	if full == nil {
		return nil
	}
	memory, err := s.cfg.Store.Recall(ctx, ref)
	if err != nil || memory.Known.Open && memory.Known.Outcome == string(policy.Success) {
		return err
	}
	return full
}

// failed decides what becomes of a reference whose work failed. Where its
// repository has another name now, it is looked at under that one; where it is
// out of reach, nothing is left to do until an event or the list of a sweep brings it
// back.
func (s *Service) failed(ctx context.Context, ref pull.Ref, err error) error {
	log := s.cfg.Log.With(ref.Fields()...)
	now, problem := ref.Repo, error(nil)
	if errors.Is(err, forge.ErrNotFound) || errors.Is(err, forge.ErrGone) {
		now, problem = s.cfg.Forges[ref.Repo.Forge].Line.Resolve(ctx, ref.Repo)
	}
	switch {
	case errors.Is(problem, forge.ErrGone):
		log.WarnContext(ctx, "repository unreachable; its pull requests are ignored until it is back", "error", problem)
		s.count(ref, "gone", "")
		return s.cfg.Store.Leave(ctx, ref.Repo)
	case problem == nil && !strings.EqualFold(now.String(), ref.Repo.String()):
		log.InfoContext(ctx, "the repository has another name", "now", now.Slug())
		s.count(ref, "renamed", "")
		return errors.Join(s.cfg.Store.Rename(ctx, ref.Repo, now), s.cfg.Store.Raise(ctx, pull.Ref{Repo: now, Number: ref.Number}))
	}
	s.count(ref, "failed", cause(ctx, err))
	return s.later(errors.Join(err, problem))
}

// count counts the evaluation of a pull request.
func (s *Service) count(ref pull.Ref, outcome, cause string) {
	if ref.Number != 0 {
		s.cfg.Watch.evaluations.WithLabelValues(outcome, cause).Inc()
	}
}

// cause says in a word why an evaluation failed.
func cause(ctx context.Context, err error) string {
	limit, limited := errors.AsType[*forge.LimitError](err)
	_, behind := errors.AsType[*snapshot.BehindError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case limited && limit.Failing:
		return "unavailable"
	case limited:
		return "rate_limit"
	case behind:
		return "behind"
	case errors.Is(err, queue.ErrSuperseded):
		return "superseded"
	case errors.Is(err, context.Canceled) || errors.Is(context.Cause(ctx), context.Canceled):
		return "stopped"
	case errors.Is(err, context.DeadlineExceeded) || isNet && timeout.Timeout():
		return "timeout"
	case errors.Is(err, forge.ErrForbidden):
		return "forbidden"
	case errors.Is(err, forge.ErrNotFound):
		return "gone"
	case isNet:
		return "network"
	}
	return "other"
}

// behindPause is how soon a forge is asked again that shows less than its events
// told: it is behind them for seconds at most.
const behindPause = 2 * time.Second

// later turns a rate limit, or a contest with others who write the check, into work put
// off until it ends, or until an event comes if the check stands and the rest has to
// wait.
func (s *Service) later(err error) error {
	if _, behind := errors.AsType[*snapshot.BehindError](err); behind {
		return queue.RetryAtOrNextEvent(time.Now().Add(behindPause), err)
	}
	if contest, ok := errors.AsType[*effects.ContestedError](err); ok {
		return queue.RetryAt(time.Now().Add(contest.Until.Sub(s.cfg.Now())), err)
	}
	limit, ok := errors.AsType[*forge.LimitError](err)
	if !ok {
		return err
	}
	at := time.Now().Add(limit.Until.Sub(s.cfg.Now())) // the queue has the machine's clock
	if limit.Minor {
		return queue.RetryAtOrNextEvent(at, err)
	}
	return queue.RetryAt(at, err)
}

// countedAtStart is of how many accounts it is looked at the set-up at a start.
const countedAtStart = 20
