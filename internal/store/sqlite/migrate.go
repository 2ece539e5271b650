package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schema lists what statements need: the columns, and the columns of unique indexes.
//
//go:embed schema.txt
var schema string

// migrate brings our tables and River's up to date. It must run under the
// lock.
func (s *Store) migrate(ctx context.Context) error {
	ours, rivers, err := s.migrators()
	if err != nil {
		return err
	}
	s.need = store.Newest(ours, rivers)
	have, err := current(ctx, s.writer)
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

func (s *Store) migrators() (*goose.Provider, *rivermigrate.Migrator[*sql.Tx], error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, nil, err // unreachable: the directory is embedded
	}
	ours, err := goose.NewProvider(goose.DialectSQLite3, s.writer, dir, goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(repair()), goose.WithAllowOutofOrder(true)) // 00005 landed before 00004
	if err != nil {
		return nil, nil, err
	}
	rivers, err := rivermigrate.New(riversqlite.New(s.writer), &rivermigrate.Config{Logger: queue.Quiet(s.log)})
	return ours, rivers, err
}

// current reads the versions of the file; 0 where it has no such tables.
func current(ctx context.Context, db *sql.DB) (store.Versions, error) {
	return store.Current(func(table, query string) (version int64, err error) {
		var exists bool
		err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)`, table).Scan(&exists)
		if err == nil && exists {
			err = db.QueryRowContext(ctx, query).Scan(&version)
		}
		return version, err
	})
}

// checkVersions fails unless both pools answer and the file has the versions
// that this program is built for.
func (s *Store) checkVersions(ctx context.Context) error {
	if _, err := s.file.there(); err != nil {
		return err
	}
	have, err := current(ctx, s.reader)
	if err != nil {
		return err
	}
	if err := s.need.Need(have); err != nil {
		return err
	}
	has, err := columns(ctx, conn{s.reader})
	if err == nil {
		err = store.Lacking(store.Needed(schema), has)
	}
	if err != nil {
		return err
	}
	err = s.write(ctx, probe)
	if err == nil && s.file.tooLarge.Load() {
		err = errWAL
	}
	return err
}

// columns lists what a database has of what schema lists.
func columns(ctx context.Context, db tables.DB) ([]string, error) {
	return tables.Values[string](ctx, db,
		`SELECT 'column ' || t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
		UNION SELECT 'unique ' || t.name || ' (' || (SELECT group_concat(coalesce(name, '…'), ', ') FROM 
			(SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) || ')'
		FROM sqlite_schema t, pragma_index_list(t.name) l WHERE t.type = 'table' AND l."unique" ORDER BY 1`)
}

// sameVersion fails unless the file has the versions that this program is built
// for.
func (s *Store) sameVersion(ctx context.Context) error {
	ours, rivers, err := s.migrators()
	if err != nil {
		return err
	}
	have, err := current(ctx, s.writer)
	if need := store.Newest(ours, rivers); err == nil && have != need {
		err = fmt.Errorf("the file has version %s, this program needs %s; use the program that serves it, or run `reviewgate admin migrate` "+
			"while nothing does", have, need)
	}
	return err
}
