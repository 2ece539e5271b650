package gate

import (
	"sync"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxHinted bounds the heads of which it is kept whom their patches concern.
const maxHinted = 10_000

// hints are whom the text of heads' patches concerns.
type hints struct {
	mu   sync.Mutex
	whom map[patchOf][]string
}

// patchOf is a head of a pull request.
type patchOf struct {
	ref  pull.Ref
	head string
}

// of keeps whom a head's patch concerns, or returns what was kept.
func (c *hints) of(key patchOf, logins *[]string) ([]string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if logins == nil {
		kept, ok := c.whom[key]
		return kept, ok
	}
	if c.whom == nil || len(c.whom) >= maxHinted {
		c.whom = map[patchOf][]string{}
	}
	c.whom[key] = *logins
	return *logins, true
}
