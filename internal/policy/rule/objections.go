package rule

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// released is the state of a comment that takes its author's /hold back.
const released pull.ReviewState = "RELEASED"

// ghost is how a lift names somebody whose account is gone.
const ghost = "ghost"

// reviews returns the reviews of a request, with the objections that the forge no longer
// shows, or of which it no longer says whose they are.
func (v *view) reviews() []given {
	all := make([]given, 0, len(v.Req.Reviews))
	for _, r := range v.Req.Reviews {
		g := given{Review: r, on: v}
		if o := v.objection(r.ID, false); o != nil && r.Author.Login == "" && r.State != pull.Approved {
			g.Author, g.gone = o.Author, o
		}
		all = append(all, g)
	}
	for i := range v.Seen.Objections {
		o := &v.Seen.Objections[i]
		shown := slices.ContainsFunc(v.Req.Reviews, func(r pull.Review) bool { return r.ID == o.Review })
		if !o.Spoken && !o.Ended && !shown {
			all = append(all, given{Review: pull.Review{ID: o.Review, Author: o.Author, State: pull.ChangesRequested, Commit: o.Commit, At: o.At},
				on: v, gone: o})
		}
	}
	return all
}

// objection returns what was last read of one; nil if nothing was.
func (v *view) objection(id int64, spoken bool) *pull.Objection {
	i := slices.IndexFunc(v.Seen.Objections, func(o pull.Objection) bool { return o.Review == id && o.Spoken == spoken })
	if i < 0 {
		return nil
	}
	return &v.Seen.Objections[i]
}

// heldBack returns what comments say of holding a request back, as reviews, where the forge
// has no state for it. A comment that was edited takes nothing back: its author need not have
// written what it says now.
func (e *evaluation) heldBack() []given {
	if !e.s.HoldsSpoken {
		return nil
	}
	var out []given
	all := comments(&e.s)
	for _, c := range all {
		for _, said := range commands(&e.s, c.Body) {
			g := e.spokenBy(c, "")
			switch said.Verb { //nolint:exhaustive // the others hold nothing
			case command.VerbHold:
				g.State, g.Edited = pull.ChangesRequested, c.Edited
			case command.VerbRelease:
				if g.State = released; c.Edited {
					continue
				}
			default:
				continue
			}
			out = append(out, g)
		}
	}
	for _, v := range e.views {
		for i := range v.Seen.Objections {
			o := &v.Seen.Objections[i]
			shown := slices.ContainsFunc(v.Req.Comments, func(c pull.Comment) bool { return c.ID == o.Review && e.stillHolds(c) })
			if o.Spoken && !o.Ended && !shown {
				out = append(out, given{Review: pull.Review{ID: o.Review, Author: o.Author, State: pull.ChangesRequested, At: o.At}, on: v,
					spoken: true, gone: o})
			}
		}
	}
	return out
}

// stillHolds reports whether a comment says /hold: people with write permission can edit
// each other's comments.
func (e *evaluation) stillHolds(c pull.Comment) bool {
	return slices.ContainsFunc(commands(&e.s, c.Body), func(c command.Command) bool { return c.Verb == command.VerbHold })
}

// liftable reports whether a request for changes can be lifted by somebody else's word:
// who gave it can't take it back, and nobody can dismiss it.
func (st *reviewerState) liftable() bool {
	return st.block.gone != nil || st.block.State == pull.Dismissed
}

// wasEnded reports whether an earlier look found that a request for changes was ended by
// an approval, or by a person who dismissed it. Whoever contributes afterwards does not
// bring it back to life, nor does an account that is gone, with its approvals.
func (e *evaluation) wasEnded(st *reviewerState) bool {
	o, by := st.on.objection(st.block.ID, st.block.spoken), st.vainly
	return o != nil && o.Ended && (st.block.gone != nil || len(st.lifts) > 0 || by.Login != "" && !by.Bot && !e.isAuthor(by))
}

// lifted returns the lift of a request for changes; nil if it was not lifted.
func (e *evaluation) lifted(st *reviewerState) *policy.Lift {
	if older(&e.s, 3) || !st.liftable() || len(e.rules.Override) == 0 {
		return nil
	}
	may := e.mayOverride(e.rules.Override)
	var last *policy.Lift
	for _, c := range comments(&e.s) {
		if e.views[c.on] != st.on || c.Edited || c.At.Before(st.block.At) || !may(c.Author) || e.mayNotLift(c.Author, st) != "" {
			continue
		}
		for _, said := range commands(&e.s, c.Body) {
			if said.Verb == command.VerbLift && said.Text != "" && st.named(said.Who) {
				last = &policy.Lift{Who: c.Author.Login, Whom: st.who.Login, At: c.At, Reason: said.Text}
			}
		}
	}
	return last
}

// lifts are those in force, in order of the logins of those who objected, then those that
// were in force when the account of who lifted was still there.
func (e *evaluation) lifts() []policy.Lift {
	var out []policy.Lift
	ended := map[string]bool{} // by those who objected, in other ways or by a lift that is told
	for _, st := range e.people {
		key := strings.ToLower(st.who.Login)
		if st.block == nil || slices.ContainsFunc(st.lifts, e.meant) {
			ended[key] = true
			continue
		}
		if l := e.lifted(st); l != nil {
			ended[key] = true
			out = append(out, *l)
		}
	}
	for _, o := range e.views[0].Seen.Objections {
		if l := o.Lifted; o.Ended && l.By != "" && !ended[strings.ToLower(o.Author.Login)] {
			out = append(out, policy.Lift{Who: l.By, Whom: o.Author.Login, At: l.At, Reason: l.Reason})
		}
	}
	return out
}

// named reports whether a lift names the person whose objection it is.
func (st *reviewerState) named(login string) bool {
	return pull.SameLogin(login, st.who.Login) || st.block.gone != nil && pull.SameLogin(login, ghost)
}

// mayNotLift returns the reason why somebody of override.allowed may not lift an
// objection.
func (e *evaluation) mayNotLift(who pull.Person, st *reviewerState) policy.Code {
	switch {
	case e.isAuthor(who):
		return policy.NoteAuthor
	case st.on.contributors.WroteAnything(who):
		return policy.NoteContributor
	case who.Is(st.who) && st.block.spoken:
		return policy.NoteOwnHold
	case who.Is(st.who):
		return policy.NoteOwnObjection
	}
	return ""
}

// WhyNotLifted returns the reason why a lift is refused; empty if it is not.
func WhyNotLifted(s policy.Snapshot, who pull.Person, c command.Command, edited bool) policy.Note {
	e := newEvaluation(s)
	if !e.mayOverride(s.Rules.Override)(who) {
		return policy.Note{Code: policy.NoteMayNotOverride, Text: strings.Join(e.overriders(""), ", ")}
	}
	switch {
	case edited:
		return policy.Note{Code: policy.NoteOverrideEdited}
	case c.Who == "" || c.Text == "":
		return policy.Note{Code: policy.NoteNeedsObjector, By: c.Who}
	}
	why := policy.Note{Code: policy.NoteNoObjection, By: c.Who}
	for _, st := range e.people {
		if st.block == nil || st.on != e.views[0] || !st.named(c.Who) {
			continue
		}
		switch no := e.mayNotLift(who, st); {
		case no != "":
			return policy.Note{Code: no}
		case e.lifted(st) != nil:
			return policy.Note{}
		case e.stands(st) && st.block.spoken:
			why.Code = policy.NoteReleaseIt
		case e.stands(st):
			why.Code = policy.NoteDismissIt
		}
	}
	return why
}

// Ended reports whether an objection that the forge shows was taken back, as a verdict
// has it; known is false where the verdict says nothing of it.
func Ended(v *policy.Verdict, o *pull.Objection) (ended, known bool) {
	for _, r := range v.Reviews {
		if r.ID != o.Review || !pull.SameLogin(r.Who, o.Author.Login) {
			continue
		}
		switch r.Why { //nolint:exhaustive // the others are no fate of an objection
		case policy.NoteStands:
			return false, true
		case policy.NoteLifted, policy.NoteDismissed:
			return true, true
		}
	}
	return false, false
}
