package service

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
)

// full is a line whose calls are kept back.
type full struct{ until time.Time }

func (full) Reach(context.Context) error { return nil }

func (full) WriteBudget(pull.Ref) error { return nil }

func (f full) Limited() map[int64]time.Time { return map[int64]time.Time{7: f.until} }

func (full) Resolve(_ context.Context, repo pull.Repo) (pull.Repo, error) { return repo, nil }

// nothingWaits is an empty queue.
type nothingWaits struct{ Backlogger }

func (nothingWaits) Backlog(context.Context) (queue.Backlog, error) { return queue.Backlog{}, nil }

// TestState holds what administrators are told.
func TestState(t *testing.T) {
	t.Parallel()
	w := NewWatch(slog.New(slog.DiscardHandler))
	until := time.Unix(1_700_000_000, 0)
	w.gauges(nothingWaits{}, map[string]Forge{"github": {Line: full{until}}})
	if s := w.State(); !s.Swept.IsZero() || len(s.Deliveries) > 0 {
		t.Errorf("at the start: %+v", s)
	}
	w.delivery("github", "push", 202, "", time.Millisecond)
	w.delivery("github", "push", 202, "ignored", time.Millisecond)
	w.delivery("github", "", 401, "signature", time.Millisecond)
	w.Call("github", 7, forge.Call{Endpoint: "x", Code: 200, Resource: "core", Limit: 5000, Remaining: 4000})
	for range maxSilent {
		w.Call("gitea", 0, forge.Call{Endpoint: "x"})
	}
	w.swept.Set(1_700_000_100)
	w.find([]doctor.Finding{{Check: "clock", Severity: doctor.OK, What: "fine"}})
	want := State{Deliveries: []Deliveries{{"github", "202", 2}, {"github", "401", 1}},
		Limits:   []Limit{{Forge: "github", Account: "7", Until: until}, {"github", "7", "core", 4000, 5000, time.Time{}}},
		Swept:    time.Unix(1_700_000_100, 0),
		Findings: []doctor.Finding{{Check: "clock", Severity: doctor.OK, What: "fine"}}, Silent: []string{"gitea"}}
	if diff := cmp.Diff(want, w.State()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
