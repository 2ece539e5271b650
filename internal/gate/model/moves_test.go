package model_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// restless is a forge on which something moves under the first readings.
type restless struct {
	*modelForge
	moves, readings int
}

func (r *restless) Sides(ctx context.Context, look seam.Look, c *seam.Change) error {
	err := r.modelForge.Sides(ctx, look, c)
	if r.readings++; r.readings <= r.moves {
		c.After.ChangedFiles++
	}
	return err
}

// TestRestlessPullRequest holds that what moves while it is read is read anew at once, and
// is tried later where it goes on moving.
func TestRestlessPullRequest(t *testing.T) {
	t.Parallel()
	words, err := publish.NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	const most = 3 // readings
	for moves, served := range map[int]bool{0: true, most - 1: true, most: false, 10: false} {
		h := newHistory(t, 1, words)
		f := &restless{modelForge: h.f, moves: moves}
		h.open("dave", "dave:topic", "main")
		g := gate.New(gate.Config{Forge: seam.Forge{Source: f, Archive: f, Lister: f, Trees: f, Publisher: h.pub,
			Traits: seam.Traits{PolicyPath: modelPolicyPath}}, History: h.mem, Blobs: h.mem,
			Messages: words, Log: slog.New(slog.DiscardHandler), Now: h.clock})
		run, err := g.Run(t.Context(), h.f.pulls[0].ref())
		if got := err == nil && run.Verdict.Outcome != ""; got != served || !served && !errors.Is(err, snapshot.ErrMoved) {
			t.Errorf("%d moves: %s, %v", moves, run.Verdict.Outcome, err)
		}
		if want := min(moves+1, most); f.readings != want {
			t.Errorf("%d moves: %d readings, want %d", moves, f.readings, want)
		}
		if run.Verdict.Outcome == policy.Success {
			t.Errorf("%d moves: nobody has reviewed it", moves)
		}
	}
}
