// Package codeowners reads CODEOWNERS files in the dialects of GitHub, GitLab
// and Gitee.
//
// Each line with a pattern becomes a subsystem of its own, named by the pattern,
// and the last one that matches a file owns it; in GitLab's and Gitee's files,
// the last one of each section. A line without owners says that nobody owns
// what it matches.
//
// A forge skips a line that it does not understand, and so gives its files to
// an earlier one. Here such a line is an error, because skipping it changes who
// owns what. An owner that can't be read is a warning: the line keeps it as
// somebody who can't approve.
//
// Sources: docs.github.com, "About code owners"; docs.gitlab.com, "Syntax of
// Code Owners file", and for its matching Ruby's File.fnmatch; Gitee's help page
// 4379.
package codeowners

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Dialect is whose CODEOWNERS a file is.
type Dialect string

// The dialects.
const (
	GitHub Dialect = "github"
	GitLab Dialect = "gitlab"
	Gitee  Dialect = "gitee"
)

// MaxSize is the largest file that is read, in bytes: GitHub loads no larger
// one.
const MaxSize = 3 << 20

// Places are the paths at which a forge looks for its file; the first that is
// there counts.
func Places(d Dialect) []string {
	switch d {
	case GitLab:
		return []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"}
	case Gitee:
		return []string{"CODEOWNERS", ".gitee/CODEOWNERS", "docs/CODEOWNERS"}
	case GitHub:
	}
	return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}
}

// Parse reads one file. The error is strictyaml.Faults, with all of them.
func Parse(f ownership.File, d Dialect) (ownership.Ruleset, []ownership.Warning, error) {
	switch {
	case len(f.Data) > MaxSize:
		return ownership.Ruleset{}, nil, strictyaml.Faults{{File: f.Path, Text: "larger than 3 MB, so the forge would not load it; divide it, or use wider patterns"}}
	case !utf8.Valid(f.Data):
		return ownership.Ruleset{}, nil, strictyaml.Faults{{File: f.Path, Line: lineOfInvalid(f.Data), Text: "not UTF-8; save it as UTF-8"}}
	}
	p := parser{file: f.Path, dialect: d, sections: map[string]*section{}}
	p.section = p.enter("")
	text := strings.TrimPrefix(string(f.Data), "\ufeff")
	for line := range strings.SplitSeq(text, "\n") {
		p.line++
		if line = strings.Trim(line, " \t\r\f\v"); line != "" && line[0] != '#' {
			p.read(line)
		}
	}
	if len(p.faults) > 0 {
		return ownership.Ruleset{}, p.warnings, p.faults
	}
	return p.ruleset(), p.warnings, nil
}

func lineOfInvalid(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		line += bytes.Count(data[:n], []byte("\n"))
		data = data[n:]
	}
	return line
}

type parser struct {
	file     string
	dialect  Dialect
	line     int
	section  *section
	sections map[string]*section // by name in lower case
	rules    []rule
	warnings []ownership.Warning
	faults   strictyaml.Faults
}

// section is a group of rules. The first rules of a file stand in one without a
// name.
type section struct {
	name      string
	approvals int
	optional  bool
	defaults  []ownership.Owner // of the last header
	excluded  []ownership.Rule
}

// rule is a line with a pattern.
type rule struct {
	section *section
	pattern string
	include []ownership.Rule
	owners  []ownership.Owner
	pos     ownership.Pos
}

func (p *parser) pos() ownership.Pos { return ownership.Pos{File: p.file, Line: p.line} }

func (p *parser) warn(format string, args ...any) {
	p.warnings = append(p.warnings, ownership.Warning{Pos: p.pos(), Text: fmt.Sprintf(format, args...)})
}

func (p *parser) fault(format string, args ...any) {
	p.faults = append(p.faults, strictyaml.Fault{File: p.file, Line: p.line, Text: fmt.Sprintf(format, args...)})
}

// enter gives the section of a name, and makes it if it is new.
func (p *parser) enter(name string) *section {
	key := strings.ToLower(name)
	if p.sections[key] == nil {
		p.sections[key] = &section{name: name}
	}
	return p.sections[key]
}

// read reads a line that is neither empty nor a comment.
func (p *parser) read(line string) {
	if p.dialect != GitHub && strings.HasPrefix(strings.TrimPrefix(line, "^"), "[") {
		p.header(line)
		return
	}
	word, rest := cutPattern(line)
	pattern, excluded := word, false
	if p.dialect != GitHub {
		pattern, excluded = strings.CutPrefix(word, "!")
	}
	texts, err := p.dialect.translate(pattern)
	if err != nil {
		p.fault("%v", err)
		return
	}
	include, err := compile(shown(word), texts, p.pos())
	if err != nil {
		p.fault("%v", err)
		return
	}
	owners := p.owners(rest)
	if excluded {
		p.section.excluded = append(p.section.excluded, include...)
		if len(owners) > 0 {
			p.warn("a line that starts with ! takes files out of its section; its owners mean nothing")
		}
		return
	}
	if len(owners) == 0 {
		owners = p.section.defaults
	}
	p.rules = append(p.rules, rule{p.section, shown(word), include, owners, p.pos()})
}

var headerPattern = regexp.MustCompile(`^(\^)?\[([^\[\]]+)\](?:\[([0-9]+)\])?(?:[ \t]+(.*))?$`)

// header reads "[Name]", "[Name][2]" or "^[Name]", with default owners after it.
// A name that stood before goes on; where its headers differ the stricter
// counts.
func (p *parser) header(line string) {
	m := headerPattern.FindStringSubmatch(line)
	if m == nil || strings.TrimSpace(m[2]) == "" {
		p.fault("this starts like a section and is none; write [Name], [Name][2] or ^[Name], with default owners after a space")
		return
	}
	name := strings.TrimSpace(m[2])
	_, again := p.sections[strings.ToLower(name)]
	p.section = p.enter(name)
	s := p.section
	optional, approvals := m[1] != "", 1
	if m[3] != "" {
		n, err := strconv.Atoi(m[3])
		if err != nil || n > 1000 {
			p.fault("[%s] wants %s approvals; write a number that people can give", name, m[3])
			return
		}
		if approvals = n; n == 0 {
			p.warn("[%s] wants no approvals; taken for 1, write ^[%s] for a section that is optional", name, name)
			approvals = 1
		}
	}
	if again && (optional != s.optional || approvals != s.approvals) {
		p.warn("section [%s] stands twice with different demands; the stricter counts", name)
		optional, approvals = optional && s.optional, max(approvals, s.approvals)
	}
	s.optional, s.approvals = optional, approvals
	s.defaults = p.owners(m[4])
}

// ruleset puts together what was read.
func (p *parser) ruleset() ownership.Ruleset {
	set := ownership.Ruleset{Mode: ownership.Each}
	if p.dialect == GitHub {
		set.Mode = ownership.Last
	}
	for _, r := range p.rules {
		s := ownership.Subsystem{Name: r.pattern, Pos: r.pos, Include: r.include, Exclude: r.section.excluded, Section: r.section.name, Optional: r.section.optional}
		if s.Section != "" {
			s.Name = "[" + s.Section + "] " + s.Name
		}
		if s.Optional {
			s.Reviewers = slices.Clone(r.owners)
		} else {
			s.Maintainers, s.MinApprovals = slices.Clone(r.owners), r.section.approvals
		}
		set.Subsystems = append(set.Subsystems, s)
	}
	return set
}

// owners reads the words after a pattern, up to a comment.
func (p *parser) owners(text string) []ownership.Owner {
	var owners []ownership.Owner
	for _, word := range strings.Fields(text) {
		if word[0] == '#' {
			break
		}
		o, problem := parseOwner(word)
		if problem != "" {
			p.warn("%s", problem)
		}
		owners = append(owners, o)
	}
	return owners
}

var emailPattern = regexp.MustCompile(`^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$`)

// parseOwner reads "@login", "@organisation/team" or an e-mail address. What is
// none of them is somebody who can't approve.
func parseOwner(word string) (o ownership.Owner, problem string) {
	switch {
	case strings.HasPrefix(word, "@@"):
		return ownership.Owner{Name: word}, fmt.Sprintf("%s is a role, whose people are not read; name people or a team", word)
	case strings.HasPrefix(word, "@"):
		if o, err := ownership.ParseOwner(word); err == nil {
			return o, ""
		}
		if strings.Count(word, "/") > 1 && !strings.Contains(word, ",") {
			return ownership.Owner{Name: word}, fmt.Sprintf("%s is a group within groups, whose people are not read; name people", word)
		}
	case emailPattern.MatchString(word):
		return ownership.Owner{Email: word}, ""
	}
	return ownership.Owner{Name: word}, fmt.Sprintf("%q is no owner: write @login, @organisation/team or an e-mail address, with spaces between them", word)
}
