package rule

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Records of version 1 hold what the gate saw of a pull request as heads with the
// times of its own clock, and no sightings. What their reviews saw is found out
// here as it was then.

// Version1 fills in what a snapshot of version 1 lacks.
func Version1(s *policy.Snapshot) {
	v := sight.Times{Heads: s.Heads, Known: s.Request.BaseMovesKnown, Alone: len(s.Twins) == 0}
	for _, m := range s.Request.BaseMoves {
		v.Moves = append(v.Moves, m.At)
	}
	all := []*pull.Request{&s.Request}
	for i := range s.Twins {
		t := &s.Twins[i]
		for _, m := range t.BaseMoves {
			v.Moves = append(v.Moves, m.At)
		}
		v.Known = v.Known && t.BaseMovesKnown
		all = append(all, t)
		s.TwinHeads = append(s.TwinHeads, s.Heads)
		s.TwinSeen = append(s.TwinSeen, sight.Seen{})
	}
	slices.SortFunc(v.Moves, time.Time.Compare)
	s.Saw = []policy.Saw{}
	note := func(id int64, spoken bool, commit string, at time.Time) {
		head, why := v.Head(commit, at)
		s.Saw = append(s.Saw, policy.Saw{Review: id, Spoken: spoken, Head: head, Why: why})
	}
	s.Form = 1
	for _, req := range all {
		for _, r := range req.Reviews {
			note(r.ID, false, r.Commit, r.At)
		}
		for _, c := range req.Comments {
			commit := s.Request.Head
			for _, said := range command.Commands2(c.Body) {
				if said.Verb == command.VerbApprove && said.Commit != "" {
					commit = headNamed(s.Heads, said.Commit)
				}
			}
			note(c.ID, true, commit, c.At)
		}
	}
}

// sawBefore returns what a review showed, as it was found under version 1.
func (e *evaluation) sawBefore(g *given) *sight.Shown {
	i := slices.IndexFunc(e.s.Saw, func(s policy.Saw) bool { return s.Review == g.ID && s.Spoken == g.spoken })
	if i < 0 {
		return &sight.Shown{Commit: g.Commit, Why: sight.WhyUnknownHead}
	}
	found := e.s.Saw[i]
	if found.Head < 0 || found.Head >= len(e.s.Heads) {
		return &sight.Shown{Commit: g.Commit, Why: found.Why}
	}
	h, req := &e.s.Heads[found.Head], &e.s.Request
	return &sight.Shown{Commit: h.ID, Same: h.ID == req.Head && h.MergeBase == req.MergeBase && h.BaseBranch == req.BaseBranch,
		Files: []map[string]pull.Content{sight.ShownBy(h)}}
}
