package command

import (
	"regexp"
	"strings"
)

// fences follows the blocks of code of a body line by line (CommonMark, "Fenced code
// blocks"). The zero fences is outside of any.
type fences struct {
	mark   string   // what opened the block that is open; empty: none is
	indent int      // where that stands
	item   bool     // right behind the mark of an item of a list, which it ends with
	lines  []string // of the block
	listed bool     // an item of a list came before
	doubt  bool     // something before may open a block, or hide the marks of one
}

// next takes a line without its end. outside reports whether it stands outside of blocks;
// meant are lines of a block that ended, which may stand outside to another reader.
func (f *fences) next(line string) (outside bool, meant []string) {
	if f.item && line != "" && indentOf(line) < f.indent {
		meant = f.end(f.doubt)
	}
	switch {
	case f.mark == "":
		mark, indent, item, sure := opening(line)
		f.listed = f.listed || listItem.MatchString(line)
		if mark == "" {
			f.doubt = f.doubt || hidesFences(line)
			return true, meant
		}
		info := line[indent+len(mark):]
		*f = fences{mark: mark, indent: indent, item: item, lines: []string{strings.Repeat(" ", indent) + info}, listed: f.listed,
			doubt: f.doubt || !sure}
		return false, meant
	case f.closes(line):
		return false, append(meant, f.end(f.doubt)...)
	}
	f.lines = append(f.lines, line)
	return false, meant
}

// end ends the block. meant are all of its lines, or, if its mark may stand in an item of
// a list, those that are indented less and so ended it.
func (f *fences) end(all bool) (meant []string) {
	for _, line := range f.lines {
		if all || f.listed && indentOf(line) < f.indent {
			meant = append(meant, line)
		}
	}
	*f = fences{listed: f.listed, doubt: f.doubt}
	return meant
}

func (f *fences) closes(line string) bool {
	most := 3
	if f.item {
		most += f.indent
	}
	text := strings.TrimLeft(line, " ")
	return len(line)-len(text) <= most && strings.HasPrefix(text, f.mark) && strings.Trim(text, f.mark[:1]) == ""
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// listItem is the mark of an item of a list, or of several that stand in each other.
var listItem = regexp.MustCompile(`^[ \t]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]{1,4})+`)

// opening returns the mark of a block of code that a line opens, and where it stands. Not
// sure is one behind the mark of a list that may be none here.
func opening(line string) (mark string, indent int, item, sure bool) {
	if mark = fenceMark(line); mark != "" {
		return mark, indentOf(line), false, true
	}
	list := listItem.FindString(line)
	if mark = fenceMark(line[len(list):]); list == "" || mark == "" {
		return "", 0, false, true
	}
	return mark, len(list), true, indentOf(line) <= 3 && !strings.ContainsAny(list, "\t023456789")
}

// hidesFences reports whether a line may open a block of code in a way that is not
// followed here, or HTML within which marks open none.
func hidesFences(line string) bool {
	text, _ := leading(line)
	return fenceMark(text) != "" || strings.HasPrefix(text, "<")
}

// fenceMark returns the marks that open or close a block of code (CommonMark,
// "Fenced code blocks"): three or more, after three spaces at most.
func fenceMark(line string) string {
	text := strings.TrimLeft(line, " ")
	if len(line)-len(text) > 3 {
		return ""
	}
	for _, mark := range []string{"`", "~"} {
		n := len(text) - len(strings.TrimLeft(text, mark))
		if n >= 3 && (mark == "~" || !strings.Contains(text[n:], mark)) {
			return text[:n]
		}
	}
	return ""
}
