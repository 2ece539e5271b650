package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

func restartTests() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"what was written is there":      survives,
		"accepted work is done":          acceptedSurvives,
		"cut work is run again":          cut,
		"a stop lets work finish":        finishes,
		"given up stays given up":        deadSurvives,
		"a closed store takes no more":   closed,
		"a store starts once":            once(startsOnce),
		"a deaf evaluation fails a stop": deaf,
	}
}

func survives(t *testing.T, open Open) {
	s := open(t)
	f := facts(1)
	f.Check.Done, f.Comment.Done = false, false // intents
	check(t, s.Remember(t.Context(), ref(1), f))
	run := history.RunRecord{Ref: ref(1), Head: "h1", At: at(9), Outcome: "pending", Body: []byte("{}")}
	var err error
	run.ID, err = s.SaveRun(t.Context(), run)
	check(t, err)
	check(t, s.SaveBlob(t.Context(), repo(), "id", []byte("text")))
	check(t, s.Close())
	check(t, s.Close())

	s = open(t)
	same(t, "memory", memory(f), recall(t, s, ref(1)))
	got, _, err := s.LastRun(t.Context(), ref(1))
	check(t, err)
	same(t, "run", run, got)
	data, _, err := s.Blob(t.Context(), repo(), "id")
	check(t, err)
	same(t, "blob", "text", string(data))
	check(t, s.Close())
}

func acceptedSurvives(t *testing.T, open Open) {
	d := delivery("d", webhook.Hint{Repo: repo(), Number: 1})
	s := open(t)
	check(t, s.Accept(t.Context(), d))
	check(t, s.Close())

	s = open(t)
	check(t, s.Accept(t.Context(), d))
	same(t, "backlog", queue.Backlog{Waiting: 1}, counts(t, s))
	var c crew
	start(t, s, c.options())
	untilIdle(t, s)
	check(t, s.Accept(t.Context(), d))
	same(t, "backlog", queue.Backlog{}, counts(t, s))
	same(t, "runs", 1, c.ran(ref(1)))
	check(t, s.Close())
}

func cut(t *testing.T, open Open) {
	running := make(chan struct{}, 1)
	c := crew{do: func(ctx context.Context, _ pull.Ref, nth int) error {
		if nth > 1 {
			return nil
		}
		running <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}}
	o := c.options()
	o.StopGrace, o.Attempts = time.Millisecond, 1
	s := open(t)
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	await(t, "the run", running)
	check(t, s.Stop(t.Context()))
	check(t, s.Stop(t.Context()))
	same(t, "backlog", queue.Backlog{Waiting: 1}, counts(t, s))
	check(t, s.Close())

	s = open(t)
	start(t, s, o)
	untilIdle(t, s)
	same(t, "runs", 2, c.ran(ref(1)))
	check(t, s.Close())
}

func finishes(t *testing.T, open Open) {
	running, release := make(chan struct{}, 1), make(chan struct{})
	c := crew{do: func(ctx context.Context, r pull.Ref, _ int) error {
		if r != ref(1) {
			return nil
		}
		running <- struct{}{}
		select {
		case <-release:
		case <-ctx.Done():
		}
		return ctx.Err()
	}}
	o := c.options()
	o.StopGrace = patience
	s := open(t)
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	await(t, "the run", running)
	check(t, s.Raise(t.Context(), ref(2), ref(3)))
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop(t.Context()) }()
	close(release)
	check(t, <-stopped)
	check(t, s.Close())

	s = open(t)
	if b := counts(t, s); b.Running+b.Retrying+b.Dead > 0 || b.Waiting > 2 {
		t.Errorf("after a stop: %+v", b)
	}
	c.do = nil
	start(t, s, o)
	untilIdle(t, s)
	same(t, "served", []pull.Ref{ref(1), ref(2), ref(3)}, c.served())
	same(t, "runs", 1, c.ran(ref(1)))
	check(t, s.Close())
}

func deadSurvives(t *testing.T, open Open) {
	c := crew{do: func(context.Context, pull.Ref, int) error { return errForge }}
	o := c.options()
	o.Attempts = 1
	s := open(t)
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	untilCounts(t, s, queue.Backlog{Dead: 1})
	check(t, s.Close())

	s = open(t)
	c.do = nil
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(2)))
	untilCounts(t, s, queue.Backlog{Dead: 1})
	same(t, "runs", 1, c.ran(ref(1)))
	check(t, s.Raise(t.Context(), ref(1)))
	untilIdle(t, s)
	same(t, "runs", 2, c.ran(ref(1)))
	check(t, s.Close())
}

func closed(t *testing.T, open Open) {
	s := open(t)
	check(t, s.Close())
	if err := s.Accept(t.Context(), delivery("d", webhook.Hint{Repo: repo(), Number: 1})); err == nil {
		t.Error("a closed store accepts")
	}
	if err := s.Ready(t.Context()); err == nil {
		t.Error("a closed store is ready")
	}
	s = open(t)
	same(t, "backlog", queue.Backlog{}, counts(t, s))
	check(t, s.Close())
}

func startsOnce(t *testing.T, s Store) {
	var c crew
	start(t, s, c.options())
	if err := s.Start(t.Context(), c.options()); err == nil {
		t.Error("started twice")
	}
}

// deaf stops while an evaluation ignores its context: Stop gives up at the end
// of its own.
func deaf(t *testing.T, open Open) {
	running, release := make(chan struct{}, 1), make(chan struct{})
	c := crew{do: func(context.Context, pull.Ref, int) error {
		running <- struct{}{}
		<-release
		return nil
	}}
	o := c.options()
	o.StopGrace = time.Millisecond
	s := open(t)
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	await(t, "the run", running)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); err == nil {
		t.Error("stopped while an evaluation runs")
	}
	close(release)
	check(t, s.Stop(t.Context()))
	same(t, "backlog", queue.Backlog{}, counts(t, s))
	check(t, s.Close())
}
