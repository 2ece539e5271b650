package rule

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// WhyNotApproved returns the reason why the approval of a comment or review
// counts for no file; one without a Code if it counts for some.
func WhyNotApproved(s policy.Snapshot, v policy.Verdict, id int64, c command.Command, edited bool) policy.Note {
	if i := slices.IndexFunc(v.Reviews, func(r policy.ReviewVerdict) bool { return r.ID == id }); i >= 0 {
		if v.Reviews[i].Files > 0 {
			return policy.Note{}
		}
		return policy.Note{Code: v.Reviews[i].Why, Text: v.Reviews[i].Text}
	}
	switch {
	case edited:
		return policy.Note{Code: policy.NoteEdited}
	case !s.Rules.CommentApprovals:
		return policy.Note{Code: policy.NoteNoCommentApprovals}
	case c.Commit == "":
		return policy.Note{Code: policy.NoteNeedsCommit, Text: strings.Join(c.Scope, " ")}
	}
	return policy.Note{Code: policy.NoteUnknownHead}
}

// WhyNotOverridden returns the reason why an override, or its cancellation, is
// refused; one without a Code if it is not. comment is where it stands.
func WhyNotOverridden(s policy.Snapshot, v policy.Verdict, who pull.Person, c command.Command, comment int64, edited bool) policy.Note {
	if s.Owners == nil {
		s.Owners = &ownership.Map{} // only the service's own people may
		if e := newEvaluation(s); e.mayOverride(s.ServerOverride)(who) && c.Verb == command.VerbCancel || v.Override != nil {
			return policy.Note{}
		}
		return policy.Note{Code: policy.NoteOverrideBroken, Text: strings.Join(menders(&s), ", ")}
	}
	e := newEvaluation(s)
	switch {
	case !e.mayOverride(slices.Concat(s.Rules.Override, s.ServerOverride))(who):
		return policy.Note{Code: policy.NoteMayNotOverride, Text: strings.Join(e.overriders(""), ", ")}
	case c.Verb == command.VerbCancel:
		return policy.Note{}
	case e.isAuthor(who):
		return policy.Note{Code: policy.NoteAuthor}
	case e.views[0].contributors.WroteAnything(who):
		return policy.Note{Code: policy.NoteContributor}
	case edited:
		return policy.Note{Code: policy.NoteOverrideEdited}
	case c.Text == "" || c.Commit == "":
		return policy.Note{Code: policy.NoteNeedsReason, Text: c.Text}
	case !strings.HasPrefix(strings.ToLower(s.Request.Head), c.Commit):
		return policy.Note{Code: policy.NoteOverrideHead, Text: c.Text}
	case slices.ContainsFunc(comments(&e.s), func(r remark) bool { return r.ID == comment && !e.names(c, r) }):
		return policy.Note{Code: policy.NoteOverrideBase}
	case s.Rules.ChangesRequested == policy.RequestBlocks && len(v.Blocks) > 0 && v.Blocks[0].Spoken:
		return policy.Note{Code: policy.NoteOverrideHeld, By: v.Blocks[0].Who}
	case s.Rules.ChangesRequested == policy.RequestBlocks && len(v.Blocks) > 0:
		return policy.Note{Code: policy.NoteOverrideBlocked, By: v.Blocks[0].Who}
	case v.Override == nil && v.Unwarned == policy.Success:
		return policy.Note{Code: policy.NoteOverrideNeedless}
	}
	return policy.Note{}
}

// WhyNotHeld returns the reason why somebody's /hold holds nothing back: they maintain nothing
// that is changed. It is empty if it does, and if they took it back since.
func WhyNotHeld(s policy.Snapshot, v policy.Verdict, who pull.Person) policy.Note {
	held := slices.ContainsFunc(v.Blocks, func(b policy.Block) bool { return pull.SameLogin(b.Who, who.Login) })
	e := newEvaluation(s)
	ended := slices.ContainsFunc(e.people, func(st *reviewerState) bool {
		return pull.SameLogin(st.who.Login, who.Login) && (st.block == nil || len(st.lifts) > 0 || e.lifted(st) != nil)
	})
	if held || ended {
		return policy.Note{}
	}
	return policy.Note{Code: policy.NoteNotOwner}
}

// WhyNotReleased returns the reason why somebody's /hold cancel takes nothing back: it was put
// into a comment that said something else before; empty if it does.
func WhyNotReleased(v policy.Verdict, who pull.Person, edited bool) policy.Note {
	held := slices.ContainsFunc(v.Blocks, func(b policy.Block) bool { return pull.SameLogin(b.Who, who.Login) })
	if edited && held {
		return policy.Note{Code: policy.NoteOverrideEdited}
	}
	return policy.Note{}
}
