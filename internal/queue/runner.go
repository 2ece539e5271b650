package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

const (
	// pollInterval is how late a retry may come, and work that another process
	// accepted and does not do itself.
	pollInterval = 250 * time.Millisecond
	// quietInterval is how soon the store is asked again that had nothing to be taken,
	// however often the bell rings.
	quietInterval = 10 * time.Millisecond
	// claimTimeout bounds the calls that find work, so that a store that hangs is
	// noticed.
	claimTimeout = 5 * time.Second
	// finishTimeout bounds the call that stores an end. After it the claim is given up.
	finishTimeout = 8 * time.Second
	// cutGrace is how long a cancelled evaluation has to return and be stored.
	cutGrace = 2 * time.Second
)

// RunnerConfig is what a Runner runs on.
type RunnerConfig struct {
	Store JobStore
	Log   *slog.Logger
	// Yields names the forges whose work is left to other processes; nil: none.
	Yields func() []string
}

// Runner runs the work of a store until it is stopped.
type Runner struct {
	engine  RunnerConfig
	options Options
	bell    chan struct{} // holds a ring until it is heard
	stop    chan struct{} // closed when no more is claimed
	looped  chan struct{} // closed when the loop has ended
	runs    sync.WaitGroup
	ended   atomic.Int64 // how many of them have

	mu     sync.Mutex
	shares *shares
	newest int64                             // run
	live   map[int64]context.CancelCauseFunc // runs, also such as are being claimed
	lost   bool                              // a claim may be stored that nobody runs
	faulty bool                              // the store does not answer, and that was told

	stopMu   sync.Mutex
	stopping bool
}

// Start begins to run work; the end of ctx does not stop it.
func Start(ctx context.Context, e RunnerConfig, options Options) *Runner {
	options = options.WithDefaults()
	r := &Runner{engine: e, options: options, bell: make(chan struct{}, 1), stop: make(chan struct{}), looped: make(chan struct{}),
		shares: newShares(options.MaxWorkers), live: map[int64]context.CancelCauseFunc{}}
	go r.loop(context.WithoutCancel(ctx))
	return r
}

// Ring has the Runner look for work now. Call it after the commit that added some.
func (r *Runner) Ring() {
	select {
	case r.bell <- struct{}{}:
	default: // a ring that was not yet heard says the same
	}
}

// Stop ends work: no more is started, and what runs is given Options.StopGrace,
// or until the end of ctx, before it is cancelled. What was cut is run again at
// the next start. Stop fails if an evaluation does not heed its cancellation; it may
// be called again.
func (r *Runner) Stop(ctx context.Context) error {
	r.stopMu.Lock()
	defer r.stopMu.Unlock()
	if !r.stopping {
		r.stopping = true
		close(r.stop)
	}
	ended := make(chan struct{})
	go func() {
		<-r.looped
		r.runs.Wait()
		close(ended)
	}()
	grace := time.NewTimer(r.options.StopGrace)
	defer grace.Stop()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	case <-grace.C:
	}
	r.cut(errStopped)
	last := time.NewTimer(cutGrace)
	defer last.Stop()
	select {
	case <-ended:
		return nil
	case <-last.C:
		return errors.New("stop work: an evaluation does not end; it is run again at the next start")
	}
}

var errStopped = fmt.Errorf("the process stops: %w", context.Canceled)

// CutAll ends the evaluations that run now, for a process that may have been
// taken for dead.
func (r *Runner) CutAll() { r.cut(ErrSuperseded) }

func (r *Runner) cut(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, cancel := range r.live {
		cancel(cause)
	}
}

// Known tells which runs this process knows of.
func (r *Runner) Known() Known {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := Known{Newest: r.newest, Live: make([]int64, 0, len(r.live))}
	for n := range r.live {
		k.Live = append(k.Live, n)
	}
	return k
}

// loop claims work whenever there may be some.
func (r *Runner) loop(ctx context.Context) {
	defer close(r.looped)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		default:
		}
		claimed, err := r.round(ctx)
		r.tell(ctx, err)
		if claimed > 0 {
			continue
		}
		select {
		case <-r.stop:
			return
		case <-time.After(quietInterval):
		}
		select {
		case <-r.stop:
			return
		case <-r.bell:
		case <-tick.C:
		}
	}
}

// tell logs that the store does not answer, and that it does again, once each.
func (r *Runner) tell(ctx context.Context, err error) {
	switch {
	case err != nil && !r.faulty:
		r.engine.Log.ErrorContext(ctx, "no work is taken: the database does not answer; it is asked again until it does", "error", err)
	case err == nil && r.faulty:
		r.engine.Log.InfoContext(ctx, "work is taken again: the database answers")
	}
	r.faulty = err != nil
}

// round claims what may run now and starts it.
func (r *Runner) round(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	if err := r.free(ctx); err != nil {
		return 0, err
	}
	waiting, err := r.waiting(ctx)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	select {
	case <-r.stop:
		return 0, nil // what was cut waits for the next start
	default:
	}
	picks := r.pick(waiting)
	if len(picks) == 0 {
		return 0, nil
	}
	claims, err := r.engine.Store.Claim(ctx, picks)
	r.begin(context.WithoutCancel(ctx), picks, claims, err)
	return len(claims), err
}

// waiting lists what waits. What a run asks for before it ends may be missing in a list that was
// read meanwhile, and goes before what is in it: then it is read once more.
func (r *Runner) waiting(ctx context.Context) (list []Candidate, err error) {
	for range 2 {
		before := r.ended.Load()
		if list, err = r.engine.Store.Waiting(ctx, maxAhead); err != nil {
			return nil, err
		}
		if r.ended.Load() == before {
			break
		}
	}
	if r.engine.Yields != nil {
		list = without(r.engine.Yields(), list)
	}
	return list, nil
}

// free returns up claims that nobody runs, if there may be any.
func (r *Runner) free(ctx context.Context) error {
	r.mu.Lock()
	lost := r.lost
	r.lost = false
	r.mu.Unlock()
	if !lost {
		return nil
	}
	err := r.engine.Store.Free(ctx, r.Known())
	if err != nil {
		r.lose()
	}
	return err
}

func (r *Runner) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = true
}

// pick chooses who is to be run, and makes their runs known before the store hears of
// them: what is known is not given up.
func (r *Runner) pick(waiting []Candidate) []Pick {
	r.mu.Lock()
	defer r.mu.Unlock()
	chosen := r.shares.choose(waiting)
	picks := make([]Pick, len(chosen))
	for i, c := range chosen {
		r.newest++
		picks[i] = Pick{Candidate: c, Run: r.newest}
		r.live[r.newest] = func(error) {}
	}
	return picks
}

// begin starts what was claimed, and gives back the shares of what was not. Where the
// claim failed, it may be stored nevertheless.
func (r *Runner) begin(ctx context.Context, picks []Pick, claims []Claim, failed error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = r.lost || failed != nil
	for _, p := range picks {
		i := slices.IndexFunc(claims, func(c Claim) bool { return c.Run == p.Run })
		if i < 0 || failed != nil {
			r.forget(p)
			continue
		}
		c := claims[i]
		ctx, cancel := context.WithCancelCause(ctx)
		r.live[c.Run] = cancel
		r.runs.Go(func() {
			defer cancel(nil)
			r.run(ctx, c, p)
		})
	}
}

// forget ends a run. Its caller holds mu.
func (r *Runner) forget(p Pick) {
	delete(r.live, p.Run)
	r.shares.take(p.Candidate, -1)
}

// run evaluates what was claimed, and stores the end.
func (r *Runner) run(ctx context.Context, c Claim, p Pick) {
	log := r.engine.Log.With(c.Ref.Fields("job", c.Run)...)
	under := &run{Claim: c}
	var err error
	if c.Failures >= r.options.Attempts {
		err = errors.New("the process ended during the last attempt")
	} else {
		err = r.evaluate(context.WithValue(ctx, runKey{}, under), c.Ref)
	}
	end := Result{
		Err: err, Cut: err != nil && ctx.Err() != nil, Trouble: under.trouble.Load(),
		Class: c.Class, Failures: c.Failures, Jitter: rand.Float64(), Now: r.options.Now(),
	}
	if failed := r.finish(context.WithoutCancel(ctx), c, end, log); failed != nil {
		log.ErrorContext(ctx, "the end of an evaluation could not be stored; it is run again", "error", failed)
		r.lose()
	}
	r.mu.Lock()
	r.ended.Add(1)
	r.forget(p)
	r.mu.Unlock()
	r.Ring()
}

// evaluate calls Work with its time-out and makes an error of a panic.
func (r *Runner) evaluate(ctx context.Context, ref pull.Ref) (err error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.JobTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return r.options.Work(ctx, ref)
}

// finish stores the end of an evaluation and tells of it.
func (r *Runner) finish(ctx context.Context, c Claim, end Result, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, finishTimeout)
	defer cancel()
	step, err := r.engine.Store.Finish(ctx, c, func(moved bool) (Transition, JobNote) {
		end.Moved = moved
		step := r.options.Next(end)
		note := JobNote{Served: end.Err == nil, Pause: max(0, step.At.Sub(r.options.Now()))}
		if end.Err != nil {
			note.Err = end.Err.Error()
		}
		return step, note
	})
	switch {
	case errors.Is(err, ErrSuperseded):
		log.WarnContext(ctx, "evaluation outlived its claim; another one follows", "error", end.Err)
	case err != nil:
		return err
	case step.Idle || end.Err == nil:
	case step.State == Dead:
		log.ErrorContext(ctx, "evaluation given up; a new event or `reviewgate admin jobs retry` starts it again", "failures", step.Failures,
			"error", end.Err)
	case step.State == Waiting:
		log.InfoContext(ctx, "evaluation interrupted by shutdown; it resumes at the next start")
	default:
		log.WarnContext(ctx, "evaluation failed; it is run again", "at", step.At, "failures", step.Failures, "error", end.Err)
	}
	return nil
}
