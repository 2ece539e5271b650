package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/postgres"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

func newAdmin() *cobra.Command {
	jobs := group(&cobra.Command{Use: "jobs", Short: "The pull requests that have work"}, newJobsList(), newJobsRetry())
	return group(&cobra.Command{Use: "admin", Short: "Look after a service's database: migrate, back up, see and retry work"}, newMigrate(),
		newBackup(), jobs)
}

func newMigrate() *cobra.Command {
	var f databaseFlags
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring a database's tables up to date, or create them",
		Long: `Bring a database's tables up to date, or create them.

serve does so by itself when it starts; do it beforehand where the service's user may not change tables, or to see that it works.
An SQLite file must not be in use. A database of a newer program is refused.`,
		Example: `  reviewgate admin migrate --config reviewgate.yml
  REVIEWGATE_DATABASE=postgres://gate@db/gate reviewgate admin migrate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := f.load()
			if err != nil {
				return err
			}
			db, err := openDatabase(cmd.Context(), cfg, quiet(cmd))
			if err != nil {
				return err
			}
			if err := errors.Join(db.Ready(cmd.Context()), db.Close()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the database is up to date")
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

// quiet logs warnings and errors as text.
func quiet(cmd *cobra.Command) *slog.Logger {
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func newBackup() *cobra.Command {
	var f databaseFlags
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a copy of an SQLite database, as of one moment, while the service runs",
		Example: `  reviewgate admin backup /var/backups/gate.db --config /etc/reviewgate/reviewgate.yml
  reviewgate admin backup copy.db --database sqlite:reviewgate.db`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := f.load()
			if err != nil {
				return err
			}
			if cfg.Postgres() {
				return errors.New("backup is for SQLite; use pg_dump, or the backups of your server, for Postgres")
			}
			if err := sqlite.Backup(cmd.Context(), cfg.DatabasePath(), args[0]); err != nil {
				return err
			}
			terminal.Fprintf(cmd.OutOrStdout(), "wrote %s\n", args[0])
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newJobsList() *cobra.Command {
	var f databaseFlags
	var form format
	var dead bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the pull requests that have work, the longest unserved first",
		Long: `List the pull requests that have work, the longest unserved first.

A reference without a number, such as github:acme/linux#0, is a repository as a whole.
States: waiting for a worker; running; retrying after an error; sleeping until a known time, such as the end of a rate limit; dead, given up after too many errors: an event or "admin jobs retry" starts it again.`,
		Example: `  reviewgate admin jobs list --config reviewgate.yml
  reviewgate admin jobs list --dead --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := f.load()
			if err != nil {
				return err
			}
			jobs, err := readJobs(cmd.Context(), cfg, dead)
			if err != nil {
				return err
			}
			return printJobs(cmd.OutOrStdout(), form, jobs)
		},
	}
	f.add(cmd)
	form.add(cmd, "text", "json")
	cmd.Flags().BoolVar(&dead, "dead", false, "only those that were given up")
	return cmd
}

// readJobs lists jobs, or only those that were given up.
func readJobs(ctx context.Context, cfg config.Config, dead bool) ([]queue.Job, error) {
	db, err := openRecords(ctx, cfg)
	if err != nil {
		return nil, err
	}
	all, err := db.Jobs(ctx)
	if err := errors.Join(err, db.CloseRuns()); err != nil {
		return nil, err
	}
	var jobs []queue.Job
	for _, j := range all {
		if !dead || j.State == queue.Dead {
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// jobJSON is a job as --format json prints it.
type jobJSON struct {
	Ref      string    `json:"ref"`
	State    string    `json:"state"`
	Failures int       `json:"failures"`
	Since    time.Time `json:"since"`
	Due      time.Time `json:"due"`
	Error    string    `json:"error,omitempty"`
}

func printJobs(w io.Writer, form format, jobs []queue.Job) error {
	list := []jobJSON{}
	for _, j := range jobs {
		state := string(j.State)
		if j.Running {
			state = "running"
		}
		list = append(list, jobJSON{j.Ref.String(), state, j.Failures, j.Since, j.Due, j.Err})
	}
	if form.value == "json" {
		return printJSON(w, list)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "reference\tstate\tfailures\tsince\tnext\tlast error")
	for _, j := range list {
		terminal.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n", j.Ref, j.State, j.Failures, instant(j.Since), instant(j.Due), oneLine(j.Error))
	}
	return table.Flush()
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// oneLine gives the first line of a text; a panic's error has its stack below.
func oneLine(s string) string {
	for i, r := range s {
		if r == '\n' || r == '\t' {
			return s[:i] + " …"
		}
	}
	return cmp.Or(s, "-")
}

func newJobsRetry() *cobra.Command {
	var f databaseFlags
	var dead bool
	cmd := &cobra.Command{
		Use:   "retry [REF...]",
		Short: "Evaluate pull requests now that were given up, or wait after an error",
		Long: `Evaluate pull requests now that were given up, or wait after an error.

REF is a pull request, such as github:acme/linux#12; --dead means all that were given up. The service may be running; it starts within a second.
One that sleeps until a known time, such as the end of a rate limit, sleeps on.`,
		Example: `  reviewgate admin jobs retry --dead --config reviewgate.yml
  reviewgate admin jobs retry github:acme/linux#12`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) > 0) == dead {
				return errors.New("name pull requests, such as github:acme/linux#12, or all that were given up by --dead")
			}
			var refs []pull.Ref
			for _, a := range args {
				ref, err := pull.ParseRef(a)
				if err != nil {
					return err
				}
				refs = append(refs, ref)
			}
			cfg, err := f.load()
			if err != nil {
				return err
			}
			retried, err := retry(cmd.Context(), cfg, quiet(cmd), refs)
			if err != nil {
				return err
			}
			for _, ref := range retried {
				terminal.Fprintf(cmd.OutOrStdout(), "%s\n", ref)
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&dead, "dead", false, "all that were given up")
	return cmd
}

func retry(ctx context.Context, cfg config.Config, log *slog.Logger, refs []pull.Ref) ([]pull.Ref, error) {
	return onDatabase(cfg,
		func(path string) ([]pull.Ref, error) { return sqlite.Retry(ctx, path, log, refs...) },
		func(address string) ([]pull.Ref, error) { return postgres.Retry(ctx, address, refs...) })
}
