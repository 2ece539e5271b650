package store

import (
	"context"
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TurnKey names what only one writes at a time: a check of a commit. Forges compare
// names without case.
func TurnKey(repo pull.Repo, head, name string) string {
	return strings.ToLower(strings.Join([]string{repo.String(), head, name}, "\n"))
}

// Turns are the turns of one process. The zero Turns is ready for use.
type Turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // closed when the turn ends
}

// Take waits for a turn, and gives what ends it.
func (t *Turns) Take(ctx context.Context, key string) (done func(), err error) {
	for {
		ended, mine := t.try(key)
		if mine {
			return func() { t.end(key, ended) }, nil
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try takes a turn if nobody has it, else it gives what tells its end.
func (t *Turns) try(key string) (ended chan struct{}, mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ended, taken := t.taken[key]; taken {
		return ended, false
	}
	if t.taken == nil {
		t.taken = map[string]chan struct{}{}
	}
	t.taken[key] = make(chan struct{})
	return t.taken[key], true
}

func (t *Turns) end(key string, ended chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.taken, key)
	close(ended)
}
