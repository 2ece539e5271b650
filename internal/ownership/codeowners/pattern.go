package codeowners

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/reviewgate/reviewgate/internal/glob"
)

// translate gives the patterns of package glob that together mean a pattern of
// the dialect.
func (d Dialect) translate(pattern string) ([]string, error) {
	if d == GitLab {
		return fnmatch(pattern)
	}
	return d.gitignore(pattern)
}

// key is equal for patterns of which the forge keeps only the last.
func (d Dialect) key(pattern string) string {
	if d == GitLab {
		return normalize(pattern)
	}
	return pattern
}

// invalid says why GitHub calls a pattern invalid and skips its line, with what to
// write instead; empty if it does not. Its page "About code owners" lists !, \# and
// [ ] as what "doesn't work", its REST description shows ***/ as an invalid
// pattern; a slash alone "will never match anything".
func invalid(pattern string) string {
	const taken = "; to take files from others write the pattern without it and without owners, below their rules"
	switch {
	case pattern == "/":
		return "names no file; write * for everything"
	case pattern[0] == '!':
		return "there are no exclusions" + taken
	case strings.HasPrefix(pattern, `\#`):
		return "there is no escaped #; write /#" + clip(pattern[2:]) + " for the root, or **/#" + clip(pattern[2:])
	case plainBracket(pattern):
		return `there are no classes of characters; write \[ for the bracket itself, a rule for each character, or ? for any one`
	}
	for segment := range strings.SplitSeq(pattern, "/") {
		if len(segment) > 2 && strings.Trim(segment, "*") == "" {
			return "three stars mean nothing; write ** for any directories"
		}
	}
	return ""
}

// plainBracket reports whether a pattern has an opening bracket that no backslash
// quotes.
func plainBracket(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			return true
		}
	}
	return false
}

// concerns gives the patterns that words which are not read may have been meant as;
// none where that can't be said, and any file may be meant.
func concerns(words []string) string {
	var out []string
	for _, word := range words {
		patterns := readings(word)
		if len(patterns) == 0 {
			return ""
		}
		out = append(out, patterns...)
	}
	return strings.Join(out, "\n")
}

// readings gives the patterns that a word may have been meant as.
func readings(pattern string) (out []string) {
	if strings.TrimLeft(pattern, "\"'`") != pattern { // with a space before the end of the quotes
		return nil
	}
	pattern = strings.TrimPrefix(strings.TrimPrefix(pattern, "!"), `\`)
	for strings.Contains(pattern, "***") {
		pattern = strings.ReplaceAll(pattern, "***", "**")
	}
	literal := strings.NewReplacer(`\[`, `\[`, `\]`, `\]`, "[", `\[`, "]", `\]`).Replace(pattern)
	for _, reading := range []struct {
		dialect Dialect
		pattern string
	}{{GitHub, literal}, {GitLab, pattern}} { // GitLab reads classes
		texts, err := reading.dialect.gitignore(reading.pattern)
		if err != nil {
			continue
		}
		for _, t := range texts {
			if _, err := glob.Compile(t); err == nil {
				out = append(out, t)
			}
		}
		if !plainBracket(pattern) {
			break // both are the same
		}
	}
	return out
}

// gitignore reads a pattern by the rules that GitHub takes from gitignore: one
// with a slash before its end is anchored at the root, one with a slash at its
// end means everything below a directory, and any other also takes everything
// below a directory of that name, unless its last segment is * alone.
func (d Dialect) gitignore(pattern string) ([]string, error) {
	body, below := strings.CutSuffix(pattern, "/")
	anchored := strings.Contains(body, "/")
	body = strings.TrimPrefix(body, "/")
	if body == "" {
		return nil, errors.New("names no file; write * for everything")
	}
	var segments []string
	if !anchored {
		segments = append(segments, "**")
	}
	for segment := range strings.SplitSeq(body, "/") {
		text, err := d.segment(segment)
		switch {
		case err != nil:
			return nil, err
		case segment != "**":
			segments = append(segments, text)
		case len(segments) == 0 || segments[len(segments)-1] != "**":
			segments = append(segments, "**")
		}
	}
	if segments[len(segments)-1] == "**" { // anything below, but not the directory itself
		segments = append(segments, "*")
	}
	text := strings.Join(segments, "/")
	switch {
	case below:
		return []string{text + "/**/*"}, nil
	case segments[len(segments)-1] == "*":
		return []string{text}, nil
	}
	return []string{text, text + "/**/*"}, nil
}

// normalize completes a pattern as GitLab does (normalize_pattern).
func normalize(pattern string) string {
	if pattern == "*" {
		return "/**/*"
	}
	if !strings.HasPrefix(pattern, "/") {
		pattern = "/**/" + pattern
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**/*"
	}
	return pattern
}

// fnmatch reads a pattern as GitLab does, which completes it and hands it to
// Ruby's File.fnmatch with FNM_PATHNAME and FNM_DOTMATCH. There ** spans
// directories only before a slash; elsewhere it is *.
func fnmatch(pattern string) ([]string, error) {
	if pattern == "" {
		return nil, errors.New("names no file; write * for everything")
	}
	segments := strings.Split(normalize(pattern)[1:], "/")
	for i, segment := range segments {
		if segment == "**" && i+1 < len(segments) {
			continue
		}
		text, err := GitLab.segment(segment)
		if err != nil {
			return nil, err
		}
		segments[i] = text
	}
	return []string{strings.Join(segments, "/")}, nil
}

// segment translates what stands between two slashes. Braces are plain
// characters in all dialects, and a run of stars is one.
func (d Dialect) segment(source string) (string, error) {
	switch source {
	case "":
		return "", errors.New("no path has an empty segment; write one slash")
	case ".", "..":
		return "", errors.New("patterns start at the root of the repository; leave out the dots")
	}
	var b strings.Builder
	star := false
	for i, next := 0, 0; i < len(source); i = next {
		r, size := utf8.DecodeRuneInString(source[i:])
		next = i + size
		if r == '*' && star {
			continue
		}
		star = r == '*'
		switch {
		case r == '\\' && next == len(source):
			return "", errors.New(`a backslash quotes nothing there; write \\ for the character itself, and a slash without one`)
		case r == '\\':
			r, size = utf8.DecodeRuneInString(source[next:])
			next += size
			quote(&b, `*?[]{}\`, r)
		case star || r == '?':
			b.WriteRune(r)
		case r == '[' && d == GitLab:
			end, err := class(&b, source, next)
			if err != nil {
				return "", err
			}
			next = end
		case (r == '[' || r == ']') && d != GitLab:
			return "", fmt.Errorf("%s reads no classes of characters; write \\%c for the bracket itself, a rule for each character, or ? for "+
				"any one", d.title(), r)
		default:
			quote(&b, `]{}`, r)
		}
	}
	return b.String(), nil
}

// quote writes a character that stands for itself.
func quote(b *strings.Builder, special string, r rune) {
	if strings.ContainsRune(special, r) {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}

// class translates the class whose inside starts at i, and gives the index
// after it. No class matches a slash.
func class(b *strings.Builder, source string, i int) (end int, err error) {
	b.WriteByte('[')
	negated := i < len(source) && (source[i] == '!' || source[i] == '^')
	if negated {
		b.WriteString("^/")
		i++
	}
	start := i
	for i < len(source) && source[i] != ']' {
		from, next := classRune(source, i)
		to := from
		if next+1 < len(source) && source[next] == '-' && source[next+1] != ']' {
			to, next = classRune(source, next+1)
		}
		if to < from {
			return 0, fmt.Errorf("the range %c-%c goes backwards; write the smaller character first", from, to)
		}
		if from < '/' && '/' < to && !negated {
			writeRange(b, from, '/'-1)
			from = '/' + 1
		}
		writeRange(b, from, to)
		i = next
	}
	switch {
	case i >= len(source):
		return 0, errors.New(`a class of characters is not closed before the next slash; write [ab], or \[ for the bracket itself`)
	case i == start:
		return 0, errors.New("a class without characters; write [ab]")
	}
	b.WriteByte(']')
	return i + 1, nil
}

// classRune reads one character of a class and gives the index after it.
func classRune(source string, i int) (r rune, next int) {
	if source[i] == '\\' && i+1 < len(source) {
		i++
	}
	r, size := utf8.DecodeRuneInString(source[i:])
	return r, i + size
}

func writeRange(b *strings.Builder, from, to rune) {
	quote(b, `[]^!-\`, from)
	if to > from {
		b.WriteByte('-')
		quote(b, `[]^!-\`, to)
	}
}
