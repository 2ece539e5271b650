// Package turns bounds what a process does and remembers for pull requests: of what is
// asked for it takes so much at a time, each in its turn, and of answers it keeps so many.
package turns

import (
	"cmp"
	"slices"
	"sync"
)

// maxAsked bounds the things whose last turn is remembered; beyond it all begin anew.
const maxAsked = 10_000

// Asked are things that were asked for of which one evaluation asks only so many. The zero
// value is ready; it is safe for concurrent use.
type Asked struct {
	mu    sync.Mutex
	turn  int64
	turns map[any]int64 // the last one of each
}

// Next returns at most so many of a list, and notes that it is their turn: those that
// never had one first, then those whose last one is longest ago. So what is beyond a bound
// comes at the next evaluation, whatever became of what was before it.
func Next[T comparable](a *Asked, list []T, most int) []T {
	a.mu.Lock()
	defer a.mu.Unlock()
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y T) int { return cmp.Compare(a.turns[x], a.turns[y]) })
	list = list[:min(len(list), max(most, 0))]
	if a.turns == nil || len(a.turns)+len(list) > maxAsked {
		a.turns = map[any]int64{}
	}
	for _, x := range list {
		a.turn++
		a.turns[x] = a.turn
	}
	return list
}

// Kept are answers, Most at the most; beyond it all are forgotten, and asked for again. It
// is safe for concurrent use.
type Kept[K comparable, V any] struct {
	Most int

	mu  sync.Mutex
	all map[K]V
}

// Get returns what is kept of a key; false if nothing is.
func (k *Kept[K, V]) Get(key K) (V, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.all[key]
	return v, ok
}

// Keep keeps an answer, in place of an earlier one of its key.
func (k *Kept[K, V]) Keep(key K, v V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.all[key]; k.all == nil || !known && len(k.all) >= k.Most {
		k.all = map[K]V{}
	}
	k.all[key] = v
}
