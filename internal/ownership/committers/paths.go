package committers

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

// paths reads the paths of a cell into a subsystem.
func (p *parser) paths(s *ownership.Subsystem, cell string, line int) {
	for _, text := range pieces(plain(cell)) {
		if strings.ContainsAny(text, "()（）<>\"'@:：") || strings.HasPrefix(text, "!") {
			p.warn(line, "%q is no path, and says nothing", text)
			continue
		}
		for _, pattern := range patterns(text) {
			compiled, err := glob.Translate(text, pattern)
			if err != nil {
				p.warn(line, "%v", err)
				break
			}
			s.Include = append(s.Include, ownership.Rule{Pattern: compiled, Pos: ownership.Pos{File: p.file, Line: line}})
		}
		p.narrow(text, line)
	}
}

// narrow tells of patterns that may be meant for more than they match.
func (p *parser) narrow(text string, line int) {
	wide := ""
	switch text = trimmed(text); {
	case strings.HasSuffix(text, "/*"):
		wide = strings.TrimSuffix(text, "*")
	case strings.ContainsAny(text, "*?") && !strings.Contains(text, "/") && !strings.HasPrefix(text, "**"):
		wide = "**/" + text
	default:
		return
	}
	p.warnings.Add(ownership.Warning{Pos: ownership.Pos{File: p.file, Line: line}, Concerns: wide,
		Text: text + " takes files of that directory only; write " + wide + " for those below as well"})
}

// trimmed is a path from the root, as people begin it.
func trimmed(text string) string { return strings.TrimPrefix(strings.TrimPrefix(text, "./"), "/") }

// patterns are those of a path: what has a wildcard in its last part is one already, a directory
// is what is below it, and what may be either is both.
func patterns(text string) []string {
	text = trimmed(text)
	switch last := text[strings.LastIndexByte(strings.TrimSuffix(text, "/"), '/')+1:]; {
	case text == "" || text == ".":
		return []string{"**"}
	case strings.HasSuffix(text, "/") || strings.ContainsAny(last, "*?[{"):
		return []string{text}
	}
	return []string{text, text + "/"}
}

// pieces divides a cell where no braces hold it together.
func pieces(cell string) []string {
	var list []string
	depth, start := 0, 0
	cut := func(end, next int) {
		if piece := cell[start:end]; piece != "" {
			list = append(list, piece)
		}
		start = next
	}
	for i, c := range cell {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case strings.ContainsRune(" \t\n;、，；\u00a0\u3000", c) || c == ',' && depth <= 0:
			cut(i, i+len(string(c)))
		}
	}
	cut(len(cell), len(cell))
	return list
}
