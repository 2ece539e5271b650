package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// Runs reads what is saved: evaluations, the files that they name, and work.
type Runs struct {
	tables.Reader
	pool *pgxpool.Pool
}

// OpenRuns connects to a database to read only what is saved. It changes no
// tables. Close it after use.
func OpenRuns(ctx context.Context, address string) (*Runs, error) {
	pool, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	return &Runs{tables.NewReader(dialect(), conn{pool}), pool}, nil
}

// CloseRuns closes what OpenRuns opened.
func (s *Runs) CloseRuns() error {
	s.pool.Close()
	return nil
}

// Retry has references that have work run at once, or all that were given up
// if none is named, and tells which. The service may be running.
func Retry(ctx context.Context, address string, refs ...pull.Ref) ([]pull.Ref, error) {
	pool, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	s := &Store{pool: pool}
	s.Records = s.records()
	return s.Retry(ctx, refs)
}
