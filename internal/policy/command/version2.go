package command

import (
	"regexp"
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

// Commands2 reads the commands of a body as version 2 did.
func Commands2(body string) []Command {
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
	case VerbCancel, VerbUnclear, VerbLift, VerbHold, VerbRelease, VerbHelp, VerbUnknown: // there were none then
	}
	return Command{}, false
}

// Scope2 reads the scope of a review as version 2 did: no word excluded, and none had
// to match anything.
func Scope2(body string, edited bool, commit string) Scope {
	var s Scope
	whole, found := false, false
	var all []glob.Pattern
	for _, c := range Commands2(body) {
		if c.Verb == VerbUnclear {
			return Scope{Why: WhyBadScope}
		}
		if c.Verb != VerbApprove {
			continue
		}
		found = true
		for _, word := range c.Scope {
			p, err := glob.Compile(strings.Trim(word, "`"))
			if err != nil {
				return Scope{Why: WhyBadScope}
			}
			all = append(all, p)
		}
		if c.Commit != "" && !strings.HasPrefix(strings.ToLower(commit), c.Commit) {
			return Scope{Why: WhyOtherCommit}
		}
		whole = whole || len(c.Scope) == 0
	}
	switch {
	case found && edited:
		return Scope{Why: WhyEdited}
	case !whole && len(all) > 0:
		s.Lines = []scopeLine{{include: all}}
	}
	return s
}
