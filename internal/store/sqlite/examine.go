package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Examine looks at a database that a service may be using, and changes nothing in it.
// A file is made in its directory, and removed again, to see that it can be.
func Examine(ctx context.Context, path string) doctor.Database {
	out := doctor.Database{Name: "sqlite:" + path}
	path, err := resolve(path)
	if err != nil {
		dir, missing := os.Stat(filepath.Dir(filepath.Dir(path)))
		if out.Absent = missing == nil && dir.IsDir(); !out.Absent { // Open makes one directory only
			out.Fault = err.Error()
		}
		return out
	}
	out.Directory = tryDirectory(filepath.Dir(path))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		out.Absent = true
		return out
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Mode().Perm()&^privateFile != 0 {
			out.Open = append(out.Open, fmt.Sprintf("%s (%#o)", path+suffix, info.Mode().Perm()))
		}
	}
	have, need, err := versions(ctx, path)
	if err != nil {
		out.Fault = err.Error()
		return out
	}
	out.Version, out.Needed = have.String(), need.String()
	out.Empty, out.Newer = have == store.Versions{}, need.RefuseNewer(have) != nil
	return out
}

// tryDirectory says why no file can be made in a directory; empty if one can.
func tryDirectory(dir string) string {
	f, err := os.CreateTemp(dir, ".reviewgate-doctor-*")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// versions reads the versions of a file and those that this program is built for.
func versions(ctx context.Context, path string) (have, need store.Versions, err error) {
	runs, err := OpenRuns(ctx, path)
	if err != nil {
		return have, need, err
	}
	defer func() { err = errors.Join(err, runs.CloseRuns()) }()
	s := &Store{log: slog.New(slog.DiscardHandler), writer: runs.pool}
	ours, rivers, err := s.migrators()
	if err != nil {
		return have, need, err
	}
	have, err = current(ctx, runs.pool)
	return have, store.Newest(ours, rivers), err
}
