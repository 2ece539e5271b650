package queue

import (
	"maps"
	"slices"
	"time"
)

// Mark is where an open pull request stands, as the forge lists it now or as
// it was when it was last evaluated.
type Mark struct {
	Number     int
	Head       string
	BaseBranch string
	BaseTip    string    // optional in a list
	Sources    string    // optional in a list; names the policy and ownership that it is judged by
	UpdatedAt  time.Time // optional in a list
}

// Stale gives the numbers, in order and each once, of the pull requests of a
// repository that must be evaluated again: those listed as open that are not
// known as they are listed, and those known as open that are not listed any
// more. Both lists must be whole, in any order. A field that a list leaves
// empty is not compared.
func Stale(listed, known []Mark) []int {
	was := make(map[int]Mark, len(known))
	for _, m := range known {
		was[m.Number] = m
	}
	stale := map[int]bool{}
	gone := maps.Clone(was)
	for _, m := range listed {
		delete(gone, m.Number)
		if k, ok := was[m.Number]; !ok || m.differs(k) {
			stale[m.Number] = true
		}
	}
	for n := range gone {
		stale[n] = true
	}
	return slices.Sorted(maps.Keys(stale))
}

// differs tells whether the listed mark m says anything else than the known
// mark k.
func (m Mark) differs(k Mark) bool {
	return m.Head != k.Head || m.BaseBranch != k.BaseBranch ||
		m.BaseTip != "" && m.BaseTip != k.BaseTip ||
		m.Sources != "" && m.Sources != k.Sources ||
		!m.UpdatedAt.IsZero() && !m.UpdatedAt.Equal(k.UpdatedAt)
}
