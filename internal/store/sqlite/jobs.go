package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Retry has references that have work run at once, or all that were given up
// if none is named, and tells which. The service may be running.
func Retry(ctx context.Context, path string, log *slog.Logger, refs ...pull.Ref) (retried []pull.Ref, err error) {
	path, err = resolve(path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s, err := openTools(ctx, path, log)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, explain(err))
	}
	defer func() {
		s.batch.Close()
		err = errors.Join(err, s.closePools())
	}()
	return s.Retry(ctx, refs)
}

// openTools opens an existing database beside the service that may be using it.
// It changes no tables.
func openTools(ctx context.Context, path string, log *slog.Logger) (s *Store, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	s = &Store{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closePools())
		}
	}()
	s.openWriter(path, "mode=rw&_txlock=immediate")
	if err := s.sameVersion(ctx); err != nil {
		return nil, err
	}
	s.Records = s.records()
	s.batch = store.NewBatcher(maxBatch, s.commit)
	return s, nil
}

// Backup writes a copy of the database at a path to a file that must not be
// there yet. It is the database as of one moment, however much is written
// meanwhile, and can be used in its place.
func Backup(ctx context.Context, path, file string) (err error) {
	if path, err = resolve(path); err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return fmt.Errorf("back up %s: %w", path, err)
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("back up %s: %s is there already; name another file", path, file)
	}
	part := file + ".part"
	if err := copyTo(ctx, path, part); err != nil {
		return errors.Join(fmt.Errorf("back up %s: %w", path, explain(err)), os.Remove(part))
	}
	if err := os.Rename(part, file); err != nil {
		return fmt.Errorf("back up %s: %w", path, err)
	}
	return nil
}

// copyTo writes a copy that is on disk when it returns. What an earlier attempt
// left is removed, with the mode that it had.
func copyTo(ctx context.Context, path, part string) (err error) {
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	made, err := makePrivate(part)
	if err == nil && !made {
		err = fmt.Errorf("somebody else writes %s; wait, or name another file", part)
	}
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(path, "mode=rw"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, part); err != nil {
		return err
	}
	written, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(written.Sync(), written.Close())
}
