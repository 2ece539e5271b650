package mergequeue

import (
	"fmt"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestKeptGroupsAreBounded holds that what is kept of groups has bounds, and the newest stays.
func TestKeptGroupsAreBounded(t *testing.T) {
	t.Parallel()
	c := newCache()
	for i := range maxLastGroups + 10 {
		c.keep(linux, "main", seam.Queue{Groups: []seam.Group{{Head: "h", Members: []seam.Member{{Number: i + 1}}}}})
	}
	if _, ok := c.lastGroup(pull.Ref{Repo: linux, Number: maxLastGroups + 10}); !ok || len(c.groups) > maxLastGroups {
		t.Errorf("%d groups are kept, want %d at most; the last one %v", len(c.groups), maxLastGroups, ok)
	}
	for i := range maxFailing + 10 {
		c.failed(fmt.Sprint(i))
	}
	if n := c.failed(fmt.Sprint(maxFailing + 9)); n != 2 || len(c.fails) > maxFailing {
		t.Errorf("%d failing groups are kept, want %d at most; the last one failed %d times", len(c.fails), maxFailing, n)
	}
}
