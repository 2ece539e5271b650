package postgres

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// unlockTime bounds the end of a turn; where it fails, the session is closed, and
// its locks with it.
const unlockTime = 5 * time.Second

// Turn implements effects.Turns, by a lock of the server that ends with its session.
// Turns hold at most half of the connections: who has one needs others.
func (s *Store) Turn(ctx context.Context, repo pull.Repo, head, name string) (done func(), err error) {
	key := store.TurnKey(repo, head, name)
	mine, err := s.turns.Take(ctx, key)
	if err != nil {
		return nil, err
	}
	if err := s.turnConns.Acquire(ctx, 1); err != nil {
		mine()
		return nil, err
	}
	release := func() {
		s.turnConns.Release(1)
		mine()
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		release()
		return nil, err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, key); err != nil {
		conn.Release()
		release()
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
		defer cancel()
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, key); err != nil {
			_ = conn.Conn().Close(ctx) // the pool drops it
		}
		conn.Release()
		release()
	}, nil
}
