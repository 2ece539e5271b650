package policy

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/reviewgate/reviewgate/internal/glob"
)

// Verb is what a command asks for.
type Verb string

// The verbs that people can write at the start of a line.
const (
	VerbApprove  Verb = "approve"         // /approve [SHA] [SCOPE...]
	VerbOverride Verb = "override"        // /override SHA REASON
	VerbCancel   Verb = "override cancel" // /override cancel
	VerbRecheck  Verb = "recheck"         // /recheck
	VerbWhy      Verb = "why"             // /why PATH
	// VerbUnclear is a line that may be meant as /approve, and is not at the very
	// start: it does nothing, but an approval beside it can't mean everything.
	VerbUnclear Verb = "unclear"
)

// Command is one command of a comment or of a review's body.
type Command struct {
	Verb   Verb
	Commit string   // the start of the commit id that it names; empty if none
	Scope  []string // patterns as written; none means everything
	Text   string   // the reason of an override, the path of a question
}

// commitID is as much of a commit id as a command must give. With fewer digits,
// somebody could make a commit that begins with the same ones.
var commitID = regexp.MustCompile(`^[0-9a-fA-F]{12,64}$`)

// Commands reads the commands of a body: those at the very start of a line,
// outside quotes and blocks of code.
func Commands(body string) []Command {
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
		if fence == "" && misplaced.MatchString(line) {
			out = append(out, Command{Verb: VerbUnclear})
		}
		if fence != "" || !strings.HasPrefix(line, "/") {
			continue
		}
		if c, ok := parseCommand(line); ok {
			out = append(out, c)
		}
	}
	return out
}

// misplaced is an approval with up to three spaces before it, as many as leave
// it text to a reader (CommonMark, "Indented code blocks").
var misplaced = regexp.MustCompile(`^\p{Z}{1,3}/approve`)

// fenceMark gives the marks that open or close a block of code (CommonMark,
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

func parseCommand(line string) (Command, bool) {
	verb, rest := line[1:], ""
	if i := strings.IndexFunc(verb, unicode.IsSpace); i >= 0 {
		verb, rest = verb[:i], strings.TrimSpace(verb[i:])
	}
	words := strings.Fields(rest)
	switch Verb(verb) {
	case VerbApprove:
		c := Command{Verb: VerbApprove, Scope: words}
		if len(words) > 0 && commitID.MatchString(words[0]) {
			c.Commit, c.Scope = strings.ToLower(words[0]), words[1:]
		}
		return c, true
	case VerbOverride:
		if strings.EqualFold(rest, "cancel") {
			return Command{Verb: VerbCancel}, true
		}
		c := Command{Verb: VerbOverride, Text: rest}
		if len(words) > 0 && commitID.MatchString(words[0]) {
			c.Commit, c.Text = strings.ToLower(words[0]), strings.TrimSpace(strings.TrimPrefix(rest, words[0]))
		}
		return c, true
	case VerbRecheck:
		return Command{Verb: VerbRecheck}, rest == ""
	case VerbWhy:
		return Command{Verb: VerbWhy, Text: strings.Trim(rest, "`")}, rest != ""
	case VerbCancel, VerbUnclear: // written otherwise
	}
	return Command{}, false
}

// Patterns compiles the scope; none and no error mean everything.
func (c Command) Patterns() ([]glob.Pattern, error) {
	var out []glob.Pattern
	for _, text := range c.Scope {
		p, err := glob.Compile(strings.Trim(text, "`"))
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// scope is what an approval with commands in its body is for.
type scope struct {
	patterns []glob.Pattern // none: everything
	why      Code           // why the approval does not count at all; empty if it does
}

// scopeOf reads the scope of a review. Lines add up; one without a scope means
// everything.
func scopeOf(body string, edited bool, commit string) scope {
	var s scope
	whole, found := false, false
	for _, c := range Commands(body) {
		if c.Verb == VerbUnclear {
			return scope{why: NoteBadScope}
		}
		if c.Verb != VerbApprove {
			continue
		}
		found = true
		patterns, err := c.Patterns()
		switch {
		case err != nil:
			return scope{why: NoteBadScope}
		case c.Commit != "" && !strings.HasPrefix(strings.ToLower(commit), c.Commit):
			return scope{why: NoteOtherCommit}
		case len(patterns) == 0:
			whole = true
		}
		s.patterns = append(s.patterns, patterns...)
	}
	switch {
	case found && edited:
		return scope{why: NoteEdited}
	case whole:
		s.patterns = nil
	}
	return s
}

// covers tells whether a scope holds for all paths of a file: both of a rename.
func (s scope) covers(paths []string) bool {
	if len(s.patterns) == 0 {
		return true
	}
	for _, p := range paths {
		if !matchAny(s.patterns, p) {
			return false
		}
	}
	return true
}
