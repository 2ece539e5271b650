package formats

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/committers"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// beside is what the files beside the sources say.
type beside struct {
	people   people.People
	mailmap  people.Mailmap
	ignore   []byte
	warnings []ownership.Warning
}

// besides reads them. A source that says who is who, too, has its own faults and warnings.
func besides(sources []Source, forge ownership.Forge) (b beside, faults strictyaml.Faults) {
	var lists []people.People
	for _, s := range sources {
		if len(s.Files) == 0 {
			continue
		}
		var warnings []ownership.Warning
		switch s.Format {
		case Mailmap:
			b.mailmap, warnings = people.ParseMailmap(s.Files[0])
		case Ignore:
			b.ignore = slices.Concat(b.ignore, s.Files[0].Data, []byte("\n"))
		case Committers:
			list, _, _ := listed(PeopleTable, s.Files[0], forge)
			lists = append(lists, list)
		case People, SigInfo, PeopleTable:
			list, more, err := listed(s.Format, s.Files[0], forge)
			lists, warnings, faults = append(lists, list), more, append(faults, strictyaml.AsFaults(err)...)
		default: // a source
		}
		b.warnings = append(b.warnings, warnings...)
	}
	joined, shared := people.Join(forge.Name, lists...)
	b.people, b.warnings = joined, append(b.warnings, shared...)
	return b, faults
}

// listed reads one list of people.
func listed(format Name, f ownership.File, forge ownership.Forge) (people.People, []ownership.Warning, error) {
	switch format {
	case SigInfo:
		return people.ParseSigInfo(f, forge)
	case PeopleTable:
		_, found, warnings, err := committers.Parse(f, forge)
		var entries []people.Entry
		for _, p := range found {
			logins := map[string]string{strings.ToLower(forge.Name): p.Login}
			entries = append(entries, people.Entry{Name: p.Name, Email: p.Email, Line: p.Line, Logins: logins})
		}
		return people.Listed(f.Path, entries), warnings, err
	default:
		return people.Parse(f)
	}
}
