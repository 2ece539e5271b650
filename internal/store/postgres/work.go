package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// Start runs work until Stop; the end of ctx does not stop it. What replicas
// ran that are gone is run again first. A store is started once.
func (s *Store) Start(ctx context.Context, options queue.Options) error {
	s.work.Lock()
	defer s.work.Unlock()
	if s.heartbeat.Load() != nil {
		return errors.New("start work: it was started before")
	}
	p := newPulse(s, options.WithDefaults())
	if err := p.beat(ctx); err != nil {
		return fmt.Errorf("start work: tell the other replicas: %w", err)
	}
	runner := queue.Start(ctx, queue.RunnerConfig{Store: jobStore{s}, Log: s.log, Yields: p.yields}, options)
	s.runner.Store(runner)
	s.heartbeat.Store(p)
	p.start(runner)
	return nil
}

// ring has this process look for work now. Others look by themselves, soon.
func (s *Store) ring() {
	if r := s.runner.Load(); r != nil {
		r.Ring()
	}
}

// Stop ends work: no more is started, and what runs is given Options.StopGrace,
// or until the end of ctx, before it is cancelled. What was cut is run again by
// another replica, or at the next start. Stop fails if an evaluation does not
// heed its cancellation.
func (s *Store) Stop(ctx context.Context) error {
	s.work.Lock()
	defer s.work.Unlock()
	beat := s.heartbeat.Load()
	if beat == nil {
		return nil
	}
	if err := s.runner.Load().Stop(ctx); err != nil {
		return err
	}
	return beat.stop(ctx)
}

// Leads reports whether this replica is the one that sweeps.
func (s *Store) Leads() bool {
	beat := s.heartbeat.Load()
	return beat != nil && beat.leads()
}

// Replicas tells how many processes work on the database.
func (s *Store) Replicas() int {
	if beat := s.heartbeat.Load(); beat != nil {
		return beat.size()
	}
	return 1
}

// Skew tells how far the database's clock was ahead of this process's at the last
// beat; 0 before Start.
func (s *Store) Skew() time.Duration {
	if beat := s.heartbeat.Load(); beat != nil {
		return beat.skewed()
	}
	return 0
}

// Backlog counts the references that have work, of all replicas.
func (s *Store) Backlog(ctx context.Context) (queue.Backlog, error) {
	var b queue.Backlog
	var age int64
	_, err := tables.Row(ctx, conn{s.pool}, []any{&b.Waiting, &b.Running, &b.Retrying, &b.Dead, &age}, `SELECT
		count(*) FILTER (WHERE holder IS NULL AND state = 'waiting'),
		count(*) FILTER (WHERE holder IS NOT NULL),
		count(*) FILTER (WHERE holder IS NULL AND state IN ('retrying', 'sleeping')),
		count(*) FILTER (WHERE state = 'dead'),
		coalesce(`+nowMicros+` - min(since) FILTER (WHERE state <> 'dead'), -1)
		FROM pr_work`)
	if err != nil {
		return queue.Backlog{}, fmt.Errorf("count the backlog: %w", err)
	}
	if b.Waiting+b.Running+b.Retrying > 0 {
		b.Oldest = time.Now().Add(-time.Duration(max(age, 0)) * time.Microsecond)
	}
	return b, nil
}

// jobStore is the store's side of running work.
type jobStore struct{ s *Store }

// Waiting implements queue.JobStore. What was put off and is due by now waits, too.
func (l jobStore) Waiting(ctx context.Context, each int) ([]queue.Candidate, error) {
	var due bool
	if _, err := tables.Row(ctx, conn{l.s.pool}, []any{&due},
		`SELECT EXISTS (SELECT 1 FROM pr_work WHERE state IN ('retrying', 'sleeping') AND due_at <= `+nowMicros+`)`); err != nil {
		return nil, explain(err)
	}
	if due {
		if _, err := l.s.pool.Exec(ctx, `UPDATE pr_work SET state = 'waiting' WHERE (repo_id, number) IN
			(SELECT repo_id, number FROM pr_work WHERE state IN ('retrying', 'sleeping') AND due_at <= `+nowMicros+`
			ORDER BY repo_id, number FOR UPDATE SKIP LOCKED)`); err != nil {
			return nil, explain(err)
		}
	}
	// The repositories are found one after the other, by an index, as one of them may
	// have thousands of references that wait.
	waiting, err := tables.Collect(ctx, conn{l.s.pool}, func(rows tables.Rows, c *queue.Candidate) error {
		return rows.Scan(&c.Repo, &c.Ref.Repo.Forge, &c.Ref.Repo.Owner, &c.Ref.Repo.Name, &c.Ref.Number, &c.Class, &c.Rank, &c.Head)
	}, `WITH RECURSIVE busy (repo_id) AS (
			(SELECT repo_id FROM pr_work WHERE state = 'waiting' AND holder IS NULL ORDER BY repo_id LIMIT 1)
			UNION ALL
			SELECT (SELECT w.repo_id FROM pr_work w WHERE w.state = 'waiting' AND w.holder IS NULL
				AND w.repo_id > b.repo_id ORDER BY w.repo_id LIMIT 1)
			FROM busy b WHERE b.repo_id IS NOT NULL)
		SELECT r.id, r.forge, r.owner, r.name, w.number, w.class, w.rank, coalesce(nullif(w.head, ''), k.head, '')
		FROM busy b JOIN repo r ON r.id = b.repo_id
		CROSS JOIN LATERAL (SELECT number, class, rank, head FROM pr_work WHERE repo_id = b.repo_id AND state = 'waiting' AND holder IS NULL
			ORDER BY class, rank, number LIMIT $1) w
		LEFT JOIN known k ON k.repo_id = b.repo_id AND k.number = w.number
		ORDER BY r.id, w.class, w.rank, w.number`, each)
	return waiting, explain(err)
}

// Claim implements queue.JobStore.
func (l jobStore) Claim(ctx context.Context, picks []queue.Pick) ([]queue.Claim, error) {
	repos, numbers, runs := make([]int64, len(picks)), make([]int, len(picks)), make([]int64, len(picks))
	for i, p := range picks {
		repos[i], numbers[i], runs[i] = p.Repo, p.Ref.Number, p.Run
	}
	claims, err := tables.Collect(ctx, conn{l.s.pool}, func(rows tables.Rows, c *queue.Claim) error {
		return rows.Scan(&c.Run, &c.Class, &c.Repo, &c.Ref.Repo.Forge, &c.Ref.Repo.Owner, &c.Ref.Repo.Name, &c.Ref.Number, &c.Gen, &c.Lease,
			&c.Failures)
	}, `WITH free AS (SELECT w.repo_id, w.number, w.class, p.run
		FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) AS p (repo_id, number, run)
			JOIN pr_work w ON w.repo_id = p.repo_id AND w.number = p.number
			WHERE w.state = 'waiting' AND w.holder IS NULL ORDER BY 1, 2 FOR UPDATE OF w SKIP LOCKED)
		UPDATE pr_work w SET holder = $4, run = f.run, lease = w.lease + 1, class = $5 FROM free f JOIN repo r ON r.id = f.repo_id
		WHERE w.repo_id = f.repo_id AND w.number = f.number
		RETURNING f.run, f.class, r.id, r.forge, r.owner, r.name, w.number, w.gen, w.lease, w.failures`, repos, numbers, runs, l.s.replica,
		queue.Unasked)
	return claims, explain(err)
}

// Finish implements queue.JobStore.
func (l jobStore) Finish(ctx context.Context, c queue.Claim, decide func(moved bool) (queue.Transition, queue.JobNote)) (
	step queue.Transition, err error) {
	// Most often all is done, and no event came: that takes one statement.
	if step, _ = decide(false); step.Idle {
		tag, err := l.s.pool.Exec(ctx, `DELETE FROM pr_work WHERE repo_id = $1 AND number = $2 AND lease = $3 AND gen = $4`, c.Repo,
			c.Ref.Number, c.Lease, c.Gen)
		if err != nil || tag.RowsAffected() > 0 {
			return step, explain(err)
		}
	}
	lost := false
	err = l.s.write(ctx, func(ctx context.Context, tx tables.DB) error {
		var gen int64
		found, err := tables.Row(ctx, tx, []any{&gen}, `SELECT gen FROM pr_work WHERE repo_id = $1 AND number = $2 AND lease = $3 FOR UPDATE`,
			c.Repo, c.Ref.Number, c.Lease)
		if err != nil {
			return err
		}
		if lost = !found; lost {
			return l.s.repair(ctx, tx, c)
		}
		var note queue.JobNote
		step, note = decide(gen != c.Gen)
		return l.s.Settle(ctx, tx, c, step, note)
	})
	if err == nil && lost {
		err = queue.ErrSuperseded
	}
	return step, err
}

// Free implements queue.JobStore.
func (l jobStore) Free(ctx context.Context, known queue.Known) error {
	return l.s.write(ctx, func(ctx context.Context, tx tables.DB) error { return l.s.free(ctx, tx, known) })
}

// free returns up the claims of this process that it does not run: their ends could not
// be stored, or what made them was not answered.
func (s *Store) free(ctx context.Context, tx tables.DB, known queue.Known) error {
	return tables.Execute(ctx, tx, `UPDATE pr_work SET holder = NULL, lease = lease + 1, state = 'retrying', due_at = `+nowMicros+
		` + $4, class = least(class, $5)
		WHERE holder = $1 AND run <= $2 AND run <> ALL ($3)`,
		s.replica, known.Newest, known.Live, queue.LostPause.Microseconds(), queue.Fresh)
}

// repair has a pull request looked at again after an evaluation that outlived
// its claim. A write of it may have reached the forge after those of the newer
// one, so what is remembered to stand there is no longer sure.
func (s *Store) repair(ctx context.Context, tx tables.DB, c queue.Claim) error {
	if err := tables.Execute(ctx, tx, `UPDATE check_record SET done = false WHERE repo_id = $1 AND (number = $2 OR head IN
		(SELECT id FROM head WHERE repo_id = $1 AND number = $2))`, c.Repo, c.Ref.Number); err != nil {
		return err
	}
	if err := s.DoubtComment(ctx, tx, c.Repo, c.Ref.Number); err != nil {
		return err
	}
	return s.RaiseAll(ctx, tx, []store.Event{{Target: store.Target{Repo: c.Repo, Ref: c.Ref}, Times: 1}}, queue.Fresh)
}
