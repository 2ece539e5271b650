// Package committers reads the Markdown tables in which forks of the kernel list their
// committers: rows with paths, and with people by login, by name and address, or by address.
//
//	| 目录            | 维护者                               | 邮箱             |
//	| --------------- | ------------------------------------ | ---------------- |
//	| mm              | [@alice](https://gitee.com/alice)    | alice@corp.example |
//	| drivers/net/\*  | Bob <bob@corp.example>、@carol       |                  |
//
// Headings are known in Chinese and English. A path without wildcards owns itself and what is
// below it; * and ** are those of package glob, from the root. Every row that matches owns.
// Where a row gives one person's login and address, it also says who is who, in a table
// without paths as well.
//
// The package promises that what it can't use is a warning with its line, that a row whose
// people it can't read still owns its paths, and that an address is joined to a login only
// where both are of one person for certain. A table of other things, or a comment that never
// ends, is an error. Whose login an address is otherwise is left to package people.
package committers

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// maxPeople is how many people a row may name.
const maxPeople = 200

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 256 << 10

// Person is one of whom a row has both login and address.
type Person struct {
	ownership.Owner
	Line int
}

// Parse reads a file for a forge: who owns what, and who is who. The ruleset is empty where no
// table has paths. The error is strictyaml.Faults.
func Parse(f ownership.File, forge ownership.Forge) (ownership.Ruleset, []Person, []ownership.Warning, error) {
	p := parser{file: f.Path, forge: forge, set: ownership.Ruleset{Mode: ownership.All}}
	if len(f.Data) > MaxSize {
		p.fault(0, "%d bytes are more than the %d that are read; keep the table in a file of its own", len(f.Data), MaxSize)
	} else {
		p.read(strings.ToValidUTF8(string(f.Data), "\ufffd"))
	}
	if len(p.faults.List) == 0 && p.tables == 0 {
		p.fault(0, "no table; want one with headings, such as | path | committer |")
	}
	if faults := strictyaml.Faults(p.faults.List); len(faults) > 0 {
		if p.faults.Left > 0 {
			faults = append(faults, strictyaml.Fault{File: f.Path, Text: fmt.Sprintf("and %d more", p.faults.Left)})
		}
		return ownership.Ruleset{}, nil, nil, faults
	}
	return p.set, p.people, p.warned(), nil
}

// parser reads one file.
type parser struct {
	file     string
	forge    ownership.Forge
	tables   int
	set      ownership.Ruleset
	people   []Person
	warnings ownership.Notes[ownership.Warning]
	faults   ownership.Notes[strictyaml.Fault]
}

func (p *parser) fault(line int, format string, args ...any) {
	p.faults.Add(strictyaml.Fault{File: p.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

func (p *parser) warn(line int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	p.warnings.Add(ownership.Warning{Pos: ownership.Pos{File: p.file, Line: line}, Text: text})
}

// maxText is how much of a warning is told, in bytes: it quotes what stands in the file.
const maxText = 400

// warned are the warnings, the number of those that are not told among them.
func (p *parser) warned() []ownership.Warning {
	list := p.warnings.List
	if p.warnings.Left == 0 {
		return list
	}
	return append(list, ownership.Warning{Pos: list[len(list)-1].Pos, Text: fmt.Sprintf("and %d more warnings", p.warnings.Left)})
}

// read reads the tables of a text.
func (p *parser) read(text string) {
	lines, open := visible(text)
	if open > 0 {
		p.fault(open, "a comment begins here and never ends; close it with -->")
		return
	}
	for i := 0; i < len(lines); i++ {
		isRow := strings.Contains(lines[i], "|")
		if isRow && i+1 < len(lines) && isRule(lines[i+1]) {
			i = p.table(lines, i)
			continue
		}
		if strings.HasPrefix(strings.TrimSpace(lines[i]), "|") {
			p.warn(i+1, "this row is of no table, and says nothing; put it below its table without an empty line, or give it headings "+
				"and a line of dashes")
		}
	}
}

// table reads the table whose headings stand in a line, and returns its last line.
func (p *parser) table(lines []string, at int) (last int) {
	p.tables++
	c := p.columns(cells(lines[at]), at+1)
	for last = at + 1; last+1 < len(lines) && strings.Contains(lines[last+1], "|"); last++ {
		if c != nil {
			p.row(c, cells(lines[last+1]), last+2)
		}
	}
	return last
}

// row reads one row.
func (p *parser) row(c *columns, row []string, line int) {
	for _, extra := range row[min(len(row), c.count):] {
		if strings.TrimSpace(extra) != "" {
			p.warn(line, "more cells than the table has headings; what is beyond says nothing (a bar in a cell is written as \\|)")
			break
		}
	}
	maintainers, reviewers := p.owners(c, row, line)
	if n := len(maintainers) + len(reviewers); n > maxPeople {
		p.fault(line, "%d people in a row, and %d are read; name a team", n, maxPeople)
	}
	if len(c.paths) == 0 {
		return
	}
	s := ownership.Subsystem{Pos: ownership.Pos{File: p.file, Line: line}, Maintainers: maintainers, Reviewers: reviewers}
	for _, at := range c.paths {
		p.paths(&s, cellAt(row, at), line)
	}
	if len(s.Include) == 0 {
		p.warn(line, "the row has no path, and owns nothing")
		return
	}
	if len(maintainers) == 0 {
		p.warn(line, "the row names nobody who can be read, so that nobody can approve for it; write @alice, or Alice <alice@example.org>")
	}
	s.Name = cmp.Or(s.Name, s.Include[0].Pattern.String())
	if c.title >= 0 {
		s.Name = cmp.Or(plain(cellAt(row, c.title)), s.Name)
	}
	p.set.Subsystems = append(p.set.Subsystems, s)
}

// cellAt is a cell; empty where the row is shorter.
func cellAt(row []string, at int) string {
	if at >= len(row) {
		return ""
	}
	return row[at]
}
