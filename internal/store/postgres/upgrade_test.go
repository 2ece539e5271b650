package postgres

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
)

// ofVersion makes a database of an older version of our tables and River's, with some
// rows.
func ofVersion(t *testing.T, ours int64, rivers int, rows string) (address string) {
	t.Helper()
	address = postgrestest.Open(t).Database(t, "")
	pool, err := pgxpool.New(t.Context(), address)
	must(t, err)
	defer pool.Close()
	db := stdlib.OpenDBFromPool(pool)
	our, err := goose.NewProvider(goose.DialectPostgres, db, migrationFiles(t), goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = our.UpTo(t.Context(), ours)
	must(t, err)
	river, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: queue.Quiet(slog.New(slog.DiscardHandler))})
	must(t, err)
	_, err = river.Migrate(t.Context(), rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: rivers})
	must(t, err)
	_, err = pool.Exec(t.Context(), rows)
	must(t, err)
	must(t, db.Close())
	return address
}

// TestUpgradeOfStoredDocuments holds that a database of the version before
// stored documents had versions keeps all of it. The file in testdata holds
// what that version wrote.
func TestUpgradeOfStoredDocuments(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "1.sql"))
	must(t, err)
	s := reopen(t, ofVersion(t, 1, 8, string(text)))
	storetest.Upgraded(t, s)
	storetest.LaterHead(t, s, func(body []byte) error {
		_, err := s.pool.Exec(t.Context(), `UPDATE head SET body = $1`, body)
		return err
	})
}

// TestUpgradeOfFacts holds that what became facts is carried over, each with all of it.
func TestUpgradeOfFacts(t *testing.T) {
	t.Parallel()
	s := reopen(t, ofVersion(t, 8, 8, storetest.Moved))
	storetest.MovedFacts(t, s)
	storetest.LaterFacts(t, s, func(statement string) { mustExec(t, s, statement) })
}
