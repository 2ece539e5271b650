package codeowners

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

// section is a group of rules of which the last that matches owns a file.
type section struct {
	name    string
	first   *header // nil for the rules before any header
	entries []*entry
	byKey   map[string]int // in entries, by the pattern's key
}

// header is one line that begins or goes on with a section.
type header struct {
	section   *section
	line      int
	optional  bool
	approvals int               // 0: not said
	owners    []ownership.Owner // of rules that name none
}

// entry is one rule or exclusion.
type entry struct {
	pattern   string
	line      int
	header    *header
	rules     []ownership.Rule
	owners    []ownership.Owner
	exclusion bool
	except    []ownership.Rule // what the rule does not own, of all that it includes
}

// readHeader reads [Name], ^[Name] or [Name][2], with owners after it.
func (p *parser) readHeader(number int, text string) {
	h := &header{line: number}
	rest := text
	if rest[0] == '^' {
		h.optional, rest = true, rest[1:]
	}
	name, rest, closed := strings.Cut(rest[1:], "]")
	switch {
	case !closed:
		p.fault(number, "section %q is not closed; write [Name]", clip(text))
		return
	case strings.Trim(name, " \t") == "":
		p.fault(number, "a section needs a name; write [Name]")
		return
	}
	rest, ok := p.readApprovals(h, name, rest)
	if !ok {
		return
	}
	if rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		p.fault(number, "%s reads this as the header of section %q and drops %q; put a space before owners, and **/ or a slash before a "+
			"pattern that starts with a bracket", p.dialect.title(), clip(name), clip(rest))
		return
	}
	var read bool
	if h.owners, read = p.readDefaults(number, name, rest); !read {
		return
	}
	h.section = p.section(h, name)
	p.header = h
}

// defaultOwners are what GitLab reads behind the head of a section
// (SectionParser, REGEX[:default_owners]); it drops what follows.
var defaultOwners = regexp.MustCompile(`^[@\w.\-/\s+]*`)

// readDefaults reads the owners of a section's rules that name none.
func (p *parser) readDefaults(number int, name, text string) (owners []ownership.Owner, ok bool) {
	words, _ := cutComment(text)
	if dropped := words[len(defaultOwners.FindString(words)):]; dropped != "" {
		p.fault(number, "section %q: GitLab drops %q and all behind it; write [Name][2] without a space before the number, and owners "+
			"divided by spaces", clip(name), clip(dropped))
		return nil, false
	}
	return p.readOwners(number, "", words)
}

// readApprovals reads the number in the second brackets, if there are any.
func (p *parser) readApprovals(h *header, name, text string) (rest string, ok bool) {
	inside, opened := strings.CutPrefix(text, "[")
	if !opened {
		return text, true
	}
	digits, rest, closed := strings.Cut(inside, "]")
	n, err := strconv.ParseUint(digits, 10, 16)
	switch {
	case err != nil || !closed:
		p.fault(h.line, "section %q: %q is no number of approvals; write [Name][2]", clip(name), clip(digits))
		return "", false
	case h.optional:
		p.warn(h.line, "section %q is optional, so its number of approvals says nothing; remove one of both", clip(name))
		return rest, true
	case n == 0:
		p.warn(h.line, "section %q asks for 0 approvals, which is read as if it named no number; remove it", clip(name))
	}
	h.approvals = int(n)
	return rest, true
}

// section gives the section that a header names, which is the first of that
// name in any case.
func (p *parser) section(h *header, name string) *section {
	key := strings.ToLower(name)
	s := p.byName[key]
	if s == nil {
		s = &section{name: name, first: h, byKey: map[string]int{}}
		p.byName[key] = s
		p.sections = append(p.sections, s)
		return s
	}
	if s.first.optional != h.optional {
		p.warn(h.line, "section %q is optional in only one of the lines %d and %d, so it is required; write both headers alike", clip(s.name),
			s.first.line, h.line)
	}
	if s.first.approvals != h.approvals && !h.optional && !s.first.optional {
		p.warn(h.line, "section %q asks for another number of approvals in line %d; each holds for the rules below it; write both headers "+
			"alike", clip(s.name), s.first.line)
	}
	return s
}

// add puts an entry into its section, in place of one with the same pattern.
// GitLab gives the new one the rank of the old.
func (p *parser) add(e *entry, key string) {
	s := e.header.section
	at, again := s.byKey[key]
	if !again {
		s.byKey[key] = len(s.entries)
		s.entries = append(s.entries, e)
		return
	}
	p.warn(s.entries[at].line, "pattern %q stands again in line %d, which replaces this one; remove one of both",
		clip(s.entries[at].pattern), e.line)
	if p.dialect == GitLab {
		s.entries[at] = e
		return
	}
	s.entries[at] = nil
	s.byKey[key] = len(s.entries)
	s.entries = append(s.entries, e)
}

// subsystems gives the rules by section and rank.
func (p *parser) subsystems() []ownership.Subsystem {
	var out []ownership.Subsystem
	for _, s := range p.sections {
		var exclude []ownership.Rule
		optional := true
		for _, e := range s.entries {
			if e != nil {
				optional = optional && e.header.optional
			}
			if e != nil && e.exclusion {
				exclude = append(exclude, e.rules...)
			}
		}
		for _, e := range s.entries {
			if e != nil && !e.exclusion {
				out = append(out, p.subsystem(e, exclude, optional))
			}
		}
	}
	return out
}

func (p *parser) subsystem(e *entry, exclude []ownership.Rule, optional bool) ownership.Subsystem {
	out := ownership.Subsystem{
		Name: e.pattern, Section: e.header.section.name, Include: e.rules, Exclude: slices.Concat(exclude, e.except),
		MinApprovals: e.header.approvals, Pos: ownership.Pos{File: p.file, Line: e.line},
	}
	if out.Section != "" {
		out.Name = "[" + out.Section + "] " + e.pattern
	}
	owners := e.owners
	if len(owners) == 0 {
		owners = e.header.owners
	}
	if out.Optional = optional; optional {
		out.Reviewers = owners
	} else {
		out.Maintainers = owners
	}
	return out
}
