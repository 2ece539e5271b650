package people

import (
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

// MailmapPath is where git looks for the mailmap of a tree.
const MailmapPath = ".mailmap"

// maxMailmap is the largest mailmap that is read, in bytes; Linux has 50 kB.
const maxMailmap = 4 << 20

// Mailmap corrects names and addresses as git does (gitmailmap(5)). The zero
// Mailmap corrects nothing.
type Mailmap struct {
	byEmail map[string]*correction // by the address of commits, in lower case
}

// correction is what stands for an address; empty parts stay as they are.
type correction struct {
	name, email string
	byName      map[string]correction // where the name of commits matters too, in lower case
}

// ParseMailmap reads a mailmap. A line that has none of git's four forms is a
// warning; git passes over it too.
func ParseMailmap(f ownership.File) (Mailmap, []ownership.Warning) {
	var warnings ownership.Notes[ownership.Warning]
	warn := func(line int, format string, args ...any) {
		warnings.Add(ownership.Warning{Pos: ownership.Pos{File: f.Path, Line: line}, Text: fmt.Sprintf(format, args...)})
	}
	if len(f.Data) > maxMailmap {
		warn(1, "more than %d bytes; the file is not read", maxMailmap)
		return Mailmap{}, warnings.List
	}
	m := Mailmap{byEmail: map[string]*correction{}}
	line := 0
	for text := range strings.Lines(string(f.Data)) {
		line++
		text = strings.TrimSpace(text)
		if text == "" || text[0] == '#' {
			continue
		}
		if !m.add(text) {
			warn(line, "%q corrects nothing; write Proper Name <proper@example.org> <other@example.org>", strings.ToValidUTF8(clip(text), "\ufffd"))
		}
	}
	return m, warned(&warnings)
}

func clip(text string) string {
	if len(text) > 80 {
		return text[:80] + "…"
	}
	return text
}

// add reads one line:
//
//	Proper Name <commit@email>
//	<proper@email> <commit@email>
//	Proper Name <proper@email> <commit@email>
//	Proper Name <proper@email> Commit Name <commit@email>
func (m Mailmap) add(text string) bool {
	name, email, text, ok := person(text)
	if !ok || email == "" {
		return false
	}
	commitName, commitEmail, _, two := person(text)
	if !two {
		commitName, commitEmail, email = "", email, ""
	}
	if name == "" && email == "" {
		return false
	}
	key := strings.ToLower(commitEmail)
	c := m.byEmail[key]
	if c == nil {
		c = &correction{}
		m.byEmail[key] = c
	}
	if commitName != "" {
		if c.byName == nil {
			c.byName = map[string]correction{}
		}
		c.byName[strings.ToLower(commitName)] = correction{name: name, email: email}
		return true
	}
	// A later line says more, and does not take back.
	if name != "" {
		c.name = name
	}
	if email != "" {
		c.email = email
	}
	return true
}

// person reads "Name <address>" and what stands behind it. A comment may stand
// there instead.
func person(text string) (name, email, tail string, ok bool) {
	if strings.HasPrefix(strings.TrimSpace(text), "#") {
		return "", "", "", false
	}
	name, text, ok = strings.Cut(text, "<")
	if !ok {
		return "", "", "", false
	}
	email, tail, ok = strings.Cut(text, ">")
	return strings.TrimSpace(name), strings.TrimSpace(email), tail, ok
}

// Lookup gives the proper name and address for those of a commit.
func (m Mailmap) Lookup(name, email string) (properName, properEmail string) {
	c := m.byEmail[strings.ToLower(email)]
	if c == nil {
		return name, email
	}
	found := correction{name: c.name, email: c.email}
	if byName, ok := c.byName[strings.ToLower(name)]; ok {
		found = byName
	}
	if found.name != "" {
		name = found.name
	}
	if found.email != "" {
		email = found.email
	}
	return name, email
}
