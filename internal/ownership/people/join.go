package people

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

// Entry is one person of a list that has no keys.
type Entry struct {
	Name, Email string            // as the list writes them; either may be empty
	Logins      map[string]string // by forge
	Line        int
}

// Listed returns the people of entries, to be joined with others or by themselves.
func Listed(file string, entries []Entry) People {
	var p People
	for _, e := range entries {
		one := Person{Key: cmp.Or(e.Name, e.Email), Name: e.Name, Logins: e.Logins, file: file, line: e.Line, keyless: true}
		if e.Email != "" {
			one.Emails = []string{e.Email}
		}
		p.people = append(p.people, one)
	}
	return p
}

// Join adds up lists for a forge. Entries with one login there are one person. An entry
// without a login there is of the one person who shares an address and the name with it,
// unless both are of lists with keys, which tell people apart. The order of lists decides
// nothing but the order of warnings.
func Join(forge string, lists ...People) (People, []ownership.Warning) {
	if len(lists) == 1 && lists[0].byEmail != nil { // it is joined
		return lists[0], nil
	}
	j := joiner{forge: forge, byLogin: map[string]int{}, byEmail: map[string][]int{}, right: map[string]bool{},
		out: People{byEmail: map[string][]int{}, byLogin: map[account]int{}, teams: map[string][]int{}}}
	places := make([][]int, len(lists))
	for l := range lists {
		places[l] = make([]int, len(lists[l].people))
		for i := range lists[l].people {
			if p := &lists[l].people[i]; p.login(forge) != "" {
				places[l][i] = j.known(p)
			}
		}
	}
	j.unknown(lists, places)
	for l := range lists {
		j.index(&lists[l], places[l])
	}
	return j.out, warned(&j.warnings)
}

// joiner joins the people of several lists.
type joiner struct {
	forge    string
	out      People
	byLogin  map[string]int   // on the forge, in lower case
	byEmail  map[string][]int // of those with a login
	right    map[string]bool  // addresses of somebody with one
	warnings ownership.Notes[ownership.Warning]
}

// known enters somebody who has a login on the forge.
func (j *joiner) known(p *Person) int {
	login := strings.ToLower(p.login(j.forge))
	at, found := j.byLogin[login]
	if found {
		j.merge(at, p)
	} else {
		at = j.add(p)
		j.byLogin[login] = at
	}
	for _, email := range p.Emails {
		if key := strings.ToLower(email); !slices.Contains(j.byEmail[key], at) {
			j.byEmail[key] = append(j.byEmail[key], at)
		}
	}
	return at
}

// unknown enters those who have none there: each is held against those who have, and against
// nobody else.
func (j *joiner) unknown(lists []People, places [][]int) {
	for l := range lists {
		for i := range lists[l].people {
			if p := &lists[l].people[i]; p.login(j.forge) == "" {
				places[l][i] = j.sameAs(p)
			}
		}
	}
	for l := range lists {
		for i := range lists[l].people {
			p := &lists[l].people[i]
			switch at := places[l][i]; {
			case p.login(j.forge) != "":
			case at < 0:
				places[l][i] = j.add(p)
			default:
				j.merge(at, p)
			}
		}
	}
}

// maxShared is how many people an address may have to tell of another entry that it is one of them.
const maxShared = 8

// sameAs finds the one who is the same person; -1 where nobody is, or several may be.
func (j *joiner) sameAs(p *Person) int {
	var same []int
	for _, email := range p.Emails {
		of := j.byEmail[strings.ToLower(email)]
		if len(of) > maxShared {
			continue
		}
		for _, at := range of {
			if !slices.Contains(same, at) && samePerson(&j.out.people[at], p) {
				same = append(same, at)
			}
		}
	}
	if len(same) != 1 {
		return -1
	}
	return same[0]
}

// samePerson reports whether somebody who is known is a person with the same address: by their
// names, unless keys or logins say that they are two.
func samePerson(known, p *Person) bool {
	if !known.keyless && !p.keyless {
		return false
	}
	for forge, login := range p.Logins {
		if known.logins[accountOf(forge, "")] && !known.logins[accountOf(forge, login)] {
			return false
		}
	}
	if known.keyless && p.keyless && (len(known.names) == 0 || p.Name == "") {
		return true
	}
	return known.names[strings.ToLower(p.Name)]
}

func (j *joiner) add(p *Person) int {
	one := *p
	one.Emails, one.Logins = slices.Clone(p.Emails), maps.Clone(p.Logins)
	one.names, one.logins = map[string]bool{}, map[account]bool{}
	one.note(p)
	j.out.people = append(j.out.people, one)
	return len(j.out.people) - 1
}

// note keeps how an entry names somebody.
func (p *Person) note(entry *Person) {
	if entry.Name != "" {
		p.names[strings.ToLower(entry.Name)] = true
	}
	for forge, login := range entry.Logins {
		p.logins[accountOf(forge, "")], p.logins[accountOf(forge, login)] = true, true
	}
}

// merge adds what an entry says of somebody who is known.
func (j *joiner) merge(at int, p *Person) {
	into := &j.out.people[at]
	into.Name, into.keyless = cmp.Or(into.Name, p.Name), into.keyless && p.keyless
	into.Emails = append(into.Emails, p.Emails...)
	for _, forge := range slices.Sorted(maps.Keys(p.Logins)) {
		if into.Logins == nil {
			into.Logins = map[string]string{}
		}
		into.Logins[forge] = cmp.Or(into.Logins[forge], p.Logins[forge])
	}
	if p.Absent != (Absence{}) {
		into.away = append(into.away, p.Absent)
	}
	into.note(p)
}

// index makes the people of a list, who are at some places now, found by addresses, logins
// and teams.
func (j *joiner) index(list *People, places []int) {
	for i := range list.people {
		p := &list.people[i]
		for _, email := range p.Emails {
			j.give(strings.ToLower(email), places[i], email, p)
		}
		for forge, login := range p.Logins {
			if key := accountOf(forge, login); j.out.people[places[i]].Logins[forge] == login {
				j.out.byLogin[key] = places[i]
			}
		}
	}
	for team, members := range list.teams {
		of := append([]int{}, j.out.teams[team]...)
		for _, i := range members {
			if !slices.Contains(of, places[i]) {
				of = append(of, places[i])
			}
		}
		j.out.teams[team] = of
	}
}

// give enters a person under an address. One list with keys has told of its own already.
func (j *joiner) give(key string, at int, email string, p *Person) {
	of := j.out.byEmail[key]
	if slices.Contains(of, at) {
		return
	}
	j.out.byEmail[key] = append(of, at)
	j.right[key] = j.right[key] || j.out.people[at].login(j.forge) != ""
	if len(of) == 0 || !j.right[key] {
		return
	}
	if first := &j.out.people[of[0]]; p.keyless || first.file != p.file {
		j.warnings.Add(ownership.Warning{Pos: ownership.Pos{File: p.file, Line: p.line}, Text: fmt.Sprintf("%s is somebody else's, too, in %s; "+
			"nobody approves by an address that several people have, and what is committed under it counts as written by each: give each an "+
			"address of their own", email, first.file)})
	}
}
