package maintainers

import (
	"cmp"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

// owners reads the value of an M: or R: line into the open section, each person
// once. Whoever is a maintainer is no reviewer besides.
func (p *parser) owners(letter byte, value string) {
	if strings.TrimRight(value, white) == "" {
		p.warn("%c: names nobody; write a name and an address, such as Ann Example <ann@example.org>", letter)
		return
	}
	for _, e := range entries(value) {
		o, complaint := readOwner(e)
		if complaint != "" {
			p.warn("%c: %s", letter, complaint)
		}
		if o == (ownership.Owner{}) || p.ignored[strings.ToLower(o.Email)] {
			continue
		}
		p.add(letter == 'M', o)
	}
}

// add enters an owner who is new in the section. A reviewer who turns out to be
// a maintainer is dropped when the section ends.
func (p *parser) add(maintainer bool, o ownership.Owner) {
	keys := keys(o)
	for _, key := range keys {
		if p.maintainers[key] || !maintainer && p.people[key] {
			return
		}
	}
	if maintainer {
		p.section.Maintainers = append(p.section.Maintainers, o)
	} else {
		p.section.Reviewers = append(p.section.Reviewers, o)
	}
	for _, key := range keys {
		p.people[key] = true
		if maintainer {
			p.maintainers[key] = true
		}
	}
}

// keys are what an owner is told apart by: the address, and the login or team;
// twice the same if there is only one, and the name if there is neither.
func keys(o ownership.Owner) [2]string {
	one := strings.ToLower(cmp.Or(o.Email, o.Name))
	if !o.Known() {
		return [2]string{one, one}
	}
	two := "@" + strings.ToLower(o.Login+o.Team)
	return [2]string{cmp.Or(strings.ToLower(o.Email), two), two}
}

// ignore reads .get_maintainer.ignore: an address a line, with comments.
func (p *parser) ignore(text string) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, e := range entries(clean(line)) {
			if o, _ := readOwner(e); o.Email != "" {
				p.ignored[strings.ToLower(o.Email)] = true
			}
		}
	}
}

// entries divides an RFC 822 list of addresses. A piece without an address
// belongs to the next one: "Example, Ann <ann@example.org>" is one person.
func entries(value string) []string {
	var list []string
	start := 0
	for i := 0; i <= len(value); i++ {
		switch {
		case i == len(value):
		case value[i] == ',':
			if !strings.Contains(value[start:i], "@") {
				continue
			}
		default:
			i += bracketed(value[i:])
			continue
		}
		if piece := strings.Trim(value[start:i], white+","); piece != "" {
			list = append(list, piece)
		}
		start = i + 1
	}
	return list
}

// bracketed gives the distance to the end of the quotes or brackets that text
// starts with; 0 where there are none.
func bracketed(text string) int {
	var closing byte
	switch text[0] {
	case '"':
		closing = '"'
	case '<':
		closing = '>'
	case '(':
		closing = ')'
	case '[':
		closing = ']'
	default:
		return 0
	}
	return max(0, 1+strings.IndexByte(text[1:], closing))
}

// readOwner reads one entry: "Name <address> anything [@login] anything", or
// the same with a bare address. complaint says what is wrong with it.
func readOwner(text string) (o ownership.Owner, complaint string) {
	tail := text
	if before, after, ok := strings.Cut(text, "<"); ok {
		if address, rest, ok := strings.Cut(after, ">"); ok && isAddress(address) {
			o.Name, o.Email, tail = before, strings.Trim(address, white), rest
		}
	}
	login, hasLogin := bracket(tail)
	if o.Email == "" {
		if at := strings.Index(text, "[@"); hasLogin && at >= 0 {
			text = text[:at]
		}
		o.Name = text
		for word := range strings.FieldsSeq(text) {
			if address := strings.Trim(word, "<>,;()"); isAddress(address) {
				o.Name, _, _ = strings.Cut(text, word)
				o.Email = address
				break
			}
		}
	}
	o.Name = strings.Trim(o.Name, white+`"`)
	if hasLogin {
		named, err := ownership.ParseOwner(login)
		if err != nil {
			return o, err.Error()
		}
		o.Login, o.Team = named.Login, named.Team
	}
	if o.Email == "" && !hasLogin {
		return o, "no address in " + quote(text) + "; write a name and an address, such as Ann Example <ann@example.org>"
	}
	return o, ""
}

// bracket finds [@login], as OP-TEE writes it behind an address.
func bracket(text string) (login string, ok bool) {
	_, after, ok := strings.Cut(text, "[@")
	if !ok {
		return "", false
	}
	login, _, ok = strings.Cut(after, "]")
	return "@" + login, ok
}

func isAddress(text string) bool {
	at := strings.LastIndexByte(strings.Trim(text, white), '@')
	return at > 0 && at < len(strings.Trim(text, white))-1
}

// listAddress gives the address of an L: line: its first word, unless people
// write a name before it. Lists for subscribers only are not asked, as the
// script does not ask them.
func listAddress(value string) string {
	if strings.Contains(value, "subscribers-only") {
		return ""
	}
	word, _, _ := strings.Cut(strings.TrimRight(value, white), " ")
	word, _, _ = strings.Cut(word, "\t")
	if isAddress(word) {
		return word
	}
	if o, complaint := readOwner(value); complaint == "" && o.Email != "" {
		return o.Email
	}
	return word
}
