package policy

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// WhyNotApproved gives the reason why the approval of a comment or review
// counts for no file; one without a Code if it counts for some.
func WhyNotApproved(s Snapshot, v Verdict, id int64, c command.Command, edited bool) Note {
	if i := slices.IndexFunc(v.Reviews, func(r ReviewVerdict) bool { return r.ID == id }); i >= 0 {
		if v.Reviews[i].Files > 0 {
			return Note{}
		}
		return Note{Code: v.Reviews[i].Why, Text: v.Reviews[i].Text}
	}
	switch {
	case edited:
		return Note{Code: NoteEdited}
	case !s.Rules.CommentApprovals:
		return Note{Code: NoteNoCommentApprovals}
	case c.Commit == "":
		return Note{Code: NoteNeedsCommit, Text: strings.Join(c.Scope, " ")}
	}
	return Note{Code: NoteUnknownHead}
}

// WhyNotOverridden gives the reason why an override, or its cancellation, is
// refused; one without a Code if it is not. comment is where it stands.
func WhyNotOverridden(s Snapshot, v Verdict, who pull.Person, c command.Command, comment int64, edited bool) Note {
	if s.Owners == nil {
		return Note{Code: NoteMayNotOverride} // only the service's own people may, and they need no words
	}
	e := newEvaluation(s)
	switch {
	case !e.mayOverride(slices.Concat(s.Rules.Override, s.ServerOverride))(who):
		return Note{Code: NoteMayNotOverride}
	case c.Verb == command.VerbCancel:
		return Note{}
	case e.isAuthor(who):
		return Note{Code: NoteAuthor}
	case e.views[0].contributors.WroteAnything(who):
		return Note{Code: NoteContributor}
	case edited:
		return Note{Code: NoteOverrideEdited}
	case c.Text == "" || c.Commit == "":
		return Note{Code: NoteNeedsReason, Text: c.Text}
	case !strings.HasPrefix(strings.ToLower(s.Request.Head), c.Commit):
		return Note{Code: NoteOverrideHead, Text: c.Text}
	case slices.ContainsFunc(comments(&e.s), func(r remark) bool { return r.ID == comment && !e.names(c, r) }):
		return Note{Code: NoteOverrideBase}
	case s.Rules.ChangesRequested == RequestBlocks && len(v.Blocks) > 0:
		return Note{Code: NoteOverrideBlocked, By: v.Blocks[0].Who, Text: strings.Join(e.overriders(), ", ")}
	}
	return Note{}
}

// WhyNotHeld tells whether somebody's /hold holds nothing back, as they maintain
// nothing that is changed.
func WhyNotHeld(v Verdict, who pull.Person) Note {
	if slices.ContainsFunc(v.Blocks, func(b Block) bool { return pull.SameLogin(b.Who, who.Login) }) {
		return Note{}
	}
	return Note{Code: NoteNotOwner}
}
