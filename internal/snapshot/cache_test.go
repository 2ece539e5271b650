package snapshot

import (
	"fmt"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestCachesAreBounded fills what is remembered with more than it may hold: it holds no
// more, and still what came last.
func TestCachesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	for name, kept := range map[string]struct {
		most  int
		add   func(r *Reader, i int)
		holds func(r *Reader, i int) bool
	}{
		"moved reviews": {maxMoved, func(r *Reader, i int) { r.cache.firstMoved(int64(i), "c") },
			func(r *Reader, i int) bool { return !r.cache.firstMoved(int64(i), "c") }},
		"people": {maxStatuses, func(r *Reader, i int) { r.Saw(seam.Availability{Seen: []string{fmt.Sprint(i)}}, now) },
			func(r *Reader, i int) bool { return len(r.Unseen([]string{fmt.Sprint(i)}, now)) == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := New(Config{}, nil, nil)
			for i := range kept.most + 10 {
				kept.add(r, i)
			}
			if kept.holds(r, 0) {
				t.Errorf("more than %d are kept", kept.most)
			}
			if !kept.holds(r, kept.most+9) {
				t.Error("the last one is not kept")
			}
		})
	}
}
