// Package sqlite is the store in one SQLite file: what the gate remembers, the
// deliveries it has accepted and the work that follows from them.
//
// It promises that what a method wrote is on disk when it returns, that a kill
// at any instant loses none of it, and that one process at a time uses a file.
// Repositories compare without case and keep the spelling in which they were
// first seen. When work is run again and when it is given up is decided in
// package queue; what an evaluation does is the gate's business.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// Store is an open database. It implements history.Store and webhook.Inbox, and
// runs the work.
type Store struct {
	tables.Records
	log       *slog.Logger
	lock      *flock.Flock // of the lock file
	file      file
	writer    *sql.DB // one connection
	reader    *sql.DB // connections that cannot write
	blobLimit int64
	need      store.Versions
	turns     store.Turns

	batch  *store.Batcher[op]
	closed sync.Once

	mu     sync.Mutex                   // of Start and Stop
	runner atomic.Pointer[queue.Runner] // nil before Start
}

var (
	_ history.Store = (*Store)(nil)
	_ webhook.Inbox = (*Store)(nil)
)

// Open opens the database at path, creates it if there is none, and brings its
// tables up to date. A file that it creates, and its directory if that is missing,
// is for this user alone. It fails if another process uses the file. Close it
// after use.
func Open(ctx context.Context, path string, log *slog.Logger) (*Store, error) {
	if err := makeDirectory(path); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	path, err := resolve(path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	lock, err := acquire(path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s, err := open(ctx, path, log)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, explain(err)), lock.Unlock())
	}
	s.lock = lock
	s.batch = store.NewBatcher(maxBatch, s.commit)
	return s, nil
}

func open(ctx context.Context, path string, log *slog.Logger) (_ *Store, err error) {
	s := &Store{
		file:      file{path: path, most: maxWAL},
		log:       log,
		blobLimit: store.KeepBlobs,
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closePools())
		}
	}()
	made, err := makePrivate(path)
	if err != nil {
		return nil, fmt.Errorf("create it: %w; make the directory writable by this user", err)
	}
	if !made {
		if err := warnIfOpen(ctx, path, log); err != nil {
			return nil, err
		}
	}
	if s.file.lock, err = lockFile(path); err != nil {
		return nil, err
	}
	s.openWriter(path, "_txlock=immediate")
	s.reader = openPool(dsn(path, "mode=rw&_pragma=query_only(1)")) // mode: no new file where ours was removed
	s.reader.SetMaxOpenConns(max(4, runtime.GOMAXPROCS(0)))
	s.reader.SetMaxIdleConns(4)
	if err := s.migrate(ctx); err != nil {
		return nil, err
	}
	s.Records = s.records()
	return s, s.file.watch()
}

// records are those of the opened connections.
func (s *Store) records() tables.Records {
	return tables.NewRecords(tables.NewReader(dialect(), conn{s.reader}), tables.Engine{Read: s.read, Write: s.write, Ring: s.ring})
}

// openWriter opens the connection that writes.
func (s *Store) openWriter(path, extra string) {
	s.writer = openPool(dsn(path, extra))
	s.writer.SetMaxOpenConns(1)
}

// Close stops work if it runs, finishes what is being written and releases the
// file. It may be called twice.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		err = s.Stop(ctx)
		s.batch.Close()
		err = errors.Join(err, s.closePools(), s.lock.Unlock())
	})
	return err
}

// closeTimeout is how long Close waits for evaluations that were not stopped
// before.
const closeTimeout = 30 * time.Second

// closePools closes the connections, and then lets others have the file.
func (s *Store) closePools() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, s.file.unlock())...)
}

// busyTimeout is how long a connection waits for another one's lock, in milliseconds.
const busyTimeout = "10000"

// dsn names the database with all that each of its connections must be set to:
// a PRAGMA that is run once reaches one connection of a pool. synchronous=FULL
// because NORMAL can lose the last commits with the power, and not every forge
// delivers again.
func dsn(path, extra string) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(" + busyTimeout + ")" +
		"&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(" + strconv.Itoa(keptWAL) +
		")&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + extra}
	return u.String()
}

// resolve returns the one name of a file, so that two names of it share a lock.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path, err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return abs, fmt.Errorf("%w; create the directory, writable by this user", err)
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

// acquire takes the lock file of a database. The file stays after use, as
// removing it would let two processes hold locks on two files of that name.
func acquire(path string) (*flock.Flock, error) {
	lock := flock.New(path + ".lock")
	if _, err := makePrivate(lock.Path()); err != nil {
		return nil, fmt.Errorf("make %s: %w; make the directory writable by this user", lock.Path(), err)
	}
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w; make the directory writable by this user", lock.Path(), err)
	case !ok:
		return nil, fmt.Errorf("%w (it holds %s); stop it first, or give each process its own database", ErrInUse, lock.Path())
	}
	return lock, nil
}

// ErrInUse says that another process has the database open.
var ErrInUse = errors.New("another process uses this database")

// explain adds to an error of SQLite what the operator can do about it.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w; the file is no SQLite database: give another path, or move the file away", err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w; the file is damaged: restore it from a backup", err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%w; make the file and its directory writable by this user", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w; free space on the disk", err)
	}
	return err
}

// Ready reports whether the database answers and its tables are those that this
// program needs.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.checkVersions(ctx); err != nil {
		return fmt.Errorf("store is not ready: %w", err)
	}
	return nil
}
