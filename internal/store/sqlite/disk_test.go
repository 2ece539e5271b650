package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// TestFullDisk holds that nothing is said to be stored that is not, with a word
// on what to do, and that all goes on when there is room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var pages int
	must(t, s.writer.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages))
	limit := func(n int) { // what the file may grow to
		var got int
		must(t, s.writer.QueryRowContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, n)).Scan(&got))
	}
	limit(pages + 2)
	stored := 0
	var refused error
	for n := int64(1); n < 5000 && refused == nil; n++ {
		if refused = s.Accept(t.Context(), delivered(n)); refused == nil {
			stored++
		}
	}
	if refused == nil || !strings.Contains(refused.Error(), "free space on the disk") {
		t.Fatalf("after %d deliveries: %v", stored, refused)
	}
	wantError(t, s.Ready(t.Context()), "free space on the disk")
	limit(1 << 30)
	must(t, s.Ready(t.Context()))
	must(t, s.Accept(t.Context(), delivered(10_000)))
	var n int
	must(t, s.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM delivery`).Scan(&n))
	if n != stored+1 {
		t.Errorf("%d deliveries are stored, %d were acknowledged", n, stored+1)
	}
}

// TestHungDisk holds that a caller is not kept when a commit hangs.
func TestHungDisk(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	release := make(chan struct{})
	hung := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		must(t, s.write(t.Context(), func(context.Context, tables.DB) error {
			close(hung)
			<-release
			return nil
		}))
	})
	<-hung
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Accept(ctx, delivered(1)); err == nil {
		t.Error("accepted while nothing can be stored")
	}
	close(release)
	all.Wait()
	must(t, s.Accept(t.Context(), delivered(1)))
}

// TestBackup takes copies while deliveries come and work is done. Each is a
// whole database with which a service can start.
func TestBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "gate.db")
	s := reopen(t, path)
	must(t, s.Start(t.Context(), queue.Options{Work: func(context.Context, pull.Ref) error { return nil }}))
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	load.Go(func() {
		for n := int64(1); ctx.Err() == nil; n++ {
			if err := s.Accept(ctx, delivered(n)); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	})
	last := 0
	for i := range 5 {
		name := filepath.Join(dir, fmt.Sprint("copy", i, ".db"))
		must(t, Backup(t.Context(), path, name))
		copied := reopen(t, name)
		var check string
		var n int
		must(t, copied.reader.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&check))
		must(t, copied.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM delivery`).Scan(&n))
		if check != "ok" || n < last {
			t.Errorf("copy %d: %s, %d deliveries after %d", i, check, n, last)
		}
		last = n
		must(t, copied.Start(t.Context(), queue.Options{Work: func(context.Context, pull.Ref) error { return nil }}))
		untilIdle(t, copied)
		must(t, copied.Close())
	}
	cancel()
	load.Wait()
}

// TestUpgradeFromEachVersion migrates an empty file of each earlier version.
func TestUpgradeFromEachVersion(t *testing.T) {
	t.Parallel()
	dir, err := fs.Sub(migrations, "migrations")
	must(t, err)
	for version := int64(1); ; version++ {
		path := filepath.Join(t.TempDir(), "gate.db")
		db, err := sql.Open("sqlite", dsn(path, "_txlock=immediate"))
		must(t, err)
		old, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
		must(t, err)
		if version > old.ListSources()[len(old.ListSources())-1].Version {
			must(t, db.Close())
			return
		}
		_, err = old.UpTo(t.Context(), version)
		must(t, err)
		must(t, db.Close())
		s, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatalf("from version %d: %v", version, err)
		}
		must(t, s.Ready(t.Context()))
		must(t, s.Accept(t.Context(), delivered(1)))
		must(t, s.Close())
	}
}
