package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// approval is one approval in force, and what its reviewer saw.
type approval struct {
	who    pull.Person
	login  string // in lower case
	review pull.Review
	seen   *seenHead
	scope  scope
	void   Code       // why it counts for no file; empty if it may
	files  int        // that it counts for
	last   *pull.File // that it was last found to count for
	why    Code       // why it did not count where it did not
}

// counted notes that the approval counts for a file.
func (a *approval) counted(f *pull.File) {
	if a.last != f {
		a.last = f
		a.files++
	}
}

// approve makes the approval of a review in force.
func (e *evaluation) approve(who pull.Person, r pull.Review) *approval {
	a := &approval{who: who, login: strings.ToLower(who.Login), review: r, seen: e.sawAt(r), scope: scopeOf(r.Body, r.Edited, r.Commit)}
	a.void = a.scope.why
	if r.Edited && !r.EditedBy.Is(r.Author) {
		a.void = NoteEdited // what somebody else took out of it is not known
	}
	return a
}

// standing is where one person's reviews leave them.
type standing struct {
	who       pull.Person
	approvals []pull.Review
	block     *pull.Review
	uncertain bool // the block was dismissed, and the forge does not tell by whom or what it said
}

// standings folds the reviews of the request and its twins per person, in
// order of submission (gate.md §3), and gives people in order of login.
func (e *evaluation) standings() []*standing {
	reviews := slices.Clone(e.s.Request.Reviews)
	for _, t := range e.s.Twins {
		reviews = append(reviews, t.Reviews...)
	}
	reviews = append(reviews, e.spoken()...)
	pull.SortReviews(reviews)
	e.reviews = reviews
	byLogin := map[string]*standing{}
	for _, r := range reviews {
		if r.Author.Login == "" { // a deleted account matches nobody
			continue
		}
		key := strings.ToLower(r.Author.Login)
		if byLogin[key] == nil {
			byLogin[key] = &standing{who: r.Author}
		}
		e.fold(byLogin[key], r)
	}
	out := make([]*standing, 0, len(byLogin))
	for _, s := range byLogin {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *standing) int {
		return cmp.Compare(strings.ToLower(a.who.Login), strings.ToLower(b.who.Login))
	})
	return out
}

// fold applies one more review of a person.
func (e *evaluation) fold(st *standing, r pull.Review) {
	switch r.State {
	case pull.Approved:
		st.approvals = append(st.approvals, r)
		st.block, st.uncertain = nil, false
	case pull.ChangesRequested:
		st.approvals = nil
		st.block, st.uncertain = &r, false
	case pull.Dismissed:
		st.approvals = nil
		switch {
		case r.DismissedState == pull.Approved:
			st.block, st.uncertain = nil, false // it had lifted an older block
		case r.DismissedState == pull.Commented:
		case r.DismissedState == pull.ChangesRequested && r.DismissedBy.Login != "":
			st.block, st.uncertain = nil, false
			if e.isAuthor(r.DismissedBy) || e.contributors.wroteAnything(r.DismissedBy) {
				st.block = &r
			}
		default:
			st.block, st.uncertain = &r, true
		}
	case pull.Commented, pull.Pending:
	}
}

// seenHead is what a reviewer saw at one head.
type seenHead struct {
	same     bool // today's head against today's merge base: every file is as it was
	files    map[string]pull.Content
	complete bool
	why      Code // why nothing is known of it; empty if something is
}

// sawAt finds what a review of a commit showed. The record must be of the base
// branch that the pull request had at that time, so none is taken across a
// move of the base.
func (e *evaluation) sawAt(r pull.Review) *seenHead {
	head, why := e.record(r)
	if why != "" {
		return &seenHead{why: why}
	}
	if s := e.seen[head]; s != nil {
		return s
	}
	req := &e.s.Request
	s := &seenHead{
		same:     head.ID == req.Head && head.MergeBase == req.MergeBase && head.BaseBranch == req.BaseBranch,
		complete: head.Complete,
	}
	if !s.same {
		s.files = make(map[string]pull.Content, len(head.Files))
		for _, c := range head.Files {
			if !head.Hides(c.Path) {
				s.files[c.Path] = c
			}
		}
	}
	e.seen[head] = s
	return s
}

// record gives the recorded head that a review was given for: the last one
// seen before the review, else the first one after it, provided that the base
// branch did not move in between. Forges give times in whole seconds; within
// one second the order is open, so a head seen then needs a history without a
// move in it.
func (e *evaluation) record(r pull.Review) (*pull.Head, Code) {
	if r.Commit == "" {
		return nil, NoteUnknownHead
	}
	var before, after *pull.Head
	for i := range e.s.Heads { // sorted by SeenAt
		h := &e.s.Heads[i]
		seen := h.SeenAt.Truncate(time.Second)
		switch {
		case h.ID != r.Commit:
		case seen.Before(r.At), seen.Equal(r.At) && e.movesKnown && !e.movedUntil(r.At, h):
			before = h
		case after == nil:
			after = h
		}
	}
	switch {
	case before != nil && !e.movedSince(before, r.At):
		return before, ""
	case after != nil && e.movesKnown && !e.movedUntil(r.At, after):
		return after, ""
	case before == nil && after == nil:
		return nil, NoteUnknownHead
	}
	return nil, NoteOtherBase
}

// movedSince tells whether the base moved between a sighting and a later time.
// A sighting that tells which moves had happened leaves no doubt within a
// second; the moves of twins are not told apart.
func (e *evaluation) movedSince(h *pull.Head, at time.Time) bool {
	if !e.countsMoves(h) {
		return e.baseMoved(h.SeenAt.Truncate(time.Second), at)
	}
	return slices.ContainsFunc(e.baseMoves[h.Moves:], func(t time.Time) bool { return !t.After(at) })
}

// movedUntil tells whether the base moved between a time and a later sighting.
func (e *evaluation) movedUntil(at time.Time, h *pull.Head) bool {
	if !e.countsMoves(h) {
		return e.baseMoved(at, h.SeenAt)
	}
	return slices.ContainsFunc(e.baseMoves[:h.Moves], func(t time.Time) bool { return !t.Before(at) })
}

func (e *evaluation) countsMoves(h *pull.Head) bool {
	return h.MovesKnown && e.movesKnown && len(e.s.Twins) == 0 && h.Moves <= len(e.baseMoves)
}

func (e *evaluation) baseMoved(from, to time.Time) bool {
	return slices.ContainsFunc(e.baseMoves, func(t time.Time) bool {
		return !t.Before(from) && !t.After(to)
	})
}

// counts tells whether an approval counts for a file as it is now, and if not,
// why.
func (e *evaluation) counts(a *approval, f *pull.File) (bool, Code) {
	ok, why := e.holds(a, f)
	if ok {
		a.counted(f)
	} else {
		a.why = why
	}
	return ok, why
}

func (e *evaluation) holds(a *approval, f *pull.File) (bool, Code) {
	switch {
	case a.void != "":
		return false, a.void
	case f.Hidden:
		return false, NoteHidden
	case e.contributors.wrote(a.login, a.who.ID, &f.Content):
		return false, NoteContributor
	case !a.scope.covers(f.Paths()):
		return false, NoteOutOfScope
	case e.rules.AfterPush == KeepHead && a.review.Commit != e.s.Request.Head:
		return false, NoteNotHead
	case a.seen.why != "":
		return false, a.seen.why
	case a.seen.same:
		return true, ""
	case e.rules.AfterPush == KeepAll:
		if _, listed := a.seen.files[f.Path]; listed {
			return true, ""
		}
		return false, NoteStale
	}
	return e.unchanged(a, f)
}

// isAuthor tells whether a person opened this pull request or a twin.
func (e *evaluation) isAuthor(p pull.Person) bool {
	return slices.ContainsFunc(e.authors, p.Is)
}

// contribution is what one person wrote of the change.
type contribution struct {
	all   bool // touches every file: a commit's paths are not known
	paths map[string]bool
}

// some tells whether it is anything at all: a clean merge of the base touches
// no file.
func (k *contribution) some() bool { return k != nil && (k.all || len(k.paths) > 0) }

// contributors are the people who wrote part of the change, by login in lower
// case and by the forge's id.
type contributors struct {
	byLogin map[string]*contribution
	byID    map[int64]*contribution
	rule    Contributors
}

// contributions joins the commits of all heads seen.
func (e *evaluation) contributions() contributors {
	c := contributors{byLogin: map[string]*contribution{}, byID: map[int64]*contribution{}, rule: e.rules.Contributors}
	for _, commits := range e.commitLists() {
		c.add(commits)
	}
	return c
}

// commitLists are the commits of the request, its twins and all heads seen.
func (e *evaluation) commitLists() [][]pull.Commit {
	lists := [][]pull.Commit{e.s.Request.Commits}
	for _, t := range e.s.Twins {
		lists = append(lists, t.Commits)
	}
	for _, h := range e.s.Heads {
		lists = append(lists, h.Commits)
	}
	return lists
}

func (c *contributors) add(commits []pull.Commit) {
	for _, commit := range commits {
		for _, p := range commit.People {
			k := c.find(strings.ToLower(p.Login), p.ID)
			if k == nil {
				k = &contribution{paths: map[string]bool{}}
			}
			if p.Login != "" {
				c.byLogin[strings.ToLower(p.Login)] = k
			}
			if p.ID != 0 {
				c.byID[p.ID] = k
			}
			k.all = k.all || !commit.PathsKnown
			for _, path := range commit.Paths {
				k.paths[path] = true
			}
		}
	}
}

// find gives what a person wrote; nil if nothing. Either key is enough: who is
// taken for a contributor in doubt loses an approval, and no more.
func (c *contributors) find(login string, id int64) *contribution {
	if k := c.byLogin[login]; k != nil {
		return k
	}
	if id != 0 {
		return c.byID[id]
	}
	return nil
}

// wrote tells whether a person may not approve a file because of what they
// wrote of the change.
func (c *contributors) wrote(login string, id int64, f *pull.Content) bool {
	if c.rule == ExcludeNone {
		return false
	}
	k := c.find(login, id)
	return k.some() && (c.rule == ExcludeAll || k.all || k.paths[f.Path] || f.OldPath != "" && k.paths[f.OldPath])
}

// wroteAnything tells whether a person wrote any part of the change, whatever
// the policy makes of it.
func (c *contributors) wroteAnything(p pull.Person) bool {
	return c.find(strings.ToLower(p.Login), p.ID).some()
}
