// Package maintainers reads MAINTAINERS files in the format of the Linux
// kernel, and finds in a patch's text what the K: lines of such a file ask for.
//
// It promises the answers of the kernel's scripts/get_maintainer.pl about
// which sections a path or a patch belongs to. A section is a title and the
// typed lines below it; blank lines and comments vanish, and any other line is
// the title of the next section, unless it only underlines one. What people surely meant otherwise is a
// warning with its line. A pattern that does not compile is an error.
//
// The order in which the script prints people, its roles and what it takes
// from the history of a file are left out. People are known by their
// addresses; finding their logins is left to package people, unless the file
// has them behind the address, in the form [@login].
package maintainers

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// DefaultPath is where a tree keeps its file, or a directory of such files.
const DefaultPath = "MAINTAINERS"

// IgnorePath is where a tree lists addresses that are never asked.
const IgnorePath = ".get_maintainer.ignore"

// What a source may cost. Linux has 0.8 MB, 26,000 lines and 150 regular
// expressions.
const (
	MaxSize     = 8 << 20 // bytes of all files
	maxLines    = 200_000 // of all files
	maxRegexps  = 1000    // lines that are regular expressions
	maxCost     = 50_000  // of all N: and K: lines; Linux has 2,000
	maxFaults   = 50
	maxWarnings = 100
)

// rest is the kernel's name for the section that everything falls to.
const rest = "THE REST"

// white is what the script takes for white space within a line.
const white = " \t\v\f\r"

// Parse reads one file, or the files of a directory: sections keep the order of
// files and lines. ignore is the text of .get_maintainer.ignore, whose
// addresses are left out. Sections that name neither people nor patterns are
// left out too. The error is strictyaml.Faults.
func Parse(files []ownership.File, ignore []byte) (ownership.Ruleset, []ownership.Warning, error) {
	p := &parser{
		ignored: map[string]bool{}, titles: map[string]ownership.Pos{},
		people: map[string]bool{}, maintainers: map[string]bool{},
	}
	p.ignore(string(ignore))
	size, lines := 0, 0
	for _, f := range files {
		size += len(f.Data)
		lines += bytes.Count(f.Data, []byte("\n"))
		if size > MaxSize || lines > maxLines {
			return ownership.Ruleset{}, nil,
				strictyaml.Faults{{File: f.Path, Text: fmt.Sprintf("more than %d bytes or %d lines in all; say it with fewer and broader patterns",
					MaxSize, maxLines)}}
		}
		p.read(f)
	}
	if n := p.faulty - len(p.faults); n > 0 {
		p.faults = append(p.faults, strictyaml.Fault{File: first(files), Text: fmt.Sprintf("and %d more", n)})
	}
	if n := p.warned - len(p.warnings); n > 0 {
		p.warnings = append(p.warnings,
			ownership.Warning{Pos: ownership.Pos{File: first(files), Line: 1}, Text: fmt.Sprintf("and %d more warnings", n)})
	}
	switch {
	case len(p.faults) > 0:
		return ownership.Ruleset{}, nil, p.faults
	case len(p.set) == 0:
		return ownership.Ruleset{}, nil,
			strictyaml.Faults{{File: first(files), Text: "no section with people or patterns; write a title, and below it lines such as F:\tmm/"}}
	}
	return ownership.Ruleset{Mode: ownership.All, Subsystems: p.set}, p.warnings, nil
}

func first(files []ownership.File) string {
	if len(files) == 0 {
		return DefaultPath
	}
	return files[0].Path
}

// parser reads files line by line.
type parser struct {
	set      []ownership.Subsystem
	warnings []ownership.Warning // the first of those warned
	warned   int
	faults   strictyaml.Faults // the first of those faulty
	faulty   int
	ignored  map[string]bool          // addresses in lower case
	titles   map[string]ownership.Pos // of the sections kept
	regexps  int                      // read so far
	cost     int                      // of them

	file     string
	line     int
	typed    bool // a typed line stands above in this file, so the preamble is over
	adjacent bool // it stands directly above
	open     bool // a section is
	titled   bool // the line above is a title

	section     ownership.Subsystem
	contacts    []string
	root, below bool            // the section has F: * and F: */
	people      map[string]bool // keys of the section's owners
	maintainers map[string]bool // and of those who are maintainers
}

func (p *parser) pos() ownership.Pos { return ownership.Pos{File: p.file, Line: p.line} }

func (p *parser) warn(format string, args ...any) { p.warnAt(p.pos(), format, args...) }

func (p *parser) warnAt(pos ownership.Pos, format string, args ...any) {
	if p.warned++; p.warned <= maxWarnings {
		p.warnings = append(p.warnings, ownership.Warning{Pos: pos, Text: fmt.Sprintf(format, args...)})
	}
}

func (p *parser) fault(format string, args ...any) {
	if p.faulty++; p.faulty <= maxFaults {
		p.faults = append(p.faults, strictyaml.Fault{File: p.file, Line: p.line, Text: fmt.Sprintf(format, args...)})
	}
}

// read reads one file, line by line.
func (p *parser) read(f ownership.File) {
	p.file, p.line, p.typed, p.adjacent, p.titled = f.Path, 0, false, false, false
	kept, text := len(p.set), strings.TrimPrefix(string(f.Data), "\ufeff")
	valid := utf8.ValidString(text)
	p.set = slices.Grow(p.set, strings.Count(text, "\nS:")) // most sections have one
	var garbled []int
	for line := range strings.Lines(text) {
		p.line++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if !valid && !utf8.ValidString(line) {
			garbled = append(garbled, p.line)
		}
		p.readLine(line)
	}
	p.close()
	if len(garbled) > 0 {
		p.warnAt(ownership.Pos{File: p.file, Line: garbled[0]},
			"not UTF-8, on %d line(s) from here on; save the file in that encoding, or names come out garbled", len(garbled))
	}
	if kept == len(p.set) {
		p.warnAt(ownership.Pos{File: p.file, Line: 1}, "no section with people or patterns in this file")
	}
}

// readLine reads one line, by the rules of the script's read_maintainer_file.
func (p *parser) readLine(line string) {
	text := strings.TrimLeft(line, white)
	letter, value, typed := split(line)
	switch {
	case text == "":
		p.adjacent = false
	case text[0] == '#':
	case len(line) > glob.MaxLength:
		p.fault("longer than %d bytes; write one value a line", glob.MaxLength)
	case typed:
		if !p.open {
			p.begin(p.file)
			p.warn("typed lines before any title; write a title above them")
		}
		p.typed, p.adjacent = true, true
		p.value(letter, value)
	case p.titled && underline(text):
	default:
		if p.typed {
			if hint := misspelt(line, p.adjacent); hint != "" {
				p.warn("%q is read as the title of a new section; %s", clean(text), hint)
			}
		}
		p.adjacent = false
		p.close()
		p.begin(clean(strings.Trim(text, white)))
		p.titled = true
		return
	}
	p.titled = false
}

// underline reports whether a line below a title is drawn, and no title of its
// own: one sign again and again.
func underline(text string) bool {
	text = strings.Trim(text, white)
	return len(text) > 2 && strings.IndexByte("-=~^+_*", text[0]) >= 0 && strings.Trim(text, text[:1]) == ""
}

// split reads a typed line: one capital letter and a colon at its start.
func split(line string) (letter byte, value string, ok bool) {
	if len(line) < 2 || line[0] < 'A' || line[0] > 'Z' || line[1] != ':' {
		return 0, "", false
	}
	return line[0], strings.TrimLeft(line[2:], white), true
}

// begin opens a section at the current line.
func (p *parser) begin(title string) {
	p.open = true
	p.section = ownership.Subsystem{Name: title, Pos: p.pos()}
	p.contacts, p.root, p.below = nil, false, false
	if len(p.people) > 64 { // clearing a map costs what it once held
		p.people, p.maintainers = map[string]bool{}, map[string]bool{}
	}
	clear(p.people)
	clear(p.maintainers)
}

// close keeps the open section, if there is anything in it.
func (p *parser) close() {
	s := &p.section
	if !p.open || len(s.Include)+len(s.Exclude)+len(s.Content)+len(s.Maintainers)+len(s.Reviewers) == 0 {
		p.open = false
		return
	}
	p.open = false
	s.Reviewers = slices.DeleteFunc(s.Reviewers, func(o ownership.Owner) bool {
		keys := keys(o)
		return p.maintainers[keys[0]] || p.maintainers[keys[1]]
	})
	s.Contact = strings.Join(p.contacts, ", ")
	all := p.root && p.below && len(s.Include) == 2
	if s.Fallback = len(s.Include) > 0 && (s.Name == rest || all); s.Name == rest && !s.Fallback {
		p.warnAt(s.Pos, "section %q has no paths, so that it owns nothing; write F: * and F: */", rest)
	}
	s.Include, s.Exclude = slices.Clip(s.Include), slices.Clip(s.Exclude)
	if first, ok := p.titles[s.Name]; ok {
		p.warnAt(s.Pos, "section %q stands already at %s; give it another title", s.Name, first)
	} else {
		p.titles[s.Name] = s.Pos
	}
	p.set = append(p.set, *s)
}

// value reads a typed line of the open section.
func (p *parser) value(letter byte, value string) {
	switch letter {
	case 'F', 'X':
		p.path(letter, value)
	case 'N', 'K':
		p.expression(letter, value)
	case 'M', 'R':
		p.owners(letter, clean(value))
	case 'L':
		if address := listAddress(clean(value)); address != "" {
			p.contacts = append(p.contacts, address)
		}
	case 'S':
		if p.section.Status == "" {
			p.section.Status = clean(strings.TrimRight(value, white))
		}
	case 'W', 'Q', 'B', 'C', 'P', 'T': // for readers
	default:
		p.warn("%c: is no type of line; known here: M R L S F X N K W Q B C P T", letter)
	}
}

// clean makes text fit to show.
func clean(text string) string { return strings.ToValidUTF8(text, string(utf8.RuneError)) }
