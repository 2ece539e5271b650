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
}

type kind int

const (
	general kind = iota // prefix, then doublestar decides
	literal             // prefix is the whole pattern
	below               // prefix, then everything below it, or itself
)

// Compile reads a pattern. Errors say what to write instead.
func Compile(source string) (Pattern, error) {
	text, err := normalize(source)
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
			return Pattern{}, fmt.Errorf(`pattern %q: brackets, braces or a backslash at its end do not fit; quote one that is meant as itself with \`, clip(source))
		}
		p.alts[i] = analyse(text)
	}
	return p, nil
}

// normalize checks what the pattern is written as and anchors it.
func normalize(source string) (string, error) {
	text := strings.TrimPrefix(source, "/")
	switch {
	case len(source) > MaxLength:
		return "", fmt.Errorf("longer than %d bytes", MaxLength)
	case text == "":
		return "", errors.New(`empty; write "**" for everything`)
	case strings.HasPrefix(text, "./"), strings.HasPrefix(text, "../"):
		return "", errors.New("patterns start at the root of the repository; leave out the dots")
	case strings.Contains(text, "//"):
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

// String gives the pattern as it was written.
func (p Pattern) String() string { return p.source }

// Match tells whether the pattern matches a path: no leading slash, segments
// divided by /.
func (p Pattern) Match(path string) bool {
	for i := range p.alts {
		if p.alts[i].match(path) {
			return true
		}
	}
	return false
}

func (a *alternative) match(path string) bool {
	switch a.kind {
	case literal:
		return path == a.prefix
	case below:
		tail, ok := strings.CutPrefix(path, a.prefix)
		return ok && (tail == "" || tail[0] == '/')
	default:
		return doublestar.MatchUnvalidated(a.text, path)
	}
}
