package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

func orderTests() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"by class":                              once(byClass),
		"what is found goes by activity":        once(foundByActivity),
		"an event goes before what is found":    once(eventFirst),
		"what follows is of its class":          once(follows),
		"the rest goes after events":            once(restLater),
		"a storm delays others by a turn":       once(storm),
		"one of a head at a time":               once(oneOfAHead),
		"a hanging forge leaves others workers": once(hanging),
	}
}

// inLine has one worker, which is busy until release is called.
func inLine(t *testing.T, s Store, c *crew) (release func()) {
	t.Helper()
	running, gone := make(chan struct{}), make(chan struct{})
	do := c.do
	c.do = func(ctx context.Context, r pull.Ref, nth int) error {
		if r == ref(1) && nth == 1 {
			close(running)
			<-gone
			return nil
		}
		if do != nil {
			return do(ctx, r, nth)
		}
		return nil
	}
	o := c.options()
	o.MaxWorkers = 1
	start(t, s, o)
	check(t, s.Raise(t.Context(), ref(1)))
	await(t, "the first run", running)
	return func() { close(gone) }
}

// opened remembers a pull request with an outcome and its last activity.
func opened(t *testing.T, s Store, number int, outcome string, active time.Time) {
	t.Helper()
	k := history.PullState{Ref: ref(number), Head: fmt.Sprint("h", number), BaseBranch: "main", Open: true, Outcome: outcome,
		UpdatedAt: active}
	check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
}

func byClass(t *testing.T, s Store) {
	var c crew
	release := inLine(t, s, &c)
	opened(t, s, 7, "success", at(0))
	opened(t, s, 4, "success", at(0))
	opened(t, s, 5, "pending", at(0))
	check(t, s.RaiseAs(t.Context(), queue.Preview, ref(2)))
	check(t, s.RaiseAs(t.Context(), queue.Found, ref(3), ref(4), ref(8)))
	check(t, s.Accept(t.Context(), delivery("a", webhook.Hint{Repo: repo(), Number: 5})))
	check(t, s.Accept(t.Context(), delivery("b", webhook.Hint{Repo: repo(), Number: 6})))
	check(t, s.Accept(t.Context(), delivery("c", webhook.Hint{Repo: repo(), Number: 7})))
	check(t, s.Accept(t.Context(), delivery("d", webhook.Hint{Repo: repo(), Number: 8})))     // which makes it one
	check(t, s.Accept(t.Context(), delivery("e", webhook.Hint{Repo: repo(), Head: "h4"})))    // so does this
	check(t, s.Accept(t.Context(), delivery("f", webhook.Hint{Repo: repo(), Branch: "fix"}))) // nothing is towards it
	release()
	untilIdle(t, s)
	same(t, "order", []pull.Ref{ref(1), ref(7), ref(4), ref(5), ref(6), ref(8), ref(3), ref(2)}, c.inOrder())
}

func foundByActivity(t *testing.T, s Store) {
	const many = 40
	var c crew
	release := inLine(t, s, &c)
	want := []pull.Ref{ref(1)}
	var found []pull.Ref
	for i := range many {
		number := 2 + i*7%many // in no order
		opened(t, s, number, "success", at(number))
		found = append(found, ref(number))
		want = append(want, ref(many+1-i))
	}
	check(t, s.RaiseAs(t.Context(), queue.Found, found...))
	release()
	untilIdle(t, s)
	same(t, "order", want, c.inOrder())
}

func eventFirst(t *testing.T, s Store) {
	const many = 30
	c := crew{}
	c.do = func(ctx context.Context, r pull.Ref, _ int) error {
		if r == ref(10) {
			return s.Accept(ctx, delivery("new", webhook.Hint{Repo: repo(), Number: 2}, webhook.Hint{Repo: repo(), Number: 99}))
		}
		return nil
	}
	release := inLine(t, s, &c)
	var found []pull.Ref
	for i := range many {
		opened(t, s, i+2, "pending", at(100-i))
		found = append(found, ref(i+2))
	}
	check(t, s.RaiseAs(t.Context(), queue.Found, found...))
	release()
	untilIdle(t, s)
	same(t, "what came after the event", []pull.Ref{ref(10), ref(2), ref(99), ref(11)}, c.inOrder()[9:13])
}

// follows holds that what an evaluation asks for that no event did goes no sooner than
// itself.
func follows(t *testing.T, s Store) {
	c := crew{}
	c.do = func(ctx context.Context, r pull.Ref, _ int) error {
		if r == ref(2) {
			check(t, s.Raise(ctx, ref(50)))
			return s.Accept(ctx, delivery("new", webhook.Hint{Repo: repo(), Number: 60}))
		}
		return nil
	}
	release := inLine(t, s, &c)
	check(t, s.RaiseAs(t.Context(), queue.Found, ref(2)))
	release()
	untilIdle(t, s)
	same(t, "order", []pull.Ref{ref(1), ref(2), ref(60), ref(50)}, c.inOrder())
}

func restLater(t *testing.T, s Store) {
	gate, again := make(chan struct{}), make(chan struct{}, 9)
	c := crew{}
	c.do = func(_ context.Context, r pull.Ref, nth int) error {
		switch {
		case r == ref(2) && nth == 1:
			return queue.RetryAtOrNextEvent(time.Now(), errForge)
		case r == ref(3) && nth == 1:
			again <- struct{}{}
			<-gate
		}
		return nil
	}
	release := inLine(t, s, &c)
	check(t, s.Raise(t.Context(), ref(2)))
	check(t, s.Raise(t.Context(), ref(3)))
	check(t, s.RaiseAs(t.Context(), queue.Found, ref(4)))
	release()
	await(t, "the second", again)
	check(t, s.Raise(t.Context(), ref(5)))
	eventually(t, "the rest waits", func() bool { return counts(t, s) == queue.Backlog{Waiting: 3, Running: 1} })
	close(gate)
	untilIdle(t, s)
	same(t, "order", []pull.Ref{ref(1), ref(2), ref(3), ref(5), ref(2), ref(4)}, c.inOrder())
}

// storm has many events wait in one repository when others get one each.
func storm(t *testing.T, s Store) {
	const many, others = 150, 8
	c := crew{do: func(context.Context, pull.Ref, int) error {
		<-time.After(3 * time.Millisecond)
		return nil
	}}
	o := c.options()
	o.MaxWorkers = 1
	var refs []pull.Ref
	for i := range many {
		refs = append(refs, ref(i+1))
	}
	check(t, s.Raise(t.Context(), refs...))
	start(t, s, o)
	for i := range others {
		r := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: fmt.Sprint("owner-", i/2), Name: fmt.Sprint("calm-", i)}, Number: 1}
		d := delivery(fmt.Sprint(i), webhook.Hint{Repo: r.Repo, Number: 1})
		before := len(c.inOrder())
		check(t, s.Accept(t.Context(), d))
		eventually(t, "the other one is served", func() bool { return c.ran(r) == 1 })
		if n := len(c.inOrder()) - before; n > many/3 {
			t.Errorf("%s waited for %d of the storm", r, n)
		}
	}
	untilIdle(t, s)
}

// oneOfAHead has pull requests of one head wait for each other, whether an event told of
// the head or an evaluation before; others go beside them.
func oneOfAHead(t *testing.T, s Store) {
	hold := make(chan struct{})
	c := crew{do: func(_ context.Context, r pull.Ref, _ int) error {
		if r.Number <= 6 {
			<-hold
		}
		return nil
	}}
	for _, r := range []pull.Ref{ref(5), ref(6)} {
		check(t, s.Remember(t.Context(), r, history.Update{Known: &history.PullState{Ref: r, Head: "head-5", BaseBranch: "main", Open: true}}))
	}
	start(t, s, c.options())
	check(t, s.Accept(t.Context(),
		delivery("told", webhook.Hint{Repo: repo(), Number: 1, At: "head-1"}, webhook.Hint{Repo: repo(), Number: 2, At: "head-1"},
			webhook.Hint{Repo: repo(), Number: 3, At: "head-2"}, webhook.Hint{Repo: repo(), Number: 4, At: "head-3"},
			webhook.Hint{Repo: repo(), Number: 4})))
	check(t, s.Raise(t.Context(), ref(5), ref(6)))
	eventually(t, "one of each head", func() bool { return len(c.served()) == 4 })
	check(t, s.Accept(t.Context(), delivery("other", webhook.Hint{Repo: repo(), Number: 7, At: "head-4"})))
	eventually(t, "another one beside them", func() bool { return c.ran(ref(7)) == 1 })
	if n := c.ran(ref(1)) + c.ran(ref(2)); n != 1 {
		t.Errorf("%d of one head at once, as events told", n)
	}
	if n := c.ran(ref(5)) + c.ran(ref(6)); n != 1 {
		t.Errorf("%d of one head at once, as evaluations told", n)
	}
	close(hold)
	untilIdle(t, s)
	same(t, "served", 7, len(c.served()))
}

// hanging has what one forge, owner or repository asks for hang: others are served at
// once.
func hanging(t *testing.T, s Store) {
	release := make(chan struct{})
	c := crew{do: func(ctx context.Context, r pull.Ref, _ int) error {
		if r.Repo.Name != "hangs" {
			return nil
		}
		select {
		case <-release:
		case <-ctx.Done():
		}
		return ctx.Err()
	}}
	start(t, s, c.options())
	hangs := func(forge, owner string, n int) {
		var refs []pull.Ref
		for i := range n {
			refs = append(refs, pull.Ref{Repo: pull.Repo{Forge: forge, Owner: owner, Name: "hangs"}, Number: i + 1})
		}
		check(t, s.Raise(t.Context(), refs...))
	}
	healthy := func(forge, owner string) {
		t.Helper()
		r := pull.Ref{Repo: pull.Repo{Forge: forge, Owner: owner, Name: "healthy"}, Number: 1}
		before := c.ran(r)
		check(t, s.Accept(t.Context(), delivery(fmt.Sprint(r, before), webhook.Hint{Repo: r.Repo, Number: 1})))
		eventually(t, "the healthy one is served while others hang", func() bool { return c.ran(r) > before })
	}
	for i := range 10 {
		hangs("gitee", fmt.Sprint("owner-", i), 16)
	}
	eventually(t, "they hang", func() bool { return counts(t, s).Running >= 8 })
	healthy("github", "acme")
	hangs("github", "acme", 160)
	eventually(t, "those, too", func() bool { return counts(t, s).Waiting > 150 })
	healthy("github", "acme")
	healthy("github", "others")
	healthy("gitcode", "acme")
	close(release)
	untilIdle(t, s)
}
