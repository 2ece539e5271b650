package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// pool is one connection that keeps its statements, on a table of ten numbers.
func pool(t *testing.T) *sql.DB {
	t.Helper()
	db := openPool(dsn(filepath.Join(t.TempDir(), "db"), ""))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { must(t, db.Close()) })
	run(t, db, `CREATE TABLE n (v INTEGER PRIMARY KEY) STRICT`)
	for i := range 10 {
		run(t, db, `INSERT INTO n (v) VALUES (?)`, i)
	}
	return db
}

func run(t *testing.T, db *sql.DB, text string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), text, args...)
	must(t, err)
}

// one asks for one number.
func one(t *testing.T, db interface {
	QueryRow(query string, args ...any) *sql.Row
}, text string, args ...any) int {
	t.Helper()
	var n int
	must(t, db.QueryRow(text, args...).Scan(&n))
	return n
}

// TestStatementWithinItself reads the rows of a statement and uses the same text
// for each of them.
func TestStatementWithinItself(t *testing.T) {
	t.Parallel()
	db := pool(t)
	const text = `SELECT v FROM n WHERE v >= ? ORDER BY v`
	for range 3 {
		tx, err := db.BeginTx(t.Context(), nil)
		must(t, err)
		rows, err := tx.QueryContext(t.Context(), text, 4)
		must(t, err)
		for want := 4; rows.Next(); want++ {
			var got int
			must(t, rows.Scan(&got))
			if inner := one(t, tx, text, got); got != want || inner != want {
				t.Errorf("%d and, within, %d, want %d", got, inner, want)
			}
		}
		must(t, rows.Err())
		must(t, rows.Close())
		must(t, tx.Commit())
	}
}

// TestStatementAfterTrouble uses a text again after it failed, was cut short, and
// after its table changed.
func TestStatementAfterTrouble(t *testing.T) {
	t.Parallel()
	db := pool(t)
	const insert, all = `INSERT INTO n (v) VALUES (?)`, `SELECT * FROM n ORDER BY 1`
	for i := 10; i < 13; i++ {
		if _, err := db.ExecContext(t.Context(), insert, 1); err == nil {
			t.Error("a number twice")
		}
		run(t, db, insert, i)
	}
	for range 3 {
		rows, err := db.QueryContext(t.Context(), all)
		must(t, err)
		if !rows.Next() {
			t.Error("no rows")
		}
		must(t, rows.Close()) // of which one was read
		must(t, rows.Err())
	}
	run(t, db, `ALTER TABLE n ADD COLUMN w TEXT NOT NULL DEFAULT 'new'`)
	rows, err := db.QueryContext(t.Context(), all)
	must(t, err)
	columns, err := rows.Columns()
	must(t, err)
	must(t, rows.Close())
	must(t, rows.Err())
	if len(columns) != 2 {
		t.Errorf("columns %v", columns)
	}
	if _, err := db.ExecContext(t.Context(), `SELECT nothing`); err == nil {
		t.Error("no error for a column that is not there")
	}
}

// TestManyTexts uses more texts than a connection keeps, while the rows of one of
// them are read.
func TestManyTexts(t *testing.T) {
	t.Parallel()
	db := pool(t)
	const text = `SELECT v FROM n WHERE v > ? ORDER BY v`
	for range 2 {
		one(t, db, text, 0)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	rows, err := tx.QueryContext(t.Context(), text, 0)
	must(t, err)
	for i := range 3 * maxKept {
		for range 2 {
			if got := one(t, tx, fmt.Sprint("SELECT v FROM n WHERE v = ? + 0 * ", i), i%10); got != i%10 {
				t.Fatalf("%d, want %d", got, i%10)
			}
		}
	}
	n := 0
	for rows.Next() {
		n++
	}
	must(t, rows.Err())
	must(t, rows.Close())
	must(t, tx.Commit())
	if n != 9 {
		t.Errorf("%d rows", n)
	}
	conn, err := db.Conn(t.Context())
	must(t, err)
	must(t, conn.Raw(func(c any) error {
		if kept := len(c.(*keeper).kept); kept > maxKept {
			t.Errorf("%d texts are kept", kept)
		}
		return nil
	}))
	must(t, conn.Close())
}
