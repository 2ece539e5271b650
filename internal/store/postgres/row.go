package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// attempts is how often a transaction is tried that met another one.
const attempts = 5

// write runs do in a transaction and returns when it is on disk. It runs again
// where two transactions waited for each other.
func (s *Store) write(ctx context.Context, do func(tx pgx.Tx) error) error {
	return s.writeAfter(ctx, "BEGIN", do)
}

// writeAfter is write, begun by some statements.
func (s *Store) writeAfter(ctx context.Context, begin string, do func(tx pgx.Tx) error) (err error) {
	for range attempts {
		if err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: begin}, do); err == nil || !collided(err) {
			break
		}
	}
	return explain(err)
}

// collided tells of a deadlock or a failed serialization, which pass by
// themselves.
func collided(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40P01" || e.Code == "40001")
}

// locked tells that a lock was not to be had in time.
func locked(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "55P03"
}

// read runs f on one moment of the database.
func (s *Runs) read(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}

type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

// collect gives what scan makes of each row of a query; nil if there is none.
func collect[T any](ctx context.Context, db querier, scan func(pgx.Rows, *T) error, query string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, query, args...)
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

func execute(ctx context.Context, tx pgx.Tx, query string, args ...any) error {
	_, err := tx.Exec(ctx, query, args...)
	return err
}

// findRepo gives the key of a repository; pgx.ErrNoRows if it was never seen.
func findRepo(ctx context.Context, tx pgx.Tx, repo pull.Repo) (id int64, err error) {
	err = tx.QueryRow(ctx, `SELECT id FROM repo WHERE forge = $1 AND lower(owner) = lower($2) AND lower(name) = lower($3)`,
		repo.Forge, repo.Owner, repo.Name).Scan(&id)
	return id, err
}

// addRepo gives the key of a repository, and adds it if it was never seen.
func addRepo(ctx context.Context, tx pgx.Tx, repo pull.Repo) (int64, error) {
	id, err := findRepo(ctx, tx, repo)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	if err := store.CheckRepo(repo); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `INSERT INTO repo (forge, owner, name) VALUES ($1, $2, $3)
		ON CONFLICT (forge, lower(owner), lower(name)) DO UPDATE SET owner = repo.owner RETURNING id`,
		repo.Forge, repo.Owner, repo.Name).Scan(&id)
	return id, err
}

// text is what Postgres can store of a text: no NUL, and valid UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
