package late

import (
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestAwaitedComments holds that a look which lacks a comment that an event told of is not judged
// by, for so many looks; and that who goes on writing such keeps nothing from being judged.
func TestAwaitedComments(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	told := func(id int64, at time.Time) pull.Told {
		return pull.Told{Review: id, State: pull.Spoken, ReceivedAt: at}
	}
	deleted := told(7, now)
	deleted.Dismissed = true
	shown := []pull.Comment{{ID: 7, Body: "/hold"}}
	for name, tt := range map[string]struct {
		told     []pull.Told
		comments []pull.Comment
		sights   []pull.Sight
		waits    int // of ten looks
	}{
		"not there yet":       {told: []pull.Told{told(7, now)}, waits: maxAwaits},
		"two":                 {told: []pull.Told{told(7, now), told(8, now)}, waits: maxAwaits},
		"there":               {told: []pull.Told{told(7, now)}, comments: shown},
		"seen before":         {told: []pull.Told{told(7, now)}, sights: []pull.Sight{{Review: 7, State: pull.Spoken}}},
		"a review of its id":  {told: []pull.Told{told(7, now)}, sights: []pull.Sight{{Review: 7, State: pull.Approved}}, waits: maxAwaits},
		"deleted":             {told: []pull.Told{deleted}},
		"deleted, another":    {told: []pull.Told{deleted, told(8, now)}, waits: maxAwaits},
		"of long ago":         {told: []pull.Told{told(7, now.Add(-awaitFor-time.Second))}},
		"nothing was told of": {},
	} {
		c := NewComments()
		waits := 0
		for range 10 {
			if c.Missing(&pull.Request{Comments: tt.comments}, &history.PullHistory{Told: tt.told, Sights: tt.sights}, now) {
				waits++
			}
		}
		if waits != tt.waits {
			t.Errorf("%s: waited %d times, want %d", name, waits, tt.waits)
		}
	}
	c := NewComments()
	m, row, longest := &history.PullHistory{}, 0, 0
	for i := range int64(5 * maxAwaits) {
		m.Told = append(m.Told, told(100+i, now))
		if row++; !c.Missing(&pull.Request{}, m, now) {
			row = 0
		}
		longest = max(longest, row)
	}
	if longest != maxAwaits {
		t.Errorf("%d looks in a row were not judged by", longest)
	}
}

// TestAwaitedAreBounded holds that of more comments than are remembered all are waited for anew.
func TestAwaitedAreBounded(t *testing.T) {
	t.Parallel()
	c := NewComments()
	for i := range maxAwaited + 1 {
		c.looks.Keep(awaited{id: int64(i)}, 1)
	}
	if _, known := c.looks.Get(awaited{id: 0}); known {
		t.Error("all are remembered")
	}
}
