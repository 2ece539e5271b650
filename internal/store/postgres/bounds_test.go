package postgres

import (
	"fmt"
	"sync"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// TestCommitsAreBounded holds that of more deliveries at once than may share a commit the
// rest is in the next one, and that all are stored.
func TestCommitsAreBounded(t *testing.T) {
	t.Parallel()
	a, _ := twoReplicas(t)
	const deliveries = 4 * maxBatch
	var all sync.WaitGroup
	for i := range deliveries {
		all.Go(func() {
			if err := a.Accept(t.Context(),
				webhook.Delivery{Forge: "github", ID: fmt.Sprint(i), Hints: []webhook.Hint{{Repo: ref(0).Repo, Number: 1 + i}}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var stored, most int
	must(t, a.pool.QueryRow(t.Context(),
		`SELECT sum(n), max(n) FROM (SELECT count(*) AS n FROM delivery GROUP BY xmin::text) AS commits`).Scan(&stored, &most))
	if stored != deliveries || most > maxBatch || most < maxBatch/8 {
		t.Errorf("%d of %d are stored, %d of them in one commit, want %d at most", stored, deliveries, most, maxBatch)
	}
}

// TestLocksAreBounded holds that of more locks than are remembered all are forgotten, and
// the last one is known.
func TestLocksAreBounded(t *testing.T) {
	t.Parallel()
	a := newAside()
	held := func(n int) *delivery {
		return &delivery{Delivery: webhook.Delivery{
			Hints: []webhook.Hint{{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: n}}}}
	}
	for n := range maxLocked {
		a.met(held(n + 1))
	}
	if !a.locked(held(1)) || len(a.until) != maxLocked {
		t.Errorf("%d are remembered, the first one: %v", len(a.until), a.locked(held(1)))
	}
	a.met(held(maxLocked + 1))
	if len(a.until) > maxLocked || a.locked(held(1)) || !a.locked(held(maxLocked+1)) {
		t.Errorf("%d are remembered", len(a.until))
	}
}
