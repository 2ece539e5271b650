package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/postgres"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
	"github.com/reviewgate/reviewgate/internal/webhook"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// database is the store that a service works on, of either engine.
type database interface {
	memories
	waitingRoom
	lists
	inOrder
}

// memories are what the gate reads and writes.
type memories interface {
	history
	gate.Workload
	gate.Blobs
	gate.Runs
}

// history is what is remembered of pull requests, and what their heads change.
type history interface {
	gate.History
	gate.Lists
}

// waitingRoom takes deliveries and runs the work.
type waitingRoom interface {
	webhook.Inbox
	Start(ctx context.Context, options queue.Options) error
	Stop(ctx context.Context) error
	raiser
}

// raiser asks for evaluations: as an event would, or as what is less urgent.
type raiser interface {
	Raise(ctx context.Context, refs ...pull.Ref) error
	RaiseAs(ctx context.Context, class queue.Class, refs ...pull.Ref) error
}

// lists are what a sweep reads.
type lists interface {
	Repos(ctx context.Context) ([]pull.Repo, error)
	Due(ctx context.Context, now time.Time) ([]pull.Ref, error)
	Postpone(ctx context.Context, refs []pull.Ref, from time.Time, step time.Duration) error
	Backlog(ctx context.Context) (queue.Backlog, error)
}

// inOrder is what an administrator would have to do otherwise.
type inOrder interface {
	upkeep
	crew
	moves
}

// upkeep is what keeps a store in order.
type upkeep interface {
	Ready(ctx context.Context) error
	Prune(ctx context.Context, keep store.Keep, now time.Time) (store.Pruned, error)
	Close() error
}

// crew are the processes on one database.
type crew interface {
	Leads() bool   // this one sweeps and prunes
	Replicas() int // how many there are
	// Skew is how far the clock that due times are by is ahead of this process's.
	Skew() time.Duration
	gate.Turns
}

// moves are what becomes of repositories.
type moves interface {
	Rename(ctx context.Context, from, to pull.Repo) error
	Leave(ctx context.Context, repo pull.Repo) error
}

var (
	_ database = (*sqlite.Store)(nil)
	_ database = (*postgres.Store)(nil)
)

// openDatabase opens what the configuration names, and brings its tables up to
// date.
func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (database, error) {
	return onDatabase(cfg,
		func(path string) (database, error) { return sqlite.Open(ctx, path, log) },
		func(address string) (database, error) { return postgres.Open(ctx, address, log) })
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
	Run(ctx context.Context, id int64) (gate.RunRecord, bool, error)
	LastRun(ctx context.Context, ref pull.Ref) (gate.RunRecord, bool, error)
	recordsOfPeople
	recordsOfWork
}

type recordsOfPeople interface {
	Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, bool, error)
	Activity(ctx context.Context, repo pull.Repo) ([]workload.Request, []workload.Review, error)
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
type databaseFlags struct{ config, database string }

func (f *databaseFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.config, "config", "", "the service's configuration, which names the database")
	cmd.Flags().StringVar(&f.database, "database", "", "the database, sqlite:PATH or postgres://USER@HOST/NAME, where the password comes from REVIEWGATE_DATABASE_PASSWORD (default sqlite:reviewgate.db)")
}

// load gives a configuration of which only the database counts.
func (f *databaseFlags) load() (config.Config, error) {
	switch {
	case f.config != "" && f.database != "":
		return config.Config{}, errors.New("--config and --database each name a database; keep one")
	case f.config != "":
		return config.Load(f.config, environ())
	}
	name := cmp.Or(f.database, "sqlite:reviewgate.db")
	if !strings.Contains(name, ":") {
		name = "sqlite:" + name
	}
	cfg := config.Config{Database: name, DatabasePassword: environ()[config.EnvPrefix+"DATABASE_PASSWORD"]}
	return cfg, cfg.CheckDatabase()
}
