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

// slow is a crowded store whose lists are told late: what is added meanwhile is in none of them.
type slow struct {
	*crowded
	read func(list []Candidate) // called once a list was read, and before it is told
}

func (s *slow) Waiting(ctx context.Context, each int) ([]Candidate, error) {
	list, err := s.crowded.Waiting(ctx, each)
	s.read(list)
	return list, err
}

// TestEventBeforeALateList holds that what came before a worker was free goes before what is less
// urgent, even where the list of those that wait is older.
func TestEventBeforeALateList(t *testing.T) {
	t.Parallel()
	all := crowd("a", "x", 1, 3, Fresh)
	first, found, event := all[0], all[1], all[2]
	found.Class = Found
	c := &crowded{waiting: []Candidate{first}, done: map[pull.Ref]bool{}}
	begun, end, served := make(chan struct{}), make(chan struct{}), make(chan pull.Ref, 3)
	var once sync.Once
	var r *Runner
	started := make(chan struct{})
	s := &slow{crowded: c, read: func(list []Candidate) {
		if len(list) == 0 || list[0].Ref != found.Ref {
			return
		}
		once.Do(func() {
			c.mu.Lock()
			c.waiting = []Candidate{event, found}
			c.mu.Unlock()
			close(end)
			<-started
			for len(r.Known().Live) > 0 {
				<-time.After(time.Millisecond)
			}
		})
	}}
	r = Start(t.Context(), RunnerConfig{Store: s, Log: slog.New(slog.DiscardHandler)},
		Options{MaxWorkers: 1, Work: func(_ context.Context, ref pull.Ref) error {
			if ref == first.Ref {
				close(begun)
				<-end
			}
			served <- ref
			return nil
		}})
	close(started)
	defer func() {
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	<-begun
	c.mu.Lock()
	c.waiting = append(c.waiting, found)
	c.mu.Unlock()
	r.Ring()
	for _, want := range []pull.Ref{first.Ref, event.Ref, found.Ref} {
		select {
		case got := <-served:
			if got != want {
				t.Errorf("%v is served, want %v", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%v is not served", want)
		}
	}
}
