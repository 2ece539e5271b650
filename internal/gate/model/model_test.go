package model_test

import (
	"flag"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
)

var (
	histories = flag.Int("histories", mostHistories, "how many random histories TestSecondModel plays")
	firstSeed = flag.Uint64("seed", 1, "seed of the first history of TestSecondModel")
)

// mostFound is after how many failures no more histories are played.
const mostFound = 3

// TestSecondModel plays random histories through the gate's loading on a forge in
// memory, and holds what the gate says against a second model of the rule, written
// from its text alone: never a success without a proof for each file, and a success
// where there is one.
func TestSecondModel(t *testing.T) {
	t.Parallel()
	words, err := publish.NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	const parts = 4
	var mu sync.Mutex
	all := newTally()
	var found atomic.Int32
	full := func() bool { return found.Load() >= mostFound }
	begun := time.Now()
	t.Run("histories", func(t *testing.T) {
		for part := range parts {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				mine := newTally()
				for i := part; i < *histories && !full(); i += parts {
					h := play(t, *firstSeed+uint64(i), words)
					mine.add(h.tally)
					if h.found != nil {
						t.Error(h)
						found.Add(1)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				all.add(mine)
			})
		}
	})
	t.Logf("%d histories from seed %d on in %s", *histories, *firstSeed, time.Since(begun).Round(time.Millisecond))
	for _, of := range []map[string]int{all.acts, all.files} {
		for _, k := range slices.Sorted(maps.Keys(of)) {
			t.Logf("%8d %s", of[k], k)
		}
	}
	t.Log(all.outcomes)
	if found.Load() == 0 {
		all.tame(t)
	}
}

// tame fails where the histories hold too little of something to mean anything.
func (t *tally) tame(tb testing.TB) {
	if *histories < 1000 {
		return
	}
	judged := 0
	for _, n := range t.outcomes {
		judged += n
	}
	for _, o := range []policy.Outcome{policy.Success, policy.Pending, policy.Failure} {
		if t.outcomes[o]*100 < judged {
			tb.Errorf("%d of %d verdicts are %s", t.outcomes[o], judged, o)
		}
	}
	for _, a := range loudActs {
		if t.acts[a.name] < *histories/50 {
			tb.Errorf("%q was done %d times", a.name, t.acts[a.name])
		}
	}
}
