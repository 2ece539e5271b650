package policy

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/reviewgate/reviewgate/internal/glob"
)

// Records of versions 1 and 2 hold bodies whose commands were read as here: a verb
// counted only when it was written exactly, at the very start of a line, and any
// other line was prose.

// commitID2 is as much of a commit id as a command had to give.
var commitID2 = regexp.MustCompile(`^[0-9a-fA-F]{12,64}$`)

// misplaced2 is an approval with up to three spaces before it.
var misplaced2 = regexp.MustCompile(`^\p{Z}{1,3}/approve`)

// commands2 reads the commands of a body as version 2 did.
func commands2(body string) []Command {
	var out []Command
	fence := ""
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, " \t\r\n")
		if mark := fenceMark(line); mark != "" {
			switch {
			case fence == "":
				fence = mark
			case strings.HasPrefix(mark, fence) && strings.Trim(line, " `~") == "":
				fence = ""
			}
			continue
		}
		if fence == "" && misplaced2.MatchString(line) {
			out = append(out, Command{Verb: VerbUnclear})
		}
		if fence != "" || !strings.HasPrefix(line, "/") {
			continue
		}
		if c, ok := parseCommand2(line); ok {
			out = append(out, c)
		}
	}
	return out
}

func parseCommand2(line string) (Command, bool) {
	verb, rest := line[1:], ""
	if i := strings.IndexFunc(verb, unicode.IsSpace); i >= 0 {
		verb, rest = verb[:i], strings.TrimSpace(verb[i:])
	}
	words := strings.Fields(rest)
	switch Verb(verb) {
	case VerbApprove:
		c := Command{Verb: VerbApprove, Scope: words}
		if len(words) > 0 && commitID2.MatchString(words[0]) {
			c.Commit, c.Scope = strings.ToLower(words[0]), words[1:]
		}
		return c, true
	case VerbOverride:
		if strings.EqualFold(rest, "cancel") {
			return Command{Verb: VerbCancel}, true
		}
		c := Command{Verb: VerbOverride, Text: rest}
		if len(words) > 0 && commitID2.MatchString(words[0]) {
			c.Commit, c.Text = strings.ToLower(words[0]), strings.TrimSpace(strings.TrimPrefix(rest, words[0]))
		}
		return c, true
	case VerbRecheck:
		return Command{Verb: VerbRecheck}, rest == ""
	case VerbWhy:
		return Command{Verb: VerbWhy, Text: strings.Trim(rest, "`")}, rest != ""
	case VerbCancel, VerbUnclear, VerbLift, VerbHold, VerbRelease:
	}
	return Command{}, false
}

// scope2 reads the scope of a review as version 2 did: no word excluded, and none had
// to match anything.
func scope2(body string, edited bool, commit string) scope {
	var s scope
	whole, found := false, false
	var all []glob.Pattern
	for _, c := range commands2(body) {
		if c.Verb == VerbUnclear {
			return scope{why: NoteBadScope}
		}
		if c.Verb != VerbApprove {
			continue
		}
		found = true
		for _, word := range c.Scope {
			p, err := glob.Compile(strings.Trim(word, "`"))
			if err != nil {
				return scope{why: NoteBadScope}
			}
			all = append(all, p)
		}
		if c.Commit != "" && !strings.HasPrefix(strings.ToLower(commit), c.Commit) {
			return scope{why: NoteOtherCommit}
		}
		whole = whole || len(c.Scope) == 0
	}
	switch {
	case found && edited:
		return scope{why: NoteEdited}
	case !whole && len(all) > 0:
		s.lines = []scopeLine{{include: all}}
	}
	return s
}

// words gives the reader of commands that holds for the record a snapshot is from.
func (s *Snapshot) commands(body string) []Command {
	if s.Form == 1 || s.Form == 2 {
		return commands2(body)
	}
	return Commands(body)
}

// form2 tells whether a snapshot is from a record of version 2 or earlier.
func (s *Snapshot) form2() bool { return slices.Contains([]int{1, 2}, s.Form) }

// form4 tells that a snapshot is of a record of version 4 or before: scopes of any length
// were read, and those of everybody.
func (s *Snapshot) form4() bool { return s.Form > 0 && s.Form <= 4 }

// maxScope is how many patterns the scope of one review has at most.
func (s *Snapshot) maxScope() int {
	if s.form4() {
		return math.MaxInt
	}
	return maxScope
}
