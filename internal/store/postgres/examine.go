package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Examine looks at a database that services may be using, and changes nothing in it.
func Examine(ctx context.Context, address string) doctor.Database {
	out := doctor.Database{Name: shown(address)}
	have, need, err := versions(ctx, address)
	if err != nil {
		out.Fault = explain(err).Error()
		return out
	}
	out.Version, out.Needed = have.String(), need.String()
	out.Empty, out.Newer = have == store.Versions{}, need.RefuseNewer(have) != nil
	return out
}

// versions reads the versions of a database and those that this program is built for.
func versions(ctx context.Context, address string) (have, need store.Versions, err error) {
	pool, err := connect(ctx, address)
	if err != nil {
		return have, need, err
	}
	defer pool.Close()
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return have, need, err // unreachable: the directory is embedded
	}
	ours, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return have, need, fmt.Errorf("read the migrations: %w", err)
	}
	rivers, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: queue.Quiet(slog.New(slog.DiscardHandler))})
	if err != nil {
		return have, need, fmt.Errorf("read the queue's migrations: %w", err)
	}
	have, err = current(ctx, pool)
	return have, store.Newest(ours, rivers), err
}
