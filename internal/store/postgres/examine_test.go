package postgres

import (
	"log/slog"
	"testing"

	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
)

// TestExamine holds what is told of a database before and after it has tables, and that
// looking makes none.
func TestExamine(t *testing.T) {
	t.Parallel()
	address := postgrestest.Open(t).Database(t, "")
	for range 2 {
		if seen := Examine(t.Context(), address); !seen.Empty || seen.Fault != "" {
			t.Errorf("new: %+v", seen)
		}
	}
	s, err := Open(t.Context(), address, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if seen := Examine(t.Context(), address); seen.Empty || seen.Newer || seen.Fault != "" || seen.Version != seen.Needed {
		t.Errorf("with tables: %+v", seen)
	}
	if _, err := s.pool.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)`); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if seen := Examine(t.Context(), address); !seen.Newer {
		t.Errorf("of a newer program: %+v", seen)
	}
}
