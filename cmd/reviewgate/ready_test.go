package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
)

// TestReadyzWhileTheDatabaseIsStuck holds that the probe is answered within a second
// while a table is locked, and while no connection can be had.
func TestReadyzWhileTheDatabaseIsStuck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	w.database = postgrestest.Open(t).Database(t, "") + "?pool_max_conns=4"
	p := w.spawn(builtProgram(t))
	ready := func() int { status, _ := get(t, "http://"+p.public+"/readyz"); return status }
	w.until("ready", func() bool { return ready() == http.StatusOK })
	conn, err := pgx.Connect(t.Context(), w.database[:len(w.database)-len("?pool_max_conns=4")])
	check0(t, err)
	tx, err := conn.Begin(t.Context())
	check0(t, err)
	_, err = tx.Exec(t.Context(), `LOCK TABLE goose_db_version, pr_work, delivery IN ACCESS EXCLUSIVE MODE`)
	check0(t, err)
	w.until("not ready", func() bool { return ready() != http.StatusOK })
	for range 3 {
		start := time.Now()
		if status := ready(); status != http.StatusServiceUnavailable || time.Since(start) > time.Second {
			t.Errorf("status %d after %s", status, time.Since(start))
		}
	}
	check0(t, tx.Rollback(t.Context()), conn.Close(t.Context()))
	w.until("ready again", func() bool { return ready() == http.StatusOK })
}

// TestReadyzOfAnotherSchema holds that a database which lacks a column is not ready.
func TestReadyzOfAnotherSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	w.database = postgrestest.Open(t).Database(t, "")
	p := w.spawn(builtProgram(t))
	w.until("ready", func() bool { status, _ := get(t, "http://"+p.public+"/readyz"); return status == http.StatusOK })
	conn, err := pgx.Connect(t.Context(), w.database)
	check0(t, err)
	_, err = conn.Exec(t.Context(), `ALTER TABLE repo DROP COLUMN forge_id`)
	check0(t, err, conn.Close(t.Context()))
	w.until("not ready", func() bool {
		status, _ := get(t, "http://"+p.public+"/readyz")
		return status == http.StatusServiceUnavailable
	})
}

// TestReady holds that the command tells what the probe tells, by itself and after waiting.
func TestReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	p := w.spawn(builtProgram(t))
	ready := func(args ...string) int {
		return run(t.Context(), append([]string{"ready"}, args...), nil, io.Discard, t.Output())
	}
	if code := ready("--listen", p.public, "--wait", "30s"); code != exitPass {
		t.Errorf("exit code %d of one that is up", code)
	}
	_, port, err := net.SplitHostPort(p.public)
	check0(t, err)
	file := filepath.Join(t.TempDir(), "part.yml")
	check0(t, os.WriteFile(file, []byte("listen: 0.0.0.0:"+port+"\n"), 0o600))
	if code := ready("--config", file); code != exitPass {
		t.Errorf("exit code %d by the configuration's address", code)
	}
	p.kill()
	if code := ready("--config", file, "--wait", "1s"); code != exitFail {
		t.Errorf("exit code %d of one that is gone", code)
	}
}

// TestHelpHasExamples holds that each command shows how it is used.
func TestHelpHasExamples(t *testing.T) {
	t.Parallel()
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		if !cmd.HasSubCommands() && (cmd.Example == "" || cmd.Short == "") {
			t.Errorf("%s has no example, or no description", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			look(c)
		}
	}
	look(newRoot())
}
