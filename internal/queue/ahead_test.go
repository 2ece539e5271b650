package queue

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// crowded is a job store with one repository of which many wait.
type crowded struct {
	mu      sync.Mutex
	waiting []Candidate
	looked  int // at most, at once
	done    map[pull.Ref]bool
}

func (c *crowded) Waiting(_ context.Context, each int) ([]Candidate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := append([]Candidate(nil), c.waiting[:min(each, len(c.waiting))]...)
	c.looked = max(c.looked, len(first))
	return first, nil
}

func (c *crowded) Claim(_ context.Context, picks []Pick) (claims []Claim, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range picks {
		for i := range c.waiting {
			if c.waiting[i].Ref == p.Ref {
				c.waiting = append(c.waiting[:i:i], c.waiting[i+1:]...)
				claims = append(claims, Claim{Run: p.Run, Repo: p.Repo, Ref: p.Ref, Class: p.Class})
				break
			}
		}
	}
	return claims, nil
}

func (c *crowded) Finish(_ context.Context, claim Claim, decide func(bool) (Transition, JobNote)) (Transition, error) {
	step, _ := decide(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done[claim.Ref] = true
	return step, nil
}

func (c *crowded) Free(context.Context, Known) error { return nil }

// TestCrowdIsLookedAtInTurns holds that of a repository's many that wait so many are looked
// at, and that all are served.
func TestCrowdIsLookedAtInTurns(t *testing.T) {
	t.Parallel()
	const many = maxAhead + 50
	c := &crowded{waiting: crowd("a", "x", 1, many, Fresh), done: map[pull.Ref]bool{}}
	served := make(chan pull.Ref, many)
	r := Start(t.Context(), RunnerConfig{Store: c, Log: slog.New(slog.DiscardHandler)},
		Options{Work: func(_ context.Context, ref pull.Ref) error {
			served <- ref
			return nil
		}})
	defer func() {
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	late := time.After(20 * time.Second)
	for n := range many {
		select {
		case <-served:
			r.Ring()
		case <-late:
			t.Fatalf("%d of %d are served", n, many)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looked != maxAhead {
		t.Errorf("%d are looked at at once, want %d", c.looked, maxAhead)
	}
}
