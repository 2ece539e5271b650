package sqlite

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// TestCommitsAreBounded holds that of more writes than may share a commit, which all come
// while another one is under way, the rest is in the next one, and that all are done.
func TestCommitsAreBounded(t *testing.T) {
	t.Parallel()
	s := reopen(t, filepath.Join(t.TempDir(), "reviewgate.db"))
	const writes = 2*maxBatch + 10
	var mu sync.Mutex
	shared := map[tables.DB]int{} // by transaction
	begun, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		must(t, s.write(t.Context(), func(context.Context, tables.DB) error { close(begun); <-release; return nil }))
	})
	<-begun
	for range writes {
		all.Go(func() {
			must(t, s.write(t.Context(), func(_ context.Context, tx tables.DB) error {
				mu.Lock()
				defer mu.Unlock()
				shared[tx]++
				return nil
			}))
		})
	}
	<-time.After(50 * time.Millisecond) // for them to wait; that fewer do shows less
	close(release)
	all.Wait()
	most, done := 0, 0
	for _, n := range shared {
		most, done = max(most, n), done+n
	}
	if most > maxBatch || most < maxBatch/2 || done != writes {
		t.Errorf("%d writes of %d are done, %d of them in one commit, want %d at most", done, writes, most, maxBatch)
	}
}

// TestWaitingOfEach holds that of each repository as many are listed as are asked for, its
// first ones.
func TestWaitingOfEach(t *testing.T) {
	t.Parallel()
	s := reopen(t, filepath.Join(t.TempDir(), "reviewgate.db"))
	other := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "other"}, Number: 7}
	must(t, s.Raise(t.Context(), crashRef(1), crashRef(2), crashRef(3), crashRef(4), other))
	waiting, err := jobStore{s}.Waiting(t.Context(), 3)
	must(t, err)
	if len(waiting) != 4 || waiting[0].Ref != crashRef(1) || waiting[2].Ref != crashRef(3) || waiting[3].Ref != other {
		t.Errorf("%v are listed", waiting)
	}
}
