package policy

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// WhyNotApproved gives the reason why the approval of a comment or review
// counts for no file; empty if it counts for some.
func WhyNotApproved(s Snapshot, v Verdict, id int64, c Command, edited bool) Code {
	if i := slices.IndexFunc(v.Reviews, func(r ReviewVerdict) bool { return r.ID == id }); i >= 0 {
		if v.Reviews[i].Files > 0 {
			return ""
		}
		return v.Reviews[i].Why
	}
	switch {
	case edited:
		return NoteEdited
	case !s.Rules.CommentApprovals:
		return NoteNoCommentApprovals
	case c.Commit == "":
		return NoteNeedsCommit
	}
	return NoteUnknownHead
}

// WhyNotOverridden gives the reason why an override, or its cancellation, is
// refused; empty if it is not. comment is where it stands.
func WhyNotOverridden(s Snapshot, who pull.Person, c Command, comment int64, edited bool) Code {
	if s.Owners == nil {
		return NoteMayNotOverride // only the service's own people may, and they need no words
	}
	e := newEvaluation(s)
	m, ok := e.roster("", slices.Concat(s.Rules.Override, s.ServerOverride)).find(who)
	switch {
	case !ok || who.Bot && !m.bot:
		return NoteMayNotOverride
	case c.Verb == VerbCancel:
		return ""
	case e.isAuthor(who):
		return NoteAuthor
	case e.views[0].contributors.wroteAnything(who):
		return NoteContributor
	case edited:
		return NoteEdited
	case c.Text == "" || c.Commit == "":
		return NoteNeedsReason
	case !strings.HasPrefix(strings.ToLower(s.Request.Head), c.Commit):
		return NoteOtherCommit
	case slices.ContainsFunc(comments(&e.s), func(r remark) bool { return r.ID == comment && !e.names(c, r) }):
		return NoteOverrideBase
	}
	return ""
}
