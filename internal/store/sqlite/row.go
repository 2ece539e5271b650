package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// read runs f on one moment of the database.
func (s *Store) read(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.reader.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing was written
	return f(tx)
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect gives what scan makes of each row of a query; nil if there is none.
func collect[T any](ctx context.Context, db querier, scan func(*sql.Rows, *T) error, query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func execute(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

// findRepo gives the key of a repository; sql.ErrNoRows if it was never seen.
func findRepo(ctx context.Context, tx *sql.Tx, repo pull.Repo) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id FROM repo WHERE forge = ? AND owner = ? AND name = ?`,
		repo.Forge, repo.Owner, repo.Name).Scan(&id)
	return id, err
}

// addRepo gives the key of a repository, and adds it if it was never seen.
func addRepo(ctx context.Context, tx *sql.Tx, repo pull.Repo) (int64, error) {
	id, err := findRepo(ctx, tx, repo)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	if err := store.CheckRepo(repo); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO repo (forge, owner, name) VALUES (?, ?, ?) RETURNING id`,
		repo.Forge, repo.Owner, repo.Name).Scan(&id)
	return id, err
}
