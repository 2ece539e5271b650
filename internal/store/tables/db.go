// Package tables is what a gate remembers, as tables that are the same in all databases,
// and the statements that read and write them.
//
// An engine opens connections, runs transactions, makes the tables and says in which
// words its SQL differs (Dialect); how work is claimed and how deliveries share a commit
// is its own. What only a Recall reads, and all at once, lies in one table for all kinds
// (fact.go); what a statement asks about has a table of its own.
package tables

import "context"

// DB is a transaction, or a pool of connections. Parameters are $1, $2 and so on.
type DB interface {
	// Exec runs a statement, and returns how many rows it changed.
	Exec(ctx context.Context, query string, args ...any) (rows int64, err error)
	// Each runs a statement with each of some lists of parameters, in order.
	Each(ctx context.Context, query string, args [][]any) error
	// Query runs a query. Close the rows after use.
	Query(ctx context.Context, query string, args ...any) (Rows, error)
}

// Rows are what a query returns, read one after the other.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// Collect returns what scan makes of each row of a query; nil if there is none.
func Collect[T any](ctx context.Context, db DB, scan func(Rows, *T) error, query string, args ...any) ([]T, error) {
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

// Values returns the one column that a query has.
func Values[T any](ctx context.Context, db DB, query string, args ...any) ([]T, error) {
	return Collect(ctx, db, func(rows Rows, v *T) error { return rows.Scan(v) }, query, args...)
}

// Row reads the first row of a query, and reports whether there is one.
func Row(ctx context.Context, db DB, into []any, query string, args ...any) (found bool, err error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := rows.Scan(into...); err != nil {
		return false, err
	}
	rows.Close()
	return true, rows.Err()
}

// Execute runs a statement.
func Execute(ctx context.Context, db DB, query string, args ...any) error {
	_, err := db.Exec(ctx, query, args...)
	return err
}

// Reader reads what is saved.
type Reader struct {
	d  Dialect
	db DB // that can't write
}

// NewReader reads from a database.
func NewReader(d Dialect, db DB) Reader { return Reader{d, db} }

// Records are what is remembered, as tables of a database. They implement history.Store,
// history.Lists and history.Workload, and what a sweep needs.
type Records struct {
	Reader
	engine Engine

	fact, event, told string // statements
}

// Engine is how Records use a database.
type Engine struct {
	// Read runs something on one moment of the database.
	Read func(ctx context.Context, do func(tx DB) error) error
	// Write runs something in a transaction, which is on disk when it returns.
	Write func(ctx context.Context, do func(ctx context.Context, tx DB) error) error
	// Ring has work looked for, after a transaction that added some.
	Ring func()
}

// NewRecords makes the records that a reader reads.
func NewRecords(r Reader, e Engine) Records {
	return Records{Reader: r, engine: e, fact: factStatement(&r.d), event: eventStatement(&r.d), told: toldStatement(&r.d)}
}
