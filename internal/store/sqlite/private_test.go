//go:build unix

package sqlite

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// umaskEnv names the variable by which TestPrivate runs itself under another umask:
// one process has one umask, and other tests run beside this one.
const umaskEnv = "REVIEWGATE_TEST_UMASK"

// TestPrivate holds that all files of a database that is made now, those beside it
// and its copies, are for their owner alone, and so is the directory if it had to be
// made, whatever the umask is.
func TestPrivate(t *testing.T) {
	t.Parallel()
	if mask := os.Getenv(umaskEnv); mask != "" {
		holdPrivate(t, mask == "0")
		return
	}
	for _, mask := range []string{"0", "0777"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestPrivate$") //nolint:gosec // this very test
		cmd.Env = append(os.Environ(), umaskEnv+"="+mask)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("umask %s: %v\n%s", mask, err, out)
		}
	}
}

func holdPrivate(t *testing.T, open bool) {
	t.Helper()
	outer := t.TempDir()
	mask := 0o777
	if open {
		mask = 0
	}
	syscall.Umask(mask)
	dir := filepath.Join(outer, "made")
	path := filepath.Join(dir, "gate.db")
	s := reopen(t, path)
	must(t, s.Accept(t.Context(), delivered(1)))
	part := filepath.Join(outer, "copy.db.part")
	must(t, os.WriteFile(part, []byte("left over"), 0o666)) //nolint:gosec // what somebody else left
	must(t, Backup(t.Context(), path, filepath.Join(outer, "copy.db")))
	files, err := filepath.Glob(filepath.Join(outer, "*", "*"))
	must(t, err)
	if len(files) < 4 { // the database, its lock, -wal and -shm
		t.Errorf("only %q are there", files)
	}
	for _, file := range append(files, filepath.Join(outer, "copy.db")) {
		if mode := modeOf(t, file); mode != 0o600 {
			t.Errorf("%s has mode %#o", file, mode)
		}
	}
	if mode := modeOf(t, dir); mode != 0o700 {
		t.Errorf("%s has mode %#o", dir, mode)
	}
	must(t, s.Close())
}

func modeOf(t *testing.T, file string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(file)
	must(t, err)
	return info.Mode().Perm()
}

// TestOpenModesStay holds that a database, and a directory, that others may read
// keep their modes, and that the log tells of the file.
func TestOpenModesStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "gate.db")
	must(t, os.Chmod(dir, 0o755)) //nolint:gosec // what is tested
	open := func() string {
		var log bytes.Buffer
		s, err := Open(t.Context(), path, slog.New(slog.NewTextHandler(&log, nil)))
		must(t, err)
		must(t, s.Close())
		return log.String()
	}
	if log := open(); strings.Contains(log, "other users") {
		t.Errorf("a new file: %s", log)
	}
	must(t, os.Chmod(path, 0o640)) //nolint:gosec // what is tested
	if log := open(); !strings.Contains(log, "chmod 600") || !strings.Contains(log, "0640") {
		t.Errorf("a file that others can read: %q", log)
	}
	if modeOf(t, path) != 0o640 || modeOf(t, dir) != 0o755 {
		t.Errorf("modes %#o and %#o", modeOf(t, path), modeOf(t, dir))
	}
}
