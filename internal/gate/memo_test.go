package gate

import (
	"fmt"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestMemoIsBounded holds that what the gate itself keeps has bounds, and the newest stays.
func TestMemoIsBounded(t *testing.T) {
	t.Parallel()
	ref := func(i int) pull.Ref {
		return pull.Ref{Repo: pull.Repo{Forge: "f", Owner: "o", Name: fmt.Sprint("r", i)}, Number: i + 1}
	}
	for name, kept := range map[string]struct {
		most  int
		add   func(c *memo, q *queueCache, i int)
		size  func(c *memo, q *queueCache) int
		holds func(c *memo, q *queueCache, i int) bool
	}{
		"proposals": {keptProposals, func(c *memo, _ *queueCache, i int) { c.keepTried(ref(i), &triedProposal{}) },
			func(c *memo, _ *queueCache) int { return len(c.proposals) },
			func(c *memo, _ *queueCache, i int) bool { return c.tried(ref(i)) != nil }},
		"whom a patch concerns": {maxHinted, func(c *memo, _ *queueCache, i int) { c.hintedFor(patchOf{head: fmt.Sprint(i)}, &[]string{"a"}) },
			func(c *memo, _ *queueCache) int { return len(c.hinted) },
			func(c *memo, _ *queueCache, i int) bool {
				_, ok := c.hintedFor(patchOf{head: fmt.Sprint(i)}, nil)
				return ok
			}},
		"groups": {maxLastGroups, func(_ *memo, q *queueCache, i int) {
			q.keepQueue(ref(0).Repo, "main", seam.Queue{Groups: []seam.Group{{Head: "h", Members: []seam.Member{{Number: i + 1}}}}})
		},
			func(_ *memo, q *queueCache) int { return len(q.groups) },
			func(_ *memo, q *queueCache, i int) bool {
				_, ok := q.lastGroup(pull.Ref{Repo: ref(0).Repo, Number: i + 1})
				return ok
			}},
		"failing groups": {maxFailing, func(_ *memo, q *queueCache, i int) { q.failed(fmt.Sprint(i)) },
			func(_ *memo, q *queueCache) int { return len(q.fails) },
			func(_ *memo, q *queueCache, i int) bool { return q.failed(fmt.Sprint(i)) > 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, q := &memo{}, newQueueCache()
			for i := range kept.most + 10 {
				kept.add(c, &q, i)
			}
			if n := kept.size(c, &q); n > kept.most {
				t.Errorf("%d are kept, want %d at most", n, kept.most)
			}
			if !kept.holds(c, &q, kept.most+9) {
				t.Error("the last one is not kept")
			}
		})
	}
}
