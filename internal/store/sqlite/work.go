package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Start runs work until Stop; the end of ctx does not stop it. What ran when
// the last process ended is run again first. A store is started once.
func (s *Store) Start(ctx context.Context, options queue.Options) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runner != nil {
		return errors.New("start work: it was started before")
	}
	if err := s.putBack(ctx); err != nil {
		return fmt.Errorf("put back interrupted work: %w", err)
	}
	runner, err := queue.Start(ctx, queue.Engine[*sql.Tx]{Driver: s.driver, Ledger: ledger{s}, Log: s.log}, options)
	if err != nil {
		return err
	}
	s.runner = runner
	return nil
}

// Stop ends work: no more is started, and what runs is given Options.StopGrace,
// or until the end of ctx, before it is cancelled. What was cut is run again at
// the next start. Stop fails if an evaluation does not heed its cancellation.
func (s *Store) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runner == nil {
		return nil
	}
	return s.runner.Stop(ctx)
}

// Leads tells that this process is the one that sweeps: there is no other.
func (*Store) Leads() bool { return true }

// Replicas tells that there is no other process.
func (*Store) Replicas() int { return 1 }

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
		Scan(&b.Waiting, &b.Running, &b.Retrying, &b.Dead, (*store.Moment)(&b.Oldest))
	if err != nil {
		return queue.Backlog{}, fmt.Errorf("count the backlog: %w", err)
	}
	return b, nil
}

// putBack makes ready what the last process left: jobs that ran are available
// again, and references whose job is gone get a new one. An interruption counts
// as a failure, or one pull request that kills the process would kill it for
// ever.
func (s *Store) putBack(ctx context.Context) error {
	now := time.Now()
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := execute(ctx, tx, `UPDATE pr_work SET failures = failures + 1, state = 'waiting', error = 'interrupted'
			WHERE job_id IN (SELECT id FROM river_job WHERE state = 'running')`); err != nil {
			return err
		}
		if err := execute(ctx, tx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`); err != nil {
			return err
		}
		orphans, err := collect(ctx, tx, func(rows *sql.Rows, t *store.Target) error {
			return rows.Scan(&t.Repo, &t.Ref.Repo.Forge, &t.Ref.Repo.Owner, &t.Ref.Repo.Name, &t.Ref.Number)
		}, `SELECT r.id, r.forge, r.owner, r.name, w.number FROM pr_work w JOIN repo r ON r.id = w.repo_id
			WHERE w.state <> 'dead' AND NOT EXISTS (SELECT 1 FROM river_job j WHERE j.id = w.job_id AND `+liveJob+`)`)
		if err != nil {
			return err
		}
		for _, t := range orphans {
			if err := s.addJob(ctx, tx, t, queue.Step{State: queue.Waiting, At: now}, queue.Note{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// ledger is the store's side of running jobs.
type ledger struct{ s *Store }

// Claim implements queue.Ledger. It writes nothing: the row keeps naming the
// job, which is its lease, as no other process can run it.
func (l ledger) Claim(ctx context.Context, job int64) (queue.Claim, error) {
	c := queue.Claim{Job: job}
	err := l.s.reader.QueryRowContext(ctx, `SELECT r.id, r.forge, r.owner, r.name, w.number, w.gen, w.failures
		FROM pr_work w JOIN repo r ON r.id = w.repo_id WHERE w.job_id = ?`, job).
		Scan(&c.Repo, &c.Ref.Repo.Forge, &c.Ref.Repo.Owner, &c.Ref.Repo.Name, &c.Ref.Number, &c.Gen, &c.Failures)
	if errors.Is(err, sql.ErrNoRows) {
		return c, queue.ErrReplaced
	}
	return c, err
}

// Finish implements queue.Ledger.
func (l ledger) Finish(ctx context.Context, job *river.Job[queue.Args], c queue.Claim, decide func(moved bool) (queue.Step, queue.Note)) (step queue.Step, err error) {
	err = l.s.write(ctx, func(_ context.Context, tx *sql.Tx) error { // ctx, which nothing ends, carries River's client
		if err := queue.Complete[*riverDriver](ctx, tx, job); err != nil {
			return err
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
		var note queue.Note
		step, note = decide(gen != c.Gen)
		return l.s.settle(ctx, tx, c, step, note)
	})
	if err == nil && !step.Idle && step.State == queue.Waiting {
		l.s.driver.ring()
	}
	return step, err
}

// settle writes what becomes of a reference.
func (s *Store) settle(ctx context.Context, tx *sql.Tx, c queue.Claim, step queue.Step, n queue.Note) error {
	switch {
	case step.Idle:
		return execute(ctx, tx, `DELETE FROM pr_work WHERE repo_id = ? AND number = ?`, c.Repo, c.Ref.Number)
	case step.State == queue.Dead:
		return execute(ctx, tx, `UPDATE pr_work SET state = 'dead', job_id = NULL, failures = ?, due_at = ?, error = ?
			WHERE repo_id = ? AND number = ?`, step.Failures, store.Moment(step.At), n.Err, c.Repo, c.Ref.Number)
	}
	return s.addJob(ctx, tx, store.Target{Repo: c.Repo, Ref: c.Ref}, step, n)
}

// fence fails with queue.ErrSuperseded if the evaluation that a context belongs
// to has lost its claim on a reference.
func fence(ctx context.Context, tx *sql.Tx, c queue.Claim, repo int64, number int) error {
	if c.Repo != repo || c.Ref.Number != number {
		return nil
	}
	var holds bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pr_work WHERE job_id = ?)`, c.Job).Scan(&holds)
	if err == nil && !holds {
		return queue.ErrSuperseded
	}
	return err
}
