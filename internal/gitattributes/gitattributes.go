// Package gitattributes reads .gitattributes files as git does.
//
// It promises the answers of git check-attr for files of a tree, of which the
// caller gives the .gitattributes of the root and of the directories: macros,
// patterns in quotes, negative and malformed lines, lines that are too long.
// Paths are bytes and compared with case. What a machine adds, its
// core.attributesFile and $GIT_DIR/info/attributes, has no say.
//
// Source: gitattributes(5), gitignore(5) and attr.c of git.
package gitattributes

import (
	"slices"
	"strings"
)

// maxLine is from where on git ignores a line, in bytes (attr.h,
// ATTR_MAX_LINE_LENGTH).
const maxLine = 2048

// blank divides words in a line. Other white space is part of a word.
const blank = " \t\r\n"

// State is what is said of an attribute.
type State int

// The states (gitattributes(5)).
const (
	Unspecified State = iota // nothing, or !name
	Set                      // name
	Unset                    // -name
	Valued                   // name=value
)

// Value is what an attribute is for a path.
type Value struct {
	State State
	Text  string // of Valued
}

// Attributes are the .gitattributes files of a tree. The zero Attributes are
// those of a tree without any.
type Attributes struct {
	dirs   map[string][]line // by directory, "." for the root
	macros map[string][]assignment
}

type line struct {
	pattern pattern
	sets    []assignment
}

type assignment struct {
	name  string
	value Value
}

// Add reads the file of a directory, "." for the root. Macros are read in the
// root only, as in git.
func (a *Attributes) Add(dir string, data []byte) {
	if a.dirs == nil {
		a.dirs = map[string][]line{}
		a.macros = map[string][]assignment{"binary": {{"diff", Value{State: Unset}}, {"merge", Value{State: Unset}},
			{"text", Value{State: Unset}}}}
	}
	text, _, _ := strings.Cut(string(data), "\x00") // git reads a C string
	text = strings.TrimPrefix(text, "\ufeff")       // which git skips in a working tree, and libgit2 everywhere
	for text != "" {
		var one string
		one, text, _ = strings.Cut(text, "\n")
		a.readLine(dir, one)
	}
}

// readLine reads one line; one that git ignores is ignored.
func (a *Attributes) readLine(dir, text string) {
	if len(text) >= maxLine {
		return
	}
	text = strings.TrimLeft(text, blank)
	if text == "" || text[0] == '#' {
		return
	}
	name, rest, quoted := unquote(text)
	if !quoted {
		name, rest = cutWord(text)
	}
	sets, ok := assignments(rest)
	if !ok {
		return
	}
	if macro, is := strings.CutPrefix(name, "[attr]"); is && macro != "" {
		if macro, _ = cutWord(strings.TrimLeft(macro, blank)); dir == "." && validName(macro) {
			a.macros[macro] = sets
		}
		return
	}
	if p, ok := compile(name); ok && len(sets) > 0 {
		a.dirs[dir] = append(a.dirs[dir], line{p, sets})
	}
}

func cutWord(text string) (word, rest string) {
	if i := strings.IndexAny(text, blank); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// assignments reads what stands behind a pattern. One name that is none voids
// the line.
func assignments(text string) (sets []assignment, ok bool) {
	for text = strings.TrimLeft(text, blank); text != ""; text = strings.TrimLeft(text, blank) {
		var word string
		word, text = cutWord(text)
		name, value, valued := strings.Cut(word, "=")
		v := Value{State: Set}
		switch {
		case name != "" && name[0] == '-':
			name, v = name[1:], Value{State: Unset}
		case name != "" && name[0] == '!':
			name, v = name[1:], Value{}
		case valued:
			v = Value{State: Valued, Text: value}
		}
		if !validName(name) {
			return nil, false
		}
		sets = append(sets, assignment{name, v})
	}
	return sets, true
}

// validName is attr_name_valid and attr_name_reserved of git.
func validName(name string) bool {
	if name == "" || name[0] == '-' || strings.HasPrefix(name, "builtin_") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// Of returns what an attribute is for a file.
func (a *Attributes) Of(file, name string) Value {
	found := map[string]Value{}
	for slash := strings.LastIndexByte(file, '/'); ; slash = strings.LastIndexByte(file[:max(slash, 0)], '/') {
		dir := "."
		if slash >= 0 {
			dir = file[:slash]
		}
		for _, l := range slices.Backward(a.dirs[dir]) {
			if l.pattern.match(file[slash+1:]) {
				a.fill(found, l.sets)
			}
		}
		if slash < 0 {
			return found[name]
		}
	}
}

// Generated reports whether a file is marked as linguist reads it, by which forges fold diffs. Any
// other value than true leaves a file unmarked.
func (a *Attributes) Generated(file string) bool {
	v := a.Of(file, "linguist-generated")
	return v.State == Set || v == Value{State: Valued, Text: "true"}
}

// fill notes what is not known yet: the last that is said counts. A macro that is
// set says what it stands for.
func (a *Attributes) fill(found map[string]Value, sets []assignment) {
	for _, s := range slices.Backward(sets) {
		if _, known := found[s.name]; known {
			continue
		}
		found[s.name] = s.value
		if s.value.State == Set {
			a.fill(found, a.macros[s.name])
		}
	}
}

// unquote reads a word in quotes as git writes it (quote.c, unquote_c_style).
// What is not closed is no such word.
func unquote(text string) (word, rest string, ok bool) {
	if text == "" || text[0] != '"' {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			word, _, _ = strings.Cut(b.String(), "\x00")
			return word, text[i+1:], true
		case c != '\\':
			b.WriteByte(c)
		default:
			escaped, n := escape(text[i+1:])
			if n == 0 {
				return "", "", false
			}
			b.WriteByte(escaped)
			i += n
		}
	}
	return "", "", false
}

// escape reads what stands behind a backslash; n is its length, 0 for nothing
// that git knows.
func escape(text string) (c byte, n int) {
	const letters, meant = `abfnrtv"\`, "\a\b\f\n\r\t\v\"\\"
	if text == "" {
		return 0, 0
	}
	if i := strings.IndexByte(letters, text[0]); i >= 0 {
		return meant[i], 1
	}
	if len(text) < 3 || text[0] < '0' || text[0] > '3' || text[1] < '0' || text[1] > '7' || text[2] < '0' || text[2] > '7' {
		return 0, 0
	}
	return (text[0]-'0')<<6 | (text[1]-'0')<<3 | (text[2] - '0'), 3
}
