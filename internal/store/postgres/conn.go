package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// attempts is how often a transaction is tried that met another one.
const attempts = 5

// write runs do in a transaction and returns when it is on disk. It runs again
// where two transactions waited for each other.
func (s *Store) write(ctx context.Context, do func(ctx context.Context, tx tables.DB) error) error {
	return s.writeAfter(ctx, "BEGIN", func(tx conn) error { return do(ctx, tx) })
}

// writeAfter is write, begun by some statements.
func (s *Store) writeAfter(ctx context.Context, begin string, do func(tx conn) error) (err error) {
	for range attempts {
		if err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: begin}, func(tx pgx.Tx) error { return do(conn{tx}) }); err == nil ||
			!collided(err) {
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

// read runs do on one moment of the database.
func (s *Store) read(ctx context.Context, do func(tables.DB) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly},
		func(tx pgx.Tx) error { return do(conn{tx}) })
}

// conn is a transaction or a pool, as a tables.DB.
type conn struct{ querier }

type querier interface {
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// Exec implements tables.DB.
func (c conn) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := c.querier.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

// Each implements tables.DB.
func (c conn) Each(ctx context.Context, query string, args [][]any) error {
	if len(args) == 0 {
		return nil
	}
	var batch pgx.Batch
	for _, one := range args {
		batch.Queue(query, one...)
	}
	return c.SendBatch(ctx, &batch).Close()
}

// Query implements tables.DB.
func (c conn) Query(ctx context.Context, query string, args ...any) (tables.Rows, error) {
	return c.querier.Query(ctx, query, args...)
}

// nowMicros is the database's clock, as store.Moment has it. Due times are by it
// alone: those of replicas differ.
const nowMicros = `(extract(epoch FROM statement_timestamp()) * 1000000)::bigint`

// dialect is Postgres's.
func dialect() tables.Dialect {
	return tables.Dialect{
		Fold:  func(text string) string { return `lower(` + text + `)` },
		Long:  func(column string) string { return `md5(` + column + `)` },
		Bytes: ` COLLATE "C"`,
		In:    func(param string) string { return ` = ANY (` + param + `::text[])` },
		List:  func(list []string) any { return list },
		Places: func(column, param string) string {
			return `md5(` + column + `) IN (SELECT md5(p) FROM unnest(` + param + `::text[]) AS p) AND ` + column + ` = ANY (` + param + `)`
		},
		Table: func(param string, columns ...string) string {
			return `json_to_recordset(` + param + `) AS e (` + strings.Join(columns, ", ") + `)`
		},
		Text: text, Least: "least", Greatest: "greatest", Position: "strpos", Now: nowMicros, Explain: explain,
		LockRepo: `SELECT 1 FROM repo WHERE id = $1 FOR NO KEY UPDATE`,
		Running:  "holder IS NOT NULL", Free: "holder = NULL",
		Holds: func(c queue.Claim) (string, int64) { return "lease", c.Lease },
	}
}

// text is what Postgres can store of a text: no NUL, and valid UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
