package postgres

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// Bounds on deliveries that are stored each by itself, because their batch failed.
const (
	// maxAside is how many are tried at once, for a moment each. Beyond it they stand in
	// line, for commitTimeout at the most.
	maxAside = 4
	// maxPatient is how many wait at once for a lock that somebody else has, each with a
	// connection. Beyond it they stand in line, too, and nobody else does.
	maxPatient = 4
	// lockedFor is how long what a lock was met for is kept out of batches.
	lockedFor = time.Second
	// maxLocked is how many of these are remembered; beyond it all are forgotten, and
	// found again by batches that fail.
	maxLocked = 1000
)

// aside are deliveries that left their batch.
type aside struct {
	under           sync.WaitGroup
	quick, patience *semaphore.Weighted

	mu    sync.Mutex
	until map[target]time.Time // by what was locked
}

// target is a pull request, or what else a delivery hints at, of a repository.
type target struct {
	repo   repoName
	number int
}

func newAside() *aside {
	return &aside{quick: semaphore.NewWeighted(maxAside), patience: semaphore.NewWeighted(maxPatient), until: map[target]time.Time{}}
}

func targetOf(h webhook.Hint) target { return target{nameOf(h), h.Number} }

// locked reports whether a delivery hints at what was locked a moment ago.
func (a *aside) locked(d *delivery) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, h := range d.Hints {
		if until, ok := a.until[targetOf(h)]; ok && time.Now().Before(until) {
			return true
		}
	}
	return false
}

// met notes what a lock was met for.
func (a *aside) met(d *delivery) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.until) >= maxLocked {
		clear(a.until)
	}
	for _, h := range d.Hints {
		a.until[targetOf(h)] = time.Now().Add(lockedFor)
	}
}

// storeAside stores a delivery by itself, and returns before it is.
func (s *Store) storeAside(o *store.Item[*delivery]) {
	end := o.Aside()
	s.aside.under.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
		defer cancel()
		stop := context.AfterFunc(o.Ctx, cancel) // its sender has left
		defer stop()
		one := []*store.Item[*delivery]{o}
		err := within(ctx, s.aside.quick, func() error { return s.storeAll(ctx, one, quickly) })
		if locked(err) {
			s.aside.met(o.Value)
			err = within(ctx, s.aside.patience, func() error { return s.storeAll(ctx, one, patiently) })
		}
		end(err)
	})
}

// within does something when there is a place for it.
func within(ctx context.Context, places *semaphore.Weighted, do func() error) error {
	if err := places.Acquire(ctx, 1); err != nil {
		return err
	}
	defer places.Release(1)
	return do()
}
