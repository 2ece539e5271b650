package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
)

// jobArgs are for the eyes of an operator: what a job runs is said by the row
// of pr_work that names it.
type jobArgs struct {
	Ref string `json:"ref"`
}

// Kind implements river.JobArgs.
func (jobArgs) Kind() string { return "evaluate" }

// worker runs the jobs.
type worker struct {
	river.WorkerDefaults[jobArgs]
	store   *Store
	options queue.Options
	client  *river.Client[*sql.Tx]
	stopped bool // guarded by Store.mu

	mu      sync.Mutex
	running map[int64]bool // ids of the jobs that run now
}

// pollInterval is how late a retry may come: jobs that are due later than they
// were inserted ring no bell.
const pollInterval = 500 * time.Millisecond

// Start runs work until Stop; the end of ctx does not stop it. What ran when
// the last process ended is run again first. A store is started once.
func (s *Store) Start(ctx context.Context, options queue.Options) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.worker != nil {
		return errors.New("start work: it was started before")
	}
	w := &worker{store: s, options: options.WithDefaults(), running: map[int64]bool{}}
	if err := w.putBack(ctx); err != nil {
		return fmt.Errorf("put back interrupted work: %w", err)
	}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, w); err != nil {
		return fmt.Errorf("start work: %w", err)
	}
	var err error
	w.client, err = river.NewClient(s.driver, &river.Config{
		Logger:                      queue.Quiet(s.log),
		Workers:                     workers,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: w.options.MaxWorkers}},
		FetchCooldown:               10 * time.Millisecond, // also the longest that a ring goes unheard
		FetchPollInterval:           pollInterval,
		JobTimeout:                  -1, // evaluate has its own, so that the end can be stored after it
		RescueStuckJobsAfter:        w.options.JobTimeout + 45*time.Second,
		SoftStopTimeout:             w.options.StopGrace,
		CompletedJobRetentionPeriod: time.Minute,
		ReindexerIndexNames:         []string{}, // SQLite's need none
	})
	if err != nil {
		return fmt.Errorf("start work: %w", err)
	}
	if err := w.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start work: %w", err)
	}
	s.worker = w
	return nil
}

// cutGrace is how long a cancelled evaluation has to return and be stored.
const cutGrace = 2 * time.Second

// Stop ends work: no more is started, and what runs is given Options.StopGrace,
// or until the end of ctx, before it is cancelled. What was cut is run again at
// the next start. Stop fails if an evaluation does not heed its cancellation.
func (s *Store) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.worker == nil || s.worker.stopped {
		return nil
	}
	err := s.worker.client.Stop(ctx)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cutGrace)
		defer cancel()
		err = s.worker.client.StopAndCancel(ctx)
	}
	if err != nil {
		return fmt.Errorf("stop work: %w", err)
	}
	s.worker.stopped = true
	return nil
}

// Backlog counts the references that have work.
func (s *Store) Backlog(ctx context.Context) (queue.Backlog, error) {
	var b queue.Backlog
	err := s.reader.QueryRowContext(ctx, `SELECT
		count(*) FILTER (WHERE NOT running AND state = 'waiting'),
		count(*) FILTER (WHERE running),
		count(*) FILTER (WHERE NOT running AND state IN ('retrying', 'sleeping')),
		count(*) FILTER (WHERE state = 'dead'),
		coalesce(min(since) FILTER (WHERE state <> 'dead'), 0)
		FROM (SELECT w.state, w.since, coalesce(j.state = 'running', 0) AS running
			FROM pr_work w LEFT JOIN river_job j ON j.id = w.job_id)`).
		Scan(&b.Waiting, &b.Running, &b.Retrying, &b.Dead, (*moment)(&b.Oldest))
	if err != nil {
		return queue.Backlog{}, fmt.Errorf("count the backlog: %w", err)
	}
	return b, nil
}

// putBack makes ready what the last process left: jobs that ran are available
// again, and references whose job is gone get a new one. An interruption counts
// as a failure, or one pull request that kills the process would kill it for
// ever.
func (w *worker) putBack(ctx context.Context) error {
	now := time.Now()
	return w.store.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := execute(ctx, tx, `UPDATE pr_work SET failures = failures + 1, state = 'waiting', error = 'interrupted'
			WHERE job_id IN (SELECT id FROM river_job WHERE state = 'running')`); err != nil {
			return err
		}
		if err := execute(ctx, tx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`); err != nil {
			return err
		}
		orphans, err := collect(ctx, tx, func(rows *sql.Rows, t *target) error {
			return rows.Scan(&t.repo, &t.ref.Repo.Forge, &t.ref.Repo.Owner, &t.ref.Repo.Name, &t.ref.Number)
		}, `SELECT r.id, r.forge, r.owner, r.name, w.number FROM pr_work w JOIN repo r ON r.id = w.repo_id
			WHERE w.state <> 'dead' AND NOT EXISTS (SELECT 1 FROM river_job j WHERE j.id = w.job_id AND `+liveJob+`)`)
		if err != nil {
			return err
		}
		for _, t := range orphans {
			if err := w.store.addJob(ctx, tx, t, queue.Step{State: queue.Waiting, At: now}, note{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// NextRetry implements river.Worker, for jobs whose end could not be stored;
// how evaluations are retried is said by queue.Options.Next.
func (w *worker) NextRetry(job *river.Job[jobArgs]) time.Time {
	return time.Now().Add(min(w.options.FirstRetry<<min(job.Attempt, 10), w.options.LastRetry))
}

// claim is what a job has to run.
type claim struct {
	target
	gen      int64
	failures int
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	if !w.enter(job.ID) {
		// River took it for stuck and gave it out again, but it still runs.
		return river.JobSnooze(5 * time.Second)
	}
	defer w.leave(job.ID)
	c, err := w.claim(ctx, job.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // another job has taken its place
	}
	if err != nil {
		return fmt.Errorf("claim job %d: %w", job.ID, err)
	}
	log := w.store.log.With("forge", c.ref.Repo.Forge, "repo", c.ref.Repo.Slug(), "pr", c.ref.Number, "job", job.ID)
	if c.failures >= w.options.Attempts {
		err = errors.New("the process ended during the last attempt")
	} else {
		err = w.evaluate(ctx, c.ref)
	}
	end := queue.Ending{
		Err: err, Cut: err != nil && ctx.Err() != nil,
		Failures: c.failures, Jitter: rand.Float64(), Now: time.Now(),
	}
	if err := w.finish(context.WithoutCancel(ctx), job, c, end, log); err != nil {
		return fmt.Errorf("finish job %d: %w", job.ID, err)
	}
	return nil
}

func (w *worker) enter(job int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running[job] {
		return false
	}
	w.running[job] = true
	return true
}

func (w *worker) leave(job int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, job)
}

// claim reads what a job has to run; sql.ErrNoRows if it may run nothing. It
// writes nothing: the row keeps naming the job, which is its lease, as no other
// process can run it.
func (w *worker) claim(ctx context.Context, job int64) (c claim, err error) {
	err = w.store.reader.QueryRowContext(ctx, `SELECT r.id, r.forge, r.owner, r.name, w.number, w.gen, w.failures
		FROM pr_work w JOIN repo r ON r.id = w.repo_id WHERE w.job_id = ?`, job).
		Scan(&c.repo, &c.ref.Repo.Forge, &c.ref.Repo.Owner, &c.ref.Repo.Name, &c.ref.Number, &c.gen, &c.failures)
	return c, err
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

// finish stores the end of an evaluation: its job is completed and, in the same
// transaction, the reference becomes idle or gets its next job.
func (w *worker) finish(ctx context.Context, job *river.Job[jobArgs], c claim, end queue.Ending, log *slog.Logger) error {
	var step queue.Step
	err := w.store.write(ctx, func(_ context.Context, tx *sql.Tx) error {
		// Not found: River took the job for stuck. It will find no row to run.
		if _, err := river.JobCompleteTx[*riverDriver](ctx, tx, job); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return fmt.Errorf("complete: %w", err)
		}
		var gen int64
		err := tx.QueryRowContext(ctx, `SELECT gen FROM pr_work WHERE job_id = ?`, job.ID).Scan(&gen)
		if errors.Is(err, sql.ErrNoRows) {
			step = queue.Step{Idle: true} // another job has taken its place
			return nil
		}
		if err != nil {
			return err
		}
		end.Moved = gen != c.gen
		step = w.options.Next(end)
		return w.settle(ctx, tx, c, step, end)
	})
	if err != nil {
		return err
	}
	w.report(ctx, log, step, end)
	if !step.Idle && step.State == queue.Waiting {
		w.store.driver.ring()
	}
	return nil
}

// settle writes what becomes of a reference.
func (w *worker) settle(ctx context.Context, tx *sql.Tx, c claim, step queue.Step, end queue.Ending) error {
	var n note
	if end.Err != nil {
		n.err = end.Err.Error()
	} else {
		n.since = end.Now // the events before it are served
	}
	switch {
	case step.Idle:
		return execute(ctx, tx, `DELETE FROM pr_work WHERE repo_id = ? AND number = ?`, c.repo, c.ref.Number)
	case step.State == queue.Dead:
		return execute(ctx, tx, `UPDATE pr_work SET state = 'dead', job_id = NULL, failures = ?, due_at = ?, error = ?
			WHERE repo_id = ? AND number = ?`, step.Failures, moment(end.Now), n.err, c.repo, c.ref.Number)
	}
	return w.store.addJob(ctx, tx, c.target, step, n)
}

func (w *worker) report(ctx context.Context, log *slog.Logger, step queue.Step, end queue.Ending) {
	switch {
	case step.Idle || end.Err == nil:
	case step.State == queue.Dead:
		log.ErrorContext(ctx, "evaluation given up; a new event starts it again", "failures", step.Failures, "err", end.Err)
	case step.State == queue.Waiting:
		log.InfoContext(ctx, "evaluation cut short; it is run again at the next start")
	default:
		log.WarnContext(ctx, "evaluation failed; it is run again", "at", step.At, "failures", step.Failures, "err", end.Err)
	}
}
