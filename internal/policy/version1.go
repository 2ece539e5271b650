package policy

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Records of version 1 hold what the gate saw of a pull request as heads with the
// times of its own clock, and no sightings. What their reviews saw is found out
// here as it was then.

// Saw is the head that a review, or a comment with commands, was found to be of.
type Saw struct {
	Review int64 `json:"review"`
	Spoken bool  `json:"spoken,omitempty"` // Review is a comment
	Head   int   `json:"head"`             // place among the snapshot's Heads; -1: none
	Why    Code  `json:"why,omitempty"`    // why there is none
}

// Version1 fills in what a snapshot of version 1 lacks.
func Version1(s *Snapshot) {
	v := version1{s: s, known: s.Request.BaseMovesKnown}
	for _, m := range s.Request.BaseMoves {
		v.moves = append(v.moves, m.At)
	}
	all := []*pull.Request{&s.Request}
	for i := range s.Twins {
		t := &s.Twins[i]
		for _, m := range t.BaseMoves {
			v.moves = append(v.moves, m.At)
		}
		v.known = v.known && t.BaseMovesKnown
		all = append(all, t)
		s.TwinHeads = append(s.TwinHeads, s.Heads)
		s.TwinSeen = append(s.TwinSeen, Seen{})
	}
	slices.SortFunc(v.moves, time.Time.Compare)
	s.Saw = []Saw{}
	s.Form = 1
	for _, req := range all {
		for _, r := range req.Reviews {
			v.note(r.ID, false, r.Commit, r.At)
		}
		for _, c := range req.Comments {
			commit := s.Request.Head
			for _, said := range command.Commands2(c.Body) {
				if said.Verb == command.VerbApprove && said.Commit != "" {
					commit = headNamed(s.Heads, said.Commit)
				}
			}
			v.note(c.ID, true, commit, c.At)
		}
	}
}

type version1 struct {
	s     *Snapshot
	moves []time.Time
	known bool
}

func (v *version1) note(id int64, spoken bool, commit string, at time.Time) {
	head, why := v.record(commit, at)
	v.s.Saw = append(v.s.Saw, Saw{Review: id, Spoken: spoken, Head: head, Why: why})
}

// record gives the head that a review of a commit was given for: the last one seen
// before the review, else the first one after it, provided that the base did not
// move in between.
func (v *version1) record(commit string, at time.Time) (int, Code) {
	before, after := -1, -1
	for i := range v.s.Heads { // in order of SeenAt
		h := &v.s.Heads[i]
		seen := h.SeenAt.Truncate(time.Second)
		switch {
		case h.ID != commit || commit == "":
		case seen.Before(at), seen.Equal(at) && v.known && !v.movedUntil(at, h):
			before = i
		case after < 0:
			after = i
		}
	}
	switch {
	case before >= 0 && !v.movedSince(&v.s.Heads[before], at):
		return before, ""
	case after >= 0 && v.known && !v.movedUntil(at, &v.s.Heads[after]):
		return after, ""
	case before < 0 && after < 0:
		return -1, NoteUnknownHead
	}
	return -1, NoteOtherBase
}

func (v *version1) counts(h *pull.Head) bool {
	return h.MovesKnown && v.known && len(v.s.Twins) == 0 && h.Moves <= len(v.moves)
}

func (v *version1) movedSince(h *pull.Head, at time.Time) bool {
	if !v.counts(h) {
		return v.moved(h.SeenAt.Truncate(time.Second), at)
	}
	return slices.ContainsFunc(v.moves[h.Moves:], func(t time.Time) bool { return !t.After(at) })
}

func (v *version1) movedUntil(at time.Time, h *pull.Head) bool {
	if !v.counts(h) {
		return v.moved(at, h.SeenAt)
	}
	return slices.ContainsFunc(v.moves[:h.Moves], func(t time.Time) bool { return !t.Before(at) })
}

func (v *version1) moved(from, to time.Time) bool {
	return slices.ContainsFunc(v.moves, func(t time.Time) bool { return !t.Before(from) && !t.After(to) })
}

// sawBefore gives what a review showed, as it was found under version 1.
func (e *evaluation) sawBefore(g *given) *seenHead {
	i := slices.IndexFunc(e.s.Saw, func(s Saw) bool { return s.Review == g.ID && s.Spoken == g.spoken })
	if i < 0 {
		return &seenHead{commit: g.Commit, why: NoteUnknownHead}
	}
	found := e.s.Saw[i]
	if found.Head < 0 || found.Head >= len(e.s.Heads) {
		return &seenHead{commit: g.Commit, why: found.Why}
	}
	h, req := &e.s.Heads[found.Head], &e.s.Request
	return &seenHead{commit: h.ID, same: h.ID == req.Head && h.MergeBase == req.MergeBase && h.BaseBranch == req.BaseBranch, shown: []map[string]pull.Content{shownBy(h)}}
}
