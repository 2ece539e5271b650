package gate

import (
	"fmt"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestMemoIsBounded holds that what the gate itself keeps has bounds, and the newest stays.
func TestMemoIsBounded(t *testing.T) {
	t.Parallel()
	ref := func(i int) pull.Ref {
		return pull.Ref{Repo: pull.Repo{Forge: "f", Owner: "o", Name: fmt.Sprint("r", i)}, Number: i + 1}
	}
	for name, kept := range map[string]struct {
		most  int
		add   func(c *memo, i int)
		size  func(c *memo) int
		holds func(c *memo, i int) bool
	}{
		"proposals": {keptProposals, func(c *memo, i int) { c.keepTried(ref(i), &triedProposal{}) },
			func(c *memo) int { return len(c.proposals) },
			func(c *memo, i int) bool { return c.tried(ref(i)) != nil }},
		"whom a patch concerns": {maxHinted, func(c *memo, i int) { c.hintedFor(patchOf{head: fmt.Sprint(i)}, &[]string{"a"}) },
			func(c *memo) int { return len(c.hinted) },
			func(c *memo, i int) bool {
				_, ok := c.hintedFor(patchOf{head: fmt.Sprint(i)}, nil)
				return ok
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &memo{}
			for i := range kept.most + 10 {
				kept.add(c, i)
			}
			if n := kept.size(c); n > kept.most {
				t.Errorf("%d are kept, want %d at most", n, kept.most)
			}
			if !kept.holds(c, kept.most+9) {
				t.Error("the last one is not kept")
			}
		})
	}
}
