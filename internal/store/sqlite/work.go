package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// Start runs work until Stop; the end of ctx does not stop it. What ran when
// the last process ended is run again first. A store is started once.
func (s *Store) Start(ctx context.Context, options queue.Options) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runner.Load() != nil {
		return errors.New("start work: it was started before")
	}
	if err := s.putBack(ctx); err != nil {
		return fmt.Errorf("put back interrupted work: %w", err)
	}
	s.runner.Store(queue.Start(ctx, queue.RunnerConfig{Store: jobStore{s}, Log: s.log}, options))
	return nil
}

// ring has work looked for now. Call it after the commit that added some.
func (s *Store) ring() {
	if r := s.runner.Load(); r != nil {
		r.Ring()
	}
}

// Stop ends work: no more is started, and what runs is given Options.StopGrace,
// or until the end of ctx, before it is cancelled. What was cut is run again at
// the next start. Stop fails if an evaluation does not heed its cancellation.
func (s *Store) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.runner.Load()
	if r == nil {
		return nil
	}
	return r.Stop(ctx)
}

// Leads tells that this process is the one that sweeps: there is no other.
func (*Store) Leads() bool { return true }

// Replicas tells that there is no other process.
func (*Store) Replicas() int { return 1 }

// Skew tells that there is one clock.
func (*Store) Skew() time.Duration { return 0 }

// Backlog counts the references that have work.
func (s *Store) Backlog(ctx context.Context) (queue.Backlog, error) {
	var b queue.Backlog
	_, err := tables.Row(ctx, conn{s.reader}, []any{&b.Waiting, &b.Running, &b.Retrying, &b.Dead, (*store.Micros)(&b.Oldest)}, `SELECT
		count(*) FILTER (WHERE run = 0 AND state = 'waiting'),
		count(*) FILTER (WHERE run > 0),
		count(*) FILTER (WHERE run = 0 AND state IN ('retrying', 'sleeping')),
		count(*) FILTER (WHERE state = 'dead'),
		coalesce(min(since) FILTER (WHERE state <> 'dead'), 0)
		FROM pr_work`)
	if err != nil {
		return queue.Backlog{}, fmt.Errorf("count the backlog: %w", err)
	}
	return b, nil
}

// putBack makes ready what the last process ran. An interruption counts as a failure,
// or one pull request that kills the process would kill it for ever.
func (s *Store) putBack(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx tables.DB) error {
		return tables.Execute(ctx, tx,
			`UPDATE pr_work SET failures = failures + 1, state = 'waiting', error = 'interrupted', run = 0, class = min(class, $1) WHERE run > 0`,
			queue.Fresh)
	})
}

// jobStore is the store's side of running work.
type jobStore struct{ s *Store }

// due is the condition on which what was put off waits again.
const due = `state IN ('retrying', 'sleeping') AND due_at <= ` + nowMicros

// Waiting implements queue.JobStore. What was put off and is due by now waits, too.
func (l jobStore) Waiting(ctx context.Context, each int) ([]queue.Candidate, error) {
	var some bool
	if _, err := tables.Row(ctx, conn{l.s.reader}, []any{&some}, `SELECT EXISTS (SELECT 1 FROM pr_work WHERE `+due+`)`); err != nil {
		return nil, explain(err)
	}
	if some {
		if err := l.s.write(ctx, func(ctx context.Context, tx tables.DB) error {
			return tables.Execute(ctx, tx, `UPDATE pr_work SET state = 'waiting' WHERE `+due)
		}); err != nil {
			return nil, err
		}
	}
	// The repositories are found one after the other, by an index, as one of them may
	// have thousands of references that wait.
	waiting, err := tables.Collect(ctx, conn{l.s.reader}, func(rows tables.Rows, c *queue.Candidate) error {
		return rows.Scan(&c.Repo, &c.Ref.Repo.Forge, &c.Ref.Repo.Owner, &c.Ref.Repo.Name, &c.Ref.Number, &c.Class, &c.Rank, &c.Head)
	}, `WITH RECURSIVE busy (repo_id) AS (
			SELECT * FROM (SELECT repo_id FROM pr_work WHERE state = 'waiting' AND run = 0 ORDER BY repo_id LIMIT 1)
			UNION ALL
			SELECT (SELECT w.repo_id FROM pr_work w WHERE w.state = 'waiting' AND w.run = 0 AND w.repo_id > b.repo_id ORDER BY w.repo_id LIMIT 1)
			FROM busy b WHERE b.repo_id IS NOT NULL)
		SELECT r.id, r.forge, r.owner, r.name, w.number, w.class, w.rank, coalesce(nullif(w.head, ''), k.head, '')
		FROM busy b CROSS JOIN repo r ON r.id = b.repo_id
		CROSS JOIN pr_work w ON w.repo_id = b.repo_id AND w.number IN (SELECT x.number FROM pr_work x
			WHERE x.repo_id = b.repo_id AND x.state = 'waiting' AND x.run = 0 ORDER BY x.class, x.rank, x.number LIMIT $1)
		LEFT JOIN known k ON k.repo_id = w.repo_id AND k.number = w.number
		ORDER BY r.id, w.class, w.rank, w.number`, each)
	return waiting, explain(err)
}

// Claim implements queue.JobStore.
func (l jobStore) Claim(ctx context.Context, picks []queue.Pick) (claims []queue.Claim, err error) {
	rows := make([][3]int64, len(picks))
	classes := make(map[int64]queue.Pick, len(picks))
	for i, p := range picks {
		rows[i] = [3]int64{p.Repo, int64(p.Ref.Number), p.Run}
		classes[p.Run] = p
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	err = l.s.write(ctx, func(ctx context.Context, tx tables.DB) (err error) {
		claims, err = tables.Collect(ctx, tx, func(rows tables.Rows, c *queue.Claim) error {
			if err := rows.Scan(&c.Run, &c.Gen, &c.Failures); err != nil {
				return err
			}
			p := classes[c.Run]
			c.Repo, c.Ref, c.Class = p.Repo, p.Ref, p.Class
			return nil
		}, `UPDATE pr_work SET run = e.value ->> 2, class = $2 FROM json_each($1) e
			WHERE repo_id = e.value ->> 0 AND number = e.value ->> 1 AND state = 'waiting' AND run = 0
			RETURNING run, gen, failures`, string(text), queue.Unasked)
		return err
	})
	return claims, err
}

// Finish implements queue.JobStore.
func (l jobStore) Finish(ctx context.Context, c queue.Claim, decide func(moved bool) (queue.Transition, queue.JobNote)) (
	step queue.Transition, err error) {
	err = l.s.write(ctx, func(ctx context.Context, tx tables.DB) error {
		var gen int64
		found, err := tables.Row(ctx, tx, []any{&gen}, `SELECT gen FROM pr_work WHERE repo_id = $1 AND number = $2 AND run = $3`, c.Repo,
			c.Ref.Number, c.Run)
		if err != nil {
			return err
		}
		if !found {
			return queue.ErrSuperseded
		}
		var note queue.JobNote
		step, note = decide(gen != c.Gen)
		return l.s.Settle(ctx, tx, c, step, note)
	})
	return step, err
}

// Free implements queue.JobStore.
func (l jobStore) Free(ctx context.Context, known queue.Known) error {
	live, err := json.Marshal(known.Live)
	if err != nil {
		return err
	}
	return l.s.write(ctx, func(ctx context.Context, tx tables.DB) error {
		return tables.Execute(ctx, tx, `UPDATE pr_work SET run = 0, state = 'retrying', due_at = `+nowMicros+` + $3, class = min(class, $4)
			WHERE run > 0 AND run <= $1 AND run NOT IN (SELECT value FROM json_each($2))`,
			known.Newest, string(live), queue.LostPause.Microseconds(), queue.Fresh)
	})
}
