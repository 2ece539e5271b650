// Package codeowners reads CODEOWNERS files in the dialects of GitHub, GitLab,
// Gitee, GitCode and Gitea.
//
// GitHub's rules come from its page "About code owners", GitLab's from its
// "Syntax of CODEOWNERS file" and the classes below Gitlab::CodeOwners that
// implement it, Gitee's from its help article 4379; GitCode's page "code-owners" says the
// same of its own. A line that GitHub certainly
// skips is skipped whole, with a warning that tells which files it concerns: an
// owner on it that is none, a pattern that GitHub calls invalid. A line of which
// it is not certain what a forge makes of it is an error that says what to write
// instead, because a file that is half understood gives files to the wrong people.
//
// Whether an owner exists, and what a rule without owners means for a file, is
// left to others.
package codeowners

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// MaxSize is the largest file that is read, in bytes. GitHub loads no larger
// one.
const MaxSize = 3 << 20

// Dialect is a forge's way to read the file.
type Dialect string

// The dialects.
const (
	GitHub  Dialect = "github"
	GitLab  Dialect = "gitlab"
	Gitee   Dialect = "gitee"
	GitCode Dialect = "gitcode"
	Gitea   Dialect = "gitea"
)

// ParseDialect reads the name of a dialect.
func ParseDialect(s string) (Dialect, error) {
	switch d := Dialect(s); d {
	case GitHub, GitLab, Gitee, GitCode, Gitea:
		return d, nil
	}
	return "", fmt.Errorf("dialect %q: write github, gitlab, gitee, gitcode or gitea", s)
}

// title is the forge's name as people write it.
func (d Dialect) title() string {
	switch d {
	case GitLab:
		return "GitLab"
	case Gitee:
		return "Gitee"
	case GitCode:
		return "GitCode"
	case Gitea:
		return "Gitea"
	default:
		return "GitHub"
	}
}

// Places lists where the forge looks for the file. The first that exists is
// the one.
func Places(d Dialect) []string {
	switch d {
	case GitLab:
		return []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"}
	case Gitee:
		return []string{"CODEOWNERS", ".gitee/CODEOWNERS", "docs/CODEOWNERS"}
	case GitCode:
		return []string{"CODEOWNERS", ".gitcode/CODEOWNERS", "docs/CODEOWNERS"}
	case Gitea:
		return []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS"}
	default:
		return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}
	}
}

// Parse reads one file: a subsystem for each rule, named by its pattern, and by
// its section where it has one. Of rules with the same pattern in one section
// only the last counts, as on the forge. The error is strictyaml.Faults.
func Parse(f ownership.File, d Dialect) (ownership.Ruleset, []ownership.Warning, error) {
	text, err := decode(f)
	if err != nil {
		return ownership.Ruleset{}, nil, err
	}
	p := newParser(f.Path, d)
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.Trim(strings.TrimSuffix(lines[i], "\r"), " \t")
	}
	p.comments = d.comments(lines)
	for i, line := range lines {
		p.line(i+1, line)
	}
	if faults := p.faults.List; len(faults) > 0 {
		if p.faults.Left > 0 {
			faults = append(faults, strictyaml.Fault{File: f.Path, Text: fmt.Sprintf("and %d more", p.faults.Left)})
		}
		return ownership.Ruleset{}, nil, strictyaml.Faults(faults)
	}
	set := ownership.Ruleset{Mode: ownership.Last, Subsystems: p.subsystems()}
	switch d {
	case GitLab, Gitee, GitCode:
		set.Mode = ownership.Each
	case Gitea:
		set.Mode = ownership.All
	case GitHub:
	}
	return set, p.warned(), nil
}

// decode gives the text without a byte order mark.
func decode(f ownership.File) (string, error) {
	if len(f.Data) > MaxSize {
		return "", strictyaml.Faults{
			{File: f.Path, Text: fmt.Sprintf("%d bytes are more than the %d that are read; use wider patterns", len(f.Data), MaxSize)}}
	}
	text := string(f.Data)
	if !utf8.ValidString(text) {
		valid := strings.ToValidUTF8(text, "\x00")
		at := 0
		for at < len(valid) && valid[at] == text[at] {
			at++
		}
		return "", strictyaml.Faults{{File: f.Path, Line: 1 + strings.Count(text[:at], "\n"), Text: "not UTF-8; save the file in that encoding"}}
	}
	return strings.TrimPrefix(text, "\ufeff"), nil
}

// parser holds what has been read so far.
type parser struct {
	file     string
	dialect  Dialect
	faults   ownership.Notes[strictyaml.Fault]
	warnings ownership.Notes[ownership.Warning]
	lines    []ownership.Warning // of lines that are skipped
	sections []*section
	byName   map[string]*section // by name in lower case
	header   *header             // what the next rule stands below

	comments []int // by line: where the C comment begins that it stands in
	skipped  int   // lines
}

func newParser(file string, d Dialect) *parser {
	unnamed := &section{byKey: map[string]int{}}
	return &parser{
		file: file, dialect: d, sections: []*section{unnamed}, byName: map[string]*section{},
		header: &header{section: unnamed},
	}
}

func (p *parser) fault(line int, format string, args ...any) {
	p.faults.Add(strictyaml.Fault{File: p.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

func (p *parser) warn(line int, format string, args ...any) {
	p.warnings.Add(ownership.Warning{Pos: ownership.Pos{File: p.file, Line: line}, Text: fmt.Sprintf(format, args...)})
}

// warned gives the warnings by line.
func (p *parser) warned() []ownership.Warning {
	list := slices.Concat(p.lines, p.warnings.List)
	slices.SortStableFunc(list, func(a, b ownership.Warning) int { return cmp.Compare(a.Pos.Line, b.Pos.Line) })
	if p.warnings.Left > 0 {
		last := list[len(list)-1].Pos
		list = append(list, ownership.Warning{Pos: last, Text: fmt.Sprintf("and %d more warnings", p.warnings.Left)})
	}
	return list
}

// maxSkipped bounds the lines of a file that the forge skips.
const maxSkipped = 2000

// skip notes a line that the forge skips, for whoever changes a file that it
// seems to speak of: paths are the words that may be patterns.
func (p *parser) skip(number int, paths []string, format string, args ...any) {
	if p.skipped++; p.skipped > maxSkipped {
		if p.skipped == maxSkipped+1 {
			p.fault(number, "%s skips more than %d lines up to here; correct or remove them", p.dialect.title(), maxSkipped)
		}
		return
	}
	p.lines = append(p.lines, ownership.Warning{
		Pos: ownership.Pos{File: p.file, Line: number}, Concerns: concerns(paths),
		Text: p.dialect.title() + " skips this line, and so does the gate: " + fmt.Sprintf(format, args...),
	})
}

// line reads one line without the space around it.
func (p *parser) line(number int, text string) {
	if p.comments[number-1] == number {
		p.comment(number)
	}
	switch {
	case text == "" || text[0] == '#':
	case p.comments[number-1] != 0 && p.dialect != GitHub: // told already
	case strings.ContainsFunc(text, oddSpace):
		p.fault(number, "a control character or a space that is no plain one; write plain spaces")
	case p.dialect == Gitea:
		p.giteaRule(number, text)
	case p.dialect != GitHub && (text[0] == '[' || strings.HasPrefix(text, "^[")):
		p.readHeader(number, text)
	default:
		p.readRule(number, text)
	}
}

// oddSpace finds what looks like a divider of words and is none to the forges.
func oddSpace(r rune) bool {
	return r != ' ' && r != '\t' && (unicode.IsSpace(r) || unicode.IsControl(r))
}

func quoted(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
