// Package sight finds out what somebody saw of a pull request who reviewed it.
//
// A View is one request with what the gate remembers of it: the first sight of
// each review, the moments at which it looked, what signed deliveries told.
// Witnessed gives the commit that a review was given for, and the bases that its
// author may have seen it compared with; Against gives what they were shown, and
// Survives reports whether that is what is there now. The package promises that
// what is not known for sure is never taken for seen: then there is a Why.
//
// Who may approve, and for how long an approval counts, is left to package
// rule; reading the forge, and remembering, to package gate.
package sight

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Seen is what the gate remembers of how it saw a request.
type Seen struct {
	Sightings []pull.Sighting `json:"sightings,omitempty"` // in order
	Sights    []pull.Sight    `json:"sights,omitempty"`
	Told      []pull.Told     `json:"told,omitempty"`
	Proofs    []pull.Proof    `json:"proofs,omitempty"`
	// Objections are the requests for changes that were seen.
	Objections []pull.Objection `json:"objections,omitempty"`
	// CommitsStay tells that the forge never says later that a review was given for
	// another commit than at first.
	CommitsStay bool `json:"commits_stay,omitempty"`
	// Witness tells that the forge tells neither when reviews were given nor how the base
	// moved, so that what sightings show is all there is: of two in a row that show one
	// base branch, it is taken to have stood between them, as the head is.
	Witness bool `json:"witness,omitempty"`
}

// Compared is a fact of git's: the merge base of a base branch's tip and a head.
type Compared struct {
	Tip       string `json:"tip"`
	Head      string `json:"head"`
	MergeBase string `json:"merge_base"`
}

// Settle is how long before a review its author may have begun to read
// (package policy, §3): what the pull request showed then counts as well.
const Settle = 10 * time.Minute

// Why says why it is not known what somebody saw; empty if it is.
type Why string

// The reasons. They are codes of package policy, too.
const (
	WhyUnknownHead Why = "unknown_head" // what the commit showed is not known whole
	WhyOtherBase   Why = "other_base"   // the base branch was another at that time
	WhyUnproven    Why = "unproven"     // that it was given before the commit was pushed is not excluded
)

// View is one request, and what is remembered of it.
type View struct {
	Req   *pull.Request
	Seen  *Seen
	Heads []pull.Head
}

// Facts are what is known of the requests that are judged together.
type Facts struct {
	Views    []*View // the first is of the request itself
	Compared []Compared
}

// Said is a review, or, as Spoken tells, what a comment says as one.
type Said struct {
	*pull.Review
	Spoken bool
}

// State is the state under which it is seen: what a comment says is seen as such.
func (s Said) State() pull.ReviewState {
	if s.Spoken {
		return pull.Spoken
	}
	return s.Review.State
}

// Sight returns what was first seen of a review or a comment; nil if nothing was.
func (v *View) Sight(id int64, state pull.ReviewState) *pull.Sight {
	i := slices.IndexFunc(v.Seen.Sights, func(s pull.Sight) bool { return s.Review == id && s.State == state })
	if i < 0 {
		return nil
	}
	return &v.Seen.Sights[i]
}

// Told returns what a signed delivery said of a review when it was submitted; nil if
// none did.
func (v *View) Told(id int64, state pull.ReviewState) *pull.Told {
	i := slices.IndexFunc(v.Seen.Told, func(t pull.Told) bool { return t.Review == id && t.State == state && t.Commit != "" })
	if i < 0 {
		return nil
	}
	return &v.Seen.Told[i]
}

// Sighting returns one by its number; nil if it is not kept.
func (v *View) Sighting(number int) *pull.Sighting {
	i, ok := slices.BinarySearchFunc(v.Seen.Sightings, number, func(s pull.Sighting, n int) int { return s.Number - n })
	if !ok {
		return nil
	}
	return &v.Seen.Sightings[i]
}

// proven reports whether the commit that a review named at first sight was the head
// before its submission, and did not become it again since: a forge may move a review
// to what becomes the head later (package policy, §3, "What a review saw", 1).
func (v *View) proven(s *pull.Sight, at time.Time) bool {
	if v.Seen.CommitsStay {
		return s.Commit != ""
	}
	in := v.Sighting(s.In)
	if in == nil || s.Commit == "" || !v.Req.BaseMovesKnown || s.HeadMoves > len(v.Req.HeadMoves) {
		return false
	}
	moves := v.Req.HeadMoves[:s.HeadMoves]
	if slices.ContainsFunc(moves, func(m pull.HeadMove) bool { return !m.At.Before(at) && (m.After == "" || m.After == s.Commit) }) {
		return false
	}
	last, was := v.without(s)
	since := moves
	if last != nil {
		since = moves[min(last.HeadMoves, len(moves)):]
	}
	reopened, known := v.reopenings(in)
	if !known {
		return false
	}
	closed := func(since time.Time) bool { // no forge tells how the head moved meanwhile
		return slices.ContainsFunc(reopened, func(t time.Time) bool { return !t.Before(since) })
	}
	before := 0 // moves before the submission
	for before < len(moves) && moves[before].At.Before(at) {
		before++
	}
	switch {
	case last != nil && last.Head == s.Commit && staysAway(since, s.Commit, in.Head) && !closed(last.At):
		return true
	case was && last.Head != s.Commit && last.Head == in.Head && len(since) == 0 && !closed(last.At):
		return true // an older one still
	case before > 0 && moves[before-1].After == s.Commit && staysAway(moves[before:], s.Commit, in.Head) && !closed(moves[before-1].At):
		return true
	case was:
		return false // the forge's notes may be of that time
	}
	return slices.ContainsFunc(v.Seen.Proofs, func(p pull.Proof) bool {
		early := last != nil && !p.At.After(last.At) // it was not the head then
		return p.Commit == s.Commit && p.At.Before(at) && !early && !closed(p.At) &&
			!slices.ContainsFunc(since, func(m pull.HeadMove) bool { return !m.At.Before(p.At) })
	})
}

// reopenings are the moments, up to a sighting, at which the request was opened again,
// or something happened of which the forge does not tell what.
func (v *View) reopenings(in *pull.Sighting) (at []time.Time, known bool) {
	moves, known := v.moves(nil, in)
	for _, m := range moves {
		if m.Kind == pull.Reopened || m.Kind == "" {
			at = append(at, m.At)
		}
	}
	return at, known
}

// without returns the last sighting that lacked a review, nil if none did, and tells
// whether the commit that the review named had been the head in any of them.
func (v *View) without(s *pull.Sight) (last *pull.Sighting, was bool) {
	for i := range v.Seen.Sightings {
		if o := &v.Seen.Sightings[i]; o.Number <= s.Before {
			last, was = o, was || o.Head == s.Commit
		}
	}
	return last, was
}

// staysAway reports whether a commit that was the head can't have become it again under
// some forced moves: pushes that are not forced only lead on, and nothing tells of them.
func staysAway(moves []pull.HeadMove, commit, head string) bool {
	return len(moves) == 0 || len(moves) == 1 && moves[0].Before == commit && moves[0].After == head
}

// bracket returns the bases that somebody may have seen the request compared with
// who wrote at a time, having begun at another: those of both ends, and all that are
// known to have stood in between (package policy, §3, "What a review saw", 2).
func (v *View) bracket(s *pull.Sight, begun, at time.Time) ([]pull.Tip, Why) {
	all := v.Seen.Sightings
	upper := slices.IndexFunc(all, func(o pull.Sighting) bool { return o.Number == s.In })
	if upper < 0 {
		return nil, WhyUnknownHead
	}
	if begun.IsZero() || begun.After(at) {
		begun = at
	}
	from := begun.Add(-Settle)
	lower := -1
	for i := range all[:upper+1] {
		if !all[i].At.After(from) {
			lower = i
		}
	}
	if lower < 0 {
		if !v.still(&all[0], from) {
			return nil, WhyOtherBase
		}
		lower = 0
	}
	bases := []pull.Tip{all[lower].Base()}
	for i := lower + 1; i <= upper; i++ {
		between, ok := v.between(&all[i-1], &all[i], at)
		if !ok {
			return nil, WhyOtherBase
		}
		bases = append(bases, between...)
	}
	return bases, ""
}

// still reports whether the forge knows of no move of the base from a time on, or
// from the opening on if that is later, until the first sighting.
func (v *View) still(first *pull.Sighting, from time.Time) bool {
	moves, known := v.moves(nil, first)
	return known && !slices.ContainsFunc(moves, func(m pull.BaseMove) bool {
		return !m.At.Before(from) && !m.At.Before(v.Req.OpenedAt)
	})
}

// moves returns the moves of the base that the forge tells between two sightings; with
// nil, from the beginning on. Where a sighting does not say how many had happened by
// then, the forge's times tell, and what happened in its own second lies on both sides
// of it.
func (v *View) moves(a, b *pull.Sighting) (moves []pull.BaseMove, known bool) {
	all := v.Req.BaseMoves
	from, to := 0, len(all)
	if !v.Req.BaseMovesKnown {
		return v.witnessed(a, b), v.Seen.Witness
	}
	if a != nil && a.MovesKnown {
		from = a.Moves
	} else if a != nil {
		for from < to && all[from].At.Before(a.At) {
			from++
		}
	}
	if b.MovesKnown {
		to = b.Moves
	} else {
		for to > from && all[to-1].At.After(b.At) {
			to--
		}
	}
	if from > to || to > len(all) {
		return nil, false // the forge tells of fewer than it did
	}
	return all[from:to], true
}

// witnessed is the move of the base that two sightings show, at the latest time at which it
// can have happened.
func (v *View) witnessed(a, b *pull.Sighting) []pull.BaseMove {
	if a == nil || a.BaseBranch == b.BaseBranch {
		return nil
	}
	return []pull.BaseMove{{At: b.At, Kind: pull.Retargeted, Before: pull.Tip{Branch: a.BaseBranch}}}
}

// between returns the bases that stood after one sighting until the next one, that one's
// included, for somebody who wrote at a time. It is not ok where what stood there is not
// known: the forge does not tell of moves, or not enough of one, or one came after that
// time.
func (v *View) between(a, b *pull.Sighting, at time.Time) (bases []pull.Tip, ok bool) {
	moves, known := v.moves(a, b)
	if !known || slices.ContainsFunc(moves, func(m pull.BaseMove) bool { return !m.At.Before(at) }) {
		return nil, false
	}
	if len(moves) == 0 {
		return []pull.Tip{b.Base()}, a.BaseBranch == b.BaseBranch
	}
	bases = []pull.Tip{b.Base()}
	retargeted := 0
	for _, m := range moves {
		switch m.Kind {
		case pull.Reopened:
		case pull.Followed: // what had stood there went where it goes now
		case pull.Rewritten:
			if m.Before.Commit == "" || a.BaseBranch != b.BaseBranch {
				return nil, false
			}
			bases = append(bases, m.Before)
		case pull.Retargeted:
			i := slices.IndexFunc(b.Left, func(t pull.Tip) bool { return t.Branch == a.BaseBranch })
			if retargeted++; retargeted > 1 || i < 0 || m.Before.Branch != a.BaseBranch {
				return nil, false // where it was in between is not known
			}
			bases = append(bases, b.Left[i])
		default:
			return nil, false
		}
	}
	return bases, true
}

// Shown is what a reviewer saw at one head.
type Shown struct {
	Commit string
	Same   bool // today's head against today's merge base: every file is as it was
	// Files are what the head changes against each base that it may have been seen
	// against, by path.
	Files []map[string]pull.Content
	Why   Why // why nothing is known of it; empty if something is
}

// Witnessed returns the commit that a review is for, and the bases that it may have
// been seen against.
func (v *View) Witnessed(g Said) (commit string, bases []pull.Tip, why Why) {
	s := v.Sight(g.ID, g.State())
	if s == nil {
		return g.Commit, nil, WhyUnknownHead
	}
	told := v.Told(g.ID, g.State())
	switch {
	case g.Spoken:
		commit = g.Commit // it names the commit itself
	case told != nil:
		commit = told.Commit
	default:
		commit = s.Commit
	}
	if commit == "" {
		return "", nil, WhyUnknownHead
	}
	if !g.Spoken && told == nil && !v.proven(s, g.At) {
		return commit, nil, WhyUnproven
	}
	bases, why = v.bracket(s, g.Begun, g.At)
	return commit, bases, why
}

// MergeBase returns the merge base of a base and a head, as far as it is known.
func (f *Facts) MergeBase(base pull.Tip, head string) string {
	if req := f.Views[0].Req; base.Commit == req.BaseTip && head == req.Head {
		return req.MergeBase
	}
	for _, c := range f.Compared {
		if c.Tip == base.Commit && c.Head == head {
			return c.MergeBase
		}
	}
	for _, v := range f.Views {
		for i := range v.Heads {
			if h := &v.Heads[i]; h.BaseTip == base.Commit && h.ID == head && h.BaseTip != "" {
				return h.MergeBase
			}
		}
	}
	return ""
}

// Against returns what a commit shows against each of some bases.
func (f *Facts) Against(commit string, bases []pull.Tip) *Shown {
	s := &Shown{Commit: commit, Same: commit == f.Views[0].Req.Head}
	var ids []string
	for _, base := range bases {
		id := f.MergeBase(base, commit)
		if id == "" {
			return &Shown{Commit: commit, Why: WhyUnknownHead}
		}
		s.Same = s.Same && id == f.Views[0].Req.MergeBase
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if s.Same {
		return s
	}
	for _, id := range ids {
		h := f.content(commit, id)
		if h == nil {
			return &Shown{Commit: commit, Why: WhyUnknownHead}
		}
		s.Files = append(s.Files, ShownBy(h))
	}
	return s
}

// ShownBy returns the files that a head's list shows, by path.
func ShownBy(h *pull.Head) map[string]pull.Content {
	files := make(map[string]pull.Content, len(h.Files))
	for _, c := range h.Files {
		if !h.Hides(c.Path) {
			files[c.Path] = c
		}
	}
	return files
}

// Listed reports whether a path is shown against every base.
func (s *Shown) Listed(path string) bool {
	for _, files := range s.Files {
		if _, ok := files[path]; !ok {
			return false
		}
	}
	return len(s.Files) > 0
}

// content finds what a commit changes against a merge base, if all of it is known.
func (f *Facts) content(commit, mergeBase string) *pull.Head {
	for _, v := range f.Views {
		for i := range v.Heads {
			if h := &v.Heads[i]; h.ID == commit && h.MergeBase == mergeBase && h.Complete && h.List == "" {
				return h
			}
		}
	}
	return nil
}

// Knows reports whether all is known of what a commit changes against a merge base.
func (f *Facts) Knows(commit, mergeBase string) bool { return f.content(commit, mergeBase) != nil }
