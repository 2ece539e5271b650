package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/store/tables"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Runs reads saved evaluations and the files that they name, and work.
type Runs struct {
	tables.Reader
	pool *sql.DB // connections that cannot write
}

// OpenRuns opens a database to read only what is saved; another process may be
// using it. Close it after use.
func OpenRuns(ctx context.Context, path string) (*Runs, error) {
	path, err := resolve(path)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the runs of %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn(path, "mode=rw&_pragma=query_only(1)"))
	if err == nil {
		err = db.PingContext(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open the runs of %s: %w", path, explain(err))
	}
	return &Runs{tables.NewReader(dialect(), conn{db}), db}, nil
}

// CloseRuns closes what OpenRuns opened.
func (s *Runs) CloseRuns() error { return s.pool.Close() }

// Activity returns the requests for review and the reviews of a repository, in
// order of time.
func (s *Runs) Activity(ctx context.Context, repo pull.Repo) (requests []workload.Request, reviews []workload.Review, err error) {
	if err := s.upgraded(ctx, "duty"); err != nil {
		return nil, nil, err
	}
	return s.Reader.Activity(ctx, repo)
}

// Responses implements history.Responses.
func (s *Runs) Responses(ctx context.Context, repo pull.Repo, since time.Time) ([]response.Wait, error) {
	if err := s.upgraded(ctx, "response"); err != nil {
		return nil, err
	}
	return s.Reader.Responses(ctx, repo, since)
}

// upgraded fails where the database has no such table yet.
func (s *Runs) upgraded(ctx context.Context, table string) error {
	var upgraded bool
	_, err := tables.Row(ctx, conn{s.pool}, []any{&upgraded},
		`SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1)`, table)
	if err == nil && !upgraded {
		err = errors.New("the database is of an earlier version; start the service once, which brings it up to date")
	}
	return err
}
