// Package glob compiles path patterns and matches paths against many of them
// at once.
//
// The dialect is doublestar's: * and ? stay within a path segment, ** spans
// segments, [a-z] and [^a-z] are classes, {a,b} are alternatives and \ quotes
// the next character. Patterns are anchored at the root of the repository. A
// pattern that ends in a slash means everything below that directory.
//
// The package promises that a pattern costs what its length says: alternatives
// are expanded when it is compiled, and more than MaxAlternatives are refused,
// because matching nested braces takes exponential time.
package glob

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// MaxAlternatives is how many patterns one pattern's braces may expand to.
const MaxAlternatives = 64

// MaxLength is the longest pattern, in bytes.
const MaxLength = 4096

// Pattern is a compiled pattern. The zero Pattern matches nothing.
type Pattern struct {
	source string
	alts   []alternative
}

// alternative is one pattern without braces.
type alternative struct {
	text   string
	prefix string // leading segments without wildcards, joined by slashes
	kind   kind
	kernel *kernel
	regexp *regexp.Regexp
	look   *Look
}

type kind int

const (
	general    kind = iota // prefix, then doublestar decides
	literal                // prefix is the whole pattern
	below                  // prefix, then everything below it, or itself
	kernelKind             // kernel decides
	regexpKind             // regexp decides
	lookKind               // look decides
)

// Compile reads a pattern. Errors say what to write instead.
func Compile(source string) (Pattern, error) { return Translate(source, source) }

// CompileRegexp reads a regular expression in RE2's syntax, which matches
// anywhere in a path unless it is anchored.
func CompileRegexp(source string) (Pattern, error) {
	if len(source) > MaxLength {
		return Pattern{}, fmt.Errorf("pattern %q: longer than %d bytes", clip(source), MaxLength)
	}
	return TranslateRegexp(source, source)
}

// TranslateRegexp compiles text, which may be source in another dialect. The
// pattern is shown as source.
func TranslateRegexp(source, text string) (Pattern, error) {
	cost, err := Cost(text)
	if err != nil {
		return Pattern{}, err
	}
	if cost > MaxCost {
		return Pattern{}, fmt.Errorf("pattern %q: its counted repetitions write out to more than %d instructions; count less, or use * or +",
			clip(source), MaxCost)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", clip(source), err)
	}
	return Pattern{source: source, alts: []alternative{{kind: regexpKind, text: text, regexp: re}}}, nil
}

// CompileRegexpBelow is CompileRegexp for the part of a path below a directory;
// an empty one is the root.
func CompileRegexpBelow(dir, source string) (Pattern, error) {
	p, err := CompileRegexp(source)
	if err == nil && dir != "" {
		p.alts[0].prefix = dir + "/"
	}
	return p, err
}

// TranslatePerl is TranslateRegexp for an expression of Perl, which may have
// look-around.
func TranslatePerl(source, text string) (Pattern, error) {
	if !HasLook(text) {
		return TranslateRegexp(source, text)
	}
	look, err := CompileLook(text)
	if err != nil {
		return Pattern{}, err
	}
	return Pattern{source: source, alts: []alternative{{kind: lookKind, text: text, look: look}}}, nil
}

// CompilePerl is CompileRegexp for an expression of Perl, which may have
// look-around.
func CompilePerl(source string) (Pattern, error) {
	if len(source) > MaxLength {
		return Pattern{}, fmt.Errorf("pattern %q: longer than %d bytes", clip(source), MaxLength)
	}
	return TranslatePerl(source, source)
}

// Quote returns a pattern that matches text and nothing else.
func Quote(text string) string {
	return quoted.Replace(text)
}

var quoted = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`)

// Translate compiles text, which is source in the dialect of this package. The
// pattern is shown as source.
func Translate(source, text string) (Pattern, error) {
	text, err := normalize(text)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", clip(source), err)
	}
	texts, err := expand(text)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", clip(source), err)
	}
	p := Pattern{source: source, alts: make([]alternative, len(texts))}
	for i, text := range texts {
		if !doublestar.ValidatePattern(text) {
			return Pattern{}, fmt.Errorf(
				`pattern %q: brackets, braces or a backslash at its end do not fit; quote one that is meant as itself with \`, clip(source))
		}
		p.alts[i] = analyse(text)
	}
	return p, nil
}

// maxDepth and maxSegment bound patterns to what paths can be: no file system
// takes names longer than 255 bytes, each of which may be written as a class.
const (
	maxDepth   = 200
	maxSegment = 2048
)

// checkSize refuses what no path could match, and what would only cost time and
// memory.
func checkSize(source string) error {
	if len(source) > MaxLength {
		return fmt.Errorf("longer than %d bytes", MaxLength)
	}
	if strings.Count(source, "/") > maxDepth {
		return fmt.Errorf("deeper than %d directories", maxDepth)
	}
	if !strings.ContainsAny(source, "*?[{") {
		return nil
	}
	for segment := range strings.SplitSeq(source, "/") {
		if len(segment) > maxSegment && !strings.Contains(segment, "{") {
			return fmt.Errorf("a segment with wildcards of more than %d bytes, more than any name needs", maxSegment)
		}
	}
	return nil
}

// Weight is what a pattern costs an index, about: its segments, and its bytes
// where they must be matched one by one.
func (p Pattern) Weight() int {
	weight := 0
	for i := range p.alts {
		a := &p.alts[i]
		weight += 1 + strings.Count(a.text, "/")
		if strings.ContainsAny(a.text, "?[") || strings.Count(a.text, "*") > 3 {
			weight += len(a.text)
		}
	}
	return weight
}

// normalize checks what the pattern is written as and anchors it.
func normalize(source string) (string, error) {
	text := strings.TrimPrefix(source, "/")
	if err := checkSize(source); err != nil {
		return "", err
	}
	switch {
	case text == "":
		return "", errors.New(`empty; write "**" for everything`)
	case strings.HasPrefix(text, "./"), strings.HasPrefix(text, "../"):
		return "", errors.New("patterns start at the root of the repository; leave out the dots")
	case strings.Contains(source, "//"):
		return "", errors.New("no path has an empty segment; write one slash")
	case strings.ContainsAny(text, "\x00\n\r"):
		return "", errors.New("a control character; write one pattern a line")
	case strings.HasSuffix(text, "/"):
		text += "**"
	}
	return text, nil
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// analyse splits off the literal directory prefix, by which Index finds the
// pattern.
func analyse(text string) alternative {
	a := alternative{text: text}
	rest := text
	for {
		segment, tail, more := strings.Cut(rest, "/")
		if strings.ContainsAny(segment, `*?[]{}\`) {
			if rest == "**" && a.prefix != "" {
				a.kind = below
			}
			return a
		}
		if a.prefix != "" {
			a.prefix += "/"
		}
		a.prefix += segment
		if !more {
			a.kind = literal
			return a
		}
		rest = tail
	}
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.source }

// MarshalText returns String, for JSON.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.source), nil }

// UnmarshalText reads what MarshalText gives.
func (p *Pattern) UnmarshalText(text []byte) (err error) {
	*p, err = Compile(string(text))
	return err
}

// Match reports whether the pattern matches a path: no leading slash, segments
// divided by /. It takes a kernel pattern that names a directory for one only
// where the path lies below it.
func (p Pattern) Match(path string) bool { return p.MatchIn(path, nil) }

// MatchIn is Match in a tree with these directories.
func (p Pattern) MatchIn(path string, dirs Directories) bool {
	for i := range p.alts {
		if p.alts[i].match(path, dirs) {
			return true
		}
	}
	return false
}

func (a *alternative) match(path string, dirs Directories) bool {
	switch a.kind {
	case kernelKind:
		return a.kernel.match(path, dirs)
	case regexpKind:
		path, ok := strings.CutPrefix(path, a.prefix)
		return ok && a.regexp.MatchString(path)
	case lookKind:
		return a.look.MatchString(path)
	case literal:
		return path == a.prefix
	case below:
		tail, ok := strings.CutPrefix(path, a.prefix)
		return ok && (tail == "" || tail[0] == '/')
	default:
		return doublestar.MatchUnvalidated(a.text, path)
	}
}

// Any reports whether one of some patterns matches a path.
func Any(patterns []Pattern, path string) bool {
	return slices.ContainsFunc(patterns, func(p Pattern) bool { return p.Match(path) })
}
