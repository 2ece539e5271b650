package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// stopGrace is how long requests under way may take at a stop.
const stopGrace = 10 * time.Second

// service is everything that serve runs.
type service struct {
	cfg       config.Config
	log       *slog.Logger
	store     database
	forges    map[string]*github.Forge
	gates     map[string]*gate.Gate
	metrics   *metrics
	reach     *reach
	public    net.Listener
	admin     net.Listener
	handler   *webhook.Handler
	readiness *readiness
	now       func() time.Time
	// redelivered is until when failed deliveries of each forge were looked for.
	redeliveredMu sync.Mutex
	redelivered   map[string]time.Time
}

// outside is the world that a service lives in; the zero outside is the real
// one.
type outside struct {
	transport http.RoundTripper // carries the calls to forges
	now       func() time.Time
	replicas  func() int // that share the forges' limits; nil: as the database tells
	waits     github.Waits
}

// openService reads secrets, opens the database and starts to listen. It makes
// no call to a forge.
func openService(ctx context.Context, cfg config.Config, log *slog.Logger, o outside) (_ *service, err error) {
	if o.now == nil {
		o.now = time.Now
	}
	cfg = cfg.WithDefaults()
	s := &service{cfg: cfg, log: log, forges: map[string]*github.Forge{}, gates: map[string]*gate.Gate{}, metrics: newMetrics(), reach: newReach(log), now: o.now, redelivered: map[string]time.Time{}}
	if o.replicas == nil {
		o.replicas = func() int { return s.store.Replicas() }
	}
	intakes := map[string]webhook.Intake{}
	for _, fc := range cfg.Forges {
		secret, err := cfg.Secret("the webhook secret of "+fc.Name, fc.WebhookSecret, fc.WebhookSecretFile)
		if err != nil {
			return nil, err
		}
		hub, err := newGitHub(cfg, fc, o, s.call)
		if err != nil {
			return nil, fmt.Errorf("forge %s: %w", fc.Name, err)
		}
		s.forges[fc.Name] = hub
		if intakes[fc.Name], err = hub.Intake([]byte(secret)); err != nil {
			return nil, fmt.Errorf("forge %s: %w", fc.Name, err)
		}
	}
	policyFile, err := defaultFile(cfg, cfg.DefaultPolicy)
	if err != nil {
		return nil, err
	}
	mapFile, err := defaultFile(cfg, cfg.DefaultSubsystems)
	if err != nil {
		return nil, err
	}
	words, err := publish.NewWords()
	if err != nil {
		return nil, err
	}
	if s.store, err = openDatabase(ctx, cfg, log); err != nil {
		return nil, err
	}
	for name, hub := range s.forges {
		s.gates[name] = gate.New(gate.Config{
			Source: hub, Archive: hub, Lister: hub, Crowd: hub, Publisher: hub, History: s.store, Lists: s.store, Turns: s.store, Noticed: s.metrics.oddity, Workload: s.store, Calendar: hub, Directory: hub, Marker: hub, Inspector: hub, Protection: hub, Beside: hub, Rights: hub, WritesRuns: hub.App(), Blobs: s.store, Words: words, Log: log,
			Now: o.now, PolicyPath: github.PolicyPath, DefaultPolicy: policyFile, DefaultMap: mapFile, Raise: s.store.Raise,
			Trees: hub, Answerer: hub, Queues: hub, Branches: s.gatedBranches, Runs: s.store, OrgPolicies: github.OrgPolicies(),
			Minimum: cfg.Server.Minimum, ServerOverride: owners(cfg.Server.Override.Allowed), Trusts: cfg.Server.Trusts,
		})
	}
	s.metrics.watch(s.store, s.forges)
	s.readiness = &readiness{check: s.store.Ready, log: log}
	s.handler = webhook.NewHandler(intakes, s.store, log, o.now)
	s.handler.Count = s.metrics.delivery
	if err = s.listen(ctx); err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	return s, nil
}

func owners(list []policy.Owner) []ownership.Owner {
	var out []ownership.Owner
	for _, o := range list {
		out = append(out, o.Owner)
	}
	return out
}

func defaultFile(cfg config.Config, name string) (gate.File, error) {
	if name == "" {
		return gate.File{}, nil
	}
	data, err := os.ReadFile(cfg.Path(name))
	if err != nil {
		return gate.File{}, fmt.Errorf("read default file: %w", err)
	}
	return gate.File{Path: name, Data: data}, nil
}

func (s *service) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if s.public, err = lc.Listen(ctx, "tcp", s.cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.admin, err = lc.Listen(ctx, "tcp", s.cfg.AdminListen); err != nil {
		return errors.Join(fmt.Errorf("listen for metrics: %w", err), s.public.Close())
	}
	return nil
}

// run serves until ctx ends, then stops gracefully: requests first, then
// evaluations, then the database.
func (s *service) run(ctx context.Context) error {
	if err := s.store.Start(ctx, queue.Options{Work: s.work, Unreached: s.reach.unreached}); err != nil {
		return errors.Join(err, s.public.Close(), s.admin.Close(), s.store.Close())
	}
	troubles := slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
	public := newPublicServer(s.routes(), s.log)
	admin := &http.Server{Handler: s.metrics.handler(), ErrorLog: troubles, ReadHeaderTimeout: 10 * time.Second}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveUntilClosed(public, s.public) })
	group.Go(func() error { return serveUntilClosed(admin, s.admin) })
	group.Go(func() error { s.sweepLoop(groupCtx); return nil })
	group.Go(func() error { s.reach.watch(groupCtx, s.probes()); return nil })
	group.Go(func() error {
		<-groupCtx.Done()
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		return errors.Join(public.Shutdown(stopCtx), admin.Shutdown(stopCtx))
	})
	s.log.InfoContext(ctx, "serving", "listen", s.public.Addr().String(), "admin_listen", s.admin.Addr().String(), "version", versionText())
	err := group.Wait()
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stopGrace)
	defer cancel()
	return errors.Join(err, s.store.Stop(stopCtx), s.store.Close())
}

// call notes a call to a forge.
func (s *service) call(name string, installation int64, c forge.Call) {
	s.metrics.call(name, installation, c)
	if !c.Left {
		s.reach.note(name, c.Code != 0)
	}
}

// probes ask each forge for any answer.
func (s *service) probes() map[string]func(context.Context) error {
	ask := map[string]func(context.Context) error{}
	for name, hub := range s.forges {
		ask[name] = hub.Reach
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
func (s *service) routes() http.Handler {
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
	return mux
}

// work evaluates one reference, or compares a whole repository with its forge.
func (s *service) work(ctx context.Context, ref pull.Ref) error {
	g := s.gates[ref.Repo.Forge]
	log := s.log.With("forge", ref.Repo.Forge, "repo", ref.Repo.Slug(), "pr", ref.Number)
	if g == nil {
		log.WarnContext(ctx, "forge is no longer configured; work dropped")
		return nil
	}
	start := time.Now()
	ctx = forge.For(ctx, ref)
	if ref.Number == 0 {
		if err := s.sweepRepo(ctx, g, ref.Repo); err != nil {
			return s.failed(ctx, ref, err)
		}
		return nil
	}
	if err := s.room(ctx, ref); err != nil {
		return s.failed(ctx, ref, err)
	}
	run, err := g.Run(ctx, ref)
	waits, later := errors.AsType[*gate.ProposalError](err)
	if later {
		err = nil
	}
	s.metrics.lasted.Observe(time.Since(start).Seconds())
	if err != nil {
		return s.failed(ctx, ref, err)
	}
	outcome := string(run.Verdict.Outcome)
	if outcome == "" {
		outcome = "not_gated"
	}
	s.metrics.evaluations.WithLabelValues(outcome, "").Inc()
	log.InfoContext(ctx, "evaluated", "head", run.Head, "outcome", outcome, "reviewed", run.Verdict.Ratio.Reviewed,
		"counted", run.Verdict.Ratio.Counted, "wrote", !run.Plan.Empty(), "ms", time.Since(start).Milliseconds())
	if later {
		return queue.Unless(time.Now().Add(proposalPause+rand.N(proposalPause)), waits)
	}
	return nil
}

// proposalPause is after how long at least a pull request's own policy is tried again that
// had to wait for another one's.
const proposalPause = 5 * time.Second

// room keeps a pull request from being read while nothing could be written to it,
// unless a success stands there that may have to be taken back.
func (s *service) room(ctx context.Context, ref pull.Ref) error {
	full := s.forges[ref.Repo.Forge].Room(ref)
	if full == nil {
		return nil
	}
	memory, err := s.store.Recall(ctx, ref)
	if err != nil || memory.Known.Open && memory.Known.Outcome == string(policy.Success) {
		return err
	}
	return full
}

// failed decides what becomes of a reference whose work failed. Where its
// repository has another name now, it is looked at under that one; where it is
// out of reach, nothing is left to do until an event or the App's list brings it
// back.
func (s *service) failed(ctx context.Context, ref pull.Ref, err error) error {
	log := s.log.With("forge", ref.Repo.Forge, "repo", ref.Repo.Slug(), "pr", ref.Number)
	now, problem := ref.Repo, error(nil)
	if errors.Is(err, forge.ErrNotFound) || errors.Is(err, forge.ErrGone) {
		now, problem = s.forges[ref.Repo.Forge].Resolve(ctx, ref.Repo)
	}
	switch {
	case errors.Is(problem, forge.ErrGone):
		log.WarnContext(ctx, "the repository is out of reach; its pull requests are left alone", "err", problem)
		s.count(ref, "gone", "")
		return s.store.Leave(ctx, ref.Repo)
	case problem == nil && !strings.EqualFold(now.String(), ref.Repo.String()):
		log.InfoContext(ctx, "the repository has another name", "now", now.Slug())
		s.count(ref, "renamed", "")
		return errors.Join(s.store.Rename(ctx, ref.Repo, now), s.store.Raise(ctx, pull.Ref{Repo: now, Number: ref.Number}))
	}
	s.count(ref, "failed", cause(ctx, err))
	return s.later(errors.Join(err, problem))
}

// count counts the evaluation of a pull request.
func (s *service) count(ref pull.Ref, outcome, cause string) {
	if ref.Number != 0 {
		s.metrics.evaluations.WithLabelValues(outcome, cause).Inc()
	}
}

// cause says in a word why an evaluation failed.
func cause(ctx context.Context, err error) string {
	limit, limited := errors.AsType[*forge.LimitError](err)
	_, behind := errors.AsType[*gate.BehindError](err)
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
func (s *service) later(err error) error {
	if _, behind := errors.AsType[*gate.BehindError](err); behind {
		return queue.Unless(time.Now().Add(behindPause), err)
	}
	if contest, ok := errors.AsType[*gate.ContestedError](err); ok {
		return queue.Later(time.Now().Add(contest.Until.Sub(s.now())), err)
	}
	limit, ok := errors.AsType[*forge.LimitError](err)
	if !ok {
		return err
	}
	at := time.Now().Add(limit.Until.Sub(s.now())) // the queue has the machine's clock
	if limit.Minor {
		return queue.Unless(at, err)
	}
	return queue.Later(at, err)
}
