package sqlite

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// moment is a time as it is stored: microseconds since 1970, 0 for none.
type moment time.Time

// Value implements driver.Valuer.
func (m moment) Value() (driver.Value, error) {
	if t := time.Time(m); !t.IsZero() {
		return t.UnixMicro(), nil
	}
	return int64(0), nil
}

// Scan implements sql.Scanner.
func (m *moment) Scan(v any) error {
	micros, ok := v.(int64)
	if !ok {
		return fmt.Errorf("time: stored as %T", v)
	}
	*m = moment{}
	if micros != 0 {
		*m = moment(time.UnixMicro(micros).UTC())
	}
	return nil
}

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
	if repo.Forge == "" || repo.Owner == "" || repo.Name == "" {
		return 0, fmt.Errorf("repository %q: a part of its name is missing", repo)
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO repo (forge, owner, name) VALUES (?, ?, ?) RETURNING id`,
		repo.Forge, repo.Owner, repo.Name).Scan(&id)
	return id, err
}

func packJSON(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return pack(data)
}

func unpackJSON(packed []byte, v any) error {
	data, err := unpack(packed)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err // unreachable: the level exists
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
