package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustExec(t *testing.T, s *Store, query string, args ...any) {
	t.Helper()
	_, err := s.writer.ExecContext(t.Context(), query, args...)
	must(t, err)
}

func untilCount(t *testing.T, s *Store, want int, query string) {
	t.Helper()
	until(t, s, func(queue.Backlog) bool {
		var n int
		must(t, s.reader.QueryRowContext(t.Context(), query).Scan(&n))
		return n == want
	})
}

// A pull request whose evaluation kills the process each time is given up.
func TestDeadlyWorkIsGivenUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "reviewgate.db")
	s := reopen(t, path)
	must(t, s.Raise(t.Context(), crashRef(1), crashRef(2)))
	var served atomic.Int32
	options := queue.Options{Attempts: 2, Work: func(_ context.Context, ref pull.Ref) error {
		served.Add(int32(ref.Number))
		return nil
	}}
	for range options.Attempts {
		mustExec(t, s, `UPDATE pr_work SET run = 1 WHERE number = 1`)
		must(t, s.putBack(t.Context()))
	}
	must(t, s.Start(t.Context(), options))
	until(t, s, func(b queue.Backlog) bool { return b == queue.Backlog{Dead: 1} })
	if got := served.Load(); got != 2 {
		t.Errorf("served %d", got)
	}
	must(t, s.Raise(t.Context(), crashRef(1)))
	untilIdle(t, s)
}

// The end of an evaluation that cannot be stored is stored later; the
// evaluation runs again.
func TestFinishFails(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	mustExec(t, s, `CREATE TRIGGER broken BEFORE DELETE ON pr_work BEGIN SELECT raise(ABORT, 'disk full'); END`)
	var runs atomic.Int32
	must(t, s.Start(t.Context(), queue.Options{FirstRetry: time.Millisecond, Work: func(context.Context, pull.Ref) error {
		runs.Add(1)
		return nil
	}}))
	must(t, s.Raise(t.Context(), crashRef(1)))
	until(t, s, func(queue.Backlog) bool { return runs.Load() > 1 })
	mustExec(t, s, `DROP TRIGGER broken`)
	untilIdle(t, s)
}

func TestClosedStoreLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "reviewgate.db"), slog.New(slog.DiscardHandler))
	must(t, err)
	must(t, s.Start(t.Context(), queue.Options{Work: func(context.Context, pull.Ref) error { return errors.New("no") }}))
	must(t, s.Raise(t.Context(), crashRef(1)))
	until(t, s, func(b queue.Backlog) bool { return b.Retrying == 1 })
	must(t, s.Close())
}

// A write whose caller has gone before its turn is not done; one that was
// queued when the store closed is.
func TestWriteGivenUp(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Raise(ctx, crashRef(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("raise with an ended context: %v", err)
	}
	b, err := s.Backlog(t.Context())
	must(t, err)
	if diff := cmp.Diff(queue.Backlog{}, b); diff != "" {
		t.Error(diff)
	}
}

// TestClockSetBack holds that an event starts what would wait for a clock that was
// set back, and that it ends no other sleep.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "reviewgate.db"), slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	ref := func(n int) pull.Ref {
		return pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: n}
	}
	refs := []pull.Ref{ref(1), ref(2), ref(3)}
	must(t, s.Raise(t.Context(), refs...))
	for n, at := range []struct{ state, when string }{{"waiting", "+1 hour"}, {"sleeping", "+1 day"}, {"sleeping", "+1 hour"}} {
		mustExec(t, s, `UPDATE pr_work SET state = ?, due_at = unixepoch('now', ?) * 1000000 WHERE number = ?`, at.state, at.when, n+1)
	}
	must(t, s.Raise(t.Context(), refs...))
	untilCount(t, s, 2, `SELECT count(*) FROM pr_work WHERE state = 'waiting'`)
}
