package main

import (
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestNameUnderAttack holds that somebody who writes the gate's status over and over is
// told of, in log and check, and that the gate does not try for ever once the forge takes
// no more of them.
func TestNameUnderAttack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{token: true})
	pr := w.open("topic", "mm/a.c")
	states := func() []fake.Status { return w.repo.Statuses(pr.Head()) }
	last := func() fake.Status {
		if all := states(); len(all) > 0 {
			return all[len(all)-1]
		}
		return fake.Status{}
	}
	w.until("a pending status", func() bool { return last().State == "pending" })
	w.quiet()
	attack := func() { // bob is not alice, whose token the service has
		check0(t, w.repo.SetStatus("bob", pr.Head(), fake.Status{Context: "review-gate", State: "success"}))
		w.until("the status written over", func() bool { return last().State == "pending" })
	}
	for range 21 {
		attack()
		w.quiet()
	}
	if !strings.Contains(w.log.String(), "somebody keeps writing the gate's check") {
		t.Error("the log says nothing")
	}
	// Whoever goes on has the last word: there is no room for an answer then.
	for w.repo.SetStatus("bob", pr.Head(), fake.Status{Context: "review-gate", State: "success"}) == nil {
	}
	w.served()
	w.until("it is told", func() bool { return strings.Contains(w.log.String(), "takes no more") })
	if n := len(states()); n != 1000 {
		t.Errorf("%d statuses", n)
	}
}

// served waits until all webhooks were delivered and served, whatever came of it.
func (w *world) served() {
	w.t.Helper()
	check0(w.t, w.FlushWebhooks(w.t.Context()))
	w.until("nothing waits", func() bool { b := w.backlog(); return b.Waiting+b.Running == 0 })
}
