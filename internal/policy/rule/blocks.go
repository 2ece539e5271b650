package rule

import (
	"cmp"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
)

// blocks returns the standing requests for changes by maintainers of a changed
// file's subsystem, in order of login. They are shown even where the policy
// ignores them.
func (e *evaluation) blocks() []policy.Block {
	out := []policy.Block{}
	for _, st := range e.people {
		if !e.stands(st) {
			continue
		}
		b := policy.Block{Who: st.who.Login, Review: st.block.ID, Commit: st.block.Commit, Subsystems: []string{}, DismissedBy: st.vainly.Login,
			Gone: st.block.gone != nil, Spoken: st.block.spoken}
		sure := false
		for _, owner := range e.known() {
			if !owner.touched {
				continue
			}
			is, maybe := e.maintains(owner.sub, st)
			if is || maybe {
				b.Subsystems = append(b.Subsystems, owner.sub.Name)
			}
			sure = sure || is
		}
		if b.Certain = sure && !st.uncertain; len(b.Subsystems) > 0 {
			out = append(out, b)
		}
	}
	// One line a person, who may have said so on several requests of one head.
	slices.SortStableFunc(out, func(a, b policy.Block) int {
		if c := cmp.Compare(strings.ToLower(a.Who), strings.ToLower(b.Who)); c != 0 || a.Certain == b.Certain {
			return c
		}
		if a.Certain {
			return -1
		}
		return 1
	})
	return slices.CompactFunc(out, func(a, b policy.Block) bool { return strings.EqualFold(a.Who, b.Who) })
}

// maintains reports whether the person of an objection is a maintainer of a subsystem, or
// may be one by a team that could not be read; nobody may of whom the forge certainly says
// that they have no write permission. Who is gone keeps the teams that they were last seen
// in, and what was last said of their permission.
func (e *evaluation) maintains(sub *ownership.Subsystem, st *reviewerState) (is, maybe bool) {
	r, p := e.maintainers(sub), st.who
	m, is := r.find(p)
	if o := st.on.objection(st.block.ID, st.block.spoken); !is && o != nil && o.Author.Is(p) {
		m, is = r.find(o.Author) // under the login of that time
	}
	is = is && (!p.Bot || m.bot)
	if gone := st.block.gone; gone != nil {
		return is || slices.ContainsFunc(sub.Maintainers, func(o ownership.Owner) bool {
			return o.Team != "" && slices.Contains(gone.Teams, policy.TeamKey(o.Team))
		}), len(r.unread) > 0 && !gone.NoWrite
	}
	certain := !st.block.CanWrite && !st.block.WriteUnknown && !st.block.spoken || st.block.spoken && e.powerless(p)
	return is, len(r.unread) > 0 && (!certain || older(&e.s, 3))
}

// blockNotes say of an objection what keeps it from being over.
func (e *evaluation) blockNotes(b policy.Block) []policy.Note {
	area := strings.Join(b.Subsystems, ", ")
	may := strings.Join(e.overriders(b.Who), ", ")
	switch {
	case b.Gone && b.Spoken:
		return []policy.Note{{Code: policy.NoteHoldGone, Who: b.Who, Commit: b.Commit, Subsystem: area, Text: may}}
	case b.Gone:
		return []policy.Note{{Code: policy.NoteBlockGone, Who: b.Who, Commit: b.Commit, Subsystem: area, Text: may}}
	case b.DismissedBy != "":
		return []policy.Note{{Code: policy.NoteBlockVain, Who: b.Who, Commit: b.Commit, Subsystem: area, By: b.DismissedBy, Text: may}}
	}
	return nil
}

// staffing warns of subsystems that lack people and of teams that could not be
// read.
func (e *evaluation) staffing() []policy.Note {
	var notes []policy.Note
	for _, st := range e.known() {
		sub := st.sub
		if emails := unknownOwners(sub); st.touched && len(emails) > 0 {
			notes = append(notes, policy.Note{Code: policy.NoteNoLogin, Subsystem: sub.Name, Count: len(emails),
				Text: strings.Join(emails[:min(len(emails), mostEmails)], ", ")})
		}
		if st.staffing != "" {
			notes = append(notes, policy.Note{Code: st.staffing, Subsystem: sub.Name, Text: sub.Contact})
		}
		if st.approvers != nil {
			notes = append(notes, st.approvers.unread...)
		}
	}
	return compactNotes(notes)
}

// unknownOwners lists the maintainers whom the forge does not know.
func unknownOwners(sub *ownership.Subsystem) []string {
	var names []string
	for _, o := range sub.Maintainers {
		if !o.Known() {
			names = append(names, o.String())
		}
	}
	return names
}
