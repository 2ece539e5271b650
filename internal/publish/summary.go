package publish

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
)

// mostPeople is how many names one line lists.
const mostPeople = 8

// mostNext is how many subsystems the line names that says what is next.
const mostNext = 3

// Summary says a verdict in Markdown of at most so many bytes as the forge takes: what
// stands and what is next, a row per subsystem, who is asked, the files that miss review
// by subsystem, then the rest folded away.
func (w *Messages) Summary(v policy.Verdict) string {
	s := w.in(v.Language)
	p := &page{s: s}
	p.line(join([]Sentence{s.outcome(v), s.headline(v)}, " ").Markdown())
	p.next(v)
	p.faults(v)
	p.notes("heading.why", unsaid(v))
	p.rows(v)
	p.items(s.waysOut(v))
	p.asked(stillAsked(v))
	p.missing(v)
	p.proposal(v.Proposal)
	p.notes("heading.warnings", besideTable(v))
	p.reviews(v.Reviews)
	p.folded("heading.reviewed", v, func(f policy.FileVerdict) Sentence {
		return s.text("file.reviewed", data{"Names": s.people(f.ApprovedBy)})
	}, policy.Reviewed)
	p.folded("heading.uncounted", v, func(f policy.FileVerdict) Sentence { return s.text("state."+string(f.State), nil) },
		policy.Ignored, policy.Machine, policy.Exempt)
	if v.Contact != "" {
		p.line("")
		p.say("contact", data{"Text": address(v.Contact)})
	}
	return p.cut(w.limits.Summary)
}

func (s printer) outcome(v policy.Verdict) Sentence {
	if v.Outcome != v.Unwarned {
		return s.text("outcome.warned", nil)
	}
	if v.Override != nil && v.Unwarned == policy.Success {
		return s.text("outcome.overridden", nil)
	}
	return s.text("outcome."+string(v.Outcome), nil)
}

// page collects lines.
type page struct {
	s     printer
	lines []string
	bytes int // of these
}

func (p *page) line(text string) {
	p.lines = append(p.lines, text)
	p.bytes += len(text) + 1
}

func (p *page) say(id string, d data)  { p.line(p.s.text(id, d).Markdown()) }
func (p *page) item(sentence Sentence) { p.line("- " + sentence.Markdown()) }

// full reports whether what is added now is cut off, so that nobody need say it.
func (p *page) full() bool { return p.bytes > p.s.limits.Summary+1 }

func (p *page) heading(id string) {
	p.line("")
	p.line("### " + p.s.text(id, nil).Markdown())
}

func (p *page) notes(heading string, notes []policy.Note) {
	if len(notes) == 0 {
		return
	}
	p.heading(heading)
	for _, n := range notes {
		p.item(p.s.note(n))
	}
}

// unsaid are the reasons that neither the headline nor the table gives.
func unsaid(v policy.Verdict) []policy.Note {
	return slices.DeleteFunc(slices.Clone(v.Reasons), func(n policy.Note) bool {
		return n.Code == policy.NoteBelow || n.Code == policy.NoteFloor
	})
}

// besideTable are the warnings of a verdict that its table of subsystems does not show.
func besideTable(v policy.Verdict) []policy.Note {
	nobody := stuck(v)
	return slices.DeleteFunc(slices.Clone(v.Warnings), func(n policy.Note) bool {
		lone := slices.ContainsFunc(nobody, func(row *policy.SubsystemVerdict) bool { return row.Name == n.Subsystem })
		return n.Code == policy.NoteUntouched && v.Unwarned != policy.Success || n.Code == policy.NoteUnstaffed && lone
	})
}

// faults list what is broken, where that is to be mended, and who may let the mending in.
func (p *page) faults(v policy.Verdict) {
	if len(v.Faults) == 0 {
		return
	}
	p.heading("heading.faults")
	for i := range v.Faults {
		p.item(p.s.fault(v, i))
	}
	p.line("")
	p.line(p.s.mending(v).Markdown())
}

// mending says where faults are to be mended, and who may open the gate for that.
func (s printer) mending(v policy.Verdict) Sentence {
	if v.Broken != policy.BrokenBase {
		return s.text("mend."+string(cmp.Or(v.Broken, policy.BrokenHere)), nil)
	}
	id := "mend.base"
	if p := v.Proposal; p != nil && len(p.Faults) == 0 && !p.Waiting && !p.Elsewhere {
		id = "mend.fixed"
	}
	parts := []Sentence{s.text(id, nil)}
	if len(v.Overriders) > 0 {
		parts = append(parts, s.text("mend.who", data{"Names": s.oneOf(v.Overriders)}))
	} else {
		parts = append(parts, s.text("mend.nobody", nil))
	}
	return join(parts, s.either(" ", ""))
}

// each shows some of a list, each by itself.
func (s printer) each(list []string, most int, show func(string) Sentence) []Sentence {
	out := make([]Sentence, 0, min(len(list), most))
	for _, n := range list[:min(len(list), most)] {
		out = append(out, show(n))
	}
	return out
}

// next says whom to turn to first.
func (p *page) next(v policy.Verdict) {
	if v.Unwarned == policy.Success {
		return
	}
	var parts []Sentence
	for i := range v.Subsystems {
		row := &v.Subsystems[i]
		here := slices.DeleteFunc(slices.Clone(row.Candidates), func(login string) bool { return slices.Contains(row.Away, login) })
		if len(here) == 0 || len(parts) == mostNext {
			continue
		}
		names := p.s.anyOf(p.s.each(here, 3, word))
		if n := approvals(v, row); n > 1 {
			names = p.s.text("next.several", data{"Count": n, "Names": p.s.people(here)})
		}
		parts = append(parts, p.s.text("next.ask", data{"Names": names, "Subsystem": name(title(row)), "Count": row.Missing}))
	}
	if len(parts) > 0 {
		p.line("")
		p.line(p.s.text("next", data{"Text": join(parts, p.s.either(" · ", "；"))}).Markdown())
	}
}

// rows are the table of subsystems.
func (p *page) rows(v policy.Verdict) {
	if len(v.Subsystems) == 0 {
		return
	}
	p.line("")
	head := []string{""}
	for _, column := range []string{"subsystem", "reviewed", "needed", "can_approve", "asked", "approved_by"} {
		head = append(head, p.s.text("column."+column, nil).Markdown())
	}
	p.line("| " + strings.Join(head, " | ") + " |")
	p.line("|" + strings.Repeat(" --- |", len(head)))
	for i := range v.Subsystems {
		row := &v.Subsystems[i]
		if p.full() {
			return
		}
		ratio := figures(v, row)
		if row.Floor.Set() {
			ratio = row.Own
		}
		called := name(row.Name)
		if row.Title != row.Name && row.Title != "" {
			called = p.s.text("row.titled", data{"Name": name(row.Name), "Title": name(row.Title)})
		}
		p.cells(text(sign(v, row)), called, text(fmt.Sprintf("%d/%d", ratio.Reviewed, ratio.Counted)), p.s.needed(v, row), p.s.whoCan(row),
			p.s.names(askedOf(v, row), mostPeople, "file.more_people", word), p.s.people(row.ApprovedBy))
	}
}

func (p *page) cells(cells ...Sentence) {
	written := make([]string, len(cells))
	for i, c := range cells {
		written[i] = cell(c.Markdown())
	}
	p.line("| " + strings.Join(written, " | ") + " |")
}

// sign shows where a subsystem stands. Forges take these characters in any text.
func sign(v policy.Verdict, row *policy.SubsystemVerdict) string {
	switch {
	case len(blockersOf(v, row)) > 0:
		return "⛔"
	case row.Missing > 0 && v.Override == nil:
		return "⏳"
	}
	return "✅"
}

// figures are of how many of a subsystem's files nothing is missed of its people. Where each
// owner has to review, a file that misses others only is none of those that it misses.
func figures(v policy.Verdict, row *policy.SubsystemVerdict) share.Ratio {
	ratio := row.Ratio
	ratio.Reviewed = ratio.Counted
	for _, f := range v.Files {
		if slices.ContainsFunc(f.Needs, func(n policy.Need) bool { return slices.Contains(n.Subsystems, row.Name) }) {
			ratio.Reviewed--
		}
	}
	return ratio
}

// blockersOf are the people who hold a subsystem's files up.
func blockersOf(v policy.Verdict, row *policy.SubsystemVerdict) []string {
	standing := slices.Concat(blockers(v, true), blockers(v, false))
	var who []string
	for _, b := range v.Blocks {
		if slices.Contains(standing, b.Who) && slices.Contains(b.Subsystems, row.Name) {
			who = append(who, b.Who)
		}
	}
	return who
}

// needed says what a subsystem still needs.
func (s printer) needed(v policy.Verdict, row *policy.SubsystemVerdict) Sentence {
	var parts []Sentence
	if who := blockersOf(v, row); len(who) > 0 {
		parts = append(parts, s.text("row.blocked", data{"Names": s.people(who)}))
	}
	if row.Missing > 0 {
		parts = append(parts, s.text("row.files", data{"Count": row.Missing}))
		if n := approvals(v, row); n > 1 {
			parts = append(parts, s.text("row.approvals", data{"Count": n}))
		}
	}
	if row.Floor.Set() && (row.Missing > 0 || !row.Holds) {
		id, percent := "row.floor", row.Floor.String()
		if more, ok := strings.CutPrefix(percent, "> "); ok {
			id, percent = "row.floor_more", more
		}
		parts = append(parts, s.text(id, data{"Percent": percent}))
	}
	return s.clauses(parts)
}

// approvals is how many approvals some file of a subsystem still needs, the most of all.
func approvals(v policy.Verdict, row *policy.SubsystemVerdict) int {
	most := 0
	for _, f := range v.Files {
		for _, n := range slices.Concat(f.Needs, f.OwnNeeds) {
			if slices.Contains(n.Subsystems, row.Name) {
				most = max(most, n.Missing)
			}
		}
	}
	return most
}

// whoCan says who can give what a subsystem still needs, and how its people are reached.
func (s printer) whoCan(row *policy.SubsystemVerdict) Sentence {
	var parts []Sentence
	if row.Missing > 0 {
		parts = append(parts, s.candidates(row))
	}
	if row.Contact != "" {
		parts = append(parts, address(row.Contact))
	}
	return join(parts, " · ")
}

// candidates are the people who can give what a subsystem still needs, absent ones as
// absent, and its maintainers whom the forge does not know, by name and address.
func (s printer) candidates(row *policy.SubsystemVerdict) Sentence {
	var people []Sentence
	for _, login := range row.Candidates {
		who := word(login)
		if slices.Contains(row.Away, login) {
			who = s.text("row.away", data{"Who": who})
		}
		people = append(people, who)
	}
	for _, who := range row.NoAccount {
		people = append(people, s.text("row.no_account", data{"Who": name(who)}))
	}
	if len(people) == 0 {
		return s.text("row.nobody", nil)
	}
	if more := len(people) - mostPeople; more > 0 {
		people = append(people[:mostPeople:mostPeople], s.text("file.more_people", data{"Count": more}))
	}
	return join(people, s.either(", ", "、"))
}

// askedOf are those who were asked for files of a subsystem and may still answer.
func askedOf(v policy.Verdict, row *policy.SubsystemVerdict) []string {
	var who []string
	for _, a := range stillAsked(v) {
		if a.State == policy.AskWaiting && row.Missing > 0 && slices.Contains(a.Subsystems, row.Name) {
			who = append(who, a.Who)
		}
	}
	return who
}

// proposal says what the pull request's own policy and ownership would bring.
func (p *page) proposal(proposal *policy.WhatIf) {
	if proposal == nil {
		return
	}
	p.heading("heading.proposal")
	switch {
	case len(proposal.Faults) > 0:
		p.say("proposal.faulty", nil)
		for _, f := range proposal.Faults {
			p.item(p.s.faultText(f))
		}
		return
	case proposal.Waiting || proposal.Elsewhere:
		p.say(map[bool]string{true: "proposal.waiting", false: "proposal.elsewhere"}[proposal.Waiting], nil)
		return
	}
	p.say("proposal.valid", data{"Count": proposal.Compared, "Changed": len(proposal.Would)})
	for _, w := range proposal.Would {
		then := text(string(w.Then))
		if w.Then == "" {
			then = p.s.text("proposal.ungated", nil)
		}
		p.line(fmt.Sprintf("- #%d: %s → %s", w.Number, w.Now, then.Markdown()))
	}
	if m := proposal.Merged; m.Count > 0 {
		p.line("")
		p.say("proposal.merged", data{"Count": m.Count, "Then": m.Then, "Before": m.Before})
	}
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
		who := word(r.Who)
		if r.Who == "" {
			who = p.s.text("review.nobody", nil)
		}
		parts := []Sentence{p.s.text(id, data{"Who": who, "Commit": p.s.commit(r.Commit), "Count": r.Files})}
		if r.Why != "" {
			parts = append(parts, p.s.note(r.Note()))
		}
		lines = append(lines, "- "+p.s.clauses(parts).Markdown())
	}
	p.fold("heading.reviews", len(lines), lines)
}

// fold puts lines behind one that opens.
func (p *page) fold(heading string, count int, lines []string) {
	p.foldBehind(p.s.text(heading, data{"Count": count}), lines)
}

func (p *page) foldBehind(heading Sentence, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.line("")
	p.line("<details><summary>" + strings.ReplaceAll(heading.HTML(), "@", "@<!-- -->") + "</summary>") // forges look for mentions in HTML, too
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
	note := "\n\n_" + p.s.text("cut", nil).Markdown() + "_"
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
