package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// arrive stores simple deliveries together, in as many statements as for one.
func (s *Store) arrive(ctx context.Context, tx *sql.Tx, all []*arrival) error {
	fresh, err := noteDeliveries(ctx, tx, all)
	if err != nil || len(fresh) == 0 {
		return err
	}
	var hints []webhook.Hint
	for _, a := range fresh {
		hints = append(hints, a.delivery.Hints...)
	}
	know := knowOnce(ctx, tx)
	events, err := store.Events(hints, know)
	if err != nil {
		return err
	}
	if err := tell(ctx, tx, hints, know, fresh[0].delivery.ReceivedAt); err != nil {
		return err
	}
	return s.raiseAll(ctx, tx, events, fresh[0].now)
}

// knowOnce is knowRepo, asked once for each repository of a transaction.
func knowOnce(ctx context.Context, tx *sql.Tx) func(webhook.Hint) (int64, error) {
	type name struct {
		forge, slug string
		forgeID     int64
	}
	keys := map[name]int64{}
	return func(h webhook.Hint) (int64, error) {
		n := name{h.Repo.Forge, strings.ToLower(h.Repo.Slug()), h.RepoID}
		if id := keys[n]; id != 0 {
			return id, nil
		}
		id, err := knowRepo(ctx, tx, h.Repo, h.RepoID)
		if err == nil {
			keys[n] = id
		}
		return id, err
	}
}

// noteDeliveries gives those that were not known.
func noteDeliveries(ctx context.Context, tx *sql.Tx, all []*arrival) ([]*arrival, error) {
	type key struct{ forge, id string }
	rows := make([][3]any, len(all))
	by := make(map[key]*arrival, len(all))
	for i, a := range all {
		rows[i] = [3]any{a.delivery.Forge, a.delivery.ID, a.delivery.ReceivedAt.UnixMicro()}
		by[key{a.delivery.Forge, a.delivery.ID}] = a
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	return collect(ctx, tx, func(rows *sql.Rows, a **arrival) error {
		var k key
		err := rows.Scan(&k.forge, &k.id)
		*a = by[k]
		return err
	}, `INSERT INTO delivery (forge, id, received_at)
		SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true
		ON CONFLICT DO NOTHING RETURNING forge, id`, string(text))
}

// later is a time as SQLite adds it.
func later(d time.Duration) string { return fmt.Sprintf("+%d seconds", d/time.Second) }

// raiseAll raises references, each of them once in the list.
func (s *Store) raiseAll(ctx context.Context, tx *sql.Tx, events []store.Event, now time.Time) error {
	rows := make([][3]int64, len(events))
	refs := make(map[[2]int64]store.Target, len(events))
	for i, e := range events {
		rows[i] = [3]int64{e.Repo, int64(e.Ref.Number), int64(e.Times)}
		refs[[2]int64{e.Repo, int64(e.Ref.Number)}] = e.Target
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	type raised struct {
		key [2]int64
		job string // "none" that still comes to run, one to bring "forward", one to "leave"
	}
	all, err := collect(ctx, tx, func(rows *sql.Rows, r *raised) error {
		return rows.Scan(&r.key[0], &r.key[1], &r.job)
	}, `INSERT INTO pr_work (repo_id, number, gen, state, since, due_at)
		SELECT value ->> 0, value ->> 1, value ->> 2, 'waiting', ?1, ?1 FROM json_each(?2) WHERE true
		ON CONFLICT (repo_id, number) DO UPDATE SET gen = gen + excluded.gen
		RETURNING repo_id, number, coalesce((SELECT CASE WHEN NOT (`+liveJob+`) THEN 'none' WHEN pr_work.state = 'retrying'
			OR j.scheduled_at > datetime('now', CASE pr_work.state WHEN 'waiting' THEN ?3 ELSE ?4 END) THEN 'forward' ELSE 'leave' END
			FROM river_job j WHERE j.id = pr_work.job_id), 'none')`,
		store.Moment(now), string(text), later(store.FarWaiting), later(store.FarSleeping))
	if err != nil {
		return err
	}
	var idle []store.Target
	for _, r := range all {
		switch r.job {
		case "none":
			idle = append(idle, refs[r.key])
		case "forward":
			if err := forward(ctx, tx, refs[r.key], now); err != nil {
				return err
			}
		}
	}
	return s.addJobs(ctx, tx, idle, now)
}

// addJobs gives references that have none their jobs, which run at once.
func (s *Store) addJobs(ctx context.Context, tx *sql.Tx, idle []store.Target, now time.Time) error {
	if len(idle) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(idle))
	for i, t := range idle {
		params[i] = river.InsertManyParams{Args: queue.Args{Ref: t.Ref.String()}}
	}
	jobs, err := s.inserter.InsertManyTx(ctx, tx, params)
	if err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	rows := make([][3]int64, len(idle))
	for i, t := range idle {
		rows[i] = [3]int64{t.Repo, int64(t.Ref.Number), jobs[i].Job.ID}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return execute(ctx, tx, `UPDATE pr_work SET job_id = j.value ->> 2, state = 'waiting', failures = 0, due_at = ?1, error = '', since = ?1
		FROM json_each(?2) j WHERE pr_work.repo_id = j.value ->> 0 AND pr_work.number = j.value ->> 1`, store.Moment(now), string(text))
}
