package codeowners

import (
	"errors"
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

// cutPattern divides a line at the first blank that no backslash quotes.
func cutPattern(line string) (pattern, rest string) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case ' ', '\t':
			return line[:i], line[i+1:]
		}
	}
	return line, ""
}

// shown is how people read a pattern: without the backslashes before blanks.
func shown(pattern string) string { return strings.ReplaceAll(pattern, `\ `, " ") }

// translate gives the patterns of package glob that mean the same.
func (d Dialect) translate(pattern string) ([]string, error) {
	switch {
	case pattern == "" || pattern == "/":
		return nil, fmt.Errorf("the pattern %q matches nothing; write * for everything", pattern)
	case strings.Contains(pattern, "//"):
		return nil, fmt.Errorf("the pattern %q has an empty segment, which no path has; write one slash", shown(pattern))
	case strings.HasSuffix(pattern, `\`):
		return nil, fmt.Errorf("the pattern %q ends in a backslash that quotes nothing; remove it", shown(pattern))
	case d != GitHub:
	case pattern[0] == '!':
		return nil, errors.New("GitHub's CODEOWNERS has no ! and skips this line; write a line without owners instead: the last one that matches counts")
	case strings.HasPrefix(pattern, `\#`):
		return nil, errors.New(`GitHub's CODEOWNERS has no \# and skips this line; write ? in place of the #`)
	case strings.ContainsAny(pattern, "[]"):
		return nil, errors.New("GitHub's CODEOWNERS has no [ ] and skips this line; write one line for each character")
	}
	text := quote(pattern)
	if d == GitLab {
		return []string{fnmatch(text)}, nil
	}
	return gitignore(text), nil
}

// quote keeps what doublestar would read otherwise: braces, and negated classes,
// which don't match a slash here.
func quote(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			b.WriteString(pattern[i : i+2])
			i++
		case c == '{' || c == '}':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '[' && i+1 < len(pattern) && (pattern[i+1] == '!' || pattern[i+1] == '^'):
			b.WriteString("[^/")
			i++
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// gitignore gives what a pattern of gitignore(5) matches: a file, or whatever is
// below a directory. One that ends in /* takes no directories, as GitHub's
// documentation has it.
func gitignore(text string) []string {
	if text == "*" || text == "**" {
		return []string{"**"}
	}
	dir := strings.HasSuffix(text, "/")
	text = strings.TrimSuffix(text, "/")
	if strings.Contains(text, "/") {
		text = strings.TrimPrefix(text, "/")
	} else {
		text = "**/" + text
	}
	below := text + "/**/*"
	switch last := text[strings.LastIndexByte(text, '/')+1:]; {
	case dir:
		return []string{below}
	case last == "*":
		return []string{text}
	case last == "**":
		return []string{text + "/*"}
	}
	return []string{text, below}
}

// fnmatch gives what GitLab matches by File.fnmatch: a file anywhere, unless the
// pattern starts with a slash; what is below a directory only with a slash at
// the end; and ** spans directories only before a slash.
func fnmatch(text string) string {
	if text == "*" {
		return "**"
	}
	if strings.HasSuffix(text, "/") {
		text += "**/*"
	}
	if strings.HasSuffix(text, "/**") || text == "**" {
		text = strings.TrimSuffix(text, "*")
	}
	if strings.HasPrefix(text, "/") {
		return text[1:]
	}
	return "**/" + text
}

// compile makes rules of texts that stand for one pattern.
func compile(source string, texts []string, pos ownership.Pos) ([]ownership.Rule, error) {
	rules := make([]ownership.Rule, len(texts))
	for i, text := range texts {
		p, err := glob.Translate(source, text)
		if err != nil {
			return nil, err
		}
		rules[i] = ownership.Rule{Pattern: p, Pos: pos}
	}
	return rules, nil
}
