package codeowners

import (
	"regexp"
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

// readRule reads a pattern with its owners, or an exclusion.
func (p *parser) readRule(number int, text string) {
	pattern, rest := cutPattern(text)
	e := &entry{line: number, header: p.header}
	if pattern[0] == '!' {
		if p.dialect != GitLab {
			p.fault(number, "pattern %q: %s reads no exclusions; write the pattern without ! and without owners, below the rules that it is taken from", clip(pattern), p.dialect.title())
			return
		}
		e.exclusion, pattern = true, pattern[1:]
	}
	if hash, escaped := strings.CutPrefix(pattern, `\#`); escaped {
		if p.dialect == GitHub {
			p.fault(number, `pattern %q: GitHub reads no escaped # and skips the line; write /#%s for the root, or **/#%[2]s`, clip(pattern), clip(hash))
			return
		}
		pattern = "#" + hash
	}
	texts, err := p.dialect.translate(pattern)
	if err != nil {
		p.fault(number, "pattern %q: %v", clip(pattern), err)
		return
	}
	e.pattern = pattern
	for _, t := range texts {
		compiled, err := glob.Translate(pattern, t)
		if err != nil {
			p.fault(number, "%v", err)
			return
		}
		e.rules = append(e.rules, ownership.Rule{Pattern: compiled, Pos: ownership.Pos{File: p.file, Line: number}})
	}
	var comment string
	e.owners, comment = p.readOwners(number, rest)
	if p.dialect == GitLab && strings.Contains(comment, "@") {
		p.fault(number, "GitLab reads the people in a comment as owners too; move the comment to a line of its own")
		return
	}
	if e.exclusion && len(e.owners) > 0 {
		p.warn(number, "an exclusion has no owners; remove them from !%s", clip(pattern))
	}
	p.add(e, p.dialect.key(pattern))
}

// cutPattern divides a line at the first space that no backslash quotes. The
// pattern has its quoted spaces as plain ones.
func cutPattern(line string) (pattern, rest string) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t'):
			i++
			b.WriteByte(' ')
		case c == ' ' || c == '\t':
			return b.String(), line[i:]
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// readOwners reads the owners up to a comment, which it gives too.
func (p *parser) readOwners(number int, text string) (owners []ownership.Owner, comment string) {
	if at := strings.Index(strings.ReplaceAll(text, "\t", " "), " #"); at >= 0 {
		text, comment = text[:at], text[at:]
	}
	for word := range strings.FieldsSeq(text) {
		owner, problem := p.dialect.owner(word)
		if problem != "" {
			p.warn(number, "owner %q: %s", clip(word), problem)
		}
		owners = append(owners, owner)
	}
	return owners, comment
}

var (
	email  = regexp.MustCompile(`^[^\s@,;:<>()]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	nested = regexp.MustCompile(`^@[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+){2,}$`)
	role   = regexp.MustCompile(`^(?i)@@(?:developer|maintainer|owner)s?$`)
)

// owner reads one word. Where it is none that can approve, problem says why,
// and the owner is kept by name, so that its rule is not without owners.
func (d Dialect) owner(word string) (owner ownership.Owner, problem string) {
	if email.MatchString(word) {
		return ownership.Owner{Email: word}, ""
	}
	if strings.HasPrefix(word, "@") {
		if owner, err := ownership.ParseOwner(word); err == nil {
			return owner, ""
		}
	}
	switch {
	case d != GitHub && role.MatchString(word):
		problem = "a role can't approve; name people or a group"
	case d != GitHub && nested.MatchString(word):
		problem = "a group inside a subgroup can't approve; name people, or a group such as @acme/mm"
	case strings.Contains(word, ","):
		problem = "owners are divided by spaces; remove the comma"
	default:
		problem = "want a person, such as @alice, a team, such as @acme/mm, or an e-mail address"
	}
	return ownership.Owner{Name: word}, problem
}
