package explain

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// mostShown bounds what one heading of the text lists.
const mostShown = 10

// Health says what a map lacks, the worst first, and the first of each kind.
func Health(h *ownership.Health) string {
	var b strings.Builder
	terminal.Fprintf(&b, "%d files\n", h.Files)
	section(&b, len(h.Unowned), "files without owner", byDirectory(h.Unowned))
	section(&b, len(h.Unstaffed), "subsystems with nobody who can approve", lacking(h.Unstaffed))
	section(&b, len(h.Duplicates), "subsystems that stand twice", duplicates(h.Duplicates))
	section(&b, len(h.Shadowed), "patterns that later ones shadow", rules(h.Shadowed))
	section(&b, len(h.Fallback), "files with only a fallback", byDirectory(h.Fallback))
	section(&b, len(h.Single), "subsystems with one person who can approve", lacking(h.Single))
	section(&b, len(h.NoLogin), "maintainers without login", unknown(h.NoLogin))
	section(&b, len(h.Dead), "patterns that match nothing", rules(h.Dead))
	return b.String()
}

// section writes a count and the first lines below it.
func section(b *strings.Builder, count int, title string, lines []string) {
	terminal.Fprintf(b, "%d %s\n", count, title)
	for i, line := range lines {
		if i == mostShown {
			terminal.Fprintf(b, "  and %d more\n", len(lines)-i)
			return
		}
		terminal.Fprintf(b, "  %s\n", line)
	}
}

// byDirectory counts files by directory, the fullest first.
func byDirectory(paths []string) []string {
	counts := map[string]int{}
	for _, p := range paths {
		counts[path.Dir(p)]++
	}
	dirs := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	for i, dir := range dirs {
		dirs[i] = fmt.Sprintf("%6d in %s", counts[dir], strings.Replace(dir+"/", "./", "the root", 1))
	}
	return dirs
}

func lacking(list []ownership.Lacking) []string {
	var lines []string
	for _, l := range list {
		lines = append(lines, fmt.Sprintf("%6d files: %s (%s)", l.Files, l.Subsystem, l.Pos))
	}
	return lines
}

func duplicates(list []ownership.Duplicated) []string {
	var lines []string
	for _, d := range list {
		what := "the patterns"
		if d.SameName {
			what = "the name"
		}
		lines = append(lines, fmt.Sprintf("%s: %s has %s of %s", d.Pos, d.Subsystem, what, d.First))
	}
	return lines
}

func rules(list []ownership.DeadRule) []string {
	var lines []string
	for _, r := range list {
		pattern := r.Pattern
		if r.Exclude {
			pattern = "not " + pattern
		}
		lines = append(lines, fmt.Sprintf("%s: %s (%s)", r.Pos, pattern, r.Subsystem))
	}
	return lines
}

func unknown(list []ownership.Unknown) []string {
	var lines []string
	for _, u := range list {
		names := strings.Join(u.Subsystems[:min(len(u.Subsystems), 3)], "; ")
		lines = append(lines, fmt.Sprintf("%6d subsystems: %s (%s)", len(u.Subsystems), u.Owner, names))
	}
	return lines
}
