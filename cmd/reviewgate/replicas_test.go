package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
)

// span is the time of one evaluation, as its log line tells it.
type span struct {
	pr         float64
	start, end time.Time
}

// spans gives the evaluations that a process has finished.
func (p *process) spans() []span {
	var all []span
	for _, line := range p.log.lines("evaluated") {
		end, err := time.Parse(time.RFC3339Nano, line["time"].(string))
		check0(p.t, err)
		pr, _ := line["pr"].(float64)
		ms, _ := line["ms"].(float64)
		all = append(all, span{pr, end.Add(-time.Duration(ms) * time.Millisecond), end})
	}
	return all
}

// TestThreeReplicas runs three processes on one database and kills two of them in
// turn under load. Nothing is lost, no two evaluate one pull request at once, and
// what a dead one ran is taken over within 30 s.
func TestThreeReplicas(t *testing.T) {
	t.Parallel()
	server := postgrestest.Open(t)
	c := newCrash(t, rand.Uint64())
	c.w.database = server.Database(t, "")
	replicas := []*process{c.w.spawn(builtProgram(c.w.t)), c.w.spawn(builtProgram(c.w.t)), c.w.spawn(builtProgram(c.w.t))}
	// The first two die while the forge does not answer them, so that each has
	// work under way that only the third can take over.
	alive := replicas
	var turn atomic.Int64
	var mu sync.Mutex
	address := func() string {
		mu.Lock()
		defer mu.Unlock()
		return alive[int(turn.Add(1))%len(alive)].public
	}
	over := make(chan struct{})
	var people sync.WaitGroup
	for i, p := range c.pulls {
		dice := rand.New(rand.NewPCG(uint64(i), 7))
		people.Go(func() { c.workAt(p, dice, over, address) })
	}
	var died time.Time
	for range 2 {
		arrived, release := c.w.Hold(func(r *http.Request) bool { return r.URL.Path == "/graphql" })
		<-arrived
		<-time.After(100 * time.Millisecond) // and some more load
		mu.Lock()
		victim := alive[0]
		alive = alive[1:]
		mu.Unlock()
		victim.kill()
		died = time.Now()
		release()
	}
	close(over)
	people.Wait()
	c.w.untilWithin(2*time.Minute, "the third replica has done all", func() bool { return replicas[2].idle() })
	if took := time.Since(died); took > 45*time.Second {
		t.Errorf("it took %s after the last death", took)
	}
	c.address.Store(&replicas[2].public)
	c.check()
	var all []span
	for _, p := range replicas {
		all = append(all, p.spans()...)
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(cmp.Compare(a.pr, b.pr), a.start.Compare(b.start)) })
	for i := 1; i < len(all); i++ {
		// The log gives milliseconds.
		if a, b := all[i-1], all[i]; a.pr == b.pr && b.start.Before(a.end.Add(-2*time.Millisecond)) {
			t.Errorf("#%.0f was evaluated twice at once: %v, %v", a.pr, a, b)
		}
	}
	t.Logf("%d evaluations; idle %s after the last death", len(all), time.Since(died).Round(time.Second))
}

// untilWithin waits for what takes longer than a call to the forge, and shows
// the log where it does not come.
func (w *world) untilWithin(limit time.Duration, what string, ok func() bool) {
	w.t.Helper()
	defer func() {
		if w.t.Failed() {
			w.t.Logf("%.20000s", w.log)
		}
	}()
	wait(w.t, limit, what, ok)
}

// wait waits until a condition holds.
func wait(tb testing.TB, limit time.Duration, what string, holds func() bool) {
	tb.Helper()
	tick, end := time.NewTicker(20*time.Millisecond), time.NewTimer(limit)
	defer tick.Stop()
	defer end.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end.C:
			tb.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// BenchmarkReplicas measures evaluations per second of one, two and three
// replicas against a forge that takes 50 ms for each call.
func BenchmarkReplicas(b *testing.B) {
	const pulls = 120
	for n := 1; n <= 3; n++ {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(b, worldOptions{idle: true, latency: 50 * time.Millisecond})
			w.database = postgrestest.Open(b).Database(b, "")
			w.SetFault(func(r *http.Request) *fakegithub.Fault {
				if listing(r) {
					return refused
				}
				return nil
			})
			var prs []*fake.PullRequest
			for i := range pulls {
				prs = append(prs, w.open(fmt.Sprint("topic-", i), "mm/a.c"))
			}
			var replicas []*process
			for range n {
				replicas = append(replicas, w.spawn(builtProgram(w.t)))
			}
			round := 0
			for b.Loop() {
				round++
				for i, pr := range prs {
					d := pullDelivery(fmt.Sprint(round, "-", i), pr.Number())
					if status := d.post(b, replicas[i%n].public); status != http.StatusAccepted {
						b.Fatalf("status %d", status)
					}
				}
				w.untilWithin(time.Minute, "idle", replicas[0].idle)
			}
			b.ReportMetric(float64(b.N*pulls)/b.Elapsed().Seconds(), "evaluations/s")
		})
	}
}
