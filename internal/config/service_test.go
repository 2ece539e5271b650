package config_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/config"
)

func TestServiceDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(write(t, minimal+"keep: {runs: 7d}\nsweep: {share: 100%}\n"), map[string]string{"REVIEWGATE_SWEEP_EVERY": "90s"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Keep{Deliveries: 14, Runs: 7, Closed: 180}, c.Keep); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(config.Sweep{Every: 90 * time.Second, Share: 100}, c.Sweep); diff != "" {
		t.Error(diff)
	}
	if got := c.Keep.Runs.Duration(); got != 7*24*time.Hour {
		t.Error(got)
	}
}

func TestServiceFaults(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"keep: {runs: 7}\n": `F:1: "7" is no number of days; write it as 14d`,
		"keep: {deliveries: 2d}\n": "F: keep.deliveries 2d: forges deliver again for three days; " +
			"want 3d or more",
		"sweep: {share: 0%}\n": `F:1: "0%" is no share; write it as 25%`,
		"log: {level: loud, format: xml}\n": "F: log.level \"loud\": write debug, info, warn or error\nF: " +
			"log.format \"xml\": write json or text",
		"sweep: {every: 1s}\n":              "F: sweep.every 1s: want 10s or more",
		"database: mysql://a:hunter2@h/d\n": `F: database "mysql://a:…@h/d": want sqlite:PATH or postgres://USER@HOST:PORT/NAME`,
		"database: postgres://a:hunter2#2@h/d\n": "F: database: want postgres://USER@HOST:PORT/NAME; signs such as " +
			"@ or # in a part are written as %40 or %23",
		"database: postgres://a:hunter2@h/d\ndatabase_password_file: p\n": "F: database has a password and database_password_file names " +
			"one; keep the file",
	} {
		file := write(t, in+minimal)
		_, err := config.Load(file, nil)
		if err == nil {
			t.Errorf("%s: no error", in)
			continue
		}
		if diff := cmp.Diff(want, strings.ReplaceAll(err.Error(), file, "F")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

// TestPostgresURL holds that the password comes from its file, relative to the
// configuration, or the environment, and keeps its odd signs.
func TestPostgresURL(t *testing.T) {
	t.Parallel()
	file := write(t, "database: postgres://gate@db:5432/gate?sslmode=verify-full\ndatabase_password_file: secret\n"+minimal)
	c, err := config.Load(file, nil)
	if err != nil || !c.Postgres() {
		t.Fatal(err)
	}
	if _, err := c.PostgresURL(); err == nil || !strings.Contains(err.Error(), "the database's password") {
		t.Errorf("without the file: %v", err)
	}
	c.DatabasePassword = "p@ss/w#rd"
	got, err := c.PostgresURL()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("postgres://gate:p%40ss%2Fw%23rd@db:5432/gate?sslmode=verify-full", got); diff != "" {
		t.Error(diff)
	}
	if c.Path("secret") != filepath.Join(filepath.Dir(file), "secret") {
		t.Error(c.Path("secret"))
	}
}

// TestLogger holds which levels and forms there are, and that the environment gives both.
func TestLogger(t *testing.T) {
	t.Parallel()
	c, err := config.Load(write(t, minimal+"log: {level: warn}\n"), map[string]string{"REVIEWGATE_LOG_FORMAT": "text"})
	if err != nil {
		t.Fatal(err)
	}
	var text, all strings.Builder
	log := c.Log.Logger(&text)
	log.Info("served")
	log.Warn("late", "error", "x")
	if got := text.String(); strings.Contains(got, "served") || !strings.Contains(got, "level=WARN msg=late error=x\n") {
		t.Errorf("%q", got)
	}
	config.Log{Level: "debug"}.Logger(&all).Debug("ignored")
	config.Log{}.Logger(&all).Debug("not told")
	if got := all.String(); !strings.Contains(got, `"level":"DEBUG","msg":"ignored"`) || strings.Contains(got, "not told") {
		t.Errorf("%q", got)
	}
}
