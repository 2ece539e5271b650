package publish

import (
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Mark stands in every comment of the gate, unseen, so that it is found again.
const Mark = "<!-- reviewgate:comment -->"

// ReplyMark is at the end of an answer, out of people's sight, so that one of a key is
// written once.
func ReplyMark(key string) string { return "<!-- reviewgate:reply " + key + " -->" }

// mostLines is how many lines a comment has that are not folded, mostAreas how many
// subsystems it has a row for at most, and mostWays of how many it says how they get on.
const (
	mostLines = 20
	mostAreas = 6
	mostWays  = 3
)

// commentBody says what is missing, who can give it and whom to contact, on one screen:
// 20 lines at most, what is folded apart.
func (w *Messages) commentBody(want Wanted) string {
	v := want.Verdict
	s := w.in(v.Language)
	p := &page{s: s}
	p.line(Mark)
	if v.Unwarned == policy.Success {
		p.line(s.opened(v).Markdown() + want.Appendix)
		return p.cut(w.limits.Comment)
	}
	kind := string(v.Outcome)
	if v.Outcome != v.Unwarned {
		kind = "warned"
	}
	p.line("### " + s.text("comment."+kind, nil).Markdown())
	p.line("")
	closing := s.closing(want)
	if v.Outcome == policy.Error {
		p.commentFaults(v)
	} else {
		p.line(s.clauses(append([]Sentence{s.ratio(v)}, s.besides(v)...)).Markdown())
		p.areas(v, mostLines-len(p.lines)-len(closing)-1)
	}
	p.line("")
	for i, line := range closing {
		if i > 0 {
			p.lines[len(p.lines)-1] += "  " // a line break
		}
		p.line(line.Markdown())
	}
	return p.cut(w.limits.Comment)
}

// opened says why the gate is open, and what it lets through.
func (s printer) opened(v policy.Verdict) Sentence {
	if o := v.Override; o != nil {
		return s.text("comment.overridden", data{"Who": word(o.Who), "Text": Sentence{{Kind: Quote, Text: clip(o.Reason, mostReason)}},
			"Count": len(o.Files)})
	}
	if n := v.Ratio.Unreviewed(); n > 0 && len(missing(v)) == 0 {
		return s.text("comment.open_unowned", data{"Count": n})
	} else if n > 0 {
		return s.text("comment.open_below", data{"Count": n, "Names": s.names(missing(v), mostPeople, "title.and_more", name)})
	}
	return s.text("comment.open", nil)
}

// commentFaults lists the first faults, where they are to be mended, and by whom.
func (p *page) commentFaults(v policy.Verdict) {
	const most = 5
	for i := range v.Faults[:min(len(v.Faults), most)] {
		p.item(p.s.fault(v, i))
	}
	if more := len(v.Faults) - most; more > 0 {
		p.item(p.s.text("title.and_more", data{"Count": more}))
	}
	p.line("")
	p.line(p.s.mending(v).Markdown())
}

// besides are the reasons that the table of subsystems does not show.
func (s printer) besides(v policy.Verdict) []Sentence {
	var parts []Sentence
	if reason := s.reason(v); reason != nil && (v.Threshold.Holds(v.Ratio) || len(missing(v)) == 0) {
		parts = append(parts, reason)
	}
	for _, who := range slices.Concat(blockers(v, true), blockers(v, false)) {
		spoken := slices.ContainsFunc(v.Blocks, func(b policy.Block) bool { return b.Who == who && b.Spoken })
		said := s.text(map[bool]string{true: "comment.held", false: "comment.blocked"}[spoken], data{"Who": word(who)})
		for _, n := range v.Reasons { // one that cannot be taken back as others are
			if n.Who == who && (n.Code == policy.NoteBlockVain || n.Code == policy.NoteBlockGone || n.Code == policy.NoteHoldGone) {
				said = s.note(n)
			}
		}
		parts = append(parts, said)
	}
	return parts
}

// areas are the rows of the subsystems that miss review, or are held up, and how those get
// on that nobody can approve: in so many lines, the rest folded.
func (p *page) areas(v policy.Verdict, room int) {
	ways := p.s.waysOut(v)
	ways = ways[:min(len(ways), mostWays)]
	if len(ways) > 0 {
		room -= len(ways) + 1
	}
	var rows []*policy.SubsystemVerdict
	for i := range v.Subsystems {
		if row := &v.Subsystems[i]; row.Missing > 0 || len(blockersOf(v, row)) > 0 {
			rows = append(rows, row)
		}
	}
	const head, fold = 3, 3 // lines of a table's, with the one before, and of what is folded
	shown := min(len(rows), mostAreas, room-head)
	if shown < len(rows) {
		shown = min(mostAreas, room-head-fold)
	}
	if len(rows) > 0 {
		p.line("")
		p.areaTable(v, rows[:shown])
	}
	if rest := rows[shown:]; len(rest) > 0 {
		folded := &page{s: p.s}
		folded.areaTable(v, rest)
		p.foldBehind(p.s.text("comment.more_areas", data{"Count": len(rest)}), folded.lines)
	}
	p.items(ways)
}

func (p *page) areaTable(v policy.Verdict, rows []*policy.SubsystemVerdict) {
	p.line(fmt.Sprintf("| | %s | %s | %s |", p.s.text("column.subsystem", nil).Markdown(), p.s.text("column.needed", nil).Markdown(),
		p.s.text("column.can_approve", nil).Markdown()))
	p.line("| --- | --- | --- | --- |")
	for _, row := range rows {
		p.cells(text(sign(v, row)), Sentence{{Kind: Name, Text: title(row)}}, p.s.needed(v, row), p.s.whoCan(row))
	}
}

// closing are the lines on who is asked, what one can write, where more is said, and whom
// to contact.
func (s printer) closing(want Wanted) []Sentence {
	v := want.Verdict
	var lines []Sentence
	if people := expected(v); len(people) > 0 {
		lines = append(lines, s.text("comment.asked", data{"Names": s.people(people)}))
	}
	if want.Spoken {
		lines = append(lines, s.text("comment.approve", data{"Commit": word(want.Head)}))
	}
	details := s.text("comment.details", data{"Text": Sentence{{Kind: Code, Text: v.Check, URL: s.links.Checks}}})
	if len(v.Files) > 0 {
		details = s.clauses([]Sentence{details, s.commands(want)})
	}
	lines = append(lines, details)
	if want.Blocks != BlocksAsUsual {
		lines = append(lines, s.text(string(want.Blocks), nil))
	}
	if v.Contact != "" {
		lines = append(lines, s.text("contact", data{"Text": address(v.Contact)}))
	}
	return lines
}

// commands are what can be written to the gate, and by whom. No override ends an objection,
// so none is offered while one stands.
func (s printer) commands(want Wanted) Sentence {
	blocked := len(blockers(want.Verdict, true))+len(blockers(want.Verdict, false)) > 0
	if len(want.Verdict.Overriders) == 0 || blocked {
		return s.text("comment.commands", nil)
	}
	return s.text("comment.commands_override", data{"Names": s.oneOf(want.Verdict.Overriders)})
}

// expected are those of whom a review was asked for and who did not answer yet, sorted.
func expected(v policy.Verdict) []string {
	var people []string
	for _, a := range stillAsked(v) {
		if a.State == policy.AskWaiting || a.State == policy.AskSilent || a.State == policy.AskAway {
			people = append(people, a.Who)
		}
	}
	slices.Sort(people)
	return people
}
