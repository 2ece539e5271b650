package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// What the database holds, such as policies, maps and paths of private
// repositories, is for the service's user alone, whatever the umask says.
const (
	privateFile fs.FileMode = 0o600
	privateDir  fs.FileMode = 0o700
)

// makeDirectory makes the directory of a database, private, where only that one is
// missing: further up, a missing directory is rather a slip of the path.
func makeDirectory(path string) error {
	dir := filepath.Dir(path)
	switch err := os.Mkdir(dir, privateDir); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; create the directory, writable by this user", err)
	case err != nil:
		return fmt.Errorf("make the directory of the database: %w; create it, writable by this user", err)
	}
	return os.Chmod(dir, privateDir) // a umask may have taken more away
}

// makePrivate makes a file for its owner alone, with nothing in it yet, and reports
// whether it was made now. SQLite gives the files beside a database (-wal, -shm,
// -journal) the mode of the database.
func makePrivate(path string) (made bool, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, privateFile)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, errors.Join(f.Chmod(privateFile), f.Close())
}

// warnIfOpen tells of a database that others can read. Its mode may be meant, for
// a group that makes backups, so it stays.
func warnIfOpen(ctx context.Context, path string, log *slog.Logger) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%w; a symbolic link must name a file that is there", err)
	}
	if mode := info.Mode().Perm(); mode&^privateFile != 0 {
		log.WarnContext(ctx, "the database can be read or written by other users; unless that is meant, run chmod 600 on it and the files "+
			"beside it while the service is stopped",
			"file", path, "mode", fmt.Sprintf("%#o", mode))
	}
	return nil
}
