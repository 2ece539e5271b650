package publish

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// stuck are the subsystems of which nobody is left who can approve here and now.
func stuck(v policy.Verdict) []*policy.SubsystemVerdict {
	var rows []*policy.SubsystemVerdict
	if v.Unwarned == policy.Success {
		return nil
	}
	for i := range v.Subsystems {
		if row := &v.Subsystems[i]; row.Missing > 0 && len(row.Candidates) == len(row.Away) {
			rows = append(rows, row)
		}
	}
	return rows
}

// waysOut say what there is to be done of what the table does not have, as nobody owns it,
// and of what nobody can approve.
func (s printer) waysOut(v policy.Verdict) []Sentence {
	ways := s.unownedOut(v)
	for _, row := range stuck(v) {
		ways = append(ways, s.wayOut(v, row))
	}
	return ways
}

// items lists sentences below a line of their own.
func (p *page) items(list []Sentence) {
	for i, said := range list {
		if i == 0 {
			p.line("")
		}
		p.item(said)
	}
}

// unownedOut says who can approve files that nobody owns, or how a pull request gets on
// whose files nobody can.
func (s printer) unownedOut(v policy.Verdict) []Sentence {
	if v.Unwarned == policy.Success {
		return nil
	}
	var nobody, anyone int
	var people []string
	byPeople := 0
	for _, f := range v.Files {
		i := slices.IndexFunc(f.Needs, func(n policy.Need) bool { return len(n.Subsystems) == 0 })
		switch {
		case i < 0:
		case len(f.Needs[i].Candidates) > 0:
			byPeople++
			people = append(people, f.Needs[i].Candidates...)
		case forAnyone(f):
			anyone++
		default:
			nobody++
		}
	}
	slices.Sort(people)
	var ways []Sentence
	if byPeople > 0 {
		ways = append(ways, s.text("out.unowned_people", data{"Count": byPeople, "Names": s.oneOf(slices.Compact(people))}))
	}
	if anyone > 0 {
		ways = append(ways, s.text("out.unowned_anyone", data{"Count": anyone}))
	}
	if nobody > 0 {
		ways = append(ways, s.clauses(append([]Sentence{s.text("out.unowned", data{"Count": nobody})}, s.resorts(v, "")...)))
	}
	return ways
}

// wayOut says by whom a subsystem gets on of which nobody is left who can approve.
func (s printer) wayOut(v policy.Verdict, row *policy.SubsystemVerdict) Sentence {
	id := "out.nobody"
	switch {
	case len(row.Away) > 0:
		id = "out.away"
	case len(row.NoAccount) > 0:
		id = "out.no_account"
	}
	resorts := s.resorts(v, row.Contact)
	if len(resorts) == 0 {
		resorts = []Sentence{s.text("out.map", nil)}
	}
	return s.clauses(append([]Sentence{s.text(id, data{"Subsystem": name(row.Name)})}, resorts...))
}

// resorts are who can let a pull request pass that nobody can approve, and whom to write to:
// a subsystem's contact, and the gate's.
func (s printer) resorts(v policy.Verdict, contact string) []Sentence {
	var parts []Sentence
	if len(v.Overriders) > 0 {
		parts = append(parts, s.text("out.override", data{"Names": s.oneOf(v.Overriders)}))
	}
	if contacts := slices.DeleteFunc([]string{contact, v.Contact}, func(c string) bool { return c == "" }); len(contacts) > 0 {
		parts = append(parts, s.text("out.contact", data{"Text": join(s.each(slices.Compact(contacts), 2, address), " · ")}))
	}
	return parts
}
