package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Args are for the eyes of an operator: what a job runs is said by the store's
// row that names it.
type Args struct {
	Ref string `json:"ref"`
}

// Kind implements river.JobArgs.
func (Args) Kind() string { return "evaluate" }

// Claim is what a job has to run, and the right to do so.
type Claim struct {
	Job      int64
	Repo     int64 // the store's key of the repository
	Ref      pull.Ref
	Gen      int64 // events so far
	Lease    int64 // goes up with each claim, so that an older one is known
	Failures int   // in a row
}

// What Ledger.Claim answers where a job may not run.
var (
	ErrReplaced = errors.New("another job has taken its place")
	ErrHeld     = errors.New("another replica runs it")
)

// ErrSuperseded means that an evaluation has lost its claim: it was silent for
// too long, and another one has begun. It must write nothing more.
var ErrSuperseded = errors.New("a newer evaluation has taken over")

// Ledger is the store's side of running jobs.
type Ledger interface {
	// Claim gives what a job has to run, or ErrReplaced or ErrHeld.
	Claim(ctx context.Context, job int64) (Claim, error)
	// Finish completes the job and stores, in the same transaction, what decide
	// makes of the reference; moved tells whether events came meanwhile. It
	// gives what was decided; ErrSuperseded if the claim was lost, after having
	// asked for one more evaluation.
	Finish(ctx context.Context, job *river.Job[Args], c Claim, decide func(moved bool) (Step, Note)) (Step, error)
}

// Note is what is stored with a Step.
type Note struct {
	Since time.Time // the events before it are served; zero: as it was
	Err   string
}

type claimKey struct{}

// Claimed gives the claim that an evaluation's context carries.
func Claimed(ctx context.Context) (Claim, bool) {
	c, ok := ctx.Value(claimKey{}).(Claim)
	return c, ok
}

// pollInterval is how late a retry may come: jobs that are due later than they
// were inserted ring no bell.
const pollInterval = 500 * time.Millisecond

// Runner runs the jobs of a store until it is stopped.
type Runner[T any] struct {
	client  *river.Client[T]
	worker  *worker
	mu      sync.Mutex
	stopped bool
}

// Engine is what a Runner runs on.
type Engine[T any] struct {
	Driver riverdriver.Driver[T]
	Ledger Ledger
	ID     string // of this process; empty: River makes one up
	Log    *slog.Logger
}

// Start begins to run work; the end of ctx does not stop it.
func Start[T any](ctx context.Context, e Engine[T], options Options) (*Runner[T], error) {
	w := &worker{ledger: e.Ledger, options: options.WithDefaults(), log: e.Log, running: map[int64]context.CancelCauseFunc{}, refs: map[pull.Ref]bool{}}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, w); err != nil {
		return nil, fmt.Errorf("start work: %w", err)
	}
	client, err := river.NewClient(e.Driver, &river.Config{
		ID:                          e.ID,
		Logger:                      Quiet(e.Log),
		Workers:                     workers,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: w.options.MaxWorkers}},
		FetchCooldown:               10 * time.Millisecond, // also the longest that a ring goes unheard
		FetchPollInterval:           pollInterval,
		JobTimeout:                  -1, // evaluate has its own, so that the end can be stored after it
		RescueStuckJobsAfter:        w.options.JobTimeout + 45*time.Second,
		SoftStopTimeout:             w.options.StopGrace,
		CompletedJobRetentionPeriod: time.Minute,
		ReindexerIndexNames:         []string{}, // a few hundred rows need none
	})
	if err == nil {
		err = client.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("start work: %w", err)
	}
	return &Runner[T]{client: client, worker: w}, nil
}

// cutGrace is how long a cancelled evaluation has to return and be stored.
const cutGrace = 2 * time.Second

// Stop ends work: no more is started, and what runs is given Options.StopGrace,
// or until the end of ctx, before it is cancelled. What was cut is run again at
// the next start. Stop fails if an evaluation does not heed its cancellation.
func (r *Runner[T]) Stop(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil
	}
	err := r.client.Stop(ctx)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cutGrace)
		defer cancel()
		err = r.client.StopAndCancel(ctx)
	}
	if err != nil {
		return fmt.Errorf("stop work: %w", err)
	}
	r.stopped = true
	return nil
}

// CutAll ends the evaluations that run now, for a process that may have been
// taken for dead.
func (r *Runner[T]) CutAll() {
	r.worker.mu.Lock()
	defer r.worker.mu.Unlock()
	for _, cancel := range r.worker.running {
		cancel(ErrSuperseded)
	}
}

// worker runs one job at a time for each of River's goroutines.
type worker struct {
	river.WorkerDefaults[Args]
	ledger  Ledger
	options Options
	log     *slog.Logger

	mu      sync.Mutex
	running map[int64]context.CancelCauseFunc // by the ids of the jobs that run now
	refs    map[pull.Ref]bool                 // that are evaluated now
}

// NextRetry implements river.Worker, for jobs whose end could not be stored;
// how evaluations are retried is said by Options.Next.
func (w *worker) NextRetry(job *river.Job[Args]) time.Time {
	return time.Now().Add(min(w.options.FirstRetry<<min(job.Attempt, 10), w.options.LastRetry))
}

// heldPause is how long a job waits that another replica still runs.
const heldPause = 5 * time.Second

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[Args]) error {
	runCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !w.enter(job.ID, cancel) {
		// River took it for stuck and gave it out again, but it still runs.
		return river.JobSnooze(heldPause)
	}
	defer w.leave(job.ID)
	c, err := w.ledger.Claim(runCtx, job.ID)
	switch {
	case errors.Is(err, ErrReplaced):
		return nil
	case errors.Is(err, ErrHeld):
		return river.JobSnooze(heldPause)
	case err != nil:
		return fmt.Errorf("claim job %d: %w", job.ID, err)
	}
	if !w.begin(c.Ref) {
		return river.JobSnooze(heldPause) // a job that was deleted while it ran has got a successor
	}
	log := w.log.With("forge", c.Ref.Repo.Forge, "repo", c.Ref.Repo.Slug(), "pr", c.Ref.Number, "job", job.ID)
	if c.Failures >= w.options.Attempts {
		err = errors.New("the process ended during the last attempt")
	} else {
		err = w.evaluate(context.WithValue(runCtx, claimKey{}, c), c.Ref)
	}
	w.end(c.Ref) // before its end is stored, as then the next job may come at once
	end := Ending{
		Err: err, Cut: err != nil && runCtx.Err() != nil,
		Failures: c.Failures, Jitter: rand.Float64(), Now: time.Now(),
	}
	if err := w.finish(context.WithoutCancel(ctx), job, c, end, log); err != nil {
		return fmt.Errorf("finish job %d: %w", job.ID, err)
	}
	return nil
}

func (w *worker) enter(job int64, cancel context.CancelCauseFunc) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running[job] != nil {
		return false
	}
	w.running[job] = cancel
	return true
}

func (w *worker) leave(job int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, job)
}

func (w *worker) begin(ref pull.Ref) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refs[ref] {
		return false
	}
	w.refs[ref] = true
	return true
}

func (w *worker) end(ref pull.Ref) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.refs, ref)
}

// evaluate calls Work with its time-out and makes an error of a panic.
func (w *worker) evaluate(ctx context.Context, ref pull.Ref) (err error) {
	ctx, cancel := context.WithTimeout(ctx, w.options.JobTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return w.options.Work(ctx, ref)
}

// finish stores the end of an evaluation and tells of it.
func (w *worker) finish(ctx context.Context, job *river.Job[Args], c Claim, end Ending, log *slog.Logger) error {
	step, err := w.ledger.Finish(ctx, job, c, func(moved bool) (Step, Note) {
		end.Moved = moved
		note := Note{Since: end.Now} // the events before it are served
		if end.Err != nil {
			note = Note{Err: end.Err.Error()}
		}
		return w.options.Next(end), note
	})
	switch {
	case errors.Is(err, ErrSuperseded):
		log.WarnContext(ctx, "evaluation outlived its claim; another one follows", "err", end.Err)
	case err != nil:
		return err
	case step.Idle || end.Err == nil:
	case step.State == Dead:
		log.ErrorContext(ctx, "evaluation given up; a new event or `reviewgate admin jobs retry` starts it again", "failures", step.Failures, "err", end.Err)
	case step.State == Waiting:
		log.InfoContext(ctx, "evaluation cut short; it is run again at the next start")
	default:
		log.WarnContext(ctx, "evaluation failed; it is run again", "at", step.At, "failures", step.Failures, "err", end.Err)
	}
	return nil
}

// Complete completes a job in a transaction of the caller. A job that River
// took for stuck is not found; that is no error, as it will find no row to run.
func Complete[D riverdriver.Driver[T], T any](ctx context.Context, tx T, job *river.Job[Args]) error {
	if _, err := river.JobCompleteTx[D](ctx, tx, job); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
		return fmt.Errorf("complete: %w", err)
	}
	return nil
}
