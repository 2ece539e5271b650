package sight

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Times are what records of version 1 hold of what the gate saw: heads with the times of
// its own clock, and no sightings.
type Times struct {
	Heads []pull.Head // in order of SeenAt
	Moves []time.Time // of the bases, in order
	Known bool        // whether the forge tells of the moves
	Alone bool        // whether they are of one request
}

// Head returns the head that a review of a commit was given for: the last one seen
// before the review, else the first one after it, provided that the base did not
// move in between.
func (v *Times) Head(commit string, at time.Time) (int, Why) {
	before, after := -1, -1
	for i := range v.Heads { // in order of SeenAt
		h := &v.Heads[i]
		seen := h.SeenAt.Truncate(time.Second)
		switch {
		case h.ID != commit || commit == "":
		case seen.Before(at), seen.Equal(at) && v.Known && !v.movedUntil(at, h):
			before = i
		case after < 0:
			after = i
		}
	}
	switch {
	case before >= 0 && !v.movedSince(&v.Heads[before], at):
		return before, ""
	case after >= 0 && v.Known && !v.movedUntil(at, &v.Heads[after]):
		return after, ""
	case before < 0 && after < 0:
		return -1, WhyUnknownHead
	}
	return -1, WhyOtherBase
}

func (v *Times) counts(h *pull.Head) bool {
	return h.MovesKnown && v.Known && v.Alone && h.Moves <= len(v.Moves)
}

func (v *Times) movedSince(h *pull.Head, at time.Time) bool {
	if !v.counts(h) {
		return v.moved(h.SeenAt.Truncate(time.Second), at)
	}
	return slices.ContainsFunc(v.Moves[h.Moves:], func(t time.Time) bool { return !t.After(at) })
}

func (v *Times) movedUntil(at time.Time, h *pull.Head) bool {
	if !v.counts(h) {
		return v.moved(at, h.SeenAt)
	}
	return slices.ContainsFunc(v.Moves[:h.Moves], func(t time.Time) bool { return !t.Before(at) })
}

func (v *Times) moved(from, to time.Time) bool {
	return slices.ContainsFunc(v.Moves, func(t time.Time) bool { return !t.Before(from) && !t.After(to) })
}
