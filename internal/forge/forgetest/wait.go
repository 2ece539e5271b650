package forgetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// nothingComes is how long a story waits where nothing is on its way any more: what it
// expects does not come then.
const nothingComes = 4 * time.Second

// until waits for a condition as long as something may still bring it about.
func (w *teller) until(what string, ok func() bool) {
	w.t.Helper()
	looked, active := time.Time{}, time.Now()
	Await(w.t, what, w.Changed, func() bool {
		w.t.Helper()
		if ok() {
			return true
		}
		if time.Since(looked) < nothingComes/20 {
			return false
		}
		if looked = time.Now(); w.busy() {
			active = looked
		}
		if looked.Sub(active) > nothingComes {
			w.t.Fatalf("nothing is left to do, and not reached: %s\n%s", what, w.state())
		}
		return false
	}, w.state)
}

// busy reports whether webhooks are on their way, or work is left.
func (w *teller) busy() bool {
	if w.down {
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if !w.held && w.FlushWebhooks(ctx) != nil {
		return true
	}
	b, err := w.svc.Store().Backlog(context.Background())
	return err != nil || b.Waiting+b.Running+b.Retrying > 0
}

// Await waits for a condition, which it looks at whenever something changed and now and
// then besides, as some conditions are not the forge's. If that takes half a minute, the test
// ends with what tell says of how things stand.
func Await(t testing.TB, what string, changed <-chan struct{}, ok func() bool, tell func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not reached: %s\n%s", what, tell())
		}
	}
}

// state says how things stand.
func (w *teller) state() string {
	return fmt.Sprintf("asked: %v\nchecks: %+v\n%s", w.requested(), w.checks(), w.log)
}

// checks are those on the heads of all pull requests.
func (w *teller) checks() []fake.CheckRun {
	var all []fake.CheckRun
	for _, pr := range w.Pulls() {
		all = append(all, w.CheckRuns(pr.Head)...)
	}
	return all
}
