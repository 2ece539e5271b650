package model_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// wrongNo tells what a verdict denies although the rule's own words grant it; empty
// if nothing.
func (h *life) wrongNo(p *modelPull, run gate.Run) string {
	files, ok := h.files(p)
	if !ok || checkNames[p.base] == "" || !p.open {
		return ""
	}
	sure := 0
	for i, c := range files {
		r := h.surely(p, c)
		if r == nil {
			continue
		}
		sure++
		h.tally.files["surely reviewed"]++
		if f := run.Verdict.Files[i]; f.State != policy.Reviewed {
			return fmt.Sprintf("%s is %s in spite of %d of %s: %v", f.Path, f.State, r.ID, r.who, f.Notes)
		}
	}
	if h.quiet(p) && run.Verdict.Outcome != policy.Success && (sure*100 >= h.threshold*len(files) || h.surelyOverridden(p)) {
		return fmt.Sprintf("%s with %d of %d files reviewed", run.Verdict.Outcome, sure, len(files))
	}
	return ""
}

// quiet tells that nobody ever objected on any pull request of this head.
func (h *life) quiet(p *modelPull) bool {
	return !slices.ContainsFunc(h.f.pulls, func(q *modelPull) bool {
		return q.head == p.head && slices.ContainsFunc(q.reviews, func(r *modelReview) bool { return r.said.State == pull.ChangesRequested })
	})
}

// surely returns an approval that counts for a file by every word of the rule; nil if
// there is none.
func (h *life) surely(p *modelPull, c pull.Content) *modelReview {
	for _, q := range h.group(p, true) {
		for _, r := range q.reviews {
			if r.State == pull.Approved && slices.Contains(h.maintainers(p, c.Path, true), r.who) && h.refuses(r, p, c) == "" && h.plain(r) &&
				h.shownAlike(r, c) {
				return r
			}
		}
	}
	return nil
}

// plain reports whether an approval's author wrote nothing in any commit, its words are
// as submitted, and its commit is proven.
func (h *life) plain(r *modelReview) bool {
	wrote := slices.ContainsFunc(h.f.git.all, func(c *modelCommit) bool { return c.author == r.who })
	return !wrote && !r.Edited && h.matches(r) && h.certain(r)
}

// matches reports whether every word of an approval's scope matches a path at its
// commit.
func (h *life) matches(r *modelReview) bool {
	shown := pathsOf(diff(r.mergeBase, r.commit))
	for _, word := range spelled(r.said.Body).scope {
		if !slices.ContainsFunc(shown, func(p string) bool { return covers(word, p) }) {
			return false
		}
	}
	return true
}

// certain reports whether the commit of a review is proven by its delivery, or by a
// glance that no forced push can have made worthless.
func (h *life) certain(r *modelReview) bool {
	if r.told || h.f.habits.stays {
		return true
	}
	if !h.f.habits.tellsMoves || r.sight.Commit != r.commit.id || r.first == 0 || r.on.glances[r.first-1].head != r.commit {
		return false
	}
	before, in := r.on.glances[r.first-1], r.on.glances[r.first]
	forced := r.on.headMoves[before.forced:in.forced]
	if slices.ContainsFunc(r.on.headMoves, func(m pull.HeadMove) bool { return m.At.Equal(r.At) }) {
		return false // which of them was first is not told
	}
	if slices.ContainsFunc(r.on.baseMoves, func(m pull.BaseMove) bool { return m.Kind == pull.Reopened && m.At.Equal(before.at) }) {
		return false // nor whether it was seen before or after that
	}
	return len(forced) == 0 || len(forced) == 1 && forced[0].Before == r.commit.id && forced[0].After == in.head.id
}

// shownAlike reports whether both ends of a review's bracket, and what was seen between
// them, show a file as one that is now what it is.
func (h *life) shownAlike(r *modelReview, c pull.Content) bool {
	ends, ok := h.ends(r.on, opened(r.At, r.Begun), r.first)
	if !ok {
		return false
	}
	for _, g := range ends {
		base := h.f.git.mergeBase(g.tip, r.commit)
		if base == nil {
			return false
		}
		shown := diff(base, r.commit)
		i := slices.IndexFunc(shown, func(o pull.Content) bool { return o.Path == c.Path })
		if i < 0 || !h.f.git.carries(shown[i], c) {
			return false
		}
	}
	return true
}

// ends returns both ends of a bracket and what lies between them, if the base has not
// moved there but forward.
func (h *life) ends(on *modelPull, from time.Time, upper int) (ends []glance, ok bool) {
	if upper < 0 || !h.f.habits.tellsMoves {
		return nil, false
	}
	lower := 0
	for i, g := range on.glances[:upper+1] {
		if !g.at.After(from) {
			lower = i
		}
	}
	a, b := on.glances[lower], on.glances[upper]
	if a.at.After(from) && a.moves > 0 || a.moves != b.moves {
		return nil, false
	}
	return on.glances[lower : upper+1], true
}

// surelyOverridden reports whether an override stands by every word of the rule.
func (h *life) surelyOverridden(p *modelPull) bool {
	now := h.f.git.mergeBase(h.f.tip(p), p.head)
	return slices.ContainsFunc(h.group(p, true), func(q *modelPull) bool {
		return slices.ContainsFunc(q.comments, func(c *modelComment) bool {
			ends, ok := h.ends(q, c.At.Add(-settle), c.first)
			return ok && h.overrides(c, p) && !h.cancelledAt(c) && !slices.ContainsFunc(ends, func(g glance) bool {
				return g.base != p.base || h.f.git.mergeBase(g.tip, p.head) != now
			})
		})
	})
}

// cancelledAt reports whether anybody took any override back in the second of a comment
// or later.
func (h *life) cancelledAt(c *modelComment) bool {
	return slices.ContainsFunc(h.f.pulls, func(q *modelPull) bool {
		return slices.ContainsFunc(q.comments, func(o *modelComment) bool {
			return slices.Contains(cancellations, o.Body) && o.who == "olga" && !o.At.Before(c.At)
		})
	})
}
