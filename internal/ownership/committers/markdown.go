package committers

import (
	"regexp"
	"strings"
)

var (
	rule      = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$`)
	lineBreak = regexp.MustCompile(`(?i)<br\s*/?>`)
	linked    = regexp.MustCompile(`!?\[([^\[\]]*)\]\([^()]*\)`)
)

// isRule reports whether a line divides headings from rows, and no chapters.
func isRule(line string) bool { return strings.Contains(line, "|") && rule.MatchString(line) }

// visible returns the lines of a text without comments and code, which keep their number. open
// is the line of a comment that never ends; 0 if there is none.
func visible(text string) (lines []string, open int) {
	fence := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		line = line[commentEnd(line, &open):]
		mark := fenceOf(line)
		switch {
		case open > 0:
			line = ""
		case fence != "":
			if strings.HasPrefix(mark, fence) && strings.Trim(line, " \t"+fence[:1]) == "" {
				fence = ""
			}
			line = ""
		case mark != "":
			fence, line = mark, ""
		default:
			line = uncommented(line, len(lines)+1, &open)
		}
		lines = append(lines, line)
	}
	return lines, open
}

// commentEnd is where the comment that is open ends in a line; 0 while it does not, or none is
// open.
func commentEnd(line string, open *int) int {
	at := strings.Index(line, "-->")
	if *open == 0 || at < 0 {
		return 0
	}
	*open = 0
	return at + len("-->")
}

// uncommented takes the comments out of a line, and notes one that goes on.
func uncommented(line string, number int, open *int) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(line, "<!--")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if _, line, found = strings.Cut(rest, "-->"); !found {
			*open = number
			return out.String()
		}
	}
}

// fenceOf is the mark by which a line begins or ends a block of code; empty for another line.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " ")
	for _, c := range []string{"`", "~"} {
		if mark := line[:len(line)-len(strings.TrimLeft(line, c))]; len(mark) >= 3 {
			return mark
		}
	}
	return ""
}

// cells divides a row at bars that no backslash quotes.
func cells(line string) []string {
	line = strings.TrimSpace(line)
	line = strings.TrimPrefix(line, "|")
	var list []string
	var cell strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && line[i+1] == '|':
			cell.WriteByte('|')
			i++
		case c == '\\' && i+1 < len(line):
			cell.WriteString(line[i : i+2])
			i++
		case c == '|':
			list = append(list, strings.TrimSpace(cell.String()))
			cell.Reset()
		default:
			cell.WriteByte(c)
		}
	}
	if cell.Len() > 0 {
		list = append(list, strings.TrimSpace(cell.String()))
	}
	return list
}

// plain is the text of a cell without what only shows it in another way: links, code, bold and
// backslashes.
func plain(cell string) string {
	cell = linked.ReplaceAllString(lineBreak.ReplaceAllString(cell, ";"), "$1")
	cell = strings.TrimSpace(strings.ReplaceAll(cell, "`", ""))
	if inner, bold := strings.CutPrefix(cell, "**"); bold && strings.HasSuffix(inner, "**") && len(inner) > 2 {
		if inner = strings.TrimSuffix(inner, "**"); !strings.ContainsAny(inner, "*/") {
			cell = inner
		}
	}
	return unescaped(cell)
}

// unescaped takes the backslashes before punctuation away.
func unescaped(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", text[i+1]) >= 0 {
			i++
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
