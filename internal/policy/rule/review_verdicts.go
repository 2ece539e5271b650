package rule

import (
	"maps"
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// mostEmails is how many addresses one warning lists.
const mostEmails = 20

// reviewVerdicts tells of every review that was read what became of it, in order.
func (e *evaluation) reviewVerdicts() []policy.ReviewVerdict {
	type key struct { // reviews and comments are numbered apart
		id  int64
		who string
		at  int64
	}
	of := func(r pull.Review) key { return key{r.ID, r.Author.Login, r.At.UnixNano()} }
	approvals, blocks, objecting := map[key]*approval{}, map[key]bool{}, map[key]bool{}
	for _, a := range e.approvals {
		approvals[of(a.Review)] = a
	}
	for _, st := range e.people {
		if !e.stands(st) {
			continue
		}
		if objecting[of(st.block.Review)] = !older(&e.s, 6); older(&e.s, 6) || e.holdsUp(st) {
			blocks[of(st.block.Review)] = true
		}
	}
	out := make([]policy.ReviewVerdict, 0, len(e.given))
	for _, g := range e.given {
		r := g.Review
		v := policy.ReviewVerdict{ID: r.ID, Who: r.Author.Login, State: r.State, Commit: r.Commit, At: r.At.UTC()}
		switch r.State {
		case pull.Approved:
			a := approvals[of(r)]
			if v.Files, v.Why = e.whyNotCounted(r, a); a != nil && v.Why == a.void {
				v.Text = a.text
			}
			if was := e.formerLogin(r.Author); v.Why == policy.NoteNotOwner && was != "" {
				v.Why, v.By = policy.NoteRenamed, was
			}
		case pull.ChangesRequested:
			v.Why = policy.NoteLifted
			switch {
			case blocks[of(r)]:
				v.Why = policy.NoteStands
			case objecting[of(r)]:
				v.Why = policy.NoteHoldsNothing
			}
		case pull.Dismissed:
			v.Why = policy.NoteDismissed
			if blocks[of(r)] {
				v.Why = policy.NoteStands
			}
		case pull.Commented, pull.Pending, pull.Spoken, pull.Withdrawn, released:
			v.Why = policy.NoteRemark
		}
		out = append(out, v)
	}
	return out
}

// holdsUp reports whether an objection is of somebody who maintains, or may maintain, the
// subsystem of a changed file.
func (e *evaluation) holdsUp(st *reviewerState) bool {
	return slices.ContainsFunc(e.known(), func(owner *subsystemState) bool {
		is, maybe := e.maintains(owner.sub, st)
		return owner.touched && (is || maybe)
	})
}

// whyNotCounted tells for how many files an approval counts, and if for none, why.
func (e *evaluation) whyNotCounted(r pull.Review, a *approval) (files int, why policy.Code) {
	switch {
	case r.Author.Login == "":
		return 0, policy.NoteNobody
	case a == nil:
		return 0, policy.NoteSuperseded
	case a.files > 0:
		return a.files, a.why
	case e.isAuthor(r.Author):
		return 0, policy.NoteAuthor
	case a.why != "":
		return 0, a.why
	case r.Author.Bot || pull.BotLogin(r.Author.Login):
		return 0, policy.NoteBot
	case a.void != "":
		return 0, a.void
	case r.Author.ID != 0 && !r.Author.Is(pull.Person{Login: r.Author.Login, ID: e.s.Accounts[a.login]}):
		return 0, policy.NoteOtherAccount
	}
	return 0, policy.NoteNotOwner
}

// formerLogin is the owner's login under which somebody's account was first seen; empty
// if it has that login still, or is nobody's that the gate knows.
func (e *evaluation) formerLogin(p pull.Person) string {
	if p.ID == 0 || older(&e.s, 6) {
		return ""
	}
	for _, login := range slices.Sorted(maps.Keys(e.s.Accounts)) {
		if e.s.Accounts[login] == p.ID && !pull.SameLogin(login, p.Login) {
			return login
		}
	}
	return ""
}

// unknownEmails are the addresses of contributors that map to no account, over
// all heads seen, sorted.
func (e *evaluation) unknownEmails() []string {
	var emails []string
	for _, v := range e.views {
		emails = append(emails, v.contributors.Emails()...)
	}
	slices.Sort(emails)
	return slices.Compact(emails)
}
