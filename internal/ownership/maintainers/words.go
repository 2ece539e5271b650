package maintainers

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// words gives words in small letters, one of which is in every text that an
// expression matches; nil where there are none to tell. Looking for them first
// makes a large patch cost milliseconds instead of seconds.
func words(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if slices.ContainsFunc(re.Rune, func(r rune) bool { return r >= 0x80 }) {
			return nil // several letters may fold to one
		}
		return []string{lower(string(re.Rune))}
	case syntax.OpCapture, syntax.OpPlus:
		return words(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return words(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if list := words(sub); list != nil && shortest(list) > shortest(best) {
				best = list
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			list := words(sub)
			if list == nil {
				return nil
			}
			all = append(all, list...)
		}
		return all
	default: // says nothing about what a text holds
	}
	return nil
}

func shortest(list []string) int {
	n := 0
	for i, word := range list {
		if i == 0 || len(word) < n {
			n = len(word)
		}
	}
	return n
}

// lower folds text so that ASCII letters compare as regular expressions do,
// for which ſ is an s and the sign of kelvin a k.
func lower(text string) string {
	return strings.ReplaceAll(strings.ToLower(text), "ſ", "s")
}
