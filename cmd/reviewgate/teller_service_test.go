package main

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// serviceActs are what time, webhooks and the service do.
func serviceActs() map[string]act {
	return map[string]act{
		"later": {1, false, func(w *teller, _ []string, _ string) { w.later() }},
		"quiet": {1, false, func(w *teller, _ []string, _ string) { w.settle() }},
		// days N pass
		"days": {2, false, func(w *teller, s []string, _ string) {
			w.ahead.Add(int64(w.number(s[1])) * int64(24*time.Hour))
			if !w.down {
				check0(w.t, w.svc.Sweeper().RaiseDue(w.t.Context()))
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
			w.SetWebhook("http://127.0.0.1:1/", testSecret) // nothing listens there
			w.down = true
		}},
		"up": {1, false, func(w *teller, _ []string, _ string) { w.up() }},
		// sweep: of the repository
		"sweep": {1, false, func(w *teller, _ []string, _ string) {
			w.lost = false
			check0(w.t, w.svc.Store().Raise(w.t.Context(), pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}}))
		}},
		// stale: the forge turns incomplete check runs stale
		"stale": {1, false, func(w *teller, _ []string, _ string) { w.repo.TurnStale() }},
	}
}

// up starts the service again, which sweeps.
func (w *teller) up() {
	w.t.Helper()
	sweeps := w.sweepsSeen()
	w.start(nil)
	w.down = false
	w.world.until("the first sweep", func() bool { return w.sweepsSeen() > sweeps })
}

// settle waits until nothing is left to do. What is to be tried again later is
// not waited for where the forge refuses writes for good.
func (w *teller) settle() {
	w.t.Helper()
	if !w.held {
		check0(w.t, w.FlushWebhooks(context.Background()))
	}
	if w.down {
		return
	}
	w.until("quiet", func() bool {
		b, err := w.svc.Store().Backlog(context.Background())
		return err == nil && b.Waiting+b.Running == 0 && (w.refused != nil || b.Retrying == 0)
	})
}
