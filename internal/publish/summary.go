package publish

import (
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// mostPeople is how many names one line lists.
const mostPeople = 8

// Summary says a verdict in Markdown of at most so many bytes as the forge takes: the
// ratio, a row per subsystem, the files that miss review, then the rest folded
// away.
func (w *Words) Summary(v policy.Verdict) string {
	s := w.in(v.Language)
	p := &page{s: s}
	p.line("**" + s.outcome(v) + "** " + plain(s.headline(v)))
	if len(v.Faults) > 0 {
		p.heading("heading.faults")
		for _, f := range v.Faults {
			p.line("- " + plain(f.String()))
		}
	}
	p.notes("heading.why", v.Reasons)
	p.proposal(v.Proposal)
	p.rows(v)
	p.missing(v)
	p.asked(v.Asked)
	p.notes("heading.warnings", v.Warnings)
	p.reviews(v.Reviews)
	p.folded("heading.reviewed", v, func(f policy.FileVerdict) string {
		return "- " + code(f.Path) + " — " + s.say("file.reviewed", data{"Names": s.people(f.ApprovedBy)})
	}, policy.Reviewed)
	p.folded("heading.uncounted", v, func(f policy.FileVerdict) string {
		return "- " + code(f.Path) + " — " + s.say("state."+string(f.State), nil)
	}, policy.Ignored, policy.Machine, policy.Exempt)
	if v.Contact != "" {
		p.line("")
		p.line(s.say("contact", data{"Text": contact(v.Contact)}))
	}
	return p.cut(w.limits.Summary)
}

func (s speaker) outcome(v policy.Verdict) string {
	if v.Outcome != v.Unwarned {
		return s.say("outcome.warned", nil)
	}
	return s.say("outcome."+string(v.Outcome), nil)
}

func (s speaker) people(logins []string) string {
	return s.names(logins, mostPeople, "file.more_people", code)
}

// page collects lines.
type page struct {
	s     speaker
	lines []string
	bytes int // of these
}

func (p *page) line(text string) {
	p.lines = append(p.lines, text)
	p.bytes += len(text) + 1
}

// full tells whether what is added now is cut off, so that nobody need say it.
func (p *page) full() bool { return p.bytes > p.s.limits.Summary+1 }

func (p *page) heading(id string) {
	p.line("")
	p.line("### " + p.s.say(id, nil))
}

func (p *page) notes(heading string, notes []policy.Note) {
	if len(notes) == 0 {
		return
	}
	p.heading(heading)
	for _, n := range notes {
		p.line("- " + p.s.note(n))
	}
}

func (p *page) rows(v policy.Verdict) {
	if len(v.Subsystems) == 0 {
		return
	}
	p.heading("heading.subsystems")
	p.line("")
	var head []string
	for _, column := range []string{"subsystem", "reviewed", "floor", "approved_by", "can_approve", "contact"} {
		head = append(head, p.s.say("column."+column, nil))
	}
	p.line("| " + strings.Join(head, " | ") + " |")
	p.line("|" + strings.Repeat(" --- |", len(head)))
	for _, row := range v.Subsystems {
		name := plain(row.Name)
		if row.Title != row.Name {
			name += " (" + plain(row.Title) + ")"
		}
		ratio, floor := row.Ratio, row.Floor.String()
		if row.Floor.Set() {
			ratio = row.Own
		}
		cells := []string{name, fmt.Sprintf("%d/%d", ratio.Reviewed, ratio.Counted), floor,
			p.s.people(row.ApprovedBy), p.s.people(row.CanApprove), contact(row.Contact)}
		for i := range cells {
			cells[i] = cell(cells[i])
		}
		p.line("| " + strings.Join(cells, " | ") + " |")
	}
}

func (p *page) missing(v policy.Verdict) {
	first := true
	for _, f := range v.Files {
		if len(f.Needs) == 0 && len(f.OwnNeeds) == 0 {
			continue
		}
		if p.full() {
			return
		}
		if first {
			p.heading("heading.missing")
			first = false
		}
		p.line("- " + p.s.file(f))
	}
}

// file says what one file misses and why.
func (s speaker) file(f policy.FileVerdict) string {
	text := code(f.Path)
	if f.OldPath != "" {
		text = code(f.OldPath) + " → " + text
	}
	if len(f.Subsystems) > 0 {
		text += " (" + plain(strings.Join(f.Subsystems, ", ")) + ")"
	}
	if f.Protected {
		text += " · " + s.say("file.protected", nil)
	}
	needs := f.Needs
	if len(needs) == 0 {
		needs = f.OwnNeeds
	}
	for _, n := range needs {
		if len(n.Candidates) == 0 {
			text += " — " + s.say("file.needs_nobody", nil)
			continue
		}
		text += " — " + s.say("file.needs", data{"Count": n.Missing, "Names": s.people(n.Candidates)})
	}
	for _, n := range f.Notes {
		text += "; " + s.note(n)
	}
	if rules := s.rules(f); rules != "" {
		text += "; " + rules
	}
	return text
}

// proposal says what the pull request's own policy and ownership would bring.
func (p *page) proposal(proposal *policy.Proposal) {
	if proposal == nil {
		return
	}
	p.heading("heading.proposal")
	if len(proposal.Faults) > 0 {
		p.line(p.s.say("proposal.faulty", nil))
		for _, f := range proposal.Faults {
			p.line("- " + plain(f.String()))
		}
		return
	}
	if proposal.Waiting {
		p.line(p.s.say("proposal.waiting", nil))
		return
	}
	if proposal.Elsewhere {
		p.line(p.s.say("proposal.elsewhere", nil))
		return
	}
	p.line(p.s.say("proposal.valid", data{"Count": proposal.Compared, "Changed": len(proposal.Would)}))
	for _, w := range proposal.Would {
		then := string(w.Then)
		if then == "" {
			then = p.s.say("proposal.ungated", nil)
		}
		p.line(fmt.Sprintf("- #%d: %s → %s", w.Number, w.Now, then))
	}
}

// rules says which rules give a file to its subsystems.
func (s speaker) rules(f policy.FileVerdict) string {
	var parts []string
	for _, r := range f.Rules {
		id := "file.rule"
		if r.Pattern == "" {
			id = "file.rest"
		}
		parts = append(parts, s.say(id, data{"Pattern": code(r.Pattern), "Pos": code(r.Pos.String())}))
	}
	return strings.Join(parts, "; ")
}

// reviews lists what became of each review; remarks change nothing and are left
// out.
func (p *page) reviews(reviews []policy.ReviewVerdict) {
	var lines []string
	for _, r := range reviews {
		if r.Why == policy.NoteRemark {
			continue
		}
		id := "review.counts"
		if r.Files == 0 {
			id = "review.none"
		}
		text := "- " + p.s.say(id, data{"Who": code(r.Who), "Commit": code(short(r.Commit)), "Count": r.Files})
		if r.Why != "" {
			text += "; " + p.s.note(policy.Note{Code: r.Why, Who: r.Who, Commit: r.Commit})
		}
		lines = append(lines, text)
	}
	p.fold("heading.reviews", lines)
}

// Why explains one file's line in Markdown: where it stands, by which rules who
// owns it, and which reviews count.
func (w *Words) Why(v policy.Verdict, path string) string {
	s := w.in(v.Language)
	for _, f := range v.Files {
		if f.Path != path && f.OldPath != path {
			continue
		}
		text := s.file(f)
		switch {
		case f.State == policy.Reviewed:
			text += " — " + s.say("why.reviewed", data{"Names": s.people(f.ApprovedBy)})
		case !f.State.Counted():
			text += " — " + s.say("state."+string(f.State), nil)
		}
		return text
	}
	return s.say("why.unknown", data{"Path": code(path)})
}

// folded lists the files in some states behind a line that opens.
func (p *page) folded(heading string, v policy.Verdict, show func(policy.FileVerdict) string, states ...policy.State) {
	if p.full() {
		return
	}
	var lines []string
	for _, f := range v.Files {
		for _, state := range states {
			if f.State == state && len(f.OwnNeeds) == 0 {
				lines = append(lines, show(f))
			}
		}
	}
	p.fold(heading, lines)
}

// fold puts lines behind one that opens.
func (p *page) fold(heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.line("")
	p.line("<details><summary>" + p.s.say(heading, data{"Count": len(lines)}) + "</summary>")
	p.line("")
	for _, line := range lines {
		p.line(line)
	}
	p.line("")
	p.line("</details>")
}

// cut joins the lines, up to a number of bytes. What is cut ends on a line, closes
// what it opened and says so.
func (p *page) cut(most int) string {
	const closing = "\n</details>"
	note := "\n\n_" + p.s.say("cut", nil) + "_"
	room := most - len(note) - len(closing)
	var b strings.Builder
	used, open := 0, false
	for i, line := range p.lines {
		n := len(line) + 1
		if used+n > room && len(strings.Join(p.lines[i:], "\n"))+used > most {
			if open {
				b.WriteString(closing)
			}
			b.WriteString(note)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
		used += n
		if strings.HasPrefix(line, "<details>") {
			open = true
		} else if line == "</details>" {
			open = false
		}
	}
	return b.String()
}
