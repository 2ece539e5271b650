package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
	"github.com/reviewgate/reviewgate/internal/store/tables"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

func ref(number int) pull.Ref {
	return pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: number}
}

// twoReplicas opens one database twice.
func twoReplicas(t *testing.T) (a, b *Store) {
	t.Helper()
	address := postgrestest.Open(t).Database(t, "")
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
	record := history.CheckRecord{Head: "h", Name: "review-gate", Outcome: "success", Digest: "old", Done: true}
	err := h.store.Remember(context.WithoutCancel(ctx), r, history.Update{Check: &record})
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
		record := history.CheckRecord{Head: "h", Name: "review-gate", Outcome: "pending", Digest: "new", Done: true}
		defer func() { ran <- struct{}{} }()
		return b.Remember(ctx, r, history.Update{Check: &record})
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
	waiting, err := jobStore{b}.Waiting(t.Context(), 9)
	must(t, err)
	if len(waiting) > 0 {
		t.Errorf("another replica may claim %v", waiting)
	}
	c := queue.Candidate{Ref: ref(1)}
	must(t, a.pool.QueryRow(t.Context(), `SELECT id FROM repo`).Scan(&c.Repo))
	claims, err := jobStore{b}.Claim(t.Context(), []queue.Pick{{Candidate: c, Run: 1}})
	must(t, err)
	if len(claims) > 0 {
		t.Errorf("another replica claims %v", claims)
	}
	close(h.release)
	must(t, <-h.remembered)
}

// TestClocksThatDiffer holds that a replica whose clock is wrong delays nothing, be it
// what it accepts, what it tries again, or what sleeps.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	a, b := twoReplicas(t)
	var mu sync.Mutex
	runs := map[int][]time.Time{} // when, by number
	options := func(ahead time.Duration) queue.Options {
		now := func() time.Time { return time.Now().Add(ahead) }
		return queue.Options{FirstRetry: 200 * time.Millisecond, Now: now, Work: func(_ context.Context, r pull.Ref) error {
			mu.Lock()
			defer mu.Unlock()
			runs[r.Number] = append(runs[r.Number], time.Now())
			broken := errors.New("the forge answers 502")
			switch n := len(runs[r.Number]); {
			case r.Number%4 == 1 && n == 1:
				return queue.RetryAt(now().Add(2*time.Second), broken)
			case r.Number%4 == 2 && n == 1:
				return queue.RetryAtOrNextEvent(now().Add(2*time.Second), broken)
			case r.Number%4 == 3 && n < 3:
				return broken
			}
			return nil
		}}
	}
	must(t, a.Start(t.Context(), options(2*time.Hour)))
	must(t, b.Start(t.Context(), options(-2*time.Hour)))
	begun := time.Now()
	for n := range 24 {
		s := []*Store{a, b}[n/12]
		must(t, s.Accept(t.Context(),
			webhook.Delivery{Forge: "github", ID: fmt.Sprint(n), Hints: []webhook.Hint{{Repo: ref(1).Repo, Number: n + 1}}}))
	}
	for _, s := range []*Store{a, b} {
		backlog, err := s.Backlog(t.Context())
		must(t, err)
		if age := time.Since(backlog.Oldest); age < 0 || age > time.Minute {
			t.Errorf("the oldest is %s old", age)
		}
	}
	untilIdle(t, a)
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("all took %s", took)
	}
	mu.Lock()
	defer mu.Unlock()
	for number, at := range runs {
		last := at[len(at)-1].Sub(at[0])
		if sleeps := number%4 == 1 || number%4 == 2; sleeps && (last < 1900*time.Millisecond || last > 5*time.Second) {
			t.Errorf("#%d slept for %s", number, last)
		}
	}
	if skews := []time.Duration{a.Skew().Round(time.Hour), b.Skew().Round(time.Hour)}; skews[0] != -2*time.Hour || skews[1] != 2*time.Hour {
		t.Errorf("skews of %v", skews)
	}
}

// TestClaimThatIsNotToldIsFree holds that a claim which its living process does not run,
// as its end or its making was lost, is run, and one that it is about to make is kept.
func TestClaimThatIsNotToldIsFree(t *testing.T) {
	t.Parallel()
	a, _ := twoReplicas(t)
	ran := make(chan pull.Ref, 9)
	release := make(chan struct{})
	must(t, a.Start(t.Context(), queue.Options{Work: func(_ context.Context, r pull.Ref) error {
		ran <- r
		<-release
		return nil
	}}))
	must(t, a.Raise(t.Context(), ref(1)))
	<-ran // and is kept, however often it is told
	mustExec(t, a, `INSERT INTO pr_work (repo_id, number, gen, state, class, since, due_at, holder, run, lease)
		SELECT id, 2, 1, 'waiting', 9, 0, 0, $1, 1000, 7 FROM repo`, a.replica)
	must(t, a.write(t.Context(), func(ctx context.Context, tx tables.DB) error {
		return a.free(ctx, tx, queue.Known{Newest: 999, Live: a.runner.Load().Known().Live})
	}))
	held := func() (n int) {
		must(t, a.pool.QueryRow(t.Context(), `SELECT count(*) FROM pr_work WHERE holder IS NOT NULL`).Scan(&n))
		return n
	}
	if n := held(); n != 2 {
		t.Errorf("%d are held, one of them for a run to come", n)
	}
	mustExec(t, a, `UPDATE pr_work SET run = 0 WHERE number = 2`)
	must(t, a.heartbeat.Load().beat(t.Context()))
	if n := held(); n != 1 {
		t.Errorf("%d are held, one runs", n)
	}
	if r := <-ran; r != ref(2) {
		t.Errorf("%s ran", r)
	}
	close(release)
	untilIdle(t, a)
}

// TestUnreachedForgeIsLeftToOthers holds that a replica that can't reach a forge leaves
// its work, and leading, to one that can, and to nobody else.
func TestUnreachedForgeIsLeftToOthers(t *testing.T) {
	t.Parallel()
	a, b := twoReplicas(t)
	var mu sync.Mutex
	unreached := map[*Store][]string{}
	by := map[pull.Ref]*Store{}
	tell := func(s *Store, forges ...string) {
		mu.Lock()
		unreached[s] = forges
		mu.Unlock()
		must(t, s.heartbeat.Load().beat(t.Context()))
	}
	for _, s := range []*Store{a, b} {
		must(t, s.Start(t.Context(), queue.Options{
			Unreached: func() []string { mu.Lock(); defer mu.Unlock(); return unreached[s] },
			Work:      func(_ context.Context, r pull.Ref) error { mu.Lock(); defer mu.Unlock(); by[r] = s; return nil },
		}))
	}
	raise := func(s *Store, forge string) map[*Store]bool {
		t.Helper()
		mu.Lock()
		clear(by)
		mu.Unlock()
		var refs []pull.Ref
		for n := range 20 {
			r := ref(n + 1)
			r.Repo.Forge = forge
			refs = append(refs, r)
		}
		must(t, s.Raise(t.Context(), refs...))
		untilIdle(t, b)
		mu.Lock()
		defer mu.Unlock()
		took := map[*Store]bool{}
		for _, s := range by {
			took[s] = true
		}
		return took
	}
	// takes raises work until a replica does some of it: who is quicker may take it all.
	takes := func(s *Store, forge string) bool {
		for range 20 {
			if raise(a, forge)[s] {
				return true
			}
		}
		return false
	}
	leads := func(want ...bool) {
		t.Helper()
		if diff := cmp.Diff(want, []bool{a.Leads(), b.Leads()}); diff != "" {
			t.Errorf("leads (-want +got):\n%s", diff)
		}
	}
	leads(true, false)
	tell(a, "github")
	tell(b)
	leads(false, true)
	if took := raise(a, "github"); took[a] || !took[b] {
		t.Error("the replica that can't reach the forge did work of it")
	}
	if !takes(a, "gitee") {
		t.Error("it did no work of another forge")
	}
	tell(b, "github")
	tell(a, "github") // nobody reaches it: all try
	if !takes(a, "github") {
		t.Error("nobody reaches the forge, and it did no work of it")
	}
	leads(false, true)
	tell(a)
	tell(b, "github")
	tell(a)
	leads(true, false)
	if took := raise(b, "github"); took[b] || !took[a] {
		t.Error("the other one, which can't reach it now, did work of it")
	}
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
	must(t, a.heartbeat.Load().beat(t.Context()))
	if n := a.Replicas(); n != 2 {
		t.Errorf("%d replicas", n)
	}
	must(t, a.Stop(t.Context()))
	must(t, b.heartbeat.Load().beat(t.Context()))
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
	a.heartbeat.Load().beatOnce(t.Context(), a.runner.Load().CutAll)
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
	address := postgrestest.Open(t).Database(t, "")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { must(t, reopen(t, address).Ready(t.Context())) })
	}
	all.Wait()
}

// TestWorkMayAskWhileItIsStopped holds that stopping waits for what runs without keeping it
// from ending: an evaluation asks how many share the forge's limits before each write.
func TestWorkMayAskWhileItIsStopped(t *testing.T) {
	t.Parallel()
	s, _ := twoReplicas(t)
	running, stopping, asked := make(chan struct{}), make(chan struct{}), make(chan int, 1)
	must(t, s.Start(t.Context(), queue.Options{Work: func(context.Context, pull.Ref) error {
		close(running)
		<-stopping
		asked <- s.Replicas()
		return nil
	}}))
	must(t, s.Raise(t.Context(), ref(1)))
	<-running
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop(context.Background()) }()
	for s.work.TryLock() { // Stop holds it
		s.work.Unlock()
		runtime.Gosched()
	}
	close(stopping)
	must(t, <-stopped)
	if n := <-asked; n < 1 {
		t.Errorf("%d replicas", n)
	}
}
