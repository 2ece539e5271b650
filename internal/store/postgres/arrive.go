package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// commitTimeout bounds one batch, so that a server that hangs does not hold
// deliveries for ever: they are refused, and the forge keeps them.
const commitTimeout = 8 * time.Second

// commit stores a batch of deliveries in one transaction and says of each how it
// ended. Where it fails for what one of them holds, each is stored by itself.
func (s *Store) commit(batch []*store.Item[*delivery]) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	var taken []*store.Item[*delivery]
	for _, o := range batch {
		if o.Err = o.Ctx.Err(); o.Err == nil {
			taken = append(taken, o)
		}
	}
	if err := s.storeAll(ctx, taken); err != nil {
		for _, o := range taken {
			if o.Err = err; len(taken) > 1 && ctx.Err() == nil && !unreachable(err) {
				o.Err = s.storeAll(ctx, []*store.Item[*delivery]{o})
			}
		}
	}
}

// unreachable tells that there was no connection to a server.
func unreachable(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

func (s *Store) storeAll(ctx context.Context, batch []*store.Item[*delivery]) error {
	if len(batch) == 0 {
		return nil
	}
	return s.write(ctx, func(tx pgx.Tx) error {
		var simple []*delivery
		for _, o := range batch {
			if d := o.Value; d.simple {
				simple = append(simple, d)
			} else if err := s.acceptOne(ctx, tx, d.Delivery); err != nil {
				return err
			}
		}
		return s.arrive(ctx, tx, simple)
	})
}

// arrive stores simple deliveries together, in as many statements as for one.
func (s *Store) arrive(ctx context.Context, tx pgx.Tx, all []*delivery) error {
	if len(all) == 0 {
		return nil
	}
	fresh, err := noteDeliveries(ctx, tx, all)
	if err != nil || len(fresh) == 0 {
		return err
	}
	var hints []webhook.Hint
	for _, d := range fresh {
		hints = append(hints, d.Hints...)
	}
	events, err := store.Events(hints, func(h webhook.Hint) (int64, error) { return knowRepo(ctx, tx, h.Repo, h.RepoID) })
	if err != nil {
		return err
	}
	if err := tell(ctx, tx, hints, fresh[0].ReceivedAt); err != nil {
		return err
	}
	return s.raiseAll(ctx, tx, events, queue.Fresh)
}

// noteDeliveries gives those that were not known.
func noteDeliveries(ctx context.Context, tx pgx.Tx, all []*delivery) ([]*delivery, error) {
	type key struct{ forge, id string }
	by := make(map[key]*delivery, len(all))
	forges, ids, times := make([]string, len(all)), make([]string, len(all)), make([]int64, len(all))
	for i, d := range all {
		forges[i], ids[i], times[i] = d.Forge, d.ID, d.ReceivedAt.UnixMicro()
		by[key{d.Forge, d.ID}] = d
	}
	return collect(ctx, tx, func(rows pgx.Rows, d **delivery) error {
		var k key
		err := rows.Scan(&k.forge, &k.id)
		*d = by[k]
		return err
	}, `INSERT INTO delivery (forge, id, received_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) ORDER BY 1, 2
		ON CONFLICT DO NOTHING RETURNING forge, id`, forges, ids, times)
}
