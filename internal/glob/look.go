package glob

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Look is a regular expression of Perl with look-around, as MAINTAINERS may have
// it: (?<!uni)versal. RE2 has none, because in general it takes exponential
// time. Where it stands between parts and not inside of one, the parts can be
// held against the text one by one, in time that is quadratic in its length at
// most; an expression that is built otherwise is refused.
type Look struct {
	branches [][]part
	cost     int
}

// part is a part of an expression, or a condition on the place between two.
type part struct {
	role role
	not  bool // of a condition
	re   *regexp.Regexp
	most int // bytes that an inner part takes
}

type role int

const (
	first  role = iota // ends here, wherever it began
	inner              // begins and ends between two conditions
	last               // begins here, however it goes on
	behind             // condition: ends here
	ahead              // condition: begins here
)

// maxInner bounds, in bytes, what may stand between two conditions.
const maxInner = 64

var (
	errNested = errors.New("look-around is read between the parts of an expression, and not inside of a group or with a count; write it " +
		"as alternatives")
	flags = regexp.MustCompile(`^\(\?[imsU]+\)`)
)

// HasLook reports whether an expression seems to have look-around.
func HasLook(text string) bool {
	return strings.Contains(text, "(?=") || strings.Contains(text, "(?!") || strings.Contains(text, "(?<=") || strings.Contains(text, "(?<!")
}

// CompileLook reads an expression.
func CompileLook(text string) (*Look, error) {
	if len(text) > MaxLength {
		return nil, fmt.Errorf("pattern %q: longer than %d bytes", clip(text), MaxLength)
	}
	global := flags.FindString(text)
	branches, err := splitLook(unwrap(text[len(global):]))
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", clip(text), err)
	}
	l := &Look{}
	for _, pieces := range branches {
		var parts []part
		for i, p := range pieces {
			compiled, err := l.compile(global, p, i == 0, i == len(pieces)-1)
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", clip(text), err)
			}
			parts = append(parts, compiled)
		}
		l.branches = append(l.branches, parts)
	}
	if l.cost > MaxCost {
		return nil, fmt.Errorf("pattern %q: its counted repetitions write out to more than %d instructions; count less, or use * or +",
			clip(text), MaxCost)
	}
	return l, nil
}

// perPlace is how much more a part costs that is held against every place of a
// path, and not once.
const perPlace = 20

// Cost is what Cost is for expressions without look-around.
func (l *Look) Cost() int { return l.cost * perPlace }

// MatchString reports whether the expression matches anywhere in a text.
func (l *Look) MatchString(text string) bool {
	return slices.ContainsFunc(l.branches, func(parts []part) bool { return matchParts(parts, text) })
}

// matchParts follows the places that are reached in a text, part by part.
func matchParts(parts []part, text string) bool {
	at := make([]bool, len(text)+1)
	for i := range at {
		at[i] = true
	}
	for _, p := range parts {
		next := make([]bool, len(at))
		for i, here := range at {
			switch {
			case p.role == first: // from anywhere
				next[i] = p.re.MatchString(text[:i])
			case !here:
			case p.role == last:
				if p.re.MatchString(text[i:]) {
					return true
				}
			case p.role == behind:
				next[i] = p.re.MatchString(text[:i]) != p.not
			case p.role == ahead:
				next[i] = p.re.MatchString(text[i:]) != p.not
			default:
				for j := i; j <= min(i+p.most, len(text)); j++ {
					next[j] = next[j] || p.re.MatchString(text[i:j])
				}
			}
		}
		at = next
	}
	return (len(parts) == 0 || parts[len(parts)-1].role != last) && slices.Contains(at, true)
}

// piece is a part as it is written: an expression, or the inside of look-around
// with its opening.
type piece struct{ opening, text string }

// compile reads one piece.
func (l *Look) compile(global string, p piece, isFirst, isLast bool) (part, error) {
	parsed, err := syntax.Parse(global+p.text, syntax.Perl)
	if err != nil {
		if HasLook(p.text) {
			return part{}, errNested
		}
		return part{}, err
	}
	l.cost += cost(parsed)
	out := part{not: strings.HasSuffix(p.opening, "!")}
	var form string
	switch {
	case strings.HasPrefix(p.opening, "(?<"):
		out.role, form = behind, `%s(?:%s)\z`
	case p.opening != "":
		out.role, form = ahead, `%s\A(?:%s)`
	case isFirst:
		out.role, form = first, `%s(?:%s)\z`
	case isLast:
		out.role, form = last, `%s\A(?:%s)`
	default:
		out.role, form = inner, `%s\A(?:%s)\z`
		if out.most = longest(parsed); out.most > maxInner {
			return part{}, fmt.Errorf("between two look-arounds at most %d bytes are read; say it with fewer of them", maxInner)
		}
	}
	cutBefore, cutBehind := out.role == last || out.role == ahead || out.role == inner, out.role == first || out.role == behind ||
		out.role == inner
	if cutBefore && asserts(parsed, false) || cutBehind && asserts(parsed, true) {
		return part{}, errors.New(`^, $ and \b beside look-around are not read; put a character between them`)
	}
	out.re, err = regexp.Compile(fmt.Sprintf(form, global, p.text))
	return out, err
}

// asserts reports whether an expression may ask what stands beside it, behind its
// end or before its beginning: where that is cut off, the answer would be wrong.
func asserts(re *syntax.Regexp, end bool) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	case syntax.OpConcat:
		subs := slices.Clone(re.Sub)
		if end {
			slices.Reverse(subs)
		}
		for _, sub := range subs {
			if asserts(sub, end) {
				return true
			}
			if !nullable(sub) {
				return false
			}
		}
		return false
	default:
		return slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return asserts(sub, end) })
	}
}

// nullable reports whether an expression may take nothing.
func nullable(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpPlus, syntax.OpCapture:
		return nullable(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min == 0 || nullable(re.Sub[0])
	case syntax.OpConcat:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !nullable(sub) })
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, nullable)
	default:
		return true
	}
}

// longest is the most bytes that an expression takes, or more than maxInner.
func longest(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		n = 4 * len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = 4
	case syntax.OpStar, syntax.OpPlus:
		n = maxInner + 1
	case syntax.OpRepeat:
		if n = maxInner + 1; re.Max >= 0 {
			n = re.Max * longest(re.Sub[0])
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			n = max(n, longest(sub))
		}
	default:
		for _, sub := range re.Sub {
			n += longest(sub)
		}
	}
	return min(n, maxInner+1)
}

// unwrap takes off a group around the whole of an expression.
func unwrap(text string) string {
	for strings.HasPrefix(text, "(") {
		inside, found := strings.CutPrefix(text, "(?:")
		if !found {
			if inside = text[1:]; strings.HasPrefix(inside, "?") {
				return text
			}
		}
		if groupEnd(text, 0) != len(text)-1 {
			return text
		}
		text = inside[:len(inside)-1]
	}
	return text
}

// groupEnd is the index of the parenthesis that closes the one at an index; -1
// if none does.
func groupEnd(text string, at int) int {
	depth := 0
	for i := at; i < len(text); {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
		i += step(text[i:])
	}
	return -1
}

// step is the length of the character, the quoted character or the class that a
// text begins with.
func step(text string) int {
	switch text[0] {
	case '\\':
		return min(2, len(text))
	case '[':
		i := 1
		if strings.HasPrefix(text[i:], "^") {
			i++
		}
		if strings.HasPrefix(text[i:], "]") {
			i++
		}
		for i < len(text) && text[i] != ']' {
			if end := strings.Index(text[i:], ":]"); strings.HasPrefix(text[i:], "[:") && end > 0 {
				i += end + 1
			} else if text[i] == '\\' {
				i++
			}
			i++
		}
		return min(i+1, len(text))
	}
	return 1
}

// splitLook divides an expression into its alternatives, and those at their
// look-around.
func splitLook(text string) ([][]piece, error) {
	if strings.Contains(text, `\Q`) {
		return nil, errors.New(`\Q is not read beside look-around; quote each character`)
	}
	var branches [][]piece
	var pieces []piece
	begun := 0
	plain := func(end int) {
		if end > begun {
			pieces = append(pieces, piece{"", text[begun:end]})
		}
	}
	for i := 0; i < len(text); {
		switch {
		case text[i] == '|':
			plain(i)
			branches, pieces, begun = append(branches, pieces), nil, i+1
		case text[i] == '(':
			end := groupEnd(text, i)
			if end < 0 {
				return nil, errors.New("a parenthesis is not closed")
			}
			if opening := lookAt(text[i:]); opening != "" {
				plain(i)
				pieces = append(pieces, piece{opening, text[i+len(opening) : end]})
				if begun = end + 1; begun < len(text) && strings.IndexByte("*+?{", text[begun]) >= 0 {
					return nil, errNested
				}
			} else if flags.MatchString(text[i:]) {
				return nil, errors.New("flags stand at the start of an expression with look-around")
			}
			i = end
		}
		i += step(text[i:])
	}
	plain(len(text))
	return append(branches, pieces), nil
}

// lookAt is the opening of the look-around that a text begins with.
func lookAt(text string) string {
	for _, opening := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(text, opening) {
			return opening
		}
	}
	return ""
}
