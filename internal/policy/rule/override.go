package rule

import (
	"cmp"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// remark is a comment, and where it was written.
type remark struct {
	pull.Comment
	on int // place of its request among Request and Twins
}

// comments are the comments of the request and its twins in order of creation,
// without those of deleted accounts.
func comments(s *policy.Snapshot) []remark {
	var all []remark
	for i, req := range append([]pull.Request{s.Request}, s.Twins...) {
		for _, c := range req.Comments {
			if c.Author.Login != "" {
				all = append(all, remark{c, i})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b remark) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Cancels returns the cancellations that the comments hold now, to be remembered. One
// that was put into a comment by an edit is as late as that.
// Whether their authors may cancel is found out when they are needed.
func Cancels(s policy.Snapshot) []policy.Cancel {
	var out []policy.Cancel
	for _, c := range comments(&s) {
		for _, said := range commands(&s, c.Body) {
			if said.Verb == command.VerbCancel {
				out = append(out, policy.Cancel{Who: c.Author, At: c.SaidAt()})
			}
		}
	}
	return out
}

// standingOverride returns the last override in force by one of some people; nil
// if there is none.
func (e *evaluation) standingOverride(allowed []ownership.Owner) *policy.Override {
	if len(allowed) == 0 {
		return nil
	}
	may := e.mayOverride(allowed)
	inDoubt := !older(&e.s, 3) && len(e.roster("", allowed).unread) > 0 // it may be a member who takes it back
	mayCancel := func(p pull.Person) bool { return may(p) || inDoubt && !e.powerless(p) }
	var stands *policy.Override
	for _, c := range comments(&e.s) {
		if c.Edited || !may(c.Author) || e.isAuthor(c.Author) || e.views[c.on].contributors.WroteAnything(c.Author) {
			continue
		}
		for _, said := range commands(&e.s, c.Body) {
			if said.Verb == command.VerbOverride && e.names(said, c) {
				stands = &policy.Override{Who: c.Author.Login, At: c.At, Commit: e.s.Request.Head, Reason: said.Text}
			}
		}
	}
	if stands == nil {
		return nil
	}
	for _, c := range slices.Concat(e.s.Cancels, Cancels(e.s)) {
		if mayCancel(c.Who) && !c.At.Before(stands.At) {
			return nil
		}
	}
	if e.mayBeCancelled(stands, mayCancel) {
		e.doubted = stands
		return nil
	}
	return stands
}

// mayOverride tells who is one of some people.
func (e *evaluation) mayOverride(allowed []ownership.Owner) func(pull.Person) bool {
	people := e.roster("", allowed)
	return func(p pull.Person) bool {
		m, ok := people.find(p)
		return ok && (!p.Bot || m.bot)
	}
}

// names reports whether an override gives a reason and speaks of this head
// against this merge base and base branch, as they were when it was written.
func (e *evaluation) names(said command.Command, c remark) bool {
	req := &e.s.Request
	if said.Text == "" || said.Commit == "" || !strings.HasPrefix(strings.ToLower(req.Head), said.Commit) {
		return false
	}
	g := e.spokenBy(c, req.Head)
	if e.s.Saw != nil {
		return e.sawBefore(&g).Same
	}
	_, bases, why := g.witnessed()
	return why == "" && !slices.ContainsFunc(bases, func(base pull.Tip) bool {
		return base.Branch != req.BaseBranch || e.facts.MergeBase(base, req.Head) != req.MergeBase || req.MergeBase == ""
	})
}

// overriding gives, of each override of this head by somebody of some people, the
// bases that it may have been written against.
func (e *evaluation) overriding(may func(pull.Person) bool) [][]pull.Tip {
	var all [][]pull.Tip
	for _, c := range comments(&e.s) {
		for _, said := range commands(&e.s, c.Body) {
			if said.Verb != command.VerbOverride || said.Commit == "" || !strings.HasPrefix(strings.ToLower(e.s.Request.Head), said.Commit) ||
				!may(c.Author) {
				continue
			}
			g := e.spokenBy(c, e.s.Request.Head)
			if _, bases, why := g.witnessed(); why == "" {
				all = append(all, bases)
			}
		}
	}
	return all
}

// spokenBy returns a comment that names a commit as a review.
func (e *evaluation) spokenBy(c remark, commit string) given {
	return given{Review: pull.Review{ID: c.ID, Author: c.Author, State: pull.Approved, Commit: commit, At: c.At}, on: e.views[c.on],
		spoken: true}
}

// overrides lets an override that stands replace missing reviews and floors. A
// block, certain or not, stays.
func (e *evaluation) overrides(v *policy.Verdict) {
	o := e.standingOverride(e.rules.Override)
	if e.doubted != nil {
		v.Warnings = append(v.Warnings, policy.Note{Code: policy.NoteOverrideDoubted, Who: e.doubted.Who, At: e.doubted.At})
	}
	if o == nil || len(v.Reasons) == 0 {
		return
	}
	for _, f := range v.Files {
		if len(f.Needs) > 0 || len(f.OwnNeeds) > 0 {
			o.Files = append(o.Files, f.Path)
		}
	}
	v.Override = o
	v.Reasons = slices.DeleteFunc(v.Reasons, func(n policy.Note) bool { return !blocks(n.Code) })
	v.Warnings = append(v.Warnings, policy.Note{Code: policy.NoteOverride, Who: o.Who, Commit: o.Commit, At: o.At, Count: len(o.Files),
		Text: o.Reason})
}

// overridesFaults reports whether a broken policy or ownership may be mended in
// spite of itself: the pull request touches nothing else, is valid in its own
// version, nobody but its author asks for changes, and a person whom the
// service itself allows says so.
func overridesFaults(s policy.Snapshot) *policy.Override {
	req := &s.Request
	mends := s.Mendable && s.Proposal != nil && !s.Proposal.Waiting && len(s.Proposal.Faults) == 0 && req.Complete && len(req.Files) > 0
	for _, f := range req.Files {
		for _, path := range f.Paths() {
			mends = mends && slices.Contains(s.PolicyFiles, path)
		}
	}
	if !mends {
		return nil
	}
	s.Owners = &ownership.Map{}
	e := newEvaluation(s)
	for _, st := range e.people {
		if e.stands(st) && !e.isAuthor(st.who) {
			return nil
		}
	}
	return e.standingOverride(s.ServerOverride)
}

// spoken returns the approvals that comments give, as reviews, where the policy
// takes them.
func (e *evaluation) spoken() []given {
	out := e.heldBack()
	if !e.rules.CommentApprovals {
		return out
	}
	for _, c := range comments(&e.s) {
		for _, said := range commands(&e.s, c.Body) {
			if said.Verb != command.VerbApprove || said.Commit == "" || c.Edited {
				continue
			}
			g := e.spokenBy(c, headNamed(e.views[c.on].Heads, said.Commit))
			g.Body = "/approve " + strings.Join(said.Scope, " ")
			out = append(out, g)
		}
	}
	return out
}

// headNamed returns the one commit among some heads that begins with some digits;
// empty if there is none, or more than one.
func headNamed(heads []pull.Head, start string) string {
	found := ""
	for _, h := range heads {
		if strings.HasPrefix(strings.ToLower(h.ID), start) && h.ID != found {
			if found != "" {
				return ""
			}
			found = h.ID
		}
	}
	return found
}

// blocks reports whether a reason is an objection, which no override replaces.
func blocks(c policy.Code) bool {
	return slices.Contains([]policy.Code{policy.NoteBlocked, policy.NoteMaybeBlocked, policy.NoteBlockVain, policy.NoteBlockGone,
		policy.NoteHoldGone}, c)
}
