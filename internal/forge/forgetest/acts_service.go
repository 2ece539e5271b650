package forgetest

import (
	"context"
	"time"
)

// serviceActs are what time, webhooks and the service do.
func serviceActs() map[string]act {
	return map[string]act{
		// later: forges give times in whole seconds, and what happens within one has no order
		"later": {1, false, func(w *teller, _ []string, _ string) { w.Pass(2 * time.Second) }},
		"quiet": {1, false, func(w *teller, _ []string, _ string) { w.settle() }},
		// days N pass
		"days": {2, false, func(w *teller, s []string, _ string) {
			w.Pass(time.Duration(w.number(s[1])) * 24 * time.Hour)
			if !w.down {
				must(w.t, w.svc.Sweeper().RaiseDue(w.t.Context()))
			}
		}},
		// clock SECONDS: from here on the service's clock is that far from the forge's
		"clock": {2, false, func(w *teller, s []string, _ string) { w.skew.Store(int64(w.number(s[1])) * int64(time.Second)) }},
		"hold": {1, false, func(w *teller, _ []string, _ string) {
			w.HoldWebhooks()
			w.held = true
		}},
		"release": {1, false, func(w *teller, _ []string, _ string) {
			w.ReleaseWebhooks()
			w.held = false
		}},
		// drop: what waits is lost
		"drop": {1, false, func(w *teller, _ []string, _ string) {
			w.DropWebhooks()
			w.ReleaseWebhooks()
			w.held, w.lost = false, true
		}},
		"down": {1, false, func(w *teller, _ []string, _ string) {
			w.stop()
			w.Deliver("http://127.0.0.1:1/") // nothing listens there
			w.down = true
		}},
		"up": {1, false, func(w *teller, _ []string, _ string) { w.up() }},
		// sweep: of the repository
		"sweep": {1, false, func(w *teller, _ []string, _ string) {
			w.lost = false
			w.sweep()
		}},
		// stale: the forge turns incomplete check runs stale
		"stale": {1, false, func(w *teller, _ []string, _ string) { w.Runs.TurnStale() }},
	}
}

// sweep has the repository looked at.
func (w *teller) sweep() {
	w.t.Helper()
	ref, err := w.Ref()
	must(w.t, err, w.svc.Store().Raise(w.t.Context(), ref))
}

// up starts the service, which sweeps.
func (w *teller) up() {
	w.t.Helper()
	sweeps := w.Sweeps()
	w.start()
	w.down = false
	Await(w.t, "the first sweep", w.Changed, func() bool { return w.Sweeps() > sweeps }, w.state)
}

// settle waits until nothing is left to do. What is to be tried again later is
// not waited for where the forge refuses writes for good.
func (w *teller) settle() {
	w.t.Helper()
	if !w.held {
		must(w.t, w.FlushWebhooks(context.Background()))
	}
	if w.down {
		return
	}
	w.until("quiet", func() bool {
		b, err := w.svc.Store().Backlog(context.Background())
		return err == nil && b.Waiting+b.Running == 0 && (w.refused != nil || b.Retrying == 0)
	})
}
