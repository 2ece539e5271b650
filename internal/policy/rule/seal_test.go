package rule_test

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// sealed adds to a snapshot what a gate remembers that looked whenever a head was
// seen, and once more now: sightings, and what was first seen of each review, of
// which signed deliveries told. A merge base stands for the base's tip.
func sealed(s policy.Snapshot) policy.Snapshot {
	req := &s.Request
	slices.SortStableFunc(s.Heads, func(a, b pull.Head) int { return a.SeenAt.Compare(b.SeenAt) })
	req.BaseTip = req.MergeBase
	s.Seen, s.Compared = sight.Seen{}, nil
	add := func(h pull.Head) {
		now := pull.Sighting{Number: len(s.Seen.Sightings) + 1, Head: h.ID, BaseBranch: h.BaseBranch, BaseTip: h.MergeBase, At: h.SeenAt,
			MovesKnown: req.BaseMovesKnown}
		for _, m := range req.BaseMoves {
			if !m.At.After(h.SeenAt) {
				now.Moves++
			}
		}
		if n := len(s.Seen.Sightings); n > 0 && s.Seen.Sightings[n-1].BaseBranch != h.BaseBranch {
			now.Left = []pull.Tip{s.Seen.Sightings[n-1].Base()}
		}
		s.Seen.Sightings = append(s.Seen.Sightings, now)
	}
	for _, h := range s.Heads {
		if !h.Past {
			add(h)
		}
	}
	if len(s.Seen.Sightings) == 0 {
		return s
	}
	for _, h := range s.Heads {
		for _, o := range s.Seen.Sightings {
			if o.BaseBranch == h.BaseBranch &&
				!slices.ContainsFunc(s.Compared, func(c sight.Compared) bool { return c.Tip == o.BaseTip && c.Head == h.ID }) {
				s.Compared = append(s.Compared, sight.Compared{Tip: o.BaseTip, Head: h.ID, MergeBase: h.MergeBase})
			}
		}
	}
	s.Seen.Sights, s.Seen.Told = sightsOf(req, s.Seen.Sightings)
	s.TwinSeen, s.TwinHeads = nil, nil
	for i := range s.Twins {
		seen := s.Seen
		seen.Sights, seen.Told = sightsOf(&s.Twins[i], s.Seen.Sightings)
		s.TwinSeen, s.TwinHeads = append(s.TwinSeen, seen), append(s.TwinHeads, s.Heads)
	}
	return s
}

func sightsOf(req *pull.Request, sightings []pull.Sighting) (sights []pull.Sight, told []pull.Told) {
	add := func(sight pull.Sight, at interface{ UnixNano() int64 }) {
		sight.In, sight.Before = len(sightings), len(sightings)-1
		for i := range sightings {
			if sightings[i].At.UnixNano() >= at.UnixNano() {
				sight.In, sight.Before = i+1, i
				break
			}
		}
		if last := sight.Before; last > 0 && (sightings[last-1].Head == sight.Commit || sight.State == pull.Spoken) {
			sight.In = last // the gate looked at once, and nothing had moved
		}
		sights = append(sights, sight)
	}
	for _, r := range req.Reviews {
		add(pull.Sight{Review: r.ID, State: r.State, Commit: r.Commit, Body: r.Body, Edited: r.Edited}, r.At)
		if r.DismissedState == pull.Approved {
			add(pull.Sight{Review: r.ID, State: pull.Approved, Commit: r.Commit, Body: r.Body, Edited: r.Edited}, r.At)
		}
		if r.Edited { // no delivery told of it before
			continue
		}
		if r.DismissedState == pull.Approved {
			told = append(told, pull.Told{Review: r.ID, State: pull.Approved, Commit: r.Commit, Body: r.Body})
		}
		told = append(told, pull.Told{Review: r.ID, State: r.State, Commit: r.Commit, Body: r.Body})
	}
	for _, c := range req.Comments {
		add(pull.Sight{Review: c.ID, State: pull.Spoken}, c.At)
	}
	return sights, told
}
