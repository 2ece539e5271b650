package codeowners

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

// readRule reads a pattern with its owners, or an exclusion.
func (p *parser) readRule(number int, text string) {
	pattern, rest := cutPattern(text)
	words, comment := cutComment(rest)
	e := &entry{line: number, header: p.header}
	var ok bool
	if e.owners, ok = p.readOwners(number, pattern, words); !ok {
		return
	}
	if p.dialect == GitHub {
		if why := invalid(pattern); why != "" {
			p.skip(number, []string{pattern}, "pattern %q: %s", clip(pattern), why)
			return
		}
	}
	if pattern[0] == '!' {
		if p.dialect != GitLab {
			p.fault(number, "pattern %q: %s reads no exclusions; write the pattern without ! and without owners, below the rules that it is "+
				"taken from", clip(pattern), p.dialect.title())
			return
		}
		e.exclusion, pattern = true, pattern[1:]
	}
	if hash, escaped := strings.CutPrefix(pattern, `\#`); escaped {
		pattern = "#" + hash
	}
	if e.pattern, ok = pattern, p.compile(e, number, pattern); !ok {
		return
	}
	switch {
	case p.dialect == GitLab && strings.Contains(comment, "@"):
		p.fault(number, "GitLab reads the people in a comment as owners too; move the comment to a line of its own")
		return
	case p.comments[number-1] != 0 && len(e.owners) > 0:
		p.fault(number, "GitHub gives files to the people of this line, which stands in a C comment and is meant for readers; write # at "+
			"its start")
		return
	case e.exclusion && len(e.owners) > 0:
		p.warn(number, "an exclusion has no owners; remove them from !%s", clip(pattern))
	}
	p.add(e, p.dialect.key(pattern))
}

// compile reads the pattern of an entry.
func (p *parser) compile(e *entry, number int, pattern string) bool {
	texts, err := p.dialect.translate(pattern)
	if err != nil {
		p.fault(number, "pattern %q: %v", clip(pattern), err)
		return false
	}
	for _, t := range texts {
		compiled, err := glob.Translate(pattern, t)
		if err != nil {
			p.fault(number, "%v", err)
			return false
		}
		e.rules = append(e.rules, ownership.Rule{Pattern: compiled, Pos: ownership.Pos{File: p.file, Line: number}})
	}
	return true
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

// cutComment divides the owners of a line from the comment behind them.
func cutComment(text string) (owners, comment string) {
	if at := strings.Index(strings.ReplaceAll(text, "\t", " "), " #"); at >= 0 {
		return text[:at], text[at:]
	}
	return text, ""
}
