package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/store/postgres"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
	"github.com/reviewgate/reviewgate/internal/workload"
)

var (
	_ service.Store = (*sqlite.Store)(nil)
	_ service.Store = (*postgres.Store)(nil)
)

// openDatabase opens what the configuration names, and brings its tables up to
// date.
func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (service.Store, error) {
	return onDatabase(cfg,
		func(path string) (service.Store, error) { return sqlite.Open(ctx, path, log) },
		func(address string) (service.Store, error) { return postgres.Open(ctx, address, log) })
}

// onDatabase does what is to be done on the database that is configured.
func onDatabase[T any](cfg config.Config, file, server func(string) (T, error)) (T, error) {
	if !cfg.Postgres() {
		return file(cfg.DatabasePath())
	}
	address, err := cfg.PostgresURL()
	if err != nil {
		return *new(T), err
	}
	return server(address)
}

// records are what can be read while the service runs.
type records interface {
	Run(ctx context.Context, id int64) (history.RunRecord, bool, error)
	LastRun(ctx context.Context, ref pull.Ref) (history.RunRecord, bool, error)
	recordsOfPeople
	recordsOfWork
}

type recordsOfPeople interface {
	Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, bool, error)
	Activity(ctx context.Context, repo pull.Repo) ([]workload.Request, []workload.Review, error)
	history.Responses
}

type recordsOfWork interface {
	Jobs(ctx context.Context) ([]queue.Job, error)
	CloseRuns() error
}

// openRecords opens a database to read what is saved.
func openRecords(ctx context.Context, cfg config.Config) (records, error) {
	return onDatabase(cfg,
		func(path string) (records, error) { return sqlite.OpenRuns(ctx, path) },
		func(address string) (records, error) { return postgres.OpenRuns(ctx, address) })
}

// databaseFlags name the database that a command reads.
type databaseFlags struct {
	config, database string
	warnings         func() io.Writer
}

func (f *databaseFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.config, "config", "", "the service's configuration, of which only the database counts")
	cmd.Flags().StringVar(&f.database, "database", "",
		"the database, sqlite:PATH or postgres://USER@HOST/NAME, where the password comes from REVIEWGATE_DATABASE_PASSWORD (default "+
			"REVIEWGATE_DATABASE, or else sqlite:reviewgate.db)")
	f.warnings = cmd.ErrOrStderr
}

// load gives a configuration of which only the database counts.
func (f *databaseFlags) load() (config.Config, error) {
	if f.config != "" && f.database != "" {
		return config.Config{}, errors.New("--config and --database each name a database; keep one")
	}
	cfg, err := config.LoadPart(f.config, environ(f.warnings()))
	if err != nil {
		return config.Config{}, err
	}
	if cfg.Database = cmp.Or(f.database, cfg.Database); !strings.Contains(cfg.Database, ":") {
		cfg.Database = "sqlite:" + cfg.Database
	}
	return cfg, cfg.CheckDatabase()
}
