package glob

import (
	"errors"
	"fmt"
	"strings"
)

var errBrace = errors.New(`braces do not fit; write {a,b}, or \{ for the character itself`)

// expand replaces {a,b} by one pattern per alternative, innermost included. It
// stops as soon as there are more than MaxAlternatives.
func expand(text string) ([]string, error) {
	pending, done := []string{text}, []string(nil)
	for len(pending) > 0 {
		if len(pending)+len(done) > MaxAlternatives {
			return nil, fmt.Errorf("its braces make more than %d patterns; write them out, or use a wider pattern", MaxAlternatives)
		}
		last := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		alternatives, err := expandFirst(last)
		if err != nil {
			return nil, err
		}
		if alternatives == nil {
			done = append(done, last)
			continue
		}
		for i := len(alternatives) - 1; i >= 0; i-- { // the first is expanded first
			pending = append(pending, alternatives[i])
		}
	}
	return done, nil
}

// expandFirst replaces the first pair of braces; nil if there is none.
func expandFirst(text string) ([]string, error) {
	open, depth, start := -1, 0, 0
	var parts []string
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '[':
			i = classEnd(text, i)
		case c == '{':
			if depth++; depth == 1 {
				open, start = i, i+1
			}
		case c == ',' && depth == 1:
			parts = append(parts, text[start:i])
			start = i + 1
		case c == '}':
			if depth--; depth < 0 {
				return nil, errBrace
			}
			if depth == 0 {
				parts = append(parts, text[start:i])
				return join(text[:open], parts, text[i+1:])
			}
		}
	}
	if depth != 0 {
		return nil, errBrace
	}
	return nil, nil
}

func join(head string, parts []string, tail string) ([]string, error) {
	if len(parts) > MaxAlternatives {
		return nil, fmt.Errorf("its braces make more than %d patterns; write them out, or use a wider pattern", MaxAlternatives)
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = head + part + tail
		if texts[i] == "" || strings.Contains(texts[i], "//") || strings.HasPrefix(texts[i], "/") {
			return nil, errors.New("an alternative in its braces leaves an empty path segment; write that pattern out")
		}
	}
	return texts, nil
}

// classEnd returns the index of the bracket that closes the class at i, or i
// itself if none does: the validation that follows refuses such a pattern.
func classEnd(text string, i int) int {
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '\\':
			j++
		case text[j] == ']' && j > i+1 && (j != i+2 || text[i+1] != '^' && text[i+1] != '!'):
			return j
		}
	}
	return i
}
