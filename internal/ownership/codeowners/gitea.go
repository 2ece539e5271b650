package codeowners

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

// giteaRule reads a line as a Gitea does (docs.gitea.com, "Code Owners"): a regular
// expression that the whole path must match, which may have look-around, and who owns what
// it matches, or, with a ! before it, what it does not. A backslash takes the next
// character as it is and is gone then, so that one of the expression's own is written twice.
// Each rule that matches counts, not the last one only.
func (p *parser) giteaRule(number int, text string) {
	words := giteaWords(text)
	if len(words) == 0 {
		return
	}
	expression, negative := strings.CutPrefix(words[0], "!")
	expression = strings.TrimPrefix(expression, "/")
	if len(words) == 1 {
		p.skip(number, nil, "the rule names nobody; write people or a team behind it, such as @alice or @acme/mm")
		return
	}
	owners, ok := p.giteaOwners(number, words[1:])
	if !ok {
		return
	}
	e := &entry{line: number, header: p.header, owners: owners, pattern: words[0]}
	without, expression, ok := leadingLook(expression)
	include, err := p.giteaPattern(words[0], number, "^"+expression+"$")
	var except []ownership.Rule
	if err == nil && ok {
		except, err = p.giteaPattern(words[0], number, "^"+without)
	}
	switch {
	case err != nil:
		p.fault(number, "%v; want a regular expression, with each backslash twice", err)
		return
	case ok && negative:
		p.fault(number, "pattern %q: a rule with both ! and (?! is not read; write it without either", clip(words[0]))
		return
	}
	if e.rules, e.except = include, except; negative {
		e.rules, e.except = []ownership.Rule{{Pattern: everything, Pos: include[0].Pos}}, include
	}
	p.add(e, strconv.Itoa(number)) // a pattern that stands twice has the people of both
}

// everything matches every path.
var everything = func() glob.Pattern {
	p, err := glob.Compile("**")
	if err != nil {
		panic(err) // it is a pattern
	}
	return p
}()

// giteaPattern compiles what one expression matches. A server does not put it into brackets,
// so that of a|b each end is free.
func (p *parser) giteaPattern(source string, number int, expression string) ([]ownership.Rule, error) {
	if len(expression) > glob.MaxLength {
		return nil, fmt.Errorf("pattern %q: longer than %d bytes", clip(source), glob.MaxLength)
	}
	compiled, err := glob.TranslatePerl(source, expression)
	return []ownership.Rule{{Pattern: compiled, Pos: ownership.Pos{File: p.file, Line: number}}}, err
}

// leadingLook divides (?!x)y into x, which paths must not begin with, and y: as the whole
// path is matched, nothing stands before it. ok is false where an expression has another
// form, or alternatives outside of brackets, which the first part would not be for.
func leadingLook(expression string) (without, rest string, ok bool) {
	rest, ok = strings.CutPrefix(expression, "(?!")
	if !ok {
		return "", expression, false
	}
	depth, end := 1, -1
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '[':
			return "", expression, false // brackets within may be letters
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 {
				return "", expression, false
			}
		}
		if depth == 0 && end < 0 {
			end = i
		}
	}
	if end < 0 {
		return "", expression, false
	}
	return "(?:" + rest[:end] + ")", rest[end+1:], true
}

// giteaOwners reads who owns: people and teams, with or without the @.
func (p *parser) giteaOwners(number int, words []string) (owners []ownership.Owner, ok bool) {
	for _, word := range words {
		name := "@" + strings.TrimPrefix(word, "@")
		owner, err := ownership.ParseOwner(name)
		if err != nil {
			p.fault(number, "owner %s: want a person, such as @alice, or a team, such as @acme/mm", quoted(word))
			return nil, false
		}
		owners = append(owners, owner)
	}
	return owners, true
}

// giteaWords divides a line at spaces that no backslash quotes, up to a #.
func giteaWords(line string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
		}
		word.Reset()
	}
	quoted := false
	for _, c := range strings.ReplaceAll(line, "\t", " ") {
		switch {
		case quoted:
			word.WriteRune(c)
			quoted = false
		case c == '\\':
			quoted = true
		case c == '#':
			end()
			return words
		case c == ' ':
			end()
		default:
			word.WriteRune(c)
		}
	}
	end()
	return words
}
