package maintainers

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

// Patch is what the kernel's script sees of a patch.
type Patch struct {
	// Paths are the files that it names, both sides of each, in order and each
	// once. One that is added or deleted has the other side dev/null, as the
	// script has it.
	Paths []string

	intro   []string // lines before the first file, which all count
	changed []string // lines after it that are added or removed
}

// ReadPatch reads the text of a patch, or of several in one file. The words
// before the first file count, with subject and trailers; of the files
// themselves, and of any further mail, only lines that start with + or -. Unlike
// the script, it reads names with blanks and names that git quotes.
func ReadPatch(text []byte) Patch {
	var p Patch
	seen := map[string]bool{}
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		names, file, taken := header(line)
		for _, name := range names {
			if name != "" && !seen[name] {
				seen[name] = true
				p.Paths = append(p.Paths, name)
			}
		}
		inside = inside || file
		switch {
		case taken || line == "":
		case !inside:
			p.intro = append(p.intro, line)
		case line[0] == '+' || line[0] == '-':
			p.changed = append(p.changed, line)
		}
	}
	return p
}

var (
	modeLine  = regexp.MustCompile(`^ mode change [0-7]+ => [0-7]+ (.+)$`)
	fixesLine = regexp.MustCompile(`^Fixes:\s+[0-9a-fA-F]{6,40}`)
	hunkLine  = regexp.MustCompile(`^@@ -\d+,\d+`)
	fileLine  = regexp.MustCompile(`^(?:\+\+\+|---)\s+(\S.*)$`)
)

// header reads a line that the script does not look for keywords in. file: the
// files start here.
func header(line string) (names []string, file, taken bool) {
	switch {
	case strings.HasPrefix(line, "diff --git "):
		names = sides(strings.TrimRight(line[len("diff --git "):], white))
		return names, false, names != nil
	case strings.HasPrefix(line, "rename from "), strings.HasPrefix(line, "rename to "):
		_, name, _ := strings.Cut(line[len("rename "):], " ")
		return []string{unquote(name)}, false, true
	case strings.HasPrefix(line, " mode change "):
		if m := modeLine.FindStringSubmatch(line); m != nil {
			return []string{unquote(m[1])}, false, true
		}
	case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"):
		if m := fileLine.FindStringSubmatch(line); m != nil {
			name, _, _ := strings.Cut(m[1], "\t") // a time may follow
			return []string{stripped(unquote(name))}, true, true
		}
	}
	return nil, false, hunkLine.MatchString(line) || fixesLine.MatchString(line)
}

// sides reads "a/X b/Y". Where a name has blanks, both must be the same.
func sides(text string) []string {
	left, right, ok := strings.Cut(text, " ")
	if half := len(text) / 2; len(text)%2 == 1 && text[half] == ' ' && stripped(unquote(text[:half])) == stripped(unquote(text[half+1:])) {
		left, right, ok = text[:half], text[half+1:], true
	}
	left, right = unquote(left), unquote(right)
	if !ok || !strings.HasPrefix(left, "a/") || !strings.HasPrefix(right, "b/") {
		return nil
	}
	return []string{left[2:], right[2:]}
}

// stripped takes the first component off, as patch -p1 does.
func stripped(name string) string {
	if _, after, ok := strings.Cut(name, "/"); ok {
		return after
	}
	return name
}

// unquote reads a name as git writes it: unusual ones in quotes.
func unquote(name string) string {
	name = strings.TrimRight(name, white)
	if strings.HasPrefix(name, `"`) {
		if text, err := strconv.Unquote(name); err == nil {
			return text
		}
	}
	return name
}

// Suggested gives those of the subsystems that have a content rule for the
// patch, in their order. They give nobody a right.
func (p Patch) Suggested(subsystems []*ownership.Subsystem) []*ownership.Subsystem {
	var found []*ownership.Subsystem
	text := lower(strings.Join(p.intro, "\n") + "\n" + strings.Join(p.changed, "\n"))
	for _, s := range subsystems {
		if slices.ContainsFunc(s.Content, func(r ownership.ContentRule) bool {
			if r.Look != nil {
				return p.looksFor(r.Look)
			}
			return may(r.Pattern, text) && p.mentions(r.Pattern)
		}) {
			found = append(found, s)
		}
	}
	return found
}

// looksFor is mentions for an expression with look-around, which sees no sign
// before a changed line.
func (p Patch) looksFor(l *glob.Look) bool {
	return slices.ContainsFunc(p.intro, l.MatchString) ||
		slices.ContainsFunc(p.changed, func(line string) bool {
			return l.MatchString(strings.TrimLeft(line[:min(1, len(line))], "+-") + line[min(1, len(line)):])
		})
}

// may tells whether an expression can match in a text that lower has folded.
func may(re *regexp.Regexp, text string) bool {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return true // unreachable unless it was compiled with other flags
	}
	list := glob.Required(parsed)
	return list == nil || slices.ContainsFunc(list, func(word string) bool { return strings.Contains(text, word) })
}

// lower folds text so that ASCII letters compare as regular expressions do,
// for which ſ is an s and the sign of kelvin a k.
func lower(text string) string {
	return strings.ReplaceAll(strings.ToLower(text), "ſ", "s")
}

// mentions tells whether a line of the intro matches the pattern, or a changed
// one matches it behind its sign. The script writes the sign and .* before the
// pattern; a pattern with a | at its top would let context lines in that way,
// which is not imitated.
func (p Patch) mentions(re *regexp.Regexp) bool {
	if slices.ContainsFunc(p.intro, re.MatchString) {
		return true
	}
	var behind *regexp.Regexp
	for _, line := range p.changed {
		at := re.FindStringIndex(line)
		if at == nil {
			continue
		}
		if at[0] > 0 {
			return true
		}
		if behind == nil {
			var err error
			if behind, err = regexp.Compile("^[+-].*(?:" + re.String() + ")"); err != nil {
				return false // unreachable unless the pattern is as deeply nested as may be
			}
		}
		if behind.MatchString(line) {
			return true
		}
	}
	return false
}
