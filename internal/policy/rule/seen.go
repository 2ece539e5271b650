package rule

import (
	"cmp"
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// view is one of the requests that are judged together, and what is remembered of
// it.
type view struct {
	sight.View
	contributors *authors.Contributors
}

// given is a review, and where it was given. spoken tells that it is a comment's.
type given struct {
	pull.Review
	on     *view
	spoken bool
	gone   *pull.Objection // as it was last read, where the forge no longer shows it whole
}

// said is the review as it is looked for among what was seen.
func (g *given) said() sight.Said { return sight.Said{Review: &g.Review, Spoken: g.spoken} }

// witnessed returns the commit that a review is for, and the bases that it may have
// been seen against.
func (g *given) witnessed() (commit string, bases []pull.Tip, why sight.Why) {
	return g.on.Witnessed(g.said())
}

// saw finds what a review showed to its author.
func (e *evaluation) saw(g *given) *sight.Shown {
	if e.s.Saw != nil {
		return e.sawBefore(g)
	}
	commit, bases, why := g.witnessed()
	if why == "" {
		return e.facts.Against(commit, bases)
	}
	return &sight.Shown{Commit: commit, Why: why}
}

// unchanged reports whether a file is as an approval's reviewer saw it, against
// whichever base that was, and if not, why.
func (e *evaluation) unchanged(a *approval, f *pull.File) (bool, policy.Code) {
	changed := policy.NoteStale
	if a.seen.Commit == e.s.Request.Head && len(a.seen.Files) > 1 {
		changed = policy.NoteOtherBase // only what it was compared with, and that at the time
	}
	if !a.seen.Listed(f.Path) {
		return false, changed
	}
	all := true
	for _, shown := range a.seen.Files {
		then := shown[f.Path]
		if !then.Whole() || !f.Whole() {
			return false, policy.NoteUnknownContent
		}
		lives, depends := sight.Survives(then, f.Content)
		if depends != nil {
			e.depends[*depends] = true
			lives = e.merges[*depends]
		}
		all = all && lives
	}
	if !all {
		return false, changed
	}
	return true, ""
}

// MergesNeeded returns the merges of text that Evaluate would need to be told of
// in Snapshot.Merges, each once, in order.
func MergesNeeded(s policy.Snapshot) []sight.Merge {
	if len(faults(s)) > 0 {
		return nil
	}
	e := newEvaluation(s)
	if !slices.ContainsFunc(e.approvals, func(a *approval) bool { return a.seen.Why == "" && !a.seen.Same }) {
		return nil // every approval is of what is there now, or of nothing known
	}
	e.files()
	needed := make([]sight.Merge, 0, len(e.depends))
	for m := range e.depends {
		needed = append(needed, m)
	}
	slices.SortFunc(needed, func(a, b sight.Merge) int {
		return cmp.Or(cmp.Compare(a.Result, b.Result), cmp.Compare(a.Ours, b.Ours), cmp.Compare(a.Theirs, b.Theirs), cmp.Compare(a.Base, b.Base))
	})
	return needed
}

// Needed is what must be known to judge the reviews of some people.
type Needed struct {
	Compare []sight.Compared // pairs of tip and head, of which the merge base is wanted
	Content []sight.Compared // pairs of merge base and head, of which the files are wanted
	Proof   []Wanted         // commits of which the forge's own times are wanted
}

// Wanted is a commit that reviews of a request name: of Request, or, counted from
// 1, of one of Twins.
type Wanted struct {
	On     int
	Commit string
}

// NeededFor tells what is missing to judge what some people wrote, latest first.
func NeededFor(s policy.Snapshot, matters func(pull.Person) bool) Needed {
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
		commit, bases, why := g.witnessed()
		if why == sight.WhyUnproven {
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
	id := e.facts.MergeBase(base, commit)
	wanted, list := sight.Compared{Tip: base.Commit, Head: commit}, &n.Compare
	if id != "" {
		if commit == e.s.Request.Head && id == e.s.Request.MergeBase || e.facts.Knows(commit, id) {
			return
		}
		wanted, list = sight.Compared{Head: commit, MergeBase: id}, &n.Content
	}
	if !slices.Contains(*list, wanted) {
		*list = append(*list, wanted)
	}
}
