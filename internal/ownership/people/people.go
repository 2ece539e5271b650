// Package people reads who is who: people.yml with addresses, logins and
// absences, the sig-info.yaml of a special interest group, and git's .mailmap.
//
// It promises to join an owner whom a source knows by e-mail to an account only
// over the address, as a person's own entry or the mailmap has it, and never
// over the name, because two people can share one. Reading of people.yml is
// strict: two people with one key or login are an error with lines. Several lists add
// up: one login is one person. An address that several people have gives none of them
// a right, and is each one's where rights are taken away. What a login may do is left
// to others.
package people

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// File is the document as it is written.
type File struct {
	Version int      `yaml:"version" json:"version" jsonschema:"enum=1,description=Version of this format; 1."`
	People  []Person `yaml:"people" json:"people" jsonschema:"description=Who is who: addresses and logins of each person."`
	// Teams are lists of people's keys.
	Teams map[string][]string `yaml:"teams" json:"teams,omitempty" jsonschema:"description=Who is in a team\\, by keys of people\\, where the forge has no teams or shows none: {mm: [alice\\, bob]} is @ORG/mm of any organisation\\, {acme/mm: [alice]} that of acme. A list stands in the place of the forge's own team."`
}

// Person is one entry of the list.
type Person struct {
	Key    string            `yaml:"key" json:"key" jsonschema:"description=Short unique name of the entry\\, such as alice."`
	Name   string            `yaml:"name" json:"name,omitempty" jsonschema:"description=Name as people read it; nothing is joined by it."`
	Emails []string          `yaml:"emails" json:"emails,omitempty" jsonschema:"description=Every address under which ownership sources name the person."`
	Logins map[string]string `yaml:"logins" json:"logins,omitempty" jsonschema:"description=Login by forge\\, such as {github: alice\\, gitee: alice_g}."`
	Absent Absence           `yaml:"absent" json:"absent,omitempty" jsonschema:"description=When nobody should ask the person."`
	line   int

	file    string
	keyless bool             // of lists that tell people apart by nothing of their own
	away    []Absence        // besides Absent, from other lists
	names   map[string]bool  // in lower case, of all lists
	logins  map[account]bool // of all lists, and with no login each forge of one
}

// Absence is a time away, in days.
type Absence struct {
	From  string `yaml:"from" json:"from,omitempty" jsonschema:"format=date,description=The first day away; missing: since ever."`
	Until string `yaml:"until" json:"until,omitempty" jsonschema:"format=date,description=The first day back; missing: until further notice."`

	from, until time.Time // midnight UTC; zero where it is missing
}

// UnmarshalYAML keeps the line on which the entry starts.
func (p *Person) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want a person, such as {key: alice, emails: [alice@example.org], logins: {github: alice}}")
	}
	type plain Person
	if err := strictyaml.Decode(n, (*plain)(p)); err != nil {
		return err
	}
	p.line = n.Line
	return p.validate(n)
}

var forgePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

func (p *Person) validate(n *yaml.Node) error {
	if p.Key == "" || strings.ContainsAny(p.Key, " \t\n,@<>") {
		return strictyaml.Errorf(n, "key %q: a person needs a key of one word, such as alice", p.Key)
	}
	for _, email := range p.Emails {
		if !isAddress(email) {
			return strictyaml.Errorf(n, "%q of %s is no e-mail address; write one such as alice@example.org", email, p.Key)
		}
	}
	for _, forge := range slices.Sorted(maps.Keys(p.Logins)) {
		login := p.Logins[forge]
		if o, err := ownership.ParseOwner(login); err != nil || o.Login != login || !forgePattern.MatchString(forge) {
			return strictyaml.Errorf(n, "login %q of %s on %q: want the name of a forge in small letters and a login there, such as github: alice",
				login, p.Key, forge)
		}
	}
	if len(p.Emails)+len(p.Logins) == 0 {
		return strictyaml.Errorf(n, "%s has neither addresses nor logins; give at least one", p.Key)
	}
	return nil
}

func isAddress(text string) bool {
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at < len(text)-1 && !strings.ContainsAny(text, " \t\r\n<>,;")
}

// UnmarshalYAML reads the days.
func (a *Absence) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return strictyaml.Errorf(n, "want days, such as {from: 2026-11-01, until: 2026-12-01}; either may be missing")
	}
	type plain Absence
	if err := strictyaml.Decode(n, (*plain)(a)); err != nil {
		return err
	}
	var err error
	if a.from, err = day(n, a.From); err != nil {
		return err
	}
	if a.until, err = day(n, a.Until); err != nil {
		return err
	}
	if !a.from.IsZero() && !a.until.IsZero() && !a.from.Before(a.until) {
		return strictyaml.Errorf(n, "from %s until %s is no time; until is the first day back", a.From, a.Until)
	}
	return nil
}

// day reads a day, at its midnight UTC; nothing is the zero time.
func day(n *yaml.Node, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, strictyaml.Errorf(n, "invalid date %q: use YYYY-MM-DD, such as 2027-01-31", text)
	}
	return at, nil
}

// covers tells whether a day, midnight UTC, is one of absence.
func (a Absence) covers(day time.Time) bool {
	if a.from.IsZero() && a.until.IsZero() {
		return false
	}
	return !day.Before(a.from) && (a.until.IsZero() || day.Before(a.until))
}

// People knows who is who, as one list or several say. The zero People know nobody.
type People struct {
	people  []Person
	byEmail map[string][]int // lower case
	byLogin map[account]int  // both in lower case
	teams   map[string][]int // by name in lower case
}

type account struct{ forge, login string }

func accountOf(forge, login string) account {
	return account{strings.ToLower(forge), strings.ToLower(login)}
}

// warned are the warnings of a file, the number of those that are not told among them.
func warned(n *ownership.Notes[ownership.Warning]) []ownership.Warning {
	if n.Left == 0 {
		return n.List
	}
	return append(n.List, ownership.Warning{Pos: n.List[len(n.List)-1].Pos, Text: fmt.Sprintf("and %d more warnings", n.Left)})
}

// Resolve gives an owner whom a source knows by e-mail the login of the person
// with that address on a forge. The address is tried as the mailmap corrects it
// and as it is written; Name and Email are kept. Owners with a login or team,
// and people without a login there, come back as they are.
func (p People) Resolve(o ownership.Owner, forge string, m Mailmap) ownership.Owner {
	if o.Known() || o.Email == "" {
		return o
	}
	_, canonical := m.Lookup(o.Name, o.Email)
	for _, email := range []string{canonical, o.Email} {
		of := p.byEmail[strings.ToLower(email)]
		if len(of) == 0 {
			continue
		}
		if login := p.people[of[0]].login(forge); len(of) == 1 && !isBot(login) {
			o.Login = login
		}
		break // whoever the mailmap says it is, it is nobody else
	}
	return o
}

// Logins gives the logins on a forge of all who have an address, which must be as it is
// written there but for case. known is true also of somebody who has no login there.
func (p People) Logins(email, forge string) (logins []string, known bool) {
	of := p.byEmail[strings.ToLower(email)]
	for _, i := range of {
		person := &p.people[i]
		if forge == NoForge {
			for _, name := range slices.Sorted(maps.Keys(person.Logins)) {
				logins = append(logins, person.Logins[name])
			}
		} else if login := person.login(forge); login != "" {
			logins = append(logins, login)
		}
	}
	return logins, len(of) > 0
}

// Team gives the logins on a forge of who is listed for a team, "organisation/slug", in the
// order of the list; who has no login there is left out. listed is false where there is no
// list of it.
func (p People) Team(team, forge string) (logins []string, listed bool) {
	key := strings.ToLower(team)
	of, listed := p.teams[key]
	if !listed {
		_, slug, _ := strings.Cut(key, "/")
		of, listed = p.teams[slug]
	}
	for _, i := range of {
		if login := p.people[i].login(forge); login != "" && !isBot(login) {
			logins = append(logins, login)
		}
	}
	return logins, listed
}

// NoForge stands for a repository on disk, of which it is not known whose logins are
// meant: rights come from a login that is the same everywhere, and are taken from all.
const NoForge = ownership.NoForge

// login gives a person's login on a forge; empty if there is none.
func (p *Person) login(forge string) string {
	login := p.Logins[strings.ToLower(forge)]
	if login != "" || forge != NoForge {
		return login
	}
	for _, other := range p.Logins {
		if login != "" && !strings.EqualFold(login, other) {
			return ""
		}
		login = min(cmp.Or(login, other), other) // the same, but for case
	}
	return login
}

// Addresses lists every address with the name of who has it.
func (p People) Addresses() iter.Seq2[string, string] {
	return func(yield func(name, email string) bool) {
		for i := range p.people {
			for _, email := range p.people[i].Emails {
				if !yield(p.people[i].Name, email) {
					return
				}
			}
		}
	}
}

func isBot(login string) bool { return strings.HasSuffix(strings.ToLower(login), "[bot]") }

// Absent tells whether the person with a login on a forge is away on the day,
// in UTC, of a moment. Nobody is away who is not known.
func (p People) Absent(login, forge string, at time.Time) bool {
	i, ok := p.byLogin[accountOf(forge, login)]
	if forge == NoForge && !ok {
		i = slices.IndexFunc(p.people, func(p Person) bool { return strings.EqualFold(p.login(forge), login) && login != "" })
		ok = i >= 0
	}
	if !ok {
		return false
	}
	year, month, day := at.UTC().Date()
	covers := func(a Absence) bool { return a.covers(time.Date(year, month, day, 0, 0, 0, 0, time.UTC)) }
	return covers(p.people[i].Absent) || slices.ContainsFunc(p.people[i].away, covers)
}
