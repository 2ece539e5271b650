package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
	"github.com/reviewgate/reviewgate/internal/store/visitortest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	empty := emptyFile(t)
	storetest.Run(t, func(t *testing.T) storetest.Open {
		path := filepath.Join(t.TempDir(), "reviewgate.db")
		if err := os.WriteFile(path, empty, 0o600); err != nil {
			t.Fatal(err)
		}
		return func(t *testing.T) storetest.Store { return reopen(t, path) }
	})
}

// TestVisitors holds the store to what people who look at pages need.
func TestVisitors(t *testing.T) {
	t.Parallel()
	visitortest.Run(t, func(t *testing.T) visitortest.Store { return newStore(t) })
}

// emptyFile returns a database with all tables and no rows: migrating is most of
// the time of a short test.
func emptyFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "empty.db")
	if err := reopen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func reopen(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newStore(t testing.TB) *Store {
	return reopen(t, filepath.Join(t.TempDir(), "reviewgate.db"))
}

func TestPragmasReachEveryConnection(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, tt := range []struct {
		name string
		db   *sql.DB
		want map[string]string
	}{
		{"writer", s.writer, map[string]string{"query_only": "0"}},
		{"reader", s.reader, map[string]string{"query_only": "1"}},
	} {
		tt.db.SetMaxOpenConns(2)
		tt.want["journal_mode"], tt.want["synchronous"] = "wal", "2"
		tt.want["busy_timeout"], tt.want["foreign_keys"] = "10000", "1"
		first, second := pragmas(t, tt.db, tt.want)
		for _, got := range []map[string]string{first, second} {
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	}
	if _, err := s.reader.ExecContext(t.Context(), `DELETE FROM repo`); err == nil {
		t.Error("the reader writes")
	}
}

// pragmas reads the named pragmas of two connections that are open at once.
func pragmas(t *testing.T, db *sql.DB, names map[string]string) (first, second map[string]string) {
	t.Helper()
	var got [2]map[string]string
	for i := range got {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		got[i] = map[string]string{}
		for name := range names {
			var value string
			if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value); err != nil {
				t.Fatal(err)
			}
			got[i][name] = value
		}
	}
	return got[0], got[1]
}

func TestOpenSecondProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")
	s := reopen(t, path)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		_, err := Open(t.Context(), name, slog.New(slog.DiscardHandler))
		if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "stop it first") {
			t.Errorf("open %s again: %v", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	reopen(t, link)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	s := reopen(t, newer)
	if _, err := s.writer.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "version 999.") {
		t.Errorf("Ready with another version: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		text:                                     "the file is no SQLite database",
		newer:                                    "run the newer program",
		dir:                                      "writable by this user",
		filepath.Join(dir, "none", "none", "db"): "create the directory",
		filepath.Join(text, "db"):                "not a directory",
	} {
		_, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open %s: %v, want %q", path, err, want)
		}
	}
}

func TestOpenOddNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b?c=d&_pragma=e", "100%25#审查"} {
		path := filepath.Join(t.TempDir(), name, "x.db")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		reopen(t, path)
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestBlobsAreBounded(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.blobLimit = 1000
	repo := pull.Repo{Forge: "github", Owner: "o", Name: "r"}
	for i := range 10 {
		for range 2 {
			if err := s.SaveBlob(t.Context(), repo, fmt.Sprint(i), make([]byte, 300)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.SaveBlob(t.Context(), repo, "huge", make([]byte, 1001)); err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, id := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "huge"} {
		_, ok, err := s.Blob(t.Context(), repo, id)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			kept = append(kept, id)
		}
	}
	if diff := cmp.Diff([]string{"7", "8", "9"}, kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}
