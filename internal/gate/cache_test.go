package gate

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/seam"
)

func longComment(i int) string {
	return fmt.Sprint("/recheck\n", strings.Repeat("and words\n", longBody/10), i)
}

// TestCachesAreBounded fills what is remembered with more than it may hold: it holds no
// more, and still what came last.
func TestCachesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	for name, kept := range map[string]struct {
		most  int
		add   func(c *cache, i int)
		size  func(c *cache) int
		holds func(c *cache, i int) bool
	}{
		"maps": {maxMaps, func(c *cache, i int) { c.keep(fmt.Sprint(i), &parsedMap{}) },
			func(c *cache) int { return len(c.maps) },
			func(c *cache, i int) bool { return c.parsed(fmt.Sprint(i)) != nil }},
		"merges": {keptMerges, func(c *cache, i int) { c.keepMerge(sight.Merge{Base: fmt.Sprint(i)}, true) },
			func(c *cache) int { return len(c.clean) },
			func(c *cache, i int) bool {
				clean, _ := c.merged(sight.Merge{Base: fmt.Sprint(i)})
				return clean
			}},
		"long comments": {maxCondensed, func(c *cache, i int) { c.condense(longComment(i)) },
			func(c *cache) int { return len(c.bodies) },
			func(c *cache, i int) bool {
				return c.bodies[sha256.Sum256([]byte(longComment(i)))].gives
			}},
		"moved reviews": {maxMoved, func(c *cache, i int) { c.firstMoved(int64(i), "c") },
			func(c *cache) int { return len(c.moved) },
			func(c *cache, i int) bool { return !c.firstMoved(int64(i), "c") }},
		"people": {maxStatuses, func(c *cache, i int) { c.saw([]string{fmt.Sprint(i)}, nil, now) },
			func(c *cache) int { return len(c.people) - 1 },
			func(c *cache, i int) bool { return len(c.unseen([]string{fmt.Sprint(i)}, now)) == 0 }},
		"protections": {maxProtections, func(c *cache, i int) { c.protect(branchOf{branch: fmt.Sprint(i)}, now, &seam.Requirement{}) },
			func(c *cache) int { return len(c.protections) },
			func(c *cache, i int) bool { return c.protect(branchOf{branch: fmt.Sprint(i)}, now, nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &cache{maps: map[string]*parsedMap{}, clean: map[sight.Merge]bool{}, people: map[string]status{}, protections: map[branchOf]protection{}}
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

// TestAsksAreBounded holds that of more than is remembered the last is, and that what is
// forgotten has its turn before what is not.
func TestAsksAreBounded(t *testing.T) {
	t.Parallel()
	a := &asks{}
	for i := range maxAsks + 1 {
		inTurn(a, []int{i}, 1)
	}
	if len(a.turns) > maxAsks {
		t.Errorf("%d turns are remembered", len(a.turns))
	}
	if got := inTurn(a, []int{maxAsks, 0}, 1); got[0] != 0 {
		t.Errorf("it is the turn of %d", got[0])
	}
	k := kept[int, string]{}
	for i := range maxWitnessed + 1 {
		k.keep(i, "x")
	}
	if len(k.all) > maxWitnessed || k.get(maxWitnessed) != "x" {
		t.Errorf("%d are kept", len(k.all))
	}
}
