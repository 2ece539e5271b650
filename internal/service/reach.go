package service

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// maxSilent is after how many calls in a row without an answer a forge is taken for
	// out of reach: another replica that reaches it does its work. One call may be
	// anything's fault.
	maxSilent = 3
	// probeEvery is how often a forge is asked whether it is back, and how long that
	// may take.
	probeEvery = 5 * time.Second
)

// reach knows which forges this process gets no answer from.
type reach struct {
	log    *slog.Logger
	mu     sync.Mutex
	silent map[string]int // calls in a row without an answer, by forge
}

func newReach(log *slog.Logger) *reach { return &reach{log: log, silent: map[string]int{}} }

// note counts a call.
func (r *reach) note(forge string, answered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.silent[forge]
	if answered {
		delete(r.silent, forge)
	} else {
		r.silent[forge]++
	}
	switch {
	case answered && was >= maxSilent:
		r.log.Info("the forge answers again", "forge", forge)
	case !answered && was+1 == maxSilent:
		r.log.Warn("the forge does not answer this process; replicas that reach it do its work meanwhile", "forge", forge)
	}
}

// unreached names the forges that are out of reach, sorted.
func (r *reach) unreached() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.silent)) {
		if r.silent[name] >= maxSilent {
			names = append(names, name)
		}
	}
	return names
}

// watch asks forges that are out of reach until they answer, as nobody else here may
// call them meanwhile.
func (r *reach) watch(ctx context.Context, ask map[string]func(context.Context) error) {
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var all sync.WaitGroup
		for _, name := range r.unreached() {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, probeEvery)
				defer cancel()
				if ask[name](ctx) == nil {
					r.note(name, true)
				}
			})
		}
		all.Wait()
	}
}
