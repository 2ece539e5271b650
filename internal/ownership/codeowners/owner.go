package codeowners

import (
	"regexp"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

var (
	email  = regexp.MustCompile(`^[^\s@,;:<>()]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	nested = regexp.MustCompile(`^@[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+){2,}$`)
	role   = regexp.MustCompile(`^(?i)@@(?:developer|maintainer|owner)s?$`)

	// What GitHub surely takes for owners: its logins have no dots, and an address
	// has a domain with one.
	githubPerson  = regexp.MustCompile(`^@[A-Za-z0-9][A-Za-z0-9_-]*(?:\[bot\])?$`)
	githubTeam    = regexp.MustCompile(`^@[A-Za-z0-9][A-Za-z0-9_-]*/(?:ent:)?[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	githubAddress = regexp.MustCompile(
		`^[^\s@,;:<>()"\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$`)
	// And what may be some, or none: of a word with any other character GitHub
	// says "Invalid owner".
	githubDoubtful = regexp.MustCompile(`^(?:@[A-Za-z0-9_./@\[\]-]*[A-Za-z0-9_.\]-]|[^\s@,;:<>()"]+@[A-Za-z0-9._-]*[A-Za-z0-9_.-])$`)
)

// certainty is what is known of how a forge reads a word.
type certainty int

const (
	anOwner    certainty = iota
	cannot               // an owner, or nobody, to the forge, who can't approve here
	notAnOwner           // the forge certainly takes the word for none
	notCertain           // what the forge makes of it is not known
)

const wantOwner = "want a person, such as @alice, a team, such as @acme/mm, or an e-mail address"

// owner reads one word. Where it is none that can approve, problem says why.
func (d Dialect) owner(word string) (owner ownership.Owner, is certainty, problem string) {
	clean := email.MatchString(word)
	if owner.Email = word; !clean {
		var err error
		owner, err = ownership.ParseOwner(word)
		clean = err == nil && strings.HasPrefix(word, "@")
	}
	if d == GitHub {
		clean = clean && (githubPerson.MatchString(word) || githubTeam.MatchString(word) || githubAddress.MatchString(word))
	}
	if clean {
		return owner, anOwner, ""
	}
	is, problem = notCertain, wantOwner
	if strings.Contains(word, ",") {
		problem = "owners are divided by spaces; remove the comma"
	}
	switch {
	case d == GitHub && !githubDoubtful.MatchString(word):
		is = notAnOwner
	case d == GitLab && role.MatchString(word):
		is, problem = cannot, "a role can't approve; name people or a group"
	case d == GitLab && nested.MatchString(word):
		is, problem = cannot, "a group inside a subgroup can't approve; name people, or a group such as @acme/mm"
	case d == GitLab && !strings.Contains(word, "@"):
		is = cannot // its ReferenceExtractor finds nobody there
	}
	return ownership.Owner{Name: word}, is, problem
}

// readOwners reads the owners of a line; false if there is no such line: it is
// skipped, or a fault. pattern is whose they are.
func (p *parser) readOwners(number int, pattern, text string) (owners []ownership.Owner, ok bool) {
	ok = true
	doubts := map[bool]string{} // by whether the forge skips the line: the first reason
	paths := []string{pattern}
	for word := range strings.FieldsSeq(text) {
		owner, is, problem := p.dialect.owner(word)
		switch is {
		case anOwner:
		case cannot: // kept by name, so that its rule is not without owners
			p.warn(number, "owner %q: %s", clip(word), problem)
		case notAnOwner, notCertain:
			if strings.Contains(word, "/") && !strings.Contains(word, "@") {
				paths = append(paths, word) // two patterns on one line
			}
			if ok = false; doubts[is == notAnOwner] == "" {
				doubts[is == notAnOwner] = "owner " + quoted(word) + ": " + problem
			}
		}
		owners = append(owners, owner)
	}
	switch {
	case ok:
	case doubts[true] != "":
		p.skip(number, paths, "%s", doubts[true])
	default:
		p.fault(number, "%s; what %s makes of it is not certain", doubts[false], p.dialect.title())
	}
	return owners, ok
}
