package sqlite

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Turn implements effects.Turns. No other process has the database.
func (s *Store) Turn(ctx context.Context, repo pull.Repo, head, name string) (done func(), err error) {
	return s.turns.Take(ctx, store.TurnKey(repo, head, name))
}
