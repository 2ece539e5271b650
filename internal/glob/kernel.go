package glob

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Directories tells whether a path of the tree is a directory. A nil
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
//   - one that names a directory of the tree is taken as if it had the slash.
//
// A path that lies below such a name proves it a directory; for one that only
// begins with the name, Directories decides.
func CompileKernel(source string) (Pattern, error) {
	if len(source) > MaxLength {
		return Pattern{}, fmt.Errorf("pattern %q: longer than %d bytes", clip(source), MaxLength)
	}
	k, err := newKernel(source)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", clip(source), err)
	}
	return Pattern{source: source, alts: []alternative{{kind: kernelKind, text: source, prefix: k.directory(), kernel: k}}}, nil
}

// kernel is a compiled F: or X: value.
type kernel struct {
	tokens  []token
	odd     *regexp.Regexp // decides where the value has more operators than tokens can say
	slashes int            // that the path must have; -1: any number
	name    string         // the value, if it has no slash at its end and could name a directory
}

// token is one piece of a kernel pattern.
type token struct {
	kind  tokenKind
	c     byte       // of literalByte
	class *[4]uint64 // of oneOf: a bit per byte
}

type tokenKind byte

const (
	literalByte tokenKind = iota
	anyByte
	anyRun // .*
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
	if !strings.HasSuffix(text, "/") && !strings.ContainsAny(source, `.*?[]\`) {
		k.name = source
	}
	var plain bool
	if k.tokens, plain = tokens(text); plain {
		return k, nil
	}
	k.tokens = nil
	odd, err := regexp.Compile("^" + text)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return nil, fmt.Errorf("the kernel's script reads it as a regular expression, and %s: %s; quote what is meant as itself", bad.Code, bad.Expr)
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

// tokens reads the converted expression; false where it has operators besides
// dots, runs and plain classes.
func tokens(text string) (list []token, ok bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && text[i+1] == '.':
			i++
			list = append(list, token{c: '.'})
		case c == '.' && i+1 < len(text) && text[i+1] == '*':
			i++
			list = append(list, token{kind: anyRun})
		case c == '.':
			list = append(list, token{kind: anyByte})
		case c == '[':
			end := strings.IndexByte(text[i:], ']')
			if end < 2 {
				return nil, false
			}
			class, ok := byteClass(text[i+1 : i+end])
			if !ok {
				return nil, false
			}
			list = append(list, token{kind: oneOf, class: class})
			i += end
		case strings.IndexByte(`\*+?(){}|^$]`, c) >= 0, c >= 0x80:
			return nil, false
		default:
			list = append(list, token{c: c})
		}
	}
	return list, true
}

// byteClass reads the inside of a class of ASCII bytes and ranges.
func byteClass(text string) (*[4]uint64, bool) {
	text, negated := strings.CutPrefix(text, "^")
	if text == "" || strings.ContainsAny(text, `\[^`) {
		return nil, false
	}
	var class [4]uint64
	for i := 0; i < len(text); i++ {
		lo, hi := text[i], text[i]
		if i+2 < len(text) && text[i+1] == '-' {
			hi = text[i+2]
			i += 2
		}
		if lo >= 0x80 || hi >= 0x80 || lo > hi {
			return nil, false
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
	return &class, true
}

func (t token) matches(c byte) bool {
	switch t.kind {
	case literalByte:
		return t.c == c
	case oneOf:
		return t.class[c/64]&(1<<(c%64)) != 0
	}
	return c != '\n'
}

// directory gives the directories that a value begins with, without a slash at
// the end: every path that it matches lies there.
func (k *kernel) directory() string {
	last := 0
	text := make([]byte, 0, len(k.tokens))
	for _, t := range k.tokens {
		if t.kind != literalByte {
			break
		}
		if t.c == '/' {
			last = len(text)
		}
		text = append(text, t.c)
	}
	return string(text[:last])
}

// match tells whether a value matches a path.
func (k *kernel) match(path string, dirs Directories) bool {
	if k.name != "" {
		tail, ok := strings.CutPrefix(path, k.name)
		switch {
		case !ok:
			return false
		case tail != "" && tail[0] == '/':
			return true
		case strings.IndexByte(tail, '/') >= 0:
			return false
		}
		return !dirs.has(k.name)
	}
	if k.slashes >= 0 && strings.Count(path, "/") != k.slashes {
		return false
	}
	if k.odd != nil {
		return k.odd.MatchString(path)
	}
	return matchTokens(k.tokens, path, false)
}

// kernelOperators are the bytes of an F: value that may mean more than
// themselves. A dot does not.
const kernelOperators = `*?[]\\+(){}|^$`

// kernelSegments divides a value without a slash at its end; false where its
// wildcards may cross a slash. The last segment takes what follows it.
func kernelSegments(alt *alternative) ([]segment, bool) {
	if alt.kernel.odd != nil || alt.kernel.slashes < 0 {
		return nil, false
	}
	var list []segment
	for text := range strings.SplitSeq(alt.text, "/") {
		list = append(list, segment{})
		s := &list[len(list)-1]
		if !strings.ContainsAny(text, "?[") {
			parts := strings.Split(text, "*")
			*s = segment{kind: stars, prefix: parts[0], suffix: parts[len(parts)-1]}
			switch {
			case len(parts) == 1:
				s.kind, s.suffix = itself, ""
			case len(parts) > 2:
				s.middle = parts[1 : len(parts)-1]
			}
			continue
		}
		tokens, ok := tokens(kernelExpression(text))
		if !ok {
			return nil, false
		}
		*s = segment{kind: byTokens, prefix: text[:strings.IndexAny(text, "*?[")], text: text, tokens: tokens}
	}
	last := &list[len(list)-1]
	switch last.kind {
	case itself:
		last.kind = stars
	case stars:
		last.middle, last.suffix = append(last.middle, last.suffix), ""
	default:
		last.text, last.tokens = last.text+"*", append(last.tokens, token{kind: anyRun})
	}
	return list, true
}

// matchTokens matches the beginning of a path, or all of it. The last run is
// the only one that may have to grow: what stood before it matched as early as
// it could.
func matchTokens(tokens []token, path string, all bool) bool {
	t, at, runToken, runAt := 0, 0, -1, 0
	for t < len(tokens) || all && at < len(path) {
		switch {
		case t == len(tokens) && tokens[t-1].kind == anyRun:
			return true
		case t == len(tokens) && runToken < 0:
			return false
		case t == len(tokens):
			runAt++
			t, at = runToken, runAt
		case tokens[t].kind == anyRun:
			t++
			runToken, runAt = t, at
		case at < len(path) && tokens[t].matches(path[at]):
			t, at = t+1, at+1
		case runToken >= 0 && runAt < len(path) && path[runAt] != '\n':
			runAt++
			t, at = runToken, runAt
		default:
			return false
		}
	}
	return true
}
