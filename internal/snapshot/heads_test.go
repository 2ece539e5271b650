package snapshot

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestUnwantedLists holds that lists of old heads are forgotten, but for those of heads
// that something names, and those that younger heads have, too.
func TestUnwantedLists(t *testing.T) {
	t.Parallel()
	l := &Reading{}
	for i := range maxLists + 4 {
		l.Memory.Heads = append(l.Memory.Heads, pull.Head{ID: fmt.Sprintf("%040d", i), List: fmt.Sprint("list", i)})
	}
	l.Memory.Heads[maxLists+2].List = "list2"
	l.Memory.Sights = []pull.Sight{{Commit: l.Memory.Heads[1].ID}}
	l.Look.Request.Comments = []pull.Comment{{Body: "/approve " + l.Memory.Heads[0].ID + " mm/"}}
	if diff := cmp.Diff([]string{"list3"}, l.unwanted()); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
}
