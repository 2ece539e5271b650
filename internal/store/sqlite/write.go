package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// maxBatch bounds how many writes share one commit.
const maxBatch = 256

// errClosed says that the store was closed before the write.
var errClosed = errors.New("the store is closed")

// op is one write, done in a savepoint of its own.
type op struct {
	ctx  context.Context // given up if it ends before the op's turn
	do   func(context.Context, *sql.Tx) error
	err  error
	done chan struct{} // closed when err is final
}

// write runs do in a transaction and returns when it is on disk, or when it
// is not and never will be. Writes that arrive during a commit share the next
// one, as SQLite has one writer and a commit costs a flush of the disk; one
// that fails undoes only itself. do gets a context that ctx does not end,
// because SQLite answers an interrupted statement by undoing the whole
// transaction.
func (s *Store) write(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	o := &op{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case <-s.quit: // else a free place in ops might win
		return errClosed
	default:
	}
	select {
	case s.ops <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.quit:
		return errClosed
	}
	select {
	case <-o.done:
		return o.err
	case <-s.drained:
		select {
		case <-o.done:
			return o.err
		default:
			return errClosed
		}
	}
}

// commitLoop commits writes until the store is closed, and those that were
// queued by then.
func (s *Store) commitLoop() {
	defer close(s.drained)
	for {
		select {
		case o := <-s.ops:
			s.commit(s.gather(o))
		case <-s.quit:
			for {
				batch := s.gather(nil)
				if len(batch) == 0 {
					return
				}
				s.commit(batch)
			}
		}
	}
}

// gather takes the writes that wait, without waiting for more.
func (s *Store) gather(first *op) []*op {
	var batch []*op
	if first != nil {
		batch = append(batch, first)
	}
	for len(batch) < maxBatch {
		select {
		case o := <-s.ops:
			batch = append(batch, o)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction and tells each op how it ended.
func (s *Store) commit(batch []*op) {
	err := s.transact(batch)
	for _, o := range batch {
		if o.err == nil {
			o.err = err
		}
		close(o.done)
	}
}

func (s *Store) transact(batch []*op) error {
	ctx := context.Background()
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // after a commit it does nothing
	for _, o := range batch {
		if o.err = o.ctx.Err(); o.err != nil {
			continue
		}
		if err := o.run(ctx, tx); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", explain(err))
	}
	return nil
}

// run does one op. Its own failure is kept in o.err; the error that run gives
// means that the whole transaction is lost.
func (o *op) run(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `SAVEPOINT op`); err != nil {
		return fmt.Errorf("begin: %w", explain(err))
	}
	if o.err = o.do(ctx, tx); o.err != nil {
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO op`); err != nil {
			return fmt.Errorf("roll back: %w", explain(err))
		}
	}
	if _, err := tx.ExecContext(ctx, `RELEASE op`); err != nil {
		return fmt.Errorf("commit: %w", explain(err))
	}
	return nil
}
