package storetest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// crew is Work that notes what it is called for.
type crew struct {
	do func(ctx context.Context, ref pull.Ref, nth int) error // nth run of that reference, from 1; nil: nothing

	mu       sync.Mutex
	order    []pull.Ref
	runs     map[pull.Ref]int
	active   map[pull.Ref]bool
	most     int // runs at once
	overlaps int // runs of a reference while it ran
}

func (c *crew) work(ctx context.Context, ref pull.Ref) error {
	c.mu.Lock()
	if c.runs == nil {
		c.runs, c.active = map[pull.Ref]int{}, map[pull.Ref]bool{}
	}
	if c.active[ref] {
		c.overlaps++
	}
	c.active[ref] = true
	c.runs[ref]++
	c.order = append(c.order, ref)
	nth := c.runs[ref]
	c.most = max(c.most, len(c.active))
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.active, ref)
	}()
	if c.do == nil {
		return nil
	}
	return c.do(ctx, ref, nth)
}

func (c *crew) ran(ref pull.Ref) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runs[ref]
}

// served are the references that were run, in order, each once.
func (c *crew) served() []pull.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Keys(c.runs), byRef)
}

func (c *crew) inOrder() []pull.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.order)
}

// options are those that the tests change.
func (c *crew) options() queue.Options {
	return queue.Options{Work: c.work, FirstRetry: time.Millisecond}
}

func start(t *testing.T, s Store, o queue.Options) {
	t.Helper()
	check(t, s.Start(t.Context(), o))
}

// patience is how long a test waits for what must come.
const patience = time.Minute

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, end := time.NewTicker(2*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer end.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// counts returns the backlog without the time.
func counts(t *testing.T, s Store) queue.Backlog {
	t.Helper()
	b, err := s.Backlog(t.Context())
	check(t, err)
	if idle := b.Waiting+b.Running+b.Retrying == 0; idle != b.Oldest.IsZero() {
		t.Fatalf("the oldest of %+v", b)
	}
	b.Oldest = time.Time{}
	return b
}

func untilCounts(t *testing.T, s Store, want queue.Backlog) {
	t.Helper()
	eventually(t, fmt.Sprintf("backlog %+v", want), func() bool { return counts(t, s) == want })
}

func untilIdle(t *testing.T, s Store) {
	t.Helper()
	untilCounts(t, s, queue.Backlog{})
}

func delivery(id string, hints ...webhook.Hint) webhook.Delivery {
	return webhook.Delivery{Forge: "github", ID: id, Hints: hints, ReceivedAt: time.Now()}
}

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("not within %s: %s", patience, what)
	}
}

func sorted(refs ...pull.Ref) []pull.Ref {
	slices.SortFunc(refs, byRef)
	return refs
}

// byRef orders references by repository and number.
func byRef(a, b pull.Ref) int {
	return cmp.Or(cmp.Compare(a.Repo.String(), b.Repo.String()), cmp.Compare(a.Number, b.Number))
}
