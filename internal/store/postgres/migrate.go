package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schema lists what statements need: columns and unique indexes.
//
//go:embed schema.txt
var schema string

// migrationLock is the number of the advisory lock under which replicas migrate
// one after the other.
const migrationLock = 0x7265_7669_6577 // "review"

// migrate brings our tables and River's up to date.
func (s *Store) migrate(ctx context.Context) (err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT set_config('lock_timeout', '0', false),
		set_config('statement_timeout', '0', false), pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("wait for another replica's migration: %w", err)
	}
	defer func() { err = errors.Join(err, unlock(context.WithoutCancel(ctx), conn)) }()
	db := stdlib.OpenDBFromPool(s.pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err // unreachable: the directory is embedded
	}
	ours, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	rivers, err := rivermigrate.New(riverpgxv5.New(s.pool), &rivermigrate.Config{Logger: queue.Quiet(s.log)})
	if err != nil {
		return err
	}
	s.need = store.Newest(ours, rivers)
	have, err := current(ctx, s.pool)
	if err == nil {
		err = s.need.RefuseNewer(have)
	}
	if err != nil {
		return err
	}
	if _, err := ours.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := rivers.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	return nil
}

// unlock lets the next replica migrate. The connection is closed, as its
// time-outs were changed.
func unlock(ctx context.Context, conn *pgxpool.Conn) error {
	_, err := conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, migrationLock)
	return errors.Join(err, conn.Conn().Close(ctx))
}

// current reads the versions of the database; 0 where it has no such tables.
func current(ctx context.Context, pool *pgxpool.Pool) (store.Versions, error) {
	return store.Current(func(table, query string) (version int64, err error) {
		var exists bool
		err = pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&exists)
		if err == nil && exists {
			err = pool.QueryRow(ctx, query).Scan(&version)
		}
		return version, err
	})
}

// checkVersions fails unless the database can be written and has the versions
// that this program is built for.
func (s *Store) checkVersions(ctx context.Context) error {
	have, err := current(ctx, s.pool)
	if err != nil {
		return err
	}
	if err := s.need.Need(have); err != nil {
		return err
	}
	has, err := columns(ctx, conn{s.pool})
	if err == nil {
		err = store.Lacking(store.Needed(schema), has)
	}
	if err != nil {
		return err
	}
	var readOnly bool
	err = s.pool.QueryRow(ctx, `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean`).Scan(&readOnly)
	if err == nil && readOnly {
		err = errors.New("the server is read-only; give the address of the primary")
	}
	return err
}

// columns lists what a database has of what schema lists.
func columns(ctx context.Context, db tables.DB) ([]string, error) {
	return tables.Values[string](ctx, db,
		`SELECT 'column ' || c.relname || '.' || a.attname AS line FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
			WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
		UNION SELECT 'unique ' || i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
			WHERE x.indisunique AND i.relnamespace = current_schema()::regnamespace ORDER BY line`)
}
