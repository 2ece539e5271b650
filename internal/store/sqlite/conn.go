package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// conn is a transaction or a pool, as a tables.DB.
type conn struct{ querier }

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Exec implements tables.DB.
func (c conn) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := c.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Each implements tables.DB.
func (c conn) Each(ctx context.Context, query string, args [][]any) error {
	for _, one := range args {
		if _, err := c.ExecContext(ctx, query, one...); err != nil {
			return err
		}
	}
	return nil
}

// Query implements tables.DB.
func (c conn) Query(ctx context.Context, query string, args ...any) (tables.Rows, error) {
	all, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return rows{all}, nil
}

// rows are tables.Rows.
type rows struct{ *sql.Rows }

// Close implements tables.Rows.
func (r rows) Close() { _ = r.Rows.Close() } // Err tells it

// read runs do on one moment of the database.
func (s *Store) read(ctx context.Context, do func(tables.DB) error) error {
	tx, err := s.reader.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing was written
	return do(conn{tx})
}

// nowMicros is the clock, as store.Moment has it.
const nowMicros = `CAST(unixepoch('subsec') * 1000000 AS INTEGER)`

// dialect is SQLite's. Columns of names are declared COLLATE NOCASE.
func dialect() tables.Dialect {
	same := func(text string) string { return text }
	in := func(param string) string { return ` IN (SELECT value FROM json_each(` + param + `))` }
	return tables.Dialect{
		Fold: same, Long: same, Text: same, In: in,
		Places: func(column, param string) string { return column + in(param) },
		List: func(list []string) any {
			text, err := json.Marshal(list)
			if err != nil {
				return err // unreachable: texts can be written
			}
			return string(text)
		},
		Table: func(param string, columns ...string) string {
			for i, c := range columns {
				name, _, _ := strings.Cut(c, " ")
				columns[i] = "value ->> '" + name + "' AS " + name
			}
			return `(SELECT ` + strings.Join(columns, ", ") + ` FROM json_each(` + param + `)) AS e`
		},
		Least: "min", Greatest: "max", Position: "instr", Now: nowMicros, Explain: explain,
		Running: "run > 0", Free: "run = 0",
		Holds: func(c queue.Claim) (string, int64) { return "run", c.Run },
	}
}
