package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// Bounds on the write-ahead log. It can't be emptied while a process reads an older
// state, be it a backup or somebody's shell, and grows meanwhile.
const (
	// maxWAL is how large it may be, in bytes, when a delivery is stored. Beyond it
	// deliveries are refused, and the forge keeps them; the log says why.
	maxWAL = 256 << 20
	// maxWALOfWork is how many times as large it may be when anything else is. Beyond it
	// nothing is stored, and what runs is tried again.
	maxWALOfWork = 2
	// keptWAL is what it is cut to when nobody reads.
	keptWAL = 16 << 20
	// emptyEvery is how often it is tried to empty one that is too large.
	emptyEvery = time.Second
)

var (
	errFileGone = errors.New("the database's file was removed or replaced while it was in use; put it back, or start the service again")
	errWAL      = errors.New("the write-ahead log of the database is full, as another process reads it for long: end that (a backup, a " +
		"report or a shell that holds the database open)")
)

// file is the database's file and its write-ahead log, as they were when it was opened.
type file struct {
	path     string
	lock     *flock.Flock // on the file itself; nil where it can't be had
	own, wal fs.FileInfo
	most     int64 // of the write-ahead log, as maxWAL says

	tooLarge atomic.Bool // the log says so already
	emptied  time.Time   // that it was last tried; used by the writer only
}

// lockFile locks the file itself besides its lock file: it may have another name, as a
// hard link or a bind mount. It is a lock of flock(2), which on Linux knows nothing of
// those that SQLite takes with fcntl(2); elsewhere the two may meet.
func lockFile(path string) (*flock.Flock, error) {
	if runtime.GOOS != "linux" {
		return nil, nil
	}
	lock := flock.New(path)
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w; make it writable by this user", path, err)
	case !ok:
		return nil, fmt.Errorf("%w (under another name); stop it first, or give each process its own database", ErrInUse)
	}
	return lock, nil
}

// watch remembers the files that are open.
func (f *file) watch() (err error) {
	if f.own, err = os.Stat(f.path); err == nil {
		f.wal, err = os.Stat(f.path + "-wal")
	}
	return err
}

// unlock lets other processes open the file. Call it after the connections are closed:
// closing any descriptor of a file gives up the locks that SQLite has on it.
func (f *file) unlock() error {
	if f.lock == nil {
		return nil
	}
	return f.lock.Unlock()
}

// there fails if the name is no longer that of the file which is open: what is written
// to it then is lost with the process. size is that of the write-ahead log.
func (f *file) there() (size int64, err error) {
	if f.own == nil {
		return 0, nil // opened by a tool
	}
	own, err := os.Stat(f.path)
	if err != nil || !os.SameFile(own, f.own) {
		return 0, errFileGone
	}
	wal, err := os.Stat(f.path + "-wal")
	if err != nil || !os.SameFile(wal, f.wal) {
		return 0, errFileGone
	}
	return wal.Size(), nil
}

// room fails if nothing should be written now; of what is written, arrivals are
// refused first.
func (s *Store) room(ctx context.Context) (arrivals, rest error) {
	size, err := s.file.there()
	if err != nil {
		return err, err
	}
	if size > s.file.most && time.Since(s.file.emptied) > emptyEvery {
		s.file.emptied = time.Now()
		s.emptyWAL(ctx)
		if size, err = s.file.there(); err != nil {
			return err, err
		}
	}
	if size <= s.file.most {
		if s.file.tooLarge.CompareAndSwap(true, false) {
			s.log.Info("the write-ahead log is emptied; deliveries are taken again")
		}
		return nil, nil
	}
	if s.file.tooLarge.CompareAndSwap(false, true) {
		s.log.Error("deliveries are refused", "bytes", size, "error", errWAL)
	}
	if size > maxWALOfWork*s.file.most {
		return errWAL, errWAL
	}
	return errWAL, nil
}

// emptyWAL tries to move the write-ahead log into the database and to cut it, without
// waiting for those who read.
func (s *Store) emptyWAL(ctx context.Context) {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return // what is to be written will say it
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	for _, pragma := range []string{`PRAGMA busy_timeout = 0`, `PRAGMA wal_checkpoint(TRUNCATE)`, `PRAGMA busy_timeout = ` + busyTimeout} {
		if _, err := conn.ExecContext(ctx, pragma); err != nil {
			s.log.Debug("the write-ahead log can't be emptied yet", "error", err)
		}
	}
}

// probe is what Ready writes and takes back: as large as a page, so that a full disk
// shows.
func probe(ctx context.Context, tx tables.DB) error {
	if err := tables.Execute(ctx, tx,
		`INSERT INTO delivery (forge, id, received_at) VALUES ('', hex(zeroblob(4096)), 0) ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	return tables.Execute(ctx, tx, `DELETE FROM delivery WHERE forge = ''`)
}
