package rule

import (
	"cmp"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// approval is one approval in force, and what its reviewer saw.
type approval struct {
	given
	who   pull.Person
	login string // in lower case
	seen  *sight.Shown
	scope command.Scope
	void  policy.Code // why it counts for no file; empty if it may
	text  string      // what of its words is why
	files int         // that it counts for
	last  *pull.File  // that it was last found to count for
	why   policy.Code // why it did not count where it did not
}

// counted notes that the approval counts for a file.
func (a *approval) counted(f *pull.File) {
	if a.last != f {
		a.last = f
		a.files++
	}
}

// approve makes the approval of a review in force.
func (e *evaluation) approve(who pull.Person, g given) *approval {
	a := &approval{given: g, who: who, login: strings.ToLower(who.Login), seen: e.saw(&g)}
	body, edited := e.words(&g)
	if older(&e.s, 3) {
		a.scope = command.Scope2(body, edited, a.seen.Commit)
	} else if g.CanWrite || older(&e.s, 5) || e.mayEver(who) { // patterns of strangers are not worth compiling
		a.scope = command.ScopeOf(body, edited, a.seen.Commit, maxScope(&e.s))
	}
	if a.void, a.text = policy.Code(a.scope.Why), a.scope.Text; a.void == "" && a.seen.Why == "" && len(a.scope.Lines) > 0 {
		if idle := a.scope.Idle(e.shownTo(a.seen)); idle != "" && !older(&e.s, 3) {
			a.void, a.text = policy.NoteNoSuchPath, idle
		}
	}
	if edited && (e.s.Saw == nil || !g.EditedBy.Is(g.Author)) {
		a.void = policy.NoteEdited // what was taken out of it is not known
	}
	return a
}

// mayEver reports whether somebody may approve any file that has an owner, or override.
func (e *evaluation) mayEver(who pull.Person) bool {
	if e.deciders == nil {
		e.deciders = map[string]bool{}
		owners := slices.Concat(e.rules.Override, e.s.ServerOverride)
		if e.s.Owners != nil {
			for _, sub := range e.s.Owners.Subsystems() {
				owners = append(append(owners, sub.Maintainers...), sub.Reviewers...)
			}
		}
		for _, o := range owners {
			if o.Team == "" {
				e.deciders[strings.ToLower(o.Login)] = true
				continue
			}
			for _, p := range e.s.Teams[policy.TeamKey(o.Team)].Members {
				e.deciders[strings.ToLower(p.Login)] = true
			}
		}
	}
	return who.Login != "" && e.deciders[strings.ToLower(who.Login)]
}

// WithRight reports whether somebody has a say in a request: its author, those of its twins,
// and who may approve any file that has an owner, or override.
func WithRight(s policy.Snapshot) func(pull.Person) bool {
	e := &evaluation{s: s, rules: s.Rules, authors: []pull.Person{s.Request.Author}}
	for _, t := range s.Twins {
		e.authors = append(e.authors, t.Author)
	}
	return func(p pull.Person) bool { return e.isAuthor(p) || e.mayEver(p) }
}

// words returns a review's body as it was submitted, or tells that it was edited when
// it was first seen.
func (e *evaluation) words(g *given) (body string, edited bool) {
	if e.s.Saw != nil || g.spoken {
		return g.Body, g.Edited
	}
	body, edited = g.Body, g.Edited
	if told := g.on.Told(g.ID, g.State); told != nil {
		body, edited = told.Body, false
	} else if s := g.on.Sight(g.ID, g.State); s != nil {
		body, edited = s.Body, s.Edited
	}
	if body == "" && !edited && !g.Edited {
		return g.Body, false // what was no command to an earlier version was not kept
	}
	return body, edited
}

// shownTo lists the paths that a review was shown, both of renames.
func (e *evaluation) shownTo(seen *sight.Shown) []string {
	var paths []string
	for _, shown := range seen.Files {
		for _, c := range shown {
			paths = append(paths, c.Paths()...)
		}
	}
	if seen.Same {
		for _, f := range e.s.Request.Files {
			if !f.Hidden {
				paths = append(paths, f.Paths()...)
			}
		}
	}
	return paths
}

// reviewerState is where one person's reviews of one request leave them.
type reviewerState struct {
	who       pull.Person
	on        *view
	approvals []*approval
	block     *given
	lifts     []*approval // since the block, those that were dismissed among them
	uncertain bool        // the block was dismissed, and the forge does not tell by whom or what it said
	vainly    pull.Person // who dismissed the block and may not; nobody where none did
}

// standings folds the reviews of the request and of its twins, each by itself, per
// person, in order of submission (package policy, §3), and gives people in order of login.
func (e *evaluation) standings() []*reviewerState {
	type key struct {
		login string
		on    *view
	}
	by := map[key]*reviewerState{}
	for _, g := range e.given {
		if g.Author.Login == "" { // a deleted account matches nobody
			continue
		}
		k := key{strings.ToLower(g.Author.Login), g.on}
		if by[k] == nil {
			by[k] = &reviewerState{who: g.Author, on: g.on}
		}
		e.fold(by[k], g)
	}
	var out []*reviewerState
	for _, v := range e.views { // the request before its twins
		of := len(out)
		for k, st := range by {
			if k.on == v {
				out = append(out, st)
			}
		}
		slices.SortFunc(out[of:], func(a, b *reviewerState) int {
			return cmp.Compare(strings.ToLower(a.who.Login), strings.ToLower(b.who.Login))
		})
	}
	slices.SortStableFunc(out, func(a, b *reviewerState) int {
		return cmp.Compare(strings.ToLower(a.who.Login), strings.ToLower(b.who.Login))
	})
	return out
}

// reviewsGiven lists all reviews, and what comments say as such, in order.
func (e *evaluation) reviewsGiven() []given {
	all := e.spoken()
	for _, v := range e.views {
		all = append(all, v.reviews()...)
	}
	slices.SortStableFunc(all, func(a, b given) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return all
}

// fold applies one more review of a person.
func (e *evaluation) fold(st *reviewerState, g given) {
	switch g.State {
	case released:
		if st.block != nil && st.block.spoken {
			st.block, st.lifts = nil, nil
		}
	case pull.Approved:
		a := e.approve(st.who, g)
		if st.approvals = append(st.approvals, a); !mayPrecede(&g, st.block) {
			st.lifts = append(st.lifts, a)
		}
	case pull.ChangesRequested:
		st.approvals, st.lifts = nil, nil
		st.block, st.uncertain, st.vainly = &g, false, pull.Person{}
	case pull.Dismissed:
		st.approvals = nil
		switch {
		case g.DismissedState == pull.Approved:
			g.State = pull.Approved // it had ended an older block, if it meant anything
			st.lifts = append(st.lifts, e.approve(st.who, g))
		case g.DismissedState == pull.Commented:
		case g.DismissedState == pull.ChangesRequested && g.DismissedBy.Login != "":
			if g.DismissedByForge || e.mayNotDismiss(g.DismissedBy, g.on) {
				st.block, st.lifts, st.uncertain, st.vainly = &g, nil, false, g.dismisser()
			} else if e.s.Saw != nil {
				st.block, st.lifts, st.uncertain = nil, nil, false // under version 1 it ended older ones, too
			}
		default:
			st.block, st.lifts, st.uncertain, st.vainly = &g, nil, true, pull.Person{}
		}
	case pull.Commented, pull.Pending, pull.Spoken, pull.Withdrawn:
	}
}

// mayPrecede reports whether an approval may have been given before a /hold that stands, after
// which the rule has it: of one that the forge gives no time it is only known when it was first
// seen, and the comment may have been new then, too, or have said something else.
func mayPrecede(g, block *given) bool {
	if block == nil || !block.spoken || g.spoken || !g.on.Seen.Witness {
		return false
	}
	approved, held := g.on.Sight(g.ID, g.State), g.on.Sight(block.ID, pull.Spoken)
	return approved == nil || held == nil || block.Edited || !held.At.Before(approved.At)
}

// counts reports whether an approval counts for a file as it is now, and if not,
// why.
func (e *evaluation) counts(a *approval, f *pull.File) (bool, policy.Code) {
	ok, why := e.holds(a, f)
	if ok {
		a.counted(f)
	} else {
		a.why = why
	}
	return ok, why
}

func (e *evaluation) holds(a *approval, f *pull.File) (bool, policy.Code) {
	switch {
	case a.void != "":
		return false, a.void
	case f.Hidden:
		return false, policy.NoteHidden
	case e.wrote(a.on, a.login, a.who.ID, &f.Content):
		return false, whyWrote(a.on, a.login, a.who.ID, &f.Content)
	case !a.scope.Covers(f.Paths()):
		return false, policy.NoteOutOfScope
	case e.rules.AfterPush == policy.KeepHead && a.seen.Commit != e.s.Request.Head:
		return false, policy.NoteNotHead
	case a.seen.Why != "":
		return false, policy.Code(a.seen.Why)
	case a.seen.Same:
		return true, ""
	case e.rules.AfterPush == policy.KeepAll:
		if a.seen.Listed(f.Path) {
			return true, ""
		}
		return false, policy.NoteStale
	}
	return e.unchanged(a, f)
}

// mayNotDismiss reports whether somebody's dismissal of an objection ends nothing: an
// author's, a contributor's, or a bot's that no map lists (package policy, §3, "Objections").
func (e *evaluation) mayNotDismiss(by pull.Person, on *view) bool {
	return e.isAuthor(by) || on.contributors.WroteAnything(by) || by.Bot && e.s.Saw == nil && !e.listedBot(by)
}

// listedBot reports whether the map lists a bot as one that may approve.
func (e *evaluation) listedBot(by pull.Person) bool {
	return e.s.Owners != nil && slices.ContainsFunc(e.s.Owners.Subsystems(), func(s *ownership.Subsystem) bool {
		return slices.ContainsFunc(s.Maintainers, func(o ownership.Owner) bool { return o.Bot && pull.SameLogin(o.Login, by.Login) })
	})
}

// stands reports whether a person's request for changes stands: no later approval of
// the same request that meant any file has ended it.
func (e *evaluation) stands(st *reviewerState) bool {
	return st.block != nil && !e.wasEnded(st) && !slices.ContainsFunc(st.lifts, e.meant) && e.lifted(st) == nil
}

// meant reports whether an approval counted for a file when it was given: one of the
// head of that time, for what it showed; any other one, for what is there now.
func (e *evaluation) meant(a *approval) bool {
	if e.s.Saw != nil {
		return true
	}
	if a.void != "" || a.seen.Why != "" {
		return false
	}
	if !e.ofItsTime(a) {
		return slices.ContainsFunc(e.s.Request.Files, func(f pull.File) bool {
			ok, _ := e.holds(a, &f)
			return ok && e.mayApprove(a.who, f.Paths())
		})
	}
	means := func(c *pull.Content) bool {
		return a.scope.Covers(c.Paths()) && !e.wrote(a.on, a.login, a.who.ID, c) && e.mayApprove(a.who, c.Paths())
	}
	for _, shown := range a.seen.Files[:min(1, len(a.seen.Files))] {
		for path, c := range shown {
			if a.seen.Listed(path) && means(&c) {
				return true
			}
		}
	}
	return a.seen.Same && slices.ContainsFunc(e.s.Request.Files, func(f pull.File) bool { return !f.Hidden && means(&f.Content) })
}

// ofItsTime reports whether an approval was of what was the head when it was first seen.
func (e *evaluation) ofItsTime(a *approval) bool {
	s := a.on.Sight(a.ID, a.said().State())
	if s == nil {
		return false
	}
	in := a.on.Sighting(s.In)
	return in != nil && in.Head == a.seen.Commit
}

// mayApprove reports whether somebody may approve one of some paths, as one of its owners
// or of those who stand in for them. It leaves no trace in the evaluation.
func (e *evaluation) mayApprove(who pull.Person, paths []string) bool {
	if e.s.Owners == nil {
		return false
	}
	for _, path := range paths {
		for _, sub := range slices.Concat(e.s.Owners.Match(path), e.s.Owners.Fallback(path)) {
			if m, ok := e.roster(sub.Name, approverNames(sub, e.rules.ReviewersCount)).find(who); ok && (!who.Bot || m.bot) {
				return true
			}
		}
	}
	return false
}

// isAuthor reports whether a person opened this pull request or a twin.
func (e *evaluation) isAuthor(p pull.Person) bool {
	return slices.ContainsFunc(e.authors, p.Is)
}
