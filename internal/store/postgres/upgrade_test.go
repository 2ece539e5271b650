package postgres

import (
	"io/fs"
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
	"github.com/reviewgate/reviewgate/internal/store/storetest"
)

// TestUpgradeOfStoredDocuments holds that a database of the version before
// stored documents had versions keeps all of it. The file in testdata holds
// what that version wrote.
func TestUpgradeOfStoredDocuments(t *testing.T) {
	t.Parallel()
	const ours, rivers = 1, 8
	address := storetest.Postgres(t).Database(t, "")
	pool, err := pgxpool.New(t.Context(), address)
	must(t, err)
	db := stdlib.OpenDBFromPool(pool)
	dir, err := fs.Sub(migrations, "migrations")
	must(t, err)
	our, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = our.UpTo(t.Context(), ours)
	must(t, err)
	river, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: queue.Quiet(slog.New(slog.DiscardHandler))})
	must(t, err)
	_, err = river.Migrate(t.Context(), rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: rivers})
	must(t, err)
	text, err := os.ReadFile(filepath.Join("testdata", "1.sql"))
	must(t, err)
	_, err = pool.Exec(t.Context(), string(text))
	must(t, err)
	must(t, db.Close())
	pool.Close()

	s := reopen(t, address)
	storetest.Upgraded(t, s)
	storetest.LaterHead(t, s, func(body []byte) error {
		_, err := s.pool.Exec(t.Context(), `UPDATE head SET body = $1`, body)
		return err
	})
}
