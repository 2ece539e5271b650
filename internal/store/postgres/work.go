package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Start runs work until Stop; the end of ctx does not stop it. What replicas
// ran that are gone is run again first. A store is started once.
func (s *Store) Start(ctx context.Context, options queue.Options) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runner != nil {
		return errors.New("start work: it was started before")
	}
	p := newPulse(s)
	if err := p.beat(ctx); err != nil {
		return fmt.Errorf("start work: tell the other replicas: %w", err)
	}
	runner, err := queue.Start(ctx, queue.Engine[pgx.Tx]{Driver: s.driver, Ledger: ledger{s}, ID: s.replica, Log: s.log}, options)
	if err != nil {
		return err
	}
	s.runner, s.pulse = runner, p
	p.start(runner.CutAll)
	return nil
}

// Stop ends work: no more is started, and what runs is given Options.StopGrace,
// or until the end of ctx, before it is cancelled. What was cut is run again by
// another replica, or at the next start. Stop fails if an evaluation does not
// heed its cancellation.
func (s *Store) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runner == nil {
		return nil
	}
	if err := s.runner.Stop(ctx); err != nil {
		return err
	}
	return s.pulse.stop(ctx)
}

// Leads tells whether this replica is the one that sweeps.
func (s *Store) Leads() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pulse != nil && s.pulse.leads()
}

// Replicas tells how many processes work on the database.
func (s *Store) Replicas() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pulse == nil {
		return 1
	}
	return s.pulse.size()
}

// Backlog counts the references that have work, of all replicas.
func (s *Store) Backlog(ctx context.Context) (queue.Backlog, error) {
	var b queue.Backlog
	err := s.pool.QueryRow(ctx, `SELECT
		count(*) FILTER (WHERE NOT running AND state = 'waiting'),
		count(*) FILTER (WHERE running),
		count(*) FILTER (WHERE NOT running AND state IN ('retrying', 'sleeping')),
		count(*) FILTER (WHERE state = 'dead'),
		coalesce(min(since) FILTER (WHERE state <> 'dead'), 0)
		FROM (SELECT w.state, w.since, coalesce(j.state = 'running', false) AS running
			FROM pr_work w LEFT JOIN river_job j ON j.id = w.job_id) AS work`).
		Scan(&b.Waiting, &b.Running, &b.Retrying, &b.Dead, (*store.Moment)(&b.Oldest))
	if err != nil {
		return queue.Backlog{}, fmt.Errorf("count the backlog: %w", err)
	}
	return b, nil
}

// ledger is the store's side of running jobs.
type ledger struct{ s *Store }

// Claim implements queue.Ledger. A reference that a live replica runs is not
// given to another one, whatever River thinks of its job.
func (l ledger) Claim(ctx context.Context, job int64) (queue.Claim, error) {
	c := queue.Claim{Job: job}
	err := l.s.write(ctx, func(tx pgx.Tx) error {
		var held bool
		err := tx.QueryRow(ctx, `SELECT w.holder IS NOT NULL AND w.holder <> $2 AND EXISTS
			(SELECT 1 FROM replica p WHERE p.id = w.holder AND p.beat_at > clock_timestamp() - $3::interval)
			FROM pr_work w WHERE w.job_id = $1 FOR UPDATE`, job, l.s.replica, silence).Scan(&held)
		if errors.Is(err, pgx.ErrNoRows) {
			return queue.ErrReplaced
		}
		if err != nil {
			return err
		}
		if held {
			return queue.ErrHeld
		}
		return tx.QueryRow(ctx, `UPDATE pr_work w SET holder = $2, lease = lease + 1 FROM repo r WHERE w.job_id = $1 AND r.id = w.repo_id
			RETURNING r.id, r.forge, r.owner, r.name, w.number, w.gen, w.lease, w.failures`, job, l.s.replica).
			Scan(&c.Repo, &c.Ref.Repo.Forge, &c.Ref.Repo.Owner, &c.Ref.Repo.Name, &c.Ref.Number, &c.Gen, &c.Lease, &c.Failures)
	})
	return c, err
}

// Finish implements queue.Ledger.
func (l ledger) Finish(ctx context.Context, job *river.Job[queue.Args], c queue.Claim, decide func(moved bool) (queue.Step, queue.Note)) (step queue.Step, err error) {
	lost := false
	err = l.s.write(ctx, func(tx pgx.Tx) error {
		var gen int64
		err := tx.QueryRow(ctx, `SELECT gen FROM pr_work WHERE job_id = $1 AND lease = $2 FOR UPDATE`, c.Job, c.Lease).Scan(&gen)
		if lost = errors.Is(err, pgx.ErrNoRows); lost {
			return l.s.repair(ctx, tx, c)
		}
		if err != nil {
			return err
		}
		if err := queue.Complete[*riverpgxv5.Driver](ctx, tx, job); err != nil {
			return err
		}
		var note queue.Note
		step, note = decide(gen != c.Gen)
		return l.s.settle(ctx, tx, c, step, note)
	})
	if err == nil && lost {
		err = queue.ErrSuperseded
	}
	return step, err
}

// settle writes what becomes of a reference.
func (s *Store) settle(ctx context.Context, tx pgx.Tx, c queue.Claim, step queue.Step, n queue.Note) error {
	switch {
	case step.Idle:
		return execute(ctx, tx, `DELETE FROM pr_work WHERE repo_id = $1 AND number = $2`, c.Repo, c.Ref.Number)
	case step.State == queue.Dead:
		return execute(ctx, tx, `UPDATE pr_work SET state = 'dead', job_id = NULL, holder = NULL, failures = $1, due_at = $2, error = $3
			WHERE repo_id = $4 AND number = $5`, step.Failures, store.Moment(step.At), text(n.Err), c.Repo, c.Ref.Number)
	}
	return s.addJob(ctx, tx, store.Target{Repo: c.Repo, Ref: c.Ref}, step, n)
}

// fence fails with queue.ErrSuperseded if the evaluation that a context belongs
// to has lost its claim on a reference.
func fence(ctx context.Context, tx pgx.Tx, c queue.Claim, repo int64, number int) error {
	if c.Repo != repo || c.Ref.Number != number {
		return nil
	}
	var holds bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pr_work WHERE job_id = $1 AND lease = $2)`, c.Job, c.Lease).Scan(&holds)
	if err == nil && !holds {
		return queue.ErrSuperseded
	}
	return err
}

// repair has a pull request looked at again after an evaluation that outlived
// its claim. A write of it may have reached the forge after those of the newer
// one, so what is remembered to stand there is no longer sure.
func (s *Store) repair(ctx context.Context, tx pgx.Tx, c queue.Claim) error {
	if err := execute(ctx, tx, `UPDATE check_record SET done = false WHERE repo_id = $1 AND (number = $2 OR head IN
		(SELECT id FROM head WHERE repo_id = $1 AND number = $2))`, c.Repo, c.Ref.Number); err != nil {
		return err
	}
	if err := execute(ctx, tx, `UPDATE comment_record SET done = false WHERE repo_id = $1 AND number = $2`, c.Repo, c.Ref.Number); err != nil {
		return err
	}
	if err := execute(ctx, tx, `UPDATE pr_work SET holder = NULL WHERE repo_id = $1 AND number = $2 AND holder = $3 AND lease = $4`,
		c.Repo, c.Ref.Number, s.replica, c.Lease); err != nil {
		return err
	}
	return s.raise(ctx, tx, store.Target{Repo: c.Repo, Ref: c.Ref}, time.Now())
}
