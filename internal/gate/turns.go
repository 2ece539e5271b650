package gate

import (
	"cmp"
	"slices"
	"sync"

	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxAsks bounds the things whose last turn is remembered; beyond it all begin anew.
const maxAsks = 10_000

// asks are what was asked for of which one evaluation asks only so much.
type asks struct {
	mu    sync.Mutex
	turn  int64
	turns map[any]int64 // the last one of each
}

// inTurn returns at most so many of a list, and notes that it is their turn: those that
// never had one first, then those whose last one is longest ago. So what is beyond a bound
// comes at the next evaluation, whatever became of what was before it.
func inTurn[T comparable](a *asks, list []T, most int) []T {
	a.mu.Lock()
	defer a.mu.Unlock()
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y T) int { return cmp.Compare(a.turns[x], a.turns[y]) })
	list = list[:min(len(list), max(most, 0))]
	if a.turns == nil || len(a.turns)+len(list) > maxAsks {
		a.turns = map[any]int64{}
	}
	for _, x := range list {
		a.turn++
		a.turns[x] = a.turn
	}
	return list
}

// maxWitnessed bounds what is kept of commits that reviews name, of each kind; beyond it
// all is forgotten, and asked for again.
const maxWitnessed = 4096

// kept is what was read of commits.
type kept[K comparable, V any] struct {
	mu  sync.Mutex
	all map[K]V
}

// get returns the zero V if nothing is kept.
func (k *kept[K, V]) get(key K) V {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all[key]
}

func (k *kept[K, V]) keep(key K, v V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil || len(k.all) >= maxWitnessed {
		k.all = map[K]V{}
	}
	k.all[key] = v
}

// proofOf is a commit of which the forge said when it noted it. It may do so again.
type proofOf struct {
	repo   pull.Repo
	commit string
}

// baseOf is a pair of tip and head of which the merge base is known, for good.
type baseOf struct {
	repo pull.Repo
	of   sight.Compared
}
