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
	b := builder{file: f.Path, people: People{people: doc.People, byEmail: map[string][]int{}, byLogin: map[account]int{}}}
	keys := map[string]int{}
	for i, p := range doc.People {
		doc.People[i].file = f.Path
		claim(&b, keys, strings.ToLower(p.Key), i, p.Key)
		for _, email := range p.Emails {
			b.give(strings.ToLower(email), i, email)
		}
		for _, forge := range slices.Sorted(maps.Keys(p.Logins)) {
			claim(&b, b.people.byLogin, accountOf(forge, p.Logins[forge]), i, p.Logins[forge]+" on "+forge)
		}
	}
	b.list(doc.Teams, keys)
	if faults := strictyaml.Faults(b.faults.List); len(faults) > 0 {
		if b.faults.Left > 0 {
			faults = append(faults, strictyaml.Fault{File: f.Path, Line: faults[len(faults)-1].Line,
				Text: fmt.Sprintf("and %d more", b.faults.Left)})
		}
		return People{}, nil, faults
	}
	return b.people, warned(&b.warnings), nil
}

// builder tells people apart.
type builder struct {
	file     string
	people   People
	warnings ownership.Notes[ownership.Warning]
	faults   ownership.Notes[strictyaml.Fault]
}

// list enters teams. A name that is written twice in other letters is one team's fault, a
// member who is nobody's key as well: who may approve would hang on a slip.
func (b *builder) list(teams map[string][]string, keys map[string]int) {
	b.people.teams = map[string][]int{}
	for _, name := range slices.Sorted(maps.Keys(teams)) {
		key := strings.ToLower(name)
		_, twice := b.people.teams[key]
		whole := name
		if !strings.Contains(name, "/") {
			whole = "any/" + name
		}
		if o, err := ownership.ParseOwner("@" + whole); err != nil || o.Team == "" || twice {
			b.faults.Add(strictyaml.Fault{File: b.file, Text: fmt.Sprintf("team %q: want a name such as mm, or one with its organisation, such as "+
				"acme/mm, and each once", name)})
			continue
		}
		members := []int{}
		for _, member := range teams[name] {
			i, found := keys[strings.ToLower(member)]
			if !found {
				b.faults.Add(strictyaml.Fault{File: b.file, Text: fmt.Sprintf("%q of team %s is no key of people; add the person, or correct the name",
					member, name)})
				continue
			}
			members = append(members, i)
		}
		b.people.teams[key] = members
	}
}

// give enters a person under an address, which should be one person's.
func (b *builder) give(key string, i int, email string) {
	all, p := b.people.byEmail, &b.people.people[i]
	of := all[key]
	if slices.Contains(of, i) {
		b.warn(p.line, "%s is listed twice for %s", email, p.Key)
		return
	}
	if all[key] = append(of, i); len(of) > 0 {
		first := &b.people.people[of[0]]
		b.warn(p.line, "%s stands already for %s in line %d; nobody approves by an address that several people have, and what is committed "+
			"under it counts as written by each: give each an address of their own", email, first.Key, first.line)
	}
	for _, forge := range slices.Sorted(maps.Keys(p.Logins)) {
		if isBot(p.Logins[forge]) {
			b.warn(p.line, "%s is given to the bot %s; what is committed under it counts as written by the bot, and nobody approves by it", email,
				p.Logins[forge])
			break
		}
	}
}

func (b *builder) warn(line int, format string, args ...any) {
	b.warnings.Add(ownership.Warning{Pos: ownership.Pos{File: b.file, Line: line}, Text: fmt.Sprintf(format, args...)})
}

// claim enters a person under a key or a login, which name only
// one; name is how it is written.
func claim[K comparable](b *builder, taken map[K]int, key K, i int, name string) {
	first, found := taken[key]
	line := b.people.people[i].line
	switch {
	case !found:
		taken[key] = i
	case first != i:
		other := b.people.people[first]
		b.faults.Add(strictyaml.Fault{File: b.file, Line: line,
			Text: fmt.Sprintf("%s stands already for %s in line %d; it can name one person only", name, other.Key, other.line)})
	default:
		b.warn(line, "%s is listed twice for %s", name, b.people.people[i].Key)
	}
}
