package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// newQuietWorld is a world whose first sweep is over, and whose own webhooks
// are lost, so that only a test's deliveries ask for evaluations.
func newQuietWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, worldOptions{})
	swept := call{http.MethodGet, "/linux/pulls"}
	w.until("the first sweep", func() bool { return w.count(swept) > 0 })
	w.quiet()
	w.HoldWebhooks()
	return w
}

// evaluations tells how often a pull request was evaluated.
func (w *world) evaluations(pr *fake.PullRequest) int {
	n := 0
	for _, line := range w.log.lines("evaluated") {
		if line["pr"] == float64(pr.Number()) {
			n++
		}
	}
	return n
}

// settled waits until no work is left; webhooks are held in these tests.
func (w *world) settled() {
	w.t.Helper()
	w.until("settled", func() bool {
		b, err := w.svc.Store().Backlog(w.t.Context())
		return err == nil && b.Waiting+b.Running+b.Retrying == 0
	})
}

func TestBurstIsOneMoreEvaluation(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	pr := w.open("topic", "mm/a.c")
	address := w.svc.Public()
	arrived, release := w.Hold(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/graphql") })
	defer release()
	postAll(t, address, []delivery{pullDelivery("first", pr.Number())})
	<-arrived
	w.later() // or nothing would prove which head was approved
	w.review(pr, "alice", fake.Approved)
	var burst []delivery
	for i := range 100 {
		burst = append(burst, pullDelivery(fmt.Sprintf("burst-%d", i), pr.Number()))
	}
	postAll(t, address, burst)
	if n := w.evaluations(pr); n != 0 {
		t.Fatalf("%d evaluations while the first is held", n)
	}
	release()
	w.expect(pr, "success", "1 of 1")
	w.settled()
	if n := w.evaluations(pr); n != 2 {
		t.Errorf("%d evaluations for one event and a burst during its evaluation, want 2", n)
	}
}

func TestBurstDoesNotDelayOthers(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	hot, other := w.open("hot", "mm/a.c"), w.open("other", "fs/a.c")
	address := w.svc.Public()
	arrived, release := w.Hold(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/graphql") })
	defer release()
	postAll(t, address, []delivery{pullDelivery("first", hot.Number())})
	<-arrived
	for i := range 20 {
		postAll(t, address, []delivery{pullDelivery(fmt.Sprintf("hot-%d", i), hot.Number())})
	}
	postAll(t, address, []delivery{pullDelivery("other", other.Number())})
	w.expect(other, "in_progress", "0 of 1")
	if n := w.evaluations(hot); n != 0 {
		t.Errorf("the held pull request was evaluated %d times", n)
	}
}

func TestSameDeliveryTwice(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	pr := w.open("topic", "mm/a.c")
	address := w.svc.Public()
	for _, step := range []struct {
		id   string
		want int // evaluations so far
	}{{"first", 1}, {"first", 1}, {"second", 2}, {"first", 2}, {"second", 2}} {
		postAll(t, address, []delivery{pullDelivery(step.id, pr.Number())})
		w.until("evaluated", func() bool { return w.evaluations(pr) >= step.want })
		w.settled()
		if n := w.evaluations(pr); n != step.want {
			t.Fatalf("%d evaluations after delivery %s, want %d", n, step.id, step.want)
		}
	}
	if runs := w.repo.CheckRuns(pr.Head()); len(runs) != 1 {
		t.Errorf("%d check runs", len(runs))
	}
}
