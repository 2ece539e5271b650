package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

type replayFlags struct {
	databaseFlags
	format format
}

func newReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay RUN",
		Short: "Judge a stored run again, offline, and print it",
		Long: `Judge a stored run again, offline, and print it.

RUN is the number of a run, as the service logs it; a pull request, such as
github:acme/linux#12, for its last run; or a file that check --save wrote.
The database is that of --config or --database; the service may be running.
Exit code: 0 the same came out again, byte for byte; 1 something else did; 2 the run could not be read.`,
		Example: `  reviewgate replay github:acme/linux#12 --config reviewgate.yml
  reviewgate check --repo acme/linux --pr 12 --save run.json && reviewgate replay run.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return replay(cmd, f, args[0]) },
	}
	f.databaseFlags.add(cmd)
	f.format.add(cmd, "text", "json")
	return cmd
}

func replay(cmd *cobra.Command, f replayFlags, name string) error {
	record, read, closeRuns, err := findRun(cmd.Context(), f, name)
	if err != nil {
		return err
	}
	words, err := publish.NewMessages()
	if err != nil {
		return errors.Join(err, closeRuns())
	}
	again, old, err := gate.Replay(words, record, read)
	if err := errors.Join(err, closeRuns()); err != nil {
		return err
	}
	if err := printRun(cmd.OutOrStdout(), f.format, again, words); err != nil {
		return err
	}
	a, err := json.Marshal(again)
	if err != nil {
		return err
	}
	b, err := json.Marshal(old)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		fmt.Fprintln(cmd.ErrOrStderr(), "reviewgate: replay differs from the stored run: this version of reviewgate evaluates it differently")
		return exitCode(exitFail)
	}
	return nil
}

// findRun reads a record from a file or the database.
func findRun(ctx context.Context, f replayFlags, name string) (record []byte, read snapshot.Texts, done func() error, err error) {
	done = func() error { return nil }
	id, notNumber := strconv.ParseInt(name, 10, 64)
	ref, notRef := pull.ParseRef(name)
	if notNumber != nil && notRef != nil {
		record, err = os.ReadFile(name)
		if err != nil {
			err = fmt.Errorf("%w; RUN is a run's number, a pull request such as github:acme/linux#12, or a file that check --save wrote", err)
		}
		return record, func(id string) ([]byte, error) { return nil, fmt.Errorf("the file does not hold %s", id) }, done, err
	}
	cfg, err := f.load()
	if err != nil {
		return nil, nil, nil, err
	}
	runs, err := openRecords(ctx, cfg)
	if err != nil {
		return nil, nil, nil, err
	}
	var run history.RunRecord
	var ok bool
	if notNumber == nil {
		run, ok, err = runs.Run(ctx, id)
	} else {
		run, ok, err = runs.LastRun(ctx, ref)
	}
	if err == nil && !ok {
		err = fmt.Errorf("the database holds no run %s, or no longer", name)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, runs.CloseRuns())
	}
	read = func(id string) ([]byte, error) {
		data, ok, err := runs.Blob(ctx, run.Ref.Repo, id)
		if err == nil && !ok {
			err = fmt.Errorf("the file %s is no longer kept", id)
		}
		return data, err
	}
	return run.Body, read, runs.CloseRuns, nil
}
