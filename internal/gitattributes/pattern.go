package gitattributes

import "strings"

// pattern is a path pattern below the directory of its file.
type pattern struct {
	base   bool    // it is held against the last name of a path only
	prefix string  // that is to be there literally
	tokens []token // what follows it
}

// token is one step of a pattern.
type token struct {
	kind kind
	set  *[256]bool // of one byte
}

type kind int

const (
	one   kind = iota // a byte of the set
	star              // any number of bytes but slashes
	stars             // any number of bytes
	maybe             // the next two, or nothing
)

// compile reads a pattern (dir.c, parse_path_pattern). False for one that never
// matches a file: a negative one, one for directories, one that is malformed.
func compile(text string) (pattern, bool) {
	if text == "" || text[0] == '!' || text[len(text)-1] == '/' {
		return pattern{}, false
	}
	p := pattern{base: !strings.Contains(text, "/")}
	literal := strings.IndexAny(text, `*?[\`)
	if literal < 0 {
		literal = len(text)
	}
	rest := text[literal:]
	p.prefix = strings.TrimPrefix(text[:literal], "/")
	var ok bool
	p.tokens, ok = compileWild(rest, p.base)
	return p, ok
}

// match reports whether a file below the directory matches.
func (p pattern) match(file string) bool {
	if p.base {
		file = file[strings.LastIndexByte(file, '/')+1:]
	}
	rest, ok := strings.CutPrefix(file, p.prefix)
	if !ok {
		return false
	}
	if len(p.tokens) == 0 {
		return rest == ""
	}
	at := make([]bool, len(p.tokens)+1)
	at[0] = true
	p.skip(at)
	for i := range len(rest) {
		if at = p.step(at, rest[i]); at == nil {
			return false
		}
	}
	return at[len(p.tokens)]
}

// skip adds the places that are reached without a byte.
func (p pattern) skip(at []bool) {
	for i, t := range p.tokens {
		if at[i] && t.kind != one {
			at[i+1] = true
		}
		if at[i] && t.kind == maybe {
			at[i+3] = true
		}
	}
}

// step returns the places after one more byte; nil for none.
func (p pattern) step(at []bool, c byte) []bool {
	next := make([]bool, len(at))
	some := false
	for i, t := range p.tokens {
		if !at[i] {
			continue
		}
		switch {
		case t.kind == one && t.set[c]:
			next[i+1], some = true, true
		case t.kind == star && c != '/', t.kind == stars:
			next[i], some = true, true
		}
	}
	if !some {
		return nil
	}
	p.skip(next)
	return next
}

// compileWild reads a pattern with wild cards (wildmatch.c). base tells that there
// are no slashes in what it is held against.
func compileWild(text string, base bool) ([]token, bool) {
	var out []token
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '*':
			end := i
			for end < len(text) && text[end] == '*' {
				end++
			}
			spans := base || end-i > 1 && (i == 0 || text[i-1] == '/') &&
				(end == len(text) || text[end] == '/' || strings.HasPrefix(text[end:], `\/`))
			switch {
			case spans && !base && end < len(text) && text[end] == '/':
				out = append(out, token{kind: maybe}, token{kind: stars}, token{set: only('/')})
				end++
			case spans:
				out = append(out, token{kind: stars})
			default:
				out = append(out, token{kind: star})
			}
			i = end
		case '?':
			out = append(out, token{set: except('/')})
			i++
		case '[':
			set, end, ok := class(text, i+1)
			if !ok {
				return nil, false
			}
			out = append(out, token{set: set})
			i = end
		default:
			if c == '\\' {
				if i++; i == len(text) {
					return nil, false
				}
				c = text[i]
			}
			out = append(out, token{set: only(c)})
			i++
		}
	}
	return out, true
}

func only(c byte) *[256]bool {
	var set [256]bool
	set[c] = true
	return &set
}

func except(c byte) *[256]bool {
	var set [256]bool
	for i := range set {
		set[i] = byte(i) != c
	}
	return &set
}

// class reads a class of bytes whose inside starts at i, and returns the index
// after it. A ] that comes first is one of its members; one that is malformed
// makes a pattern that matches nothing.
func class(text string, i int) (set *[256]bool, end int, ok bool) {
	set = &[256]bool{}
	negated := i < len(text) && (text[i] == '!' || text[i] == '^')
	if negated {
		i++
	}
	previous := byte(0) // 0: a range can't begin with it
	for first := true; first || i < len(text) && text[i] != ']'; first = false {
		if i >= len(text) {
			return nil, 0, false
		}
		c := text[i]
		switch {
		case c == '\\':
			if i++; i == len(text) {
				return nil, 0, false
			}
			c = text[i]
			set[c] = true
		case c == '-' && previous != 0 && i+1 < len(text) && text[i+1] != ']':
			i++
			if text[i] == '\\' {
				if i++; i == len(text) {
					return nil, 0, false
				}
			}
			for b := int(previous); b <= int(text[i]); b++ {
				set[b] = true
			}
			c = 0
		case c == '[' && strings.HasPrefix(text[i+1:], ":"):
			inside, after, named := named(text[i+2:])
			switch {
			case after == 0:
				return nil, 0, false
			case !named:
				set['['] = true
			case !addNamed(set, inside):
				return nil, 0, false
			default:
				i += 1 + after
				c = 0
			}
		default:
			set[c] = true
		}
		previous = c
		i++
	}
	if i >= len(text) {
		return nil, 0, false
	}
	for b := range set {
		set[b] = set[b] != negated && b != '/'
	}
	return set, i + 1, true
}

// named reads a class such as alpha:], whose beginning was read; after is the
// length up to and with the bracket, 0 where there is none.
func named(text string) (name string, after int, ok bool) {
	end := strings.IndexByte(text, ']')
	if end < 0 {
		return "", 0, false
	}
	name, ok = strings.CutSuffix(text[:end], ":")
	return name, end + 1, ok
}

// addNamed adds a class by its name, in the locale C of git (wildmatch.c,
// sane_ctype.h).
func addNamed(set *[256]bool, name string) bool {
	lower := func(b byte) bool { return 'a' <= b && b <= 'z' }
	upper := func(b byte) bool { return 'A' <= b && b <= 'Z' }
	digit := func(b byte) bool { return '0' <= b && b <= '9' }
	space := func(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }
	printed := func(b byte) bool { return 0x20 <= b && b <= 0x7e }
	is, ok := map[string]func(byte) bool{
		"alnum": func(b byte) bool { return lower(b) || upper(b) || digit(b) },
		"alpha": func(b byte) bool { return lower(b) || upper(b) },
		"blank": func(b byte) bool { return b == ' ' || b == '\t' },
		"cntrl": func(b byte) bool { return b < 0x20 || b == 0x7f },
		"digit": digit,
		"graph": func(b byte) bool { return printed(b) && !space(b) },
		"lower": lower,
		"print": printed,
		"punct": func(b byte) bool { return printed(b) && b != ' ' && !lower(b) && !upper(b) && !digit(b) },
		"space": space,
		"upper": upper,
		"xdigit": func(b byte) bool {
			return digit(b) || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
		},
	}[name]
	if !ok {
		return false
	}
	for b := range set {
		set[b] = set[b] || is(byte(b))
	}
	return true
}
