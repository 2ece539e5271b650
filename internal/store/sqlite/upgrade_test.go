package sqlite

import (
	"database/sql"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
)

// TestUpgrade holds that a database of the first version keeps what it
// remembers.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gate.db")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", dsn(path, "_txlock=immediate"))
	check(err)
	dir, err := fs.Sub(migrations, "migrations")
	check(err)
	first, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
	check(err)
	_, err = first.UpTo(t.Context(), 1)
	check(err)
	head := pull.Head{ID: "h", BaseBranch: "main", MergeBase: "m", SeenAt: time.Unix(1, 0).UTC(), Complete: true}
	body, err := store.PackHead(&head)
	check(err)
	for _, insert := range []string{
		`INSERT INTO repo (id, forge, owner, name) VALUES (1, 'github', 'acme', 'linux')`,
		`INSERT INTO known (repo_id, number, head, base_branch, base_tip, open, updated_at, check_name, outcome, sources, due_at)
			VALUES (1, 2, 'h', 'main', 't', 1, 5, 'review-gate', 'pending', 'p', 0)`,
	} {
		_, err := db.ExecContext(t.Context(), insert)
		check(err)
	}
	_, err = db.ExecContext(t.Context(),
		`INSERT INTO head (repo_id, number, id, base_branch, merge_base, body) VALUES (1, 2, 'h', 'main', 'm', ?)`, body)
	check(err)
	check(db.Close())

	s, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
	check(err)
	defer s.Close()
	m, err := s.Recall(t.Context(), pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: 2})
	check(err)
	if len(m.Heads) != 1 || m.Heads[0].ID != "h" || m.Heads[0].MergeBase != "m" || m.Known.Head != "h" || m.Known.Check != "review-gate" {
		t.Errorf("%+v", m)
	}
}

// ofVersion makes a database of an older version of our tables and River's, with some
// rows.
func ofVersion(t *testing.T, ours int64, rivers int, rows string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "gate.db")
	old := &Store{log: slog.New(slog.DiscardHandler)}
	old.openWriter(path, "_txlock=immediate")
	our, river, err := old.migrators()
	must(t, err)
	_, err = our.UpTo(t.Context(), ours)
	must(t, err)
	_, err = river.Migrate(t.Context(), rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: rivers})
	must(t, err)
	_, err = old.writer.ExecContext(t.Context(), rows)
	must(t, err)
	must(t, old.writer.Close())
	return path
}

// TestUpgradeOfStoredDocuments holds that a database of the version before
// stored documents had versions keeps all of it. The file in testdata holds
// what that version wrote.
func TestUpgradeOfStoredDocuments(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "6.sql"))
	must(t, err)
	s := reopen(t, ofVersion(t, 6, 8, string(text)))
	storetest.Upgraded(t, s)
	storetest.LaterHead(t, s, func(body []byte) error {
		_, err := s.writer.ExecContext(t.Context(), `UPDATE head SET body = ?`, body)
		return err
	})
}

// TestUpgradeOfFacts holds that what became facts is carried over, each with all of it.
func TestUpgradeOfFacts(t *testing.T) {
	t.Parallel()
	s := reopen(t, ofVersion(t, 13, 8, storetest.Moved))
	storetest.MovedFacts(t, s)
	storetest.LaterFacts(t, s, func(statement string) { mustExec(t, s, statement) })
}
