package people

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Parse reads one people.yml. The error is strictyaml.Faults.
func Parse(f ownership.File) (People, []ownership.Warning, error) {
	var doc File
	if err := strictyaml.Unmarshal(f.Path, f.Data, &doc); err != nil {
		return People{}, nil, err
	}
	if doc.Version != 1 {
		return People{}, nil, strictyaml.Faults{{File: f.Path, Line: 1, Text: "want version: 1; this gate reads no other"}}
	}
	if len(doc.People) == 0 {
		return People{}, nil, strictyaml.Faults{{File: f.Path, Text: "no people; list at least one"}}
	}
	b := builder{file: f.Path, people: People{people: doc.People, byEmail: map[string]int{}, byLogin: map[account]int{}}}
	keys := map[string]int{}
	for i, p := range doc.People {
		claim(&b, keys, strings.ToLower(p.Key), i, p.Key)
		for _, email := range p.Emails {
			claim(&b, b.people.byEmail, strings.ToLower(email), i, email)
		}
		for _, forge := range slices.Sorted(maps.Keys(p.Logins)) {
			claim(&b, b.people.byLogin, accountOf(forge, p.Logins[forge]), i, p.Logins[forge]+" on "+forge)
		}
	}
	if len(b.faults) > 0 {
		return People{}, nil, b.faults
	}
	return b.people, b.warnings, nil
}

// builder tells people apart.
type builder struct {
	file     string
	people   People
	warnings []ownership.Warning
	faults   strictyaml.Faults
}

// claim enters a person under a key, an address or a login, which name only
// one; name is how it is written.
func claim[K comparable](b *builder, taken map[K]int, key K, i int, name string) {
	first, found := taken[key]
	line := b.people.people[i].line
	switch {
	case !found:
		taken[key] = i
	case first != i && len(b.faults) < maxTold:
		other := b.people.people[first]
		b.faults = append(b.faults, strictyaml.Fault{File: b.file, Line: line, Text: fmt.Sprintf("%s stands already for %s in line %d; it can name one person only", name, other.Key, other.line)})
	case first == i && len(b.warnings) < maxTold:
		b.warnings = append(b.warnings, ownership.Warning{Pos: ownership.Pos{File: b.file, Line: line}, Text: fmt.Sprintf("%s is listed twice for %s", name, b.people.people[i].Key)})
	}
}
