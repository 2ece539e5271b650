package gate

import (
	"sync"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// memo is what the gate itself keeps between evaluations, besides what was read.
type memo struct {
	mu        sync.Mutex
	hinted    map[patchOf][]string // whom the text of a head's patch concerns
	proposals map[pull.Ref]*triedProposal
}

// tried gives what is kept of a pull request's own policy and ownership; nil if nothing is.
func (c *memo) tried(ref pull.Ref) *triedProposal {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proposals[ref]
}

func (c *memo) keepTried(ref pull.Ref, t *triedProposal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proposals == nil || len(c.proposals) >= keptProposals {
		c.proposals = map[pull.Ref]*triedProposal{}
	}
	c.proposals[ref] = t
}
