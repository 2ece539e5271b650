package availability

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestBookIsBounded holds that no more people are kept than there is room for, and still who
// came last.
func TestBookIsBounded(t *testing.T) {
	t.Parallel()
	b, now := New(), time.Unix(1, 0)
	for i := range maxStatuses + 10 {
		b.Saw(seam.Availability{Seen: []string{fmt.Sprint(i)}}, now)
	}
	if len(b.Unseen([]string{"0"}, now)) == 0 || len(b.Unseen([]string{fmt.Sprint(maxStatuses + 9)}, now)) != 0 {
		t.Errorf("more than %d are kept, or not the last one", maxStatuses)
	}
}

// TestBook holds for how long what was told is believed, and that nothing is told of whom
// nobody looked up.
func TestBook(t *testing.T) {
	t.Parallel()
	b, start := New(), time.Unix(1_000_000, 0)
	b.Saw(seam.Availability{Seen: []string{"Ann", "bob", "eve"}, Busy: []string{"bob"}, Gone: []string{"eve"}}, start)
	all := []string{"ann", "bob", "EVE", "zoe"}
	for _, tt := range []struct {
		after        time.Duration
		unseen, busy []string
		there, gone  bool
	}{
		{busyFor - 1, []string{"zoe"}, []string{"bob"}, true, true},
		{goneFor - 1, all, []string{}, true, true},
		{thereFor - 1, all, []string{}, true, false},
		{thereFor, all, []string{}, false, false},
	} {
		now := start.Add(tt.after)
		if diff := cmp.Diff([][]string{tt.unseen, tt.busy}, [][]string{b.Unseen(all, now), b.BusyOf(all, now)}); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", tt.after, diff)
		}
		if got := b.Account("ann"); got.Gone || got.Holds(now) != tt.there {
			t.Errorf("after %s: ann %+v", tt.after, got)
		}
		if got := b.Account("eve"); !got.Gone || got.Holds(now) != tt.gone {
			t.Errorf("after %s: eve %+v", tt.after, got)
		}
	}
	b.Doubt([]string{"EVE"})
	if got := b.Account("eve"); got != (Account{}) || b.Account("zoe") != got || got.Holds(start) {
		t.Errorf("in doubt: %+v", got)
	}
}
