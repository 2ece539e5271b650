package maintainers

import (
	"regexp"
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

// path reads the value of an F: or X: line. White space at its end is part of
// the pattern, as it is for the script.
func (p *parser) path(letter byte, value string) {
	trimmed := strings.TrimRight(value, white)
	switch {
	case trimmed == "":
		p.warn("%c: without a value is left out; the kernel's script takes it for every file of the root, which is %c: *", letter, letter)
		return
	case trimmed != value:
		p.warn("%c: %q ends in white space, which no path has; remove it", letter, value)
	case value[0] == '/', strings.HasPrefix(value, "./"), strings.HasPrefix(value, "../"):
		p.warn("%c: %s matches nothing, because paths start at the root of the repository without a slash or dots; %s", letter, clean(value),
			rooted(value))
	}
	if costly := strings.ContainsAny(value, `+(){}|^$\`) || strings.Count(value, "[") > 8; costly {
		if cost, err := glob.Cost(value); err == nil && !p.afford(cost) {
			return
		}
	}
	pattern, err := glob.CompileKernel(value)
	if err != nil {
		p.fault("%c: %v", letter, err)
		return
	}
	rule := ownership.Rule{Pattern: pattern, Pos: p.pos()}
	if letter == 'X' {
		p.section.Exclude = append(p.section.Exclude, rule)
		return
	}
	p.section.Include = append(p.section.Include, rule)
	p.root = p.root || value == "*"
	p.below = p.below || value == "*/"
}

// rooted says what to write for a value that starts above or at the root.
func rooted(value string) string {
	for {
		cut := strings.TrimLeft(value, "/")
		cut = strings.TrimPrefix(strings.TrimPrefix(cut, "./"), "../")
		if cut == value {
			break
		}
		value = cut
	}
	if value == "" || value == "." || value == ".." {
		return "for everything write two lines, F: * and F: */"
	}
	return "write " + clean(value)
}

// expression reads the value of an N: or K: line: a regular expression of Perl
// with the modifier x, which is looked for anywhere.
func (p *parser) expression(letter byte, value string) {
	text := extended(value)
	if text == "" {
		p.warn("%c: without a value is left out; the kernel's script takes it for everything", letter)
		return
	}
	cost, err := glob.Cost(text)
	if err != nil {
		p.fault("%c: %v", letter, err)
		return
	}
	if !p.afford(cost) {
		return
	}
	if letter == 'N' {
		pattern, err := glob.TranslatePerl(value, text)
		if err != nil {
			p.fault("N: %v", err)
			return
		}
		p.section.Include = append(p.section.Include, ownership.Rule{Pattern: pattern, Pos: p.pos()})
		return
	}
	if glob.HasLook(text) {
		look, err := glob.CompileLook(text)
		if err != nil {
			p.fault("K: %v", err)
			return
		}
		p.section.Content = append(p.section.Content, ownership.ContentRule{Look: look, Source: value, Pos: p.pos()})
		return
	}
	re, err := regexp.Compile(text)
	if err != nil {
		p.fault("K: %v", err)
		return
	}
	p.section.Content = append(p.section.Content, ownership.ContentRule{Pattern: re, Source: value, Pos: p.pos()})
}

// afford counts regular expressions; false for the one that is too many, and
// for all after it.
func (p *parser) afford(cost int) bool {
	over := p.regexps > maxRegexps || p.cost > maxCost
	p.regexps++
	p.cost += cost
	if !over && (p.regexps > maxRegexps || p.cost > maxCost) {
		p.fault("too many or too large regular expressions up to here; say it with F: lines without operators")
	}
	return p.regexps <= maxRegexps && p.cost <= maxCost
}

// extended drops what Perl's modifier x drops: white space and comments, unless
// they are quoted or stand in a class (perlre, "/x and /xx").
func extended(source string) string {
	if !strings.ContainsAny(source, white+"#") {
		return source
	}
	var b strings.Builder
	for i := 0; i < len(source); {
		n := 1
		switch c := source[i]; {
		case c == '\\':
			n = min(2, len(source)-i)
		case c == '[':
			n = class(source[i:])
		case strings.HasPrefix(source[i:], "(?#"):
			end := strings.IndexByte(source[i:], ')')
			if end < 0 {
				return b.String() + source[i:] // the compiler says what is wrong
			}
			i += end + 1
			continue
		case c == '#':
			return b.String()
		case strings.IndexByte(white, c) >= 0:
			i++
			continue
		}
		b.WriteString(source[i : i+n])
		i += n
	}
	return b.String()
}

// class gives the length of the class that text starts with. A ] that comes
// first is one of its members.
func class(text string) int {
	i := 1
	if strings.HasPrefix(text[i:], "^") {
		i++
	}
	if strings.HasPrefix(text[i:], "]") {
		i++
	}
	for i < len(text) && text[i] != ']' {
		switch {
		case text[i] == '\\':
			i++
		case strings.HasPrefix(text[i:], "[:"):
			if end := strings.Index(text[i:], ":]"); end >= 0 {
				i += end + 1
			}
		}
		i++
	}
	return min(i+1, len(text))
}
