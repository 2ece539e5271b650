package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

func ref(number int) pull.Ref {
	return pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: number}
}

// twoReplicas opens one database twice.
func twoReplicas(t *testing.T) (a, b *Store) {
	t.Helper()
	address := storetest.Postgres(t).Database(t, "")
	return reopen(t, address), reopen(t, address)
}

func mustExec(t *testing.T, s *Store, query string, args ...any) {
	t.Helper()
	_, err := s.pool.Exec(t.Context(), query, args...)
	must(t, err)
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, end := time.NewTicker(5*time.Millisecond), time.NewTimer(30*time.Second)
	defer tick.Stop()
	defer end.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func untilIdle(t *testing.T, s *Store) {
	t.Helper()
	eventually(t, "no work is left", func() bool {
		b, err := s.Backlog(t.Context())
		must(t, err)
		return b == queue.Backlog{}
	})
}

// held is Work that waits to be let go on, and then remembers something.
type held struct {
	running, release chan struct{}
	store            *Store
	remembered       chan error
}

func newHeld(s *Store) *held {
	return &held{running: make(chan struct{}, 9), release: make(chan struct{}), store: s, remembered: make(chan error, 9)}
}

func (h *held) work(ctx context.Context, r pull.Ref) error {
	h.running <- struct{}{}
	<-h.release
	record := gate.CheckRecord{Head: "h", Name: "review-gate", Outcome: "success", Digest: "old", Done: true}
	err := h.store.Remember(context.WithoutCancel(ctx), r, gate.Facts{Check: &record})
	h.remembered <- err
	return err
}

// TestSilentReplicaIsSuperseded holds that the work of a replica that was
// silent is run by another one, and that it writes nothing more when it comes
// back; and that then the pull request is looked at once more, as what the old
// evaluation had written last to the forge is not known.
func TestSilentReplicaIsSuperseded(t *testing.T) {
	t.Parallel()
	a, b := twoReplicas(t)
	h := newHeld(a)
	must(t, a.Start(t.Context(), queue.Options{Work: h.work}))
	must(t, a.Raise(t.Context(), ref(1)))
	<-h.running
	mustExec(t, a, `UPDATE replica SET beat_at = clock_timestamp() - interval '16 s' WHERE id = $1`, a.replica)
	ran := make(chan struct{}, 9)
	must(t, b.Start(t.Context(), queue.Options{Work: func(ctx context.Context, r pull.Ref) error {
		record := gate.CheckRecord{Head: "h", Name: "review-gate", Outcome: "pending", Digest: "new", Done: true}
		defer func() { ran <- struct{}{} }()
		return b.Remember(ctx, r, gate.Facts{Check: &record})
	}}))
	<-ran
	eventually(t, "the evaluation is over", func() bool {
		jobs, err := b.Jobs(t.Context())
		must(t, err)
		return len(jobs) == 0
	})
	close(h.release)
	if err := <-h.remembered; !errors.Is(err, queue.ErrSuperseded) {
		t.Errorf("the silent replica remembered something: %v", err)
	}
	select {
	case <-ran:
	case err := <-h.remembered: // whichever replica takes it
		must(t, err)
	}
	untilIdle(t, b)
	m, err := b.Recall(t.Context(), ref(1))
	must(t, err)
	if len(m.Checks) != 1 {
		t.Errorf("%+v", m.Checks)
	}
}

// TestHeldReferenceIsNotGivenAway holds that what a live replica runs is not run beside
// it.
func TestHeldReferenceIsNotGivenAway(t *testing.T) {
	t.Parallel()
	a, b := twoReplicas(t)
	h := newHeld(a)
	must(t, a.Start(t.Context(), queue.Options{Work: h.work}))
	must(t, a.Raise(t.Context(), ref(1)))
	<-h.running
	must(t, a.Raise(t.Context(), ref(1), ref(2)))
	<-h.running
	waiting, err := ledger{b}.Waiting(t.Context(), 9)
	must(t, err)
	if len(waiting) > 0 {
		t.Errorf("another replica may claim %v", waiting)
	}
	c := queue.Candidate{Ref: ref(1)}
	must(t, a.pool.QueryRow(t.Context(), `SELECT id FROM repo`).Scan(&c.Repo))
	claims, err := ledger{b}.Claim(t.Context(), []queue.Pick{{Candidate: c, Run: 1}})
	must(t, err)
	if len(claims) > 0 {
		t.Errorf("another replica claims %v", claims)
	}
	close(h.release)
	must(t, <-h.remembered)
}

// TestOneReplicaLeads holds that one sweeps, and another one after it.
func TestOneReplicaLeads(t *testing.T) {
	t.Parallel()
	a, b := twoReplicas(t)
	idle := queue.Options{Work: func(context.Context, pull.Ref) error { return nil }}
	if a.Leads() {
		t.Error("it leads before it has started")
	}
	must(t, a.Start(t.Context(), idle))
	must(t, b.Start(t.Context(), idle))
	if diff := cmp.Diff([]bool{true, false}, []bool{a.Leads(), b.Leads()}); diff != "" {
		t.Errorf("leads (-want +got):\n%s", diff)
	}
	must(t, a.pulse.beat(t.Context()))
	if n := a.Replicas(); n != 2 {
		t.Errorf("%d replicas", n)
	}
	must(t, a.Stop(t.Context()))
	must(t, b.pulse.beat(t.Context()))
	if diff := cmp.Diff([]bool{false, true}, []bool{a.Leads(), b.Leads()}); diff != "" {
		t.Errorf("leads after a stop (-want +got):\n%s", diff)
	}
}

// TestBuriedReplicaCutsItsWork holds that one which was taken for dead ends what
// it runs and joins anew.
func TestBuriedReplicaCutsItsWork(t *testing.T) {
	t.Parallel()
	a, _ := twoReplicas(t)
	running, cut := make(chan struct{}, 9), make(chan error, 9)
	must(t, a.Start(t.Context(), queue.Options{Work: func(ctx context.Context, _ pull.Ref) error {
		running <- struct{}{}
		<-ctx.Done()
		cut <- context.Cause(ctx)
		return ctx.Err()
	}}))
	must(t, a.Raise(t.Context(), ref(1)))
	<-running
	mustExec(t, a, `DELETE FROM replica`)
	a.pulse.beatOnce(t.Context(), a.runner.Load().CutAll)
	if err := <-cut; !errors.Is(err, queue.ErrSuperseded) {
		t.Errorf("cut because of %v", err)
	}
	<-running // again
	var n int
	must(t, a.pool.QueryRow(t.Context(), `SELECT count(*) FROM replica`).Scan(&n))
	if n != 1 {
		t.Errorf("%d replicas", n)
	}
}

// TestTwoReplicasInACrowd delivers events through both while both work: each
// pull request is evaluated after its last event, and never twice at once.
func TestTwoReplicasInACrowd(t *testing.T) {
	t.Parallel()
	a, b := twoReplicas(t)
	const refs, events = 8, 400
	var mu sync.Mutex
	accepted, served, active, overlaps := map[pull.Ref]int{}, map[pull.Ref]int{}, map[pull.Ref]bool{}, 0
	work := func(_ context.Context, r pull.Ref) error {
		mu.Lock()
		if active[r] {
			overlaps++
		}
		active[r] = true
		state := accepted[r]
		mu.Unlock()
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			delete(active, r)
		}()
		if rand.IntN(10) == 0 {
			return errors.New("the forge answers 502")
		}
		mu.Lock()
		defer mu.Unlock()
		served[r] = state
		return nil
	}
	options := queue.Options{Work: work, FirstRetry: time.Millisecond}
	must(t, a.Start(t.Context(), options))
	must(t, b.Start(t.Context(), options))
	var senders sync.WaitGroup
	for n := range 16 {
		senders.Go(func() {
			for i := n; i < events; i += 16 {
				r, s := ref(1+i%refs), []*Store{a, b}[i%2]
				mu.Lock()
				accepted[r]++
				mu.Unlock()
				h := webhook.Hint{Repo: r.Repo, Number: r.Number}
				if i%5 == 0 {
					h = webhook.Hint{Repo: r.Repo, Number: r.Number, Head: "h"} // one that is not simple
				}
				if err := s.Accept(t.Context(), webhook.Delivery{Forge: "github", ID: fmt.Sprint(i), Hints: []webhook.Hint{h}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	untilIdle(t, a)
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(accepted, served); diff != "" || overlaps > 0 {
		t.Errorf("%d overlaps; accepted and served:\n%s", overlaps, diff)
	}
}

// TestReplicasMigrateOneAfterTheOther opens a new database many times at once.
func TestReplicasMigrateOneAfterTheOther(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t).Database(t, "")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { must(t, reopen(t, address).Ready(t.Context())) })
	}
	all.Wait()
}
