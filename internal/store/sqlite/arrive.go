package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// arrive stores simple deliveries together, in as many statements as for one.
func arrive(ctx context.Context, tx *sql.Tx, all []*webhook.Delivery) error {
	fresh, err := noteDeliveries(ctx, tx, all)
	if err != nil || len(fresh) == 0 {
		return err
	}
	var hints []webhook.Hint
	for _, d := range fresh {
		hints = append(hints, d.Hints...)
	}
	know := knowOnce(ctx, tx)
	events, err := store.Events(hints, know)
	if err != nil {
		return err
	}
	if err := tell(ctx, tx, hints, know, fresh[0].ReceivedAt); err != nil {
		return err
	}
	return raiseAll(ctx, tx, events, queue.Fresh)
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
func noteDeliveries(ctx context.Context, tx *sql.Tx, all []*webhook.Delivery) ([]*webhook.Delivery, error) {
	type key struct{ forge, id string }
	rows := make([][3]any, len(all))
	by := make(map[key]*webhook.Delivery, len(all))
	for i, d := range all {
		rows[i] = [3]any{d.Forge, d.ID, d.ReceivedAt.UnixMicro()}
		by[key{d.Forge, d.ID}] = d
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	return collect(ctx, tx, func(rows *sql.Rows, d **webhook.Delivery) error {
		var k key
		err := rows.Scan(&k.forge, &k.id)
		*d = by[k]
		return err
	}, `INSERT INTO delivery (forge, id, received_at)
		SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true
		ON CONFLICT DO NOTHING RETURNING forge, id`, string(text))
}

// nowMicros is the clock, as store.Moment has it.
const nowMicros = `CAST(unixepoch('subsec') * 1000000 AS INTEGER)`

// raiseAll raises references, each of them once in the list. A retry after an error
// is brought forward, as the event may be what mends it, and the failure before it is
// forgiven, so that events cannot use up the attempts of a reference while its forge
// is down; a sleep until a known time is not. What a sweep finds goes by its last
// activity, the most recent first.
func raiseAll(ctx context.Context, tx *sql.Tx, events []store.Event, class queue.Class) error {
	rows := make([][4]any, len(events))
	for i, e := range events {
		rows[i] = [4]any{e.Repo, e.Ref.Number, e.Times, e.Head}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return execute(ctx, tx, `INSERT INTO pr_work AS w (repo_id, number, gen, state, class, rank, since, due_at, head)
		SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, 'waiting', CASE WHEN `+succeeds+` THEN ?3 ELSE ?2 END,
			CASE WHEN ?4 THEN -coalesce(nullif(k.updated_at, 0), `+nowMicros+`) ELSE `+nowMicros+` END, `+nowMicros+`, `+nowMicros+`, e.value ->> 3
		FROM json_each(?1) e LEFT JOIN known k ON k.repo_id = e.value ->> 0 AND k.number = e.value ->> 1 AND k.open WHERE true
		ON CONFLICT (repo_id, number) DO UPDATE SET gen = gen + excluded.gen,
			class = min(class, excluded.class),
			rank = CASE WHEN excluded.class < class THEN excluded.rank ELSE rank END,
			state = CASE WHEN `+startable+` THEN 'waiting' ELSE state END,
			failures = CASE WHEN state = 'dead' THEN 0 WHEN `+startable+` THEN max(failures - 1, 0) ELSE failures END,
			error = CASE WHEN state = 'dead' THEN '' ELSE error END,
			since = CASE WHEN state = 'dead' THEN excluded.since ELSE since END,
			due_at = CASE WHEN `+startable+` THEN excluded.due_at ELSE due_at END,
			head = coalesce(nullif(excluded.head, ''), head)`,
		string(text), class, class.OnSuccess(), class.ByActivity(), store.FarSleeping.Microseconds())
}

// succeeds is the condition on which a success stands of e, a pull request that k is
// known of, or a repository, of which it is that of a merge group.
const succeeds = `(k.outcome = 'success' OR e.value ->> 1 = 0 AND EXISTS
	(SELECT 1 FROM check_record g WHERE g.repo_id = e.value ->> 0 AND g.number = 0 AND g.outcome = 'success'))`

// startable is the condition on which an event starts a reference that does not wait
// for a worker: it was given up, it pauses after an error, or it sleeps longer than
// anything may.
const startable = `(state = 'dead' OR state = 'retrying' OR state = 'sleeping' AND due_at > excluded.due_at + ?5)`
