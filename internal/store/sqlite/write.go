package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// Accept implements webhook.Inbox.
func (s *Store) Accept(ctx context.Context, d webhook.Delivery) error {
	if err := store.CheckDelivery(d); err != nil {
		return err
	}
	if d.ReceivedAt.IsZero() {
		d.ReceivedAt = time.Now()
	}
	o := op{arrival: &d, arrives: true}
	if !store.Simple(d) {
		o = op{arrives: true, do: func(ctx context.Context, tx tables.DB) error { return s.AcceptOne(ctx, tx, &d, s.knowOnce(ctx, tx)) }}
	}
	if err := s.batch.DoUntil(ctx, o); err != nil {
		return fmt.Errorf("accept delivery %s: %w", d.ID, err)
	}
	s.ring()
	return nil
}

// maxBatch bounds how many writes share one commit.
const maxBatch = 256

// op is one write: a function that runs in a savepoint of its own, or a simple
// delivery, which is stored together with others.
type op struct {
	do      func(context.Context, tables.DB) error
	arrival *webhook.Delivery
	arrives bool // it stores a delivery, simple or not
}

// write runs do in a transaction and returns when it is on disk, or when it
// is not and never will be. Writes that arrive during a commit share the next
// one, as SQLite has one writer and a commit costs a flush of the disk; one
// that fails undoes only itself. do gets a context that ctx does not end,
// because SQLite answers an interrupted statement by undoing the whole
// transaction.
func (s *Store) write(ctx context.Context, do func(context.Context, tables.DB) error) error {
	return s.batch.Do(ctx, op{do: do})
}

// commit runs a batch in one transaction and says of each item how it ended.
func (s *Store) commit(batch []*store.Item[op]) {
	err := s.transact(batch)
	for _, o := range batch {
		if o.Err == nil {
			o.Err = err
		}
	}
}

func (s *Store) transact(batch []*store.Item[op]) error {
	ctx := context.Background()
	arrivals, err := s.room(ctx)
	if err != nil {
		return err
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", explain(err))
	}
	defer tx.Rollback() // after a commit it does nothing
	var simple []*store.Item[op]
	for _, o := range batch {
		switch o.Err = o.Ctx.Err(); {
		case o.Err != nil:
		case o.Value.arrives && arrivals != nil:
			o.Err = arrivals
		case o.Value.arrival != nil:
			simple = append(simple, o)
		default:
			if o.Err, err = savepoint(ctx, tx, o.Value.do); err != nil {
				return err
			}
		}
	}
	if err := s.storeSimple(ctx, tx, simple); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", explain(err))
	}
	_, err = s.file.there() // else it is stored where nobody finds it
	return err
}

// storeSimple stores simple deliveries together or, where one of them spoils
// that, each by itself.
func (s *Store) storeSimple(ctx context.Context, tx *sql.Tx, items []*store.Item[op]) error {
	if len(items) == 0 {
		return nil
	}
	all := make([]*webhook.Delivery, len(items))
	for i, o := range items {
		all[i] = o.Value.arrival
	}
	failed, lost := savepoint(ctx, tx, func(ctx context.Context, tx tables.DB) error { return s.arrive(ctx, tx, all) })
	if lost != nil || failed == nil {
		return lost
	}
	for _, o := range items {
		if o.Err, lost = savepoint(ctx, tx, func(ctx context.Context, tx tables.DB) error {
			return s.AcceptOne(ctx, tx, o.Value.arrival, s.knowOnce(ctx, tx))
		}); lost != nil {
			return lost
		}
	}
	return nil
}

// savepoint runs do so that its failure undoes only itself. lost means that the
// whole transaction is.
func savepoint(ctx context.Context, tx *sql.Tx, do func(context.Context, tables.DB) error) (failed, lost error) {
	if _, err := tx.ExecContext(ctx, `SAVEPOINT op`); err != nil {
		return nil, fmt.Errorf("begin: %w", explain(err))
	}
	if failed = explain(do(ctx, conn{tx})); failed != nil {
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO op`); err != nil {
			return nil, errors.Join(failed, fmt.Errorf("roll back: %w", explain(err))) // a full disk has undone the whole transaction
		}
	}
	if _, err := tx.ExecContext(ctx, `RELEASE op`); err != nil {
		return nil, fmt.Errorf("commit: %w", explain(err))
	}
	return failed, nil
}
