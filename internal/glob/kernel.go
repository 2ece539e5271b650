package glob

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Directories reports whether a path of the tree is a directory. A nil
// Directories knows of none.
type Directories func(path string) bool

func (d Directories) has(path string) bool { return d != nil && d(path) }

// CompileKernel reads the value of an F: or X: line of Linux MAINTAINERS, by the
// rules of the kernel's scripts/get_maintainer.pl:
//
//   - * and ? become .* and . of a regular expression, a dot is quoted and
//     nothing else is, so classes work and so does any other operator;
//   - the expression is anchored at its start only;
//   - with a slash at its end it matches at any depth below, and its * crosses
//     slashes;
//   - otherwise it matches paths with as many slashes as it has, or of any depth
//     if there is a ** in it (since 2026);
//   - one that names a directory of the tree is taken as if it had the slash;
//     names with dots or operators never do.
//
// A path that lies below such a name proves it a directory; for one that only
// begins with the name, Directories decides.
func CompileKernel(source string) (Pattern, error) {
	if err := checkSize(source); err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", clip(source), err)
	}
	k, err := newKernel(source)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", clip(source), err)
	}
	p := Pattern{source: source, alts: []alternative{{kind: kernelKind, text: source, prefix: source[:k.directory()], kernel: k}}}
	if k.name != "" || k.parts != nil {
		k.tokens = nil // a map has thousands of these
	}
	return p, nil
}

// kernel is a compiled F: or X: value.
type kernel struct {
	tokens  []token        // of values that neither name nor parts say
	classes [][4]uint64    // of the tokens that are one: a bit per byte
	odd     *regexp.Regexp // decides where the value has more operators than tokens can say
	slashes int            // that the path must have; -1: any number
	name    string         // the value, if it has no slash at its end and could name a directory
	parts   []string       // between the runs, where there are no wildcards but runs: a quicker way to match
}

// token is one piece of a kernel pattern. A map of 8,000 values has some
// 300,000 of them.
type token struct {
	kind tokenKind
	c    byte // of literalByte; of oneOf: its place in classes
}

type tokenKind byte

const (
	literalByte tokenKind = iota
	anyByte               // or one character that has several
	anyRun                // .*
	oneOf
)

func newKernel(source string) (*kernel, error) {
	if strings.ContainsAny(source, "\x00\n\r") {
		return nil, errors.New("a control character; write one pattern a line")
	}
	text := kernelExpression(source)
	k := &kernel{slashes: strings.Count(text, "/")}
	if strings.HasSuffix(text, "/") || strings.Contains(source, "**") {
		k.slashes = -1
	}
	if k.tokenize(text) {
		if !strings.HasSuffix(text, "/") && !strings.ContainsAny(source, ".*?[") {
			k.name = source
		} else if len(k.classes) == 0 && !strings.Contains(source, "?") {
			k.parts = strings.Split(source, "*")
		}
		return k, nil
	}
	k.tokens, k.classes = nil, nil
	if n, err := Cost(text); err == nil && n > MaxCost {
		return nil, fmt.Errorf("as a regular expression it grows to %d instructions, more than %d; count less, or write several patterns", n,
			MaxCost)
	}
	odd, err := regexp.Compile("^" + text)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return nil, fmt.Errorf("the kernel's script reads it as a regular expression, and %s: %s; quote what is meant as itself", bad.Code,
				bad.Expr)
		}
		return nil, err
	}
	k.odd = odd
	return k, nil
}

// kernelExpression converts a value as the script does.
func kernelExpression(source string) string {
	text := strings.ReplaceAll(source, ".", `\.`)
	text = strings.ReplaceAll(text, "*", ".*")
	return strings.ReplaceAll(text, "?", ".")
}

// tokenize reads the converted expression; false where it has operators besides
// dots, runs and plain classes.
func (k *kernel) tokenize(text string) bool {
	k.tokens = make([]token, 0, len(text))
	for i := 0; i < len(text); i++ {
		t := token{c: text[i]}
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], `\.`):
			i++
			t.c = '.'
		case strings.HasPrefix(text[i:], ".*"):
			i++
			t = token{kind: anyRun}
		case c == '.':
			t = token{kind: anyByte}
		case c == '[':
			end := strings.IndexByte(text[i:], ']')
			if end < 2 || len(k.classes) > math.MaxUint8 {
				return false
			}
			class, ok := byteClass(text[i+1 : i+end])
			if !ok {
				return false
			}
			t = token{kind: oneOf, c: byte(len(k.classes))}
			k.classes = append(k.classes, class)
			i += end
		case strings.IndexByte(`\*+?(){}|^$]`, c) >= 0:
			return false
		}
		k.tokens = append(k.tokens, t)
	}
	return true
}

// byteClass reads the inside of a class of ASCII bytes and ranges.
func byteClass(text string) (class [4]uint64, ok bool) {
	text, negated := strings.CutPrefix(text, "^")
	if text == "" || strings.ContainsAny(text, `\[^`) {
		return class, false
	}
	for i := 0; i < len(text); i++ {
		lo, hi := text[i], text[i]
		if i+2 < len(text) && text[i+1] == '-' {
			hi = text[i+2]
			i += 2
		}
		if lo >= 0x80 || hi >= 0x80 || lo > hi {
			return class, false
		}
		for c := int(lo); c <= int(hi); c++ {
			class[c/64] |= 1 << (c % 64)
		}
	}
	if negated {
		for i := range class {
			class[i] = ^class[i]
		}
	}
	return class, true
}

// width tells how many bytes of a path the token takes; 0: it does not match.
// What is no literal takes a character, as a regular expression does.
func (k *kernel) width(t token, path string) int {
	switch {
	case path == "":
		return 0
	case t.kind == literalByte && t.c != path[0], t.kind == anyByte && path[0] == '\n':
		return 0
	case t.kind == oneOf && k.classes[t.c][path[0]/64]&(1<<(path[0]%64)) == 0:
		return 0
	case t.kind == literalByte || path[0] < utf8.RuneSelf:
		return 1
	}
	_, size := utf8.DecodeRuneInString(path)
	return size
}

// directory returns the length of the directories that a value begins with,
// without a slash at the end: every path that it matches lies there. So far,
// the tokens are the bytes of the value.
func (k *kernel) directory() int {
	last := 0
	for i, t := range k.tokens {
		if t.kind != literalByte {
			break
		}
		if t.c == '/' {
			last = i
		}
	}
	return last
}

// match reports whether a value matches a path.
func (k *kernel) match(path string, dirs Directories) bool {
	if k.name != "" {
		tail, ok := strings.CutPrefix(path, k.name)
		switch {
		case !ok:
			return false
		case tail == "", tail[0] == '/': // the path proves what the name is
			return true
		case strings.IndexByte(tail, '/') >= 0:
			return false
		}
		return !dirs.has(k.name)
	}
	if k.odd == nil && k.slashes >= 0 && k.slashes != strings.Count(path, "/") {
		return false
	}
	found := false
	switch {
	case k.odd != nil:
		found = k.odd.MatchString(path)
	case k.parts != nil && strings.IndexByte(path, '\n') < 0: // which a dot does not match
		found = k.matchParts(path)
	case k.parts != nil:
		whole := kernel{}
		found = whole.tokenize(kernelExpression(strings.Join(k.parts, "*"))) && whole.matchTokens(path)
	default:
		found = k.matchTokens(path)
	}
	return found && (k.slashes < 0 || k.slashes == strings.Count(path, "/"))
}

// matchParts is matchTokens for values without wildcards but runs.
func (k *kernel) matchParts(path string) bool {
	path, found := strings.CutPrefix(path, k.parts[0])
	for _, part := range k.parts[1:] {
		i := strings.Index(path, part)
		if !found || i < 0 {
			return false
		}
		path = path[i+len(part):]
	}
	return found
}

// matchTokens matches the beginning of a path. The last run is the only one
// that may have to grow: what stood before it matched as early as it could.
func (k *kernel) matchTokens(path string) bool {
	t, at, runToken, runAt := 0, 0, -1, 0
	for t < len(k.tokens) {
		if k.tokens[t].kind == anyRun {
			t++
			runToken, runAt = t, at
			continue
		}
		if n := k.width(k.tokens[t], path[at:]); n > 0 {
			t, at = t+1, at+n
			continue
		}
		if runToken < 0 {
			return false
		}
		n := k.width(token{kind: anyByte}, path[runAt:])
		if n == 0 {
			return false
		}
		runAt += n
		t, at = runToken, runAt
	}
	return true
}

// kernelOperators are the bytes of an F: value that may mean more than
// themselves. A dot does not.
const kernelOperators = `*?[]\+(){}|^$`

// kernelSegments divides a value without a slash at its end; false where a
// segment besides the last has more than stars, or wildcards may cross a slash.
// The last segment takes what follows it.
func kernelSegments(alt *alternative) ([]segment, bool) {
	if alt.kernel.odd != nil || alt.kernel.slashes < 0 || strings.Contains(alt.text, `\`) {
		return nil, false
	}
	var list []segment
	for text := range strings.SplitSeq(alt.text, "/") {
		if strings.ContainsAny(text, "?[]") {
			k, err := newKernel(text)
			if err != nil || k.odd != nil {
				return nil, false
			}
			list = append(list, segment{kind: byStart, prefix: text[:strings.IndexAny(text, "*?[")], text: text, kernel: k})
			continue
		}
		parts := strings.Split(text, "*")
		s := segment{kind: itself, prefix: parts[0]}
		if len(parts) > 1 {
			s.kind, s.middle, s.suffix = stars, parts[1:len(parts)-1], parts[len(parts)-1]
		}
		list = append(list, s)
	}
	for _, s := range list[:len(list)-1] {
		if s.kind == byStart {
			return nil, false
		}
	}
	last := &list[len(list)-1]
	if last.kind == stars {
		last.middle, last.suffix = append(slices.Clip(last.middle), last.suffix), ""
	}
	if last.kind == itself {
		last.kind = stars
	}
	return list, true
}
