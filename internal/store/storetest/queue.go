package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

func queueTests() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"100 deliveries during a run are one more run": once(hundred),
		"an error is retried":                          once(retried),
		"a panic is retried":                           once(panics),
		"a time-out is retried":                        once(timesOut),
		"an event brings a retry forward":              once(broughtForward),
		"events do not use up attempts":                once(patient),
		"what is due does not shorten its pause":       once(duePaused),
		"a later error sleeps and others go on":        once(sleeps),
		"another clock sleeps as long":                 once(anotherClock),
		"an event brings forward what it may":          once(waitsForAnEvent),
		"given up, and started by an event":            once(givenUp),
		"a busy one starves nobody":                    once(busy),
		"all workers are used":                         once(wide),
		"nothing is lost in a crowd":                   once(crowd),
		"jobs tell where work stands":                  once(jobs),
		"what is old is dropped":                       once(pruned),
	}
}

var errForge = errors.New("the forge answers 502")

func hundred(t *testing.T, s Store) {
	running, release := make(chan struct{}, 9), make(chan struct{})
	c := crew{do: func(context.Context, pull.Ref, int) error {
		running <- struct{}{}
		<-release
		return nil
	}}
	start(t, s, c.options())
	check(t, s.Accept(t.Context(), delivery("first", webhook.Hint{Repo: repo(), Number: 1})))
	await(t, "the first run", running)
	same(t, "backlog", queue.Backlog{Running: 1}, counts(t, s))
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if err := s.Accept(t.Context(), delivery(fmt.Sprint(i), webhook.Hint{Repo: repo(), Number: 1})); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, "runs", 1, c.ran(ref(1)))
	close(release)
	untilIdle(t, s)
	same(t, "runs", 2, c.ran(ref(1)))
	same(t, "at once", 1, c.most)
}

func duePaused(t *testing.T, s Store) {
	failed := make(chan struct{}, 9)
	c := crew{do: func(_ context.Context, r pull.Ref, _ int) error {
		if r.Number != 1 {
			return nil
		}
		failed <- struct{}{}
		return errForge
	}}
	for i := range 2 {
		k := history.PullState{Ref: ref(i + 1), Head: "h", Open: true, DueAt: at(0)}
		check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
	}
	due := func() []pull.Ref {
		refs, err := s.Due(t.Context(), at(1))
		check(t, err)
		return refs
	}
	same(t, "due", []pull.Ref{ref(1), ref(2)}, due())
	options := c.options()
	options.FirstRetry, options.LastRetry = time.Hour, time.Hour
	start(t, s, options)
	check(t, s.Raise(t.Context(), ref(1)))
	await(t, "its failure", failed)
	same(t, "due while it pauses", []pull.Ref{ref(2)}, due())
}

func retried(t *testing.T, s Store) {
	c := crew{do: func(_ context.Context, _ pull.Ref, nth int) error {
		if nth < 3 {
			return errForge
		}
		return nil
	}}
	start(t, s, c.options())
	check(t, s.Raise(t.Context(), ref(1)))
	untilIdle(t, s)
	same(t, "runs", 3, c.ran(ref(1)))
}

func panics(t *testing.T, s Store) {
	c := crew{do: func(_ context.Context, _ pull.Ref, nth int) error {
		if nth == 1 {
			panic("index out of range")
		}
		return nil
	}}
	start(t, s, c.options())
	check(t, s.Raise(t.Context(), ref(1)))
	untilIdle(t, s)
	same(t, "runs", 2, c.ran(ref(1)))
}

func timesOut(t *testing.T, s Store) {
	c := crew{do: func(ctx context.Context, _ pull.Ref, nth int) error {
		if nth > 1 {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}}
	o := c.options()
	o.JobTimeout = 20 * time.Millisecond
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	untilIdle(t, s)
	same(t, "runs", 2, c.ran(ref(1)))
}

func broughtForward(t *testing.T, s Store) {
	endsAtAnEvent(t, s, errForge, func(o *queue.Options) { o.FirstRetry, o.LastRetry = time.Hour, time.Hour })
}

func waitsForAnEvent(t *testing.T, s Store) {
	endsAtAnEvent(t, s, queue.RetryAtOrNextEvent(time.Now().Add(time.Hour), errForge), func(o *queue.Options) { o.Attempts = 1 })
}

// endsAtAnEvent fails once with an error, after which only an event leads to one
// more run.
func endsAtAnEvent(t *testing.T, s Store, err error, with func(*queue.Options)) {
	t.Helper()
	c := crew{do: func(_ context.Context, _ pull.Ref, nth int) error {
		if nth == 1 {
			return err
		}
		return nil
	}}
	o := c.options()
	with(&o)
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	untilCounts(t, s, queue.Backlog{Retrying: 1})
	check(t, s.Raise(t.Context(), ref(1)))
	untilIdle(t, s)
	same(t, "runs", 2, c.ran(ref(1)))
}

func patient(t *testing.T, s Store) {
	c := crew{do: func(context.Context, pull.Ref, int) error { return errForge }}
	o := c.options()
	o.FirstRetry, o.LastRetry, o.Attempts = time.Hour, time.Hour, 2
	start(t, s, o)
	for i := range 4 {
		check(t, s.Raise(t.Context(), ref(1)))
		eventually(t, "one more run", func() bool { return c.ran(ref(1)) == i+1 })
		untilCounts(t, s, queue.Backlog{Retrying: 1})
	}
}

func sleeps(t *testing.T, s Store) {
	until := make(chan time.Time, 1)
	c := crew{do: func(_ context.Context, r pull.Ref, nth int) error {
		switch {
		case r != ref(1):
			return nil
		case nth == 1:
			at := time.Now().Add(1500 * time.Millisecond)
			until <- at
			return queue.RetryAt(at, errForge)
		case time.Now().Before(<-until):
			return errors.New("woken before its time")
		}
		return nil
	}}
	o := c.options()
	o.MaxWorkers, o.Attempts = 1, 1
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	untilCounts(t, s, queue.Backlog{Retrying: 1})
	check(t, s.Raise(t.Context(), ref(1), ref(2)))
	untilCounts(t, s, queue.Backlog{Retrying: 1})
	same(t, "runs of the other", 1, c.ran(ref(2)))
	same(t, "runs of the sleeper", 1, c.ran(ref(1)))
	untilIdle(t, s)
	same(t, "runs of the sleeper", 2, c.ran(ref(1)))
}

// anotherClock has work sleep by a clock that is two hours ahead.
func anotherClock(t *testing.T, s Store) {
	now := func() time.Time { return time.Now().Add(2 * time.Hour) }
	c := crew{do: func(_ context.Context, _ pull.Ref, nth int) error {
		if nth == 1 {
			return queue.RetryAt(now().Add(time.Second), errForge)
		}
		return nil
	}}
	o := c.options()
	o.Now = now
	start(t, s, o)
	begun := time.Now()
	check(t, s.Raise(t.Context(), ref(1)))
	untilIdle(t, s)
	if took := time.Since(begun); took < time.Second {
		t.Errorf("it slept for %s", took)
	}
}

func givenUp(t *testing.T, s Store) {
	c := crew{do: func(_ context.Context, _ pull.Ref, nth int) error {
		if nth <= 2 {
			return errForge
		}
		return nil
	}}
	o := c.options()
	o.Attempts = 2
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	untilCounts(t, s, queue.Backlog{Dead: 1})
	same(t, "runs", 2, c.ran(ref(1)))
	check(t, s.Accept(t.Context(), delivery("later", webhook.Hint{Repo: repo(), Number: 1})))
	untilIdle(t, s)
	same(t, "runs", 3, c.ran(ref(1)))
}

func busy(t *testing.T, s Store) {
	const rounds = 12
	c := crew{do: func(ctx context.Context, r pull.Ref, nth int) error {
		switch {
		case r == ref(1) && nth == rounds/2:
			return s.Raise(ctx, ref(1), ref(2))
		case r == ref(1) && nth < rounds:
			return s.Raise(ctx, ref(1))
		}
		return nil
	}}
	o := c.options()
	o.MaxWorkers = 1
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	untilIdle(t, s)
	same(t, "runs", rounds, c.ran(ref(1)))
	if i := slices.Index(c.inOrder(), ref(2)); i < 0 || i > rounds/2+1 {
		t.Errorf("the other one was served as number %d", i)
	}
}

func wide(t *testing.T, s Store) {
	const workers = 5
	var arrived atomic.Int32
	full := make(chan struct{})
	c := crew{do: func(ctx context.Context, _ pull.Ref, _ int) error {
		if arrived.Add(1) == workers {
			close(full)
		}
		select {
		case <-full:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	o := c.options()
	o.MaxWorkers = workers
	var refs []pull.Ref
	for i := range 12 {
		refs = append(refs, ref(i+1))
	}
	check(t, s.Raise(t.Context(), refs...))
	start(t, s, o)
	untilIdle(t, s)
	same(t, "served", sorted(refs...), c.served())
	same(t, "at once", workers, c.most)
}

// crowd raises a few references from many sides while Work fails, sleeps and
// succeeds at random. In the end each was seen as it was last raised.
func crowd(t *testing.T, s Store) {
	const refs, sides, rounds = 5, 6, 10
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var now, seen [refs]atomic.Int64
	c := crew{do: func(_ context.Context, r pull.Ref, nth int) error {
		at := now[r.Number-1].Load()
		switch dice := rand.New(rand.NewPCG(seed, uint64(r.Number*1000+nth))); {
		case dice.IntN(10) == 0:
			return queue.RetryAt(time.Now(), errForge)
		case dice.IntN(5) == 0:
			return errForge
		}
		seen[r.Number-1].Store(at)
		return nil
	}}
	o := c.options()
	o.MaxWorkers, o.LastRetry = 4, 5*time.Millisecond
	start(t, s, o)
	var all sync.WaitGroup
	for side := range sides {
		all.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(side)))
			for i := range rounds {
				n := dice.IntN(refs)
				now[n].Add(1)
				d := delivery(fmt.Sprint(side, "/", i), webhook.Hint{Repo: repo(), Number: n + 1})
				if err := s.Accept(t.Context(), d); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	untilIdle(t, s)
	for n := range refs {
		same(t, fmt.Sprint("last seen of ", n+1), now[n].Load(), seen[n].Load())
	}
	same(t, "overlaps", 0, c.overlaps)
}

// jobs holds what an administrator sees of work.
func jobs(t *testing.T, s Store) {
	running, release := make(chan struct{}), make(chan struct{})
	c := crew{do: func(_ context.Context, r pull.Ref, _ int) error {
		if r == ref(1) {
			running <- struct{}{}
			<-release
			return nil
		}
		return errForge
	}}
	o := c.options()
	o.Attempts = 1
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1), ref(2)))
	await(t, "the run", running)
	untilCounts(t, s, queue.Backlog{Running: 1, Dead: 1})
	list, err := s.Jobs(t.Context())
	check(t, err)
	for i, j := range list {
		if j.Since.IsZero() || j.Due.IsZero() {
			t.Errorf("times of %+v", j)
		}
		list[i].Since, list[i].Due = time.Time{}, time.Time{}
	}
	same(t, "jobs", []queue.Job{{Ref: ref(1), State: queue.Waiting, Running: true},
		{Ref: ref(2), State: queue.Dead, Failures: 1, Err: errForge.Error()}}, list)
	close(release)
}

// pruned holds what is dropped by its age, and what is not.
func pruned(t *testing.T, s Store) {
	now := time.Now()
	day := 24 * time.Hour
	for i, age := range []time.Duration{1 * day, 20 * day, 30 * day} {
		d := delivery(fmt.Sprint("d", i), webhook.Hint{Repo: repo(), Number: 9})
		d.ReceivedAt = now.Add(-age)
		check(t, s.Accept(t.Context(), d))
		number := i + 1
		f := facts(number)
		f.Known.Open, f.Known.UpdatedAt = i == 0, now.Add(-40*day)
		f.Head.ID, f.Known.Head, f.Check.Head = fmt.Sprint("h", i), fmt.Sprint("h", i), fmt.Sprint("h", i)
		if i == 1 {
			f.Known.UpdatedAt = now.Add(-age)
		}
		check(t, s.Remember(t.Context(), ref(number), f))
		_, err := s.SaveRun(t.Context(), history.RunRecord{Ref: ref(number), At: now.Add(-age), Body: []byte("{}")})
		check(t, err)
	}
	got, err := s.Prune(t.Context(), store.Keep{}, now)
	check(t, err)
	same(t, "dropped where all is kept", store.Pruned{}, got)
	got, err = s.Prune(t.Context(), store.Keep{Deliveries: 10 * day, Runs: 25 * day, Closed: 35 * day}, now)
	check(t, err)
	same(t, "dropped", store.Pruned{Deliveries: 2, Runs: 1, Pulls: 1}, got)
	for number, want := range map[int]int{1: 1, 2: 1, 3: 0} {
		m := recall(t, s, ref(number))
		same(t, fmt.Sprint("heads of #", number), want, len(m.Heads))
		same(t, fmt.Sprint("comment of #", number), *facts(number).Comment, m.Comment) // or there would be a second one
	}
	again, err := s.Prune(t.Context(), store.Keep{Deliveries: 10 * day, Runs: 25 * day, Closed: 35 * day}, now)
	check(t, err)
	same(t, "dropped again", store.Pruned{}, again)
}
