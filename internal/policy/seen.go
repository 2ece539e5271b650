package policy

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy/authors"
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
}

// Compared is a fact of git's: the merge base of a base branch's tip and a head.
type Compared struct {
	Tip       string `json:"tip"`
	Head      string `json:"head"`
	MergeBase string `json:"merge_base"`
}

// Settle is how long before a review its author may have begun to read (gate.md
// §3): what the pull request showed then counts as well.
const Settle = 10 * time.Minute

// view is one of the requests that are judged together, and what is remembered of
// it.
type view struct {
	req          *pull.Request
	seen         *Seen
	heads        []pull.Head
	contributors *authors.Contributors
}

// given is a review, and where it was given. spoken tells that it is a comment's.
type given struct {
	pull.Review
	on     *view
	spoken bool
	gone   *pull.Objection // as it was last read, where the forge no longer shows it whole
}

// sightState is the state under which it is seen: what a comment says is seen as such.
func (g *given) sightState() pull.ReviewState {
	if g.spoken {
		return pull.Spoken
	}
	return g.State
}

// sight gives what was first seen of a review or a comment; nil if nothing was.
func (v *view) sight(id int64, state pull.ReviewState) *pull.Sight {
	i := slices.IndexFunc(v.seen.Sights, func(s pull.Sight) bool { return s.Review == id && s.State == state })
	if i < 0 {
		return nil
	}
	return &v.seen.Sights[i]
}

// told gives what a signed delivery said of a review when it was submitted; nil if
// none did.
func (v *view) told(id int64, state pull.ReviewState) *pull.Told {
	i := slices.IndexFunc(v.seen.Told, func(t pull.Told) bool { return t.Review == id && t.State == state && t.Commit != "" })
	if i < 0 {
		return nil
	}
	return &v.seen.Told[i]
}

// sighting gives one by its number; nil if it is not kept.
func (v *view) sighting(number int) *pull.Sighting {
	i, ok := slices.BinarySearchFunc(v.seen.Sightings, number, func(s pull.Sighting, n int) int { return s.Number - n })
	if !ok {
		return nil
	}
	return &v.seen.Sightings[i]
}

// proven tells whether the commit that a review named at first sight was the head
// before its submission, and did not become it again since: a forge may move a review
// to what becomes the head later (gate.md §3, "What a review saw", 1).
func (v *view) proven(s *pull.Sight, at time.Time) bool {
	if v.seen.CommitsStay {
		return s.Commit != ""
	}
	in := v.sighting(s.In)
	if in == nil || s.Commit == "" || !v.req.BaseMovesKnown || s.HeadMoves > len(v.req.HeadMoves) {
		return false
	}
	moves := v.req.HeadMoves[:s.HeadMoves]
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
	return slices.ContainsFunc(v.seen.Proofs, func(p pull.Proof) bool {
		early := last != nil && !p.At.After(last.At) // it was not the head then
		return p.Commit == s.Commit && p.At.Before(at) && !early && !closed(p.At) && !slices.ContainsFunc(since, func(m pull.HeadMove) bool { return !m.At.Before(p.At) })
	})
}

// reopenings are the moments, up to a sighting, at which the request was opened again,
// or something happened of which the forge does not tell what.
func (v *view) reopenings(in *pull.Sighting) (at []time.Time, known bool) {
	moves, known := v.moves(nil, in)
	for _, m := range moves {
		if m.Kind == pull.Reopened || m.Kind == "" {
			at = append(at, m.At)
		}
	}
	return at, known
}

// without gives the last sighting that lacked a review, nil if none did, and tells
// whether the commit that the review named had been the head in any of them.
func (v *view) without(s *pull.Sight) (last *pull.Sighting, was bool) {
	for i := range v.seen.Sightings {
		if o := &v.seen.Sightings[i]; o.Number <= s.Before {
			last, was = o, was || o.Head == s.Commit
		}
	}
	return last, was
}

// staysAway tells whether a commit that was the head can't have become it again under
// some forced moves: pushes that are not forced only lead on, and nothing tells of them.
func staysAway(moves []pull.HeadMove, commit, head string) bool {
	return len(moves) == 0 || len(moves) == 1 && moves[0].Before == commit && moves[0].After == head
}

// bracket gives the bases that somebody may have seen the request compared with
// who wrote at a time, having begun at another: those of both ends, and all that are
// known to have stood in between (gate.md §3, "What a review saw", 2).
func (v *view) bracket(s *pull.Sight, begun, at time.Time) ([]pull.Tip, Code) {
	all := v.seen.Sightings
	upper := slices.IndexFunc(all, func(o pull.Sighting) bool { return o.Number == s.In })
	if upper < 0 {
		return nil, NoteUnknownHead
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
			return nil, NoteOtherBase
		}
		lower = 0
	}
	bases := []pull.Tip{all[lower].Base()}
	for i := lower + 1; i <= upper; i++ {
		between, ok := v.between(&all[i-1], &all[i], at)
		if !ok {
			return nil, NoteOtherBase
		}
		bases = append(bases, between...)
	}
	return bases, ""
}

// still tells whether the forge knows of no move of the base from a time on, or
// from the opening on if that is later, until the first sighting.
func (v *view) still(first *pull.Sighting, from time.Time) bool {
	moves, known := v.moves(nil, first)
	return known && !slices.ContainsFunc(moves, func(m pull.BaseMove) bool {
		return !m.At.Before(from) && !m.At.Before(v.req.OpenedAt)
	})
}

// moves gives the moves of the base that the forge tells between two sightings; with
// nil, from the beginning on. Where a sighting does not say how many had happened by
// then, the forge's times tell, and what happened in its own second lies on both sides
// of it.
func (v *view) moves(a, b *pull.Sighting) (moves []pull.BaseMove, known bool) {
	all := v.req.BaseMoves
	from, to := 0, len(all)
	if !v.req.BaseMovesKnown {
		return nil, false
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

// between gives the bases that stood after one sighting until the next one, that one's
// included, for somebody who wrote at a time. It is not ok where what stood there is not
// known: the forge does not tell of moves, or not enough of one, or one came after that
// time.
func (v *view) between(a, b *pull.Sighting, at time.Time) (bases []pull.Tip, ok bool) {
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

// seenHead is what a reviewer saw at one head.
type seenHead struct {
	commit string
	same   bool // today's head against today's merge base: every file is as it was
	// shown is what the head changes against each base that it may have been seen
	// against, by path.
	shown []map[string]pull.Content
	why   Code // why nothing is known of it; empty if something is
}

// saw finds what a review showed to its author.
func (e *evaluation) saw(g *given) *seenHead {
	if e.s.Saw != nil {
		return e.sawBefore(g)
	}
	commit, bases, why := e.witnessed(g)
	if why == "" {
		return e.against(commit, bases)
	}
	return &seenHead{commit: commit, why: why}
}

// witnessed gives the commit that a review is for, and the bases that it may have
// been seen against.
func (e *evaluation) witnessed(g *given) (commit string, bases []pull.Tip, why Code) {
	state := g.sightState()
	s := g.on.sight(g.ID, state)
	if s == nil {
		return g.Commit, nil, NoteUnknownHead
	}
	told := g.on.told(g.ID, state)
	switch {
	case g.spoken:
		commit = g.Commit // it names the commit itself
	case told != nil:
		commit = told.Commit
	default:
		commit = s.Commit
	}
	if commit == "" {
		return "", nil, NoteUnknownHead
	}
	if !g.spoken && told == nil && !g.on.proven(s, g.At) {
		return commit, nil, NoteUnproven
	}
	bases, why = g.on.bracket(s, g.Begun, g.At)
	return commit, bases, why
}

// mergeBase gives the merge base of a base and a head, as far as it is known.
func (e *evaluation) mergeBase(base pull.Tip, head string) string {
	if req := &e.s.Request; base.Commit == req.BaseTip && head == req.Head {
		return req.MergeBase
	}
	for _, c := range e.s.Compared {
		if c.Tip == base.Commit && c.Head == head {
			return c.MergeBase
		}
	}
	for _, v := range e.views {
		for i := range v.heads {
			if h := &v.heads[i]; h.BaseTip == base.Commit && h.ID == head && h.BaseTip != "" {
				return h.MergeBase
			}
		}
	}
	return ""
}

// against gives what a commit shows against each of some bases.
func (e *evaluation) against(commit string, bases []pull.Tip) *seenHead {
	s := &seenHead{commit: commit, same: commit == e.s.Request.Head}
	var ids []string
	for _, base := range bases {
		id := e.mergeBase(base, commit)
		if id == "" {
			return &seenHead{commit: commit, why: NoteUnknownHead}
		}
		s.same = s.same && id == e.s.Request.MergeBase
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if s.same {
		return s
	}
	for _, id := range ids {
		h := e.content(commit, id)
		if h == nil {
			return &seenHead{commit: commit, why: NoteUnknownHead}
		}
		s.shown = append(s.shown, shownBy(h))
	}
	return s
}

// shownBy gives the files that a head's list shows, by path.
func shownBy(h *pull.Head) map[string]pull.Content {
	files := make(map[string]pull.Content, len(h.Files))
	for _, c := range h.Files {
		if !h.Hides(c.Path) {
			files[c.Path] = c
		}
	}
	return files
}

// listed tells whether a path is shown against every base.
func (s *seenHead) listed(path string) bool {
	for _, files := range s.shown {
		if _, ok := files[path]; !ok {
			return false
		}
	}
	return len(s.shown) > 0
}

// content finds what a commit changes against a merge base, if all of it is known.
func (e *evaluation) content(commit, mergeBase string) *pull.Head {
	for _, v := range e.views {
		for i := range v.heads {
			if h := &v.heads[i]; h.ID == commit && h.MergeBase == mergeBase && h.Complete && h.List == "" {
				return h
			}
		}
	}
	return nil
}

// Needed is what must be known to judge the reviews of some people.
type Needed struct {
	Compare []Compared // pairs of tip and head, of which the merge base is wanted
	Content []Compared // pairs of merge base and head, of which the files are wanted
	Proof   []Wanted   // commits of which the forge's own times are wanted
}

// Wanted is a commit that reviews of a request name: of Request, or, counted from
// 1, of one of Twins.
type Wanted struct {
	On     int
	Commit string
}

// NeededFor tells what is missing to judge what some people wrote, latest first.
func NeededFor(s Snapshot, matters func(pull.Person) bool) Needed {
	e := newEvaluation(s)
	var n Needed
	for i := len(e.given) - 1; i >= 0; i-- {
		g := e.given[i]
		if g.State == pull.Dismissed && g.DismissedState == pull.Approved {
			g.State = pull.Approved // it may have ended an objection
		}
		if !matters(g.Author) && !g.CanWrite || g.State != pull.Approved {
			continue
		}
		commit, bases, why := e.witnessed(&g)
		if why == NoteUnproven {
			n.prove(Wanted{slices.Index(e.views, g.on), commit})
		}
		for _, base := range bases {
			n.want(e, base, commit)
		}
	}
	for _, c := range e.overriding(matters) {
		for _, base := range c {
			n.want(e, base, s.Request.Head)
		}
	}
	return n
}

func (n *Needed) prove(w Wanted) {
	if !slices.Contains(n.Proof, w) {
		n.Proof = append(n.Proof, w)
	}
}

// want adds what is missing of a commit against a base.
func (n *Needed) want(e *evaluation, base pull.Tip, commit string) {
	id := e.mergeBase(base, commit)
	wanted, list := Compared{Tip: base.Commit, Head: commit}, &n.Compare
	if id != "" {
		if commit == e.s.Request.Head && id == e.s.Request.MergeBase || e.content(commit, id) != nil {
			return
		}
		wanted, list = Compared{Head: commit, MergeBase: id}, &n.Content
	}
	if !slices.Contains(*list, wanted) {
		*list = append(*list, wanted)
	}
}
