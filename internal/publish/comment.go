package publish

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Mark stands in every comment of the gate, unseen, so that it is found again.
const Mark = "<!-- reviewgate:comment -->"

// commentBody says what is missing and whom to contact. It leaves out numbers,
// because it is edited only when the missing subsystems or the outcome change.
func (w *Words) commentBody(want Wanted) string {
	v := want.Verdict
	s := w.in(v.Language)
	p := &page{s: s}
	p.line(Mark)
	if v.Unwarned == policy.Success {
		p.line(s.say("comment.open", nil))
		return strings.Join(p.lines, "\n")
	}
	kind := string(v.Outcome)
	if v.Outcome != v.Unwarned {
		kind = "warned"
	}
	p.line(s.say("comment."+kind, nil))
	p.line("")
	if v.Outcome == policy.Error {
		p.line(s.say("comment.mend", nil))
		p.line("")
		for _, f := range v.Faults {
			p.line("- " + plain(f.String()))
		}
		p.line("")
	}
	for _, who := range slices.Concat(blockers(v, true), blockers(v, false)) {
		p.line(s.say("comment.blocked", data{"Who": code(who)}))
		p.line("")
	}
	p.asks(v)
	if want.Spoken {
		p.line(s.say("comment.approve", data{"Text": "`/approve " + want.Head + "`"}))
		p.line("")
	}
	p.line(s.say("comment.details", data{"Text": v.Check}))
	if v.Contact != "" {
		p.line("")
		p.line(s.say("contact", data{"Text": contact(v.Contact)}))
	}
	return p.cut(p.s.limits.Comment)
}

// asks lists the subsystems that miss review, and what lies outside of them.
func (p *page) asks(v policy.Verdict) {
	names := missing(v)
	if len(names) > 0 {
		p.line(p.s.say("comment.asks", nil))
		p.line("")
	}
	for _, row := range v.Subsystems {
		if !slices.Contains(names, row.Name) {
			continue
		}
		text := "- **" + plain(row.Title) + "** — " + p.s.say("comment.can", data{"Names": p.s.people(row.CanApprove)})
		if row.Contact != "" {
			text += " — " + p.s.say("contact", data{"Text": contact(row.Contact)})
		}
		p.line(text)
	}
	for _, n := range unownedNotes(v) {
		p.line("- " + p.s.note(n))
	}
	if len(names) > 0 {
		p.line("")
	}
	if people := expected(v); len(people) > 0 {
		p.line(p.s.say("comment.asked", data{"Names": p.s.people(people)}))
		p.line("")
	}
}

// expected are those of whom a review was asked for, whether or not an answer is
// still to be expected, sorted.
func expected(v policy.Verdict) []string {
	var people []string
	for _, a := range v.Asked {
		if a.State != policy.AskRemoved && a.State != policy.AskAssigned && a.State != policy.AskRefused {
			people = append(people, a.Who)
		}
	}
	slices.Sort(people)
	return people
}

// unownedNotes are the notes on files that no subsystem owns, ten at most.
func unownedNotes(v policy.Verdict) []policy.Note {
	var notes []policy.Note
	for _, f := range v.Files {
		for _, n := range f.Notes {
			if (n.Code == policy.NoteUnowned || n.Code == policy.NoteNeedsOverride) && len(notes) < 10 {
				notes = append(notes, n)
			}
		}
	}
	return notes
}

// commentDigest names all that a comment says.
func commentDigest(want Wanted) string {
	v := want.Verdict
	parts := []string{string(v.Outcome), string(v.Unwarned), v.Language, v.Contact}
	if v.Unwarned != policy.Success {
		parts = append(parts, missing(v)...)
		parts = append(parts, "\n"+strings.Join(expected(v), "\n")) // no subsystem has such a name
		parts = append(parts, blockers(v, true)...)
		parts = append(parts, blockers(v, false)...)
		for _, f := range v.Faults {
			parts = append(parts, f.String())
		}
		if want.Spoken {
			parts = append(parts, want.Head)
		}
	}
	return digest(parts...)
}
