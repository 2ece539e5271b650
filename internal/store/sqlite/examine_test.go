package sqlite

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamine holds what is told of a file that a service is using, and that looking
// changes nothing.
func TestExamine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "gate.db")
	if seen := Examine(t.Context(), path); !seen.Absent || seen.Fault != "" || seen.Directory != "" {
		t.Errorf("in a directory that Open makes: %+v", seen)
	}
	if seen := Examine(t.Context(), filepath.Join(dir, "a", "b", "gate.db")); seen.Absent || seen.Fault == "" {
		t.Errorf("below a directory that Open does not make: %+v", seen)
	}
	s, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if seen := Examine(t.Context(), path); seen.Absent || seen.Empty || seen.Newer || seen.Fault+seen.Directory != "" ||
		seen.Version != seen.Needed || len(seen.Open) > 0 {
		t.Errorf("in use: %+v", seen)
	}
	if _, err := s.writer.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path+"-wal", 0o640); err != nil {
		t.Fatal(err)
	}
	if seen := Examine(t.Context(), path); !seen.Newer || len(seen.Open) != 1 || !strings.HasSuffix(seen.Open[0], "gate.db-wal (0640)") {
		t.Errorf("of a newer program, with an open file: %+v", seen)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "new", ".reviewgate-doctor-*")); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
	empty := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if seen := Examine(t.Context(), empty); !seen.Empty || seen.Fault != "" {
		t.Errorf("empty: %+v", seen)
	}
}
