package model_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// checkNames are the checks towards the gated branches.
var checkNames = map[string]string{"main": policy.DefaultCheck, "next": policy.DefaultCheck + "/next"}

// group returns the open pull requests with the head and base branch of one, itself
// first; with known, only those that the gate found so when it last evaluated them.
func (h *life) group(p *modelPull, known bool) []*modelPull {
	out := []*modelPull{p}
	for _, q := range h.f.pulls {
		k := h.mem.of(q.ref()).Known
		knows := k.Open && k.Head == q.head.id && k.BaseBranch == q.base
		if q != p && q.open && q.head == p.head && q.base == p.base && (knows || !known) {
			out = append(out, q)
		}
	}
	return out
}

// files returns what merging a pull request would change; nil where there is no one
// merge base.
func (h *life) files(p *modelPull) (files []pull.Content, ok bool) {
	base := h.f.git.mergeBase(h.f.tip(p), p.head)
	if base == nil {
		return nil, false
	}
	return diff(base, p.head), true
}

// neverWrongYes holds a verdict against what people really saw and said.
func (h *life) neverWrongYes(p *modelPull, run gate.Run) {
	name := checkNames[p.base]
	if name == "" || !p.open {
		if run.Verdict.Outcome != "" {
			h.wrong("#%d is not gated, and was judged", p.number)
		}
		return
	}
	outcome := run.Verdict.Outcome
	if got := h.pub.checks[[2]string{p.head.id, name}]; got != outcome {
		h.wrong("#%d: %s stands where the verdict is %s", p.number, got, outcome)
	}
	files, ok := h.files(p)
	if !ok {
		if outcome != policy.Error {
			h.wrong("#%d: %s with several merge bases", p.number, outcome)
		}
		return
	}
	h.holdFiles(p, files, run.Verdict)
	if outcome == policy.Success {
		h.holdSuccess(p, files)
	}
}

// holdFiles holds that each file that counts as reviewed is, for its reviewer saw it
// as it is.
func (h *life) holdFiles(p *modelPull, files []pull.Content, v policy.Verdict) {
	if len(v.Files) != len(files) {
		h.wrong("#%d: %d files instead of %d", p.number, len(v.Files), len(files))
		return
	}
	for i, f := range v.Files {
		if f.Path != files[i].Path {
			h.wrong("#%d: %s instead of %s", p.number, f.Path, files[i].Path)
			return
		}
		h.tally.files[string(f.State)]++
		why, reviewed := h.reviewed(p, files[i])
		if f.State == policy.Reviewed && !reviewed {
			h.wrong("wrong yes on #%d: %s is reviewed by %v: %s", p.number, f.Path, f.ApprovedBy, why)
		}
	}
}

// holdSuccess holds that a success is earned.
func (h *life) holdSuccess(p *modelPull, files []pull.Content) {
	if by := h.objecting(p, files); by != "" {
		h.wrong("wrong yes on #%d: success although %s", p.number, by)
		return
	}
	if h.overridden(p) {
		return
	}
	reviewed := 0
	for _, c := range files {
		if _, ok := h.reviewed(p, c); ok {
			reviewed++
		}
	}
	if reviewed*100 < h.threshold*len(files) {
		h.wrong("wrong yes on #%d: success with %d of %d files", p.number, reviewed, len(files))
	}
}

// reviewed reports whether an approval counts for a file, and if not, why none does.
func (h *life) reviewed(p *modelPull, c pull.Content) (why string, ok bool) {
	var all []string
	for _, q := range h.group(p, false) {
		for _, r := range q.reviews {
			if r.State != pull.Approved {
				continue
			}
			if why = h.refuses(r, p, c); why == "" {
				return "", true
			}
			all = append(all, fmt.Sprintf("%d: %s", r.ID, why))
		}
	}
	return strings.Join(all, "; "), false
}

// refuses tells why an approval does not count for a file as it is now.
func (h *life) refuses(r *modelReview, p *modelPull, c pull.Content) string {
	switch {
	case h.f.gone[r.who] != present:
		return "the account is gone"
	case !slices.Contains(h.maintainers(p, c.Path, false), r.who):
		return "no maintainer"
	case slices.ContainsFunc(h.group(p, true), func(q *modelPull) bool { return q.author == r.who }):
		return "an author"
	case h.superseded(r):
		return "not in force"
	case h.wrote(r.who, p, r.on, c.Path):
		return "a contributor"
	case !inScope(r.said.Body, c.Path):
		return "out of scope"
	case r.first >= 0 && r.sight.Edited && !r.told:
		return "first seen edited"
	case !h.evident(r):
		return "no proof of its commit"
	case !h.bracketed(r):
		return "no lower end, or moves before the first sighting"
	case r.mergeBase == nil:
		return "several merge bases were shown"
	}
	shown := diff(r.mergeBase, r.commit)
	i := slices.IndexFunc(shown, func(o pull.Content) bool { return o.Path == c.Path })
	switch {
	case i < 0:
		return "the page did not show it"
	case !h.f.git.carries(shown[i], c):
		return "the page showed it otherwise"
	}
	return ""
}

// maintainers returns who may approve a path: those of the fallback where the only one
// is an author, of a pull request that the gate knows if known.
func (h *life) maintainers(p *modelPull, path string, known bool) []string {
	owners := ownersOf(path)
	if len(owners) == 1 && slices.ContainsFunc(h.group(p, known), func(q *modelPull) bool { return q.author == owners[0] }) {
		return append(owners, ownersOf("")...)
	}
	return owners
}

// superseded reports whether its author later asked for changes, or was dismissed.
func (h *life) superseded(r *modelReview) bool {
	return slices.ContainsFunc(r.on.reviews, func(o *modelReview) bool {
		return o.who == r.who && after(o, r) && (o.State == pull.ChangesRequested || o.State == pull.Dismissed)
	})
}

// after returns the order of reviews: of submission, then of their ids.
func after(a, b *modelReview) bool { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) > 0 }

// wrote reports whether somebody wrote part of a file: in the commits of now, or in a
// head that the gate saw of the pull request on which they approve.
func (h *life) wrote(who string, p, on *modelPull, path string) bool {
	by := func(tip, head *modelCommit) bool {
		return slices.ContainsFunc(h.f.git.between(tip, head), func(c *modelCommit) bool {
			return c.author == who && (path == "" && len(c.touches) > 0 || slices.Contains(c.touches, path))
		})
	}
	return by(h.f.tip(p), p.head) ||
		slices.ContainsFunc(on.glances, func(g glance) bool { return g.full && checkNames[g.base] != "" && g.open && by(g.tip, g.head) })
}

// evident reports whether anything at all shows that the commit of a review was the
// head before it (package policy, §3, "What a review saw", 1).
func (h *life) evident(r *modelReview) bool {
	switch {
	case r.first < 0:
		return false
	case r.told || h.f.habits.stays:
		return true
	}
	commit := r.sight.Commit
	return slices.ContainsFunc(r.on.glances[:r.first], func(g glance) bool { return g.head.id == commit }) ||
		slices.ContainsFunc(r.on.headMoves, func(m pull.HeadMove) bool { return m.After == commit && m.At.Before(r.At) }) ||
		slices.ContainsFunc(h.f.notes, func(n modelNote) bool { return n.commit == commit && n.at.Before(r.At) })
}

// opened returns when the author of a review may have opened its page at the earliest.
func opened(at, begun time.Time) time.Time {
	if begun.IsZero() {
		begun = at
	}
	return begun.Add(-settle)
}

// bracketed reports whether there is a lower end, or the forge tells of no move that
// makes the first glance useless (package policy, §3, "What a review saw", 2).
func (h *life) bracketed(r *modelReview) bool {
	from := opened(r.At, r.Begun)
	first := r.on.glances[0]
	if !first.at.After(from) {
		return true
	}
	return h.f.habits.tellsMoves && !slices.ContainsFunc(r.on.baseMoves[:first.moves], func(m pull.BaseMove) bool {
		return !m.At.Before(from) && !m.At.Before(r.on.openedAt)
	})
}

// objecting tells whose request for changes stands; empty if none does.
func (h *life) objecting(p *modelPull, files []pull.Content) string {
	for _, q := range h.group(p, true) {
		for _, r := range q.reviews {
			touched := slices.ContainsFunc(files, func(c pull.Content) bool { return slices.Contains(h.maintainers(p, c.Path, true), r.who) })
			if touched && r.first >= 0 && h.stands(r, p) {
				return fmt.Sprintf("%d of %s objects", r.ID, r.who)
			}
		}
	}
	return ""
}

// stands reports whether a review is a request for changes that nothing has ended.
func (h *life) stands(r *modelReview, p *modelPull) bool {
	switch {
	case r.State == pull.ChangesRequested:
	case r.State == pull.Dismissed && r.DismissedState == pull.ChangesRequested:
		by := r.DismissedBy
		author := slices.ContainsFunc(h.group(p, true), func(q *modelPull) bool { return q.author == by.Login })
		if !by.Bot && !author && !h.wrote(by.Login, p, r.on, "") {
			return false
		}
	default:
		return false
	}
	return !h.lifted(r) && !slices.ContainsFunc(r.on.reviews, func(o *modelReview) bool {
		return o.who == r.who && after(o, r) && (o.said.State == pull.Approved || o.State == pull.Dismissed || o.State == pull.ChangesRequested)
	})
}

// overridden reports whether somebody who may has let this very head, base branch and
// merge base pass, and nobody has taken it back.
func (h *life) overridden(p *modelPull) bool {
	for _, q := range h.group(p, false) {
		for _, c := range q.comments {
			if h.overrides(c, p) {
				return true
			}
		}
	}
	return false
}

func (h *life) overrides(c *modelComment, p *modelPull) bool {
	return c.who == "olga" && !c.Edited && strings.HasPrefix(c.Body, "/override "+p.head.id) && !h.cancelled(p, c.At) &&
		c.base == p.base && c.mergeBase != nil && c.mergeBase == h.f.git.mergeBase(h.f.tip(p), p.head)
}

// cancelled reports whether overrides were taken back after a time.
func (h *life) cancelled(p *modelPull, at time.Time) bool {
	return slices.ContainsFunc(h.group(p, true), func(q *modelPull) bool {
		return slices.ContainsFunc(q.comments, func(c *modelComment) bool {
			return c.who == "olga" && slices.Contains(cancellations, c.Body) && c.At.After(at)
		})
	})
}

// noStrays holds, when all is told, that no success stands that no pull request has
// earned.
func (h *life) noStrays() {
	for _, c := range h.f.git.all {
		for _, base := range []string{"main", "next"} {
			earned := slices.ContainsFunc(h.f.pulls, func(p *modelPull) bool { return p.open && p.head == c && p.base == base })
			if h.pub.checks[[2]string{c.id, checkNames[base]}] == policy.Success && !earned {
				h.wrong("wrong yes: a success of %q stands on %s, which no open pull request has", checkNames[base], short(c))
			}
		}
	}
}
