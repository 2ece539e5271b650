package proposal

import (
	"sync"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// trials are what was tried last, by pull request.
type trials struct {
	mu   sync.Mutex
	last map[pull.Ref]*tried
}

// of returns what is kept of a pull request's own policy and ownership; nil if nothing is.
func (c *trials) of(ref pull.Ref) *tried {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[ref]
}

func (c *trials) keep(ref pull.Ref, t *tried) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil || len(c.last) >= keptProposals {
		c.last = map[pull.Ref]*tried{}
	}
	c.last[ref] = t
}
