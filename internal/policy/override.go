package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Override is somebody's word that stands in for missing reviews and floors of
// one head against one merge base (gate.md §4).
type Override struct {
	Who    string    `json:"who"`
	At     time.Time `json:"at"`
	Commit string    `json:"commit"`
	Reason string    `json:"reason"`
	Files  []string  `json:"files,omitempty"` // that it stands in for
}

// Cancel is an override taken back. It holds even where the comment that said
// so is gone: people with write permission can delete each other's comments.
type Cancel struct {
	Who pull.Person `json:"who"`
	At  time.Time   `json:"at"`
}

// comments are the comments of the request and its twins in order of creation,
// without those of deleted accounts.
func comments(s *Snapshot) []pull.Comment {
	all := slices.Clone(s.Request.Comments)
	for _, t := range s.Twins {
		all = append(all, t.Comments...)
	}
	all = slices.DeleteFunc(all, func(c pull.Comment) bool { return c.Author.Login == "" })
	slices.SortStableFunc(all, func(a, b pull.Comment) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Cancels gives the cancellations that the comments hold now, to be remembered.
// Whether their authors may cancel is found out when they are needed.
func Cancels(s Snapshot) []Cancel {
	var out []Cancel
	for _, c := range comments(&s) {
		for _, command := range Commands(c.Body) {
			if command.Verb == VerbCancel {
				out = append(out, Cancel{Who: c.Author, At: c.At})
			}
		}
	}
	return out
}

// standingOverride gives the last override in force by one of some people; nil
// if there is none.
func (e *evaluation) standingOverride(allowed []ownership.Owner) *Override {
	if len(allowed) == 0 {
		return nil
	}
	people := e.roster("", allowed)
	may := func(p pull.Person) bool {
		m, ok := people.find(p)
		return ok && (!p.Bot || m.bot)
	}
	var stands *Override
	for _, c := range comments(&e.s) {
		if c.Edited || !may(c.Author) || e.isAuthor(c.Author) || e.contributors.wroteAnything(c.Author) {
			continue
		}
		for _, command := range Commands(c.Body) {
			if command.Verb == VerbOverride && e.names(command, c) {
				stands = &Override{Who: c.Author.Login, At: c.At, Commit: e.s.Request.Head, Reason: command.Text}
			}
		}
	}
	if stands == nil {
		return nil
	}
	for _, c := range slices.Concat(e.s.Cancels, Cancels(e.s)) {
		if may(c.Who) && !c.At.Before(stands.At) {
			return nil
		}
	}
	return stands
}

// names tells whether an override gives a reason and speaks of this head
// against this merge base and base branch, as they were when it was written.
func (e *evaluation) names(command Command, c pull.Comment) bool {
	req := &e.s.Request
	if command.Text == "" || command.Commit == "" || !strings.HasPrefix(strings.ToLower(req.Head), command.Commit) {
		return false
	}
	head, why := e.record(pull.Review{Commit: req.Head, At: c.At})
	return why == "" && head.MergeBase == req.MergeBase && head.BaseBranch == req.BaseBranch
}

// overrides lets an override that stands replace missing reviews and floors. A
// block, certain or not, stays.
func (e *evaluation) overrides(v *Verdict) {
	o := e.standingOverride(e.rules.Override)
	if o == nil || len(v.Reasons) == 0 {
		return
	}
	for _, f := range v.Files {
		if len(f.Needs) > 0 || len(f.OwnNeeds) > 0 {
			o.Files = append(o.Files, f.Path)
		}
	}
	v.Override = o
	v.Reasons = slices.DeleteFunc(v.Reasons, func(n Note) bool { return n.Code != NoteBlocked && n.Code != NoteMaybeBlocked })
	v.Warnings = append(v.Warnings, Note{Code: NoteOverride, Who: o.Who, Commit: o.Commit, At: o.At, Count: len(o.Files), Text: o.Reason})
}

// overridesFaults tells whether a broken policy or ownership may be mended in
// spite of itself: the pull request touches nothing else, is valid in its own
// version, nobody but its author asks for changes, and a person whom the
// service itself allows says so.
func overridesFaults(s Snapshot) *Override {
	req := &s.Request
	mends := s.Mendable && s.Proposal != nil && len(s.Proposal.Faults) == 0 && req.Complete && len(req.Files) > 0
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
		if st.block != nil && !e.isAuthor(st.who) {
			return nil
		}
	}
	return e.standingOverride(s.ServerOverride)
}

// spoken gives the approvals that comments give, as reviews, where the policy
// takes them.
func (e *evaluation) spoken() []pull.Review {
	if !e.rules.CommentApprovals {
		return nil
	}
	var out []pull.Review
	for _, c := range comments(&e.s) {
		for _, command := range Commands(c.Body) {
			if command.Verb != VerbApprove || command.Commit == "" || c.Edited {
				continue
			}
			out = append(out, pull.Review{ID: c.ID, Author: c.Author, State: pull.Approved, Commit: e.headNamed(command.Commit), At: c.At,
				Body: "/approve " + strings.Join(command.Scope, " ")})
		}
	}
	return out
}

// headNamed gives the one commit among the heads seen that begins with some
// digits; empty if there is none, or more than one.
func (e *evaluation) headNamed(start string) string {
	found := ""
	for _, h := range e.s.Heads {
		if strings.HasPrefix(strings.ToLower(h.ID), start) && h.ID != found {
			if found != "" {
				return ""
			}
			found = h.ID
		}
	}
	return found
}
