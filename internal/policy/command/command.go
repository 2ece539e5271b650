// Package command reads the commands that people write in reviews and comments: approvals
// with a scope, overrides, holds and questions.
//
// It promises that nothing is read as a command that is quoted or stands in code, and that
// what may be meant as one and is none is told. What a command does is the rule's to say.
package command

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reviewgate/reviewgate/internal/glob"
)

// Verb is what a command asks for.
type Verb string

// The verbs that people can write at the start of a line.
const (
	VerbApprove  Verb = "approve"         // /approve [SHA] [SCOPE...]
	VerbOverride Verb = "override"        // /override SHA REASON
	VerbCancel   Verb = "override cancel" // /override cancel
	VerbLift     Verb = "lift"            // /lift LOGIN REASON
	VerbHold     Verb = "hold"            // /hold [REASON]
	VerbRelease  Verb = "hold cancel"     // /hold cancel
	VerbRecheck  Verb = "recheck"         // /recheck
	VerbWhy      Verb = "why"             // /why [PATH]
	VerbHelp     Verb = "help"            // /help
	// VerbUnclear is a line that may be meant as /approve with a scope and is not
	// written so: it does nothing, but an approval beside it can't mean everything.
	VerbUnclear Verb = "unclear"
	// VerbUnknown is a line that begins like a command and is none: Text is what it begins
	// with, Who the command that is nearly spelled so. It does nothing.
	VerbUnknown Verb = "unknown"
)

// Command is one command of a comment or of a review's body.
type Command struct {
	Verb   Verb
	Commit string   // the commit id that it names, in lower case; empty if none
	Scope  []string // patterns as written, one with ! excluded; none means everything
	Text   string   // the reason of an override, lift or hold, the path of a question, the line that is unclear
	Who    string   // the login that a lift names
	Line   string   // that it stands on, as far as messages show it
}

// commitID is a whole commit id, of SHA-1 or SHA-256. With fewer digits, somebody
// could make a commit that begins with the same ones.
var commitID = regexp.MustCompile(`^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$`)

// Commands reads the commands of a body: those at the start of a line, after marks of
// lists and emphasis, outside quotes and blocks of code (package policy, §3, "Commands"). The
// verb is read as it looks, what follows it byte for byte.
func Commands(body string) []Command {
	written := commandsIn(body, math.MaxInt)
	if len(written) == 0 {
		return nil
	}
	out := make([]Command, len(written))
	for i, w := range written {
		out[i] = w.Command
		out[i].Line = clipped(w.line)
	}
	return out
}

// written is a command and the line that it stands on.
type written struct {
	Command
	line string
	code bool // it stands in a block of code that may be none
}

// commandsIn returns the commands of a body; of more than most, the first ones and one more.
func commandsIn(body string, most int) []written {
	var out []written
	var code fences
	meant := func(lines []string) { // whoever forgot to close a block may have meant what is in it
		for _, line := range lines {
			switch c, _ := readLine(line); c.Verb { //nolint:exhaustive // the others do nothing in doubt
			case VerbApprove, VerbUnclear:
				out = append(out, written{Command{Verb: VerbUnclear, Text: clipped(line)}, line, true})
			case VerbCancel:
				out = append(out, written{c, line, false})
			}
		}
	}
	for line := range strings.Lines(breaks.Replace(body)) {
		line = strings.TrimRight(line, " \t\n")
		outside, doubtful := code.next(line)
		meant(doubtful)
		if !outside {
			continue
		}
		if c, ok := readLine(line); ok {
			out = append(out, written{c, line, false})
		}
		if len(out) > most {
			return out[:most+1]
		}
	}
	meant(code.end(true))
	return out
}

// HasCommand reports whether a comment, as long as a forge has it, holds a command.
func HasCommand(body string) bool { return len(Commanding(Condense(body))) > 0 }

// Commanding returns the commands of a comment; what is unclear is prose there, unless it
// begins like a command.
func Commanding(body string) []Command {
	all := Commands(body)
	for i := range all {
		if c := &all[i]; c.Verb == VerbUnclear {
			if text, _ := leading(c.Text); misspelt(text) != "" {
				*c = Command{Verb: VerbUnknown, Text: firstWord(text), Who: misspelt(text), Line: c.Line}
			}
		}
	}
	return slices.DeleteFunc(all, func(c Command) bool { return c.Verb == VerbUnclear })
}

// mostText is how much of a line messages show, in bytes.
const mostText = 80

func clipped(line string) string {
	if line = strings.TrimSpace(line); len(line) > mostText {
		return strings.ToValidUTF8(line[:mostText], "") + "…"
	}
	return line
}

// readLine reads one line outside of code.
func readLine(line string) (Command, bool) {
	text, quoted := leading(line)
	if quoted {
		return Command{}, false
	}
	text = cutEmphasis(text)
	if first, size := utf8.DecodeRuneInString(text); plainSlash(first) {
		if c, ok := parseCommand(text[size:]); ok {
			return c, true
		}
	}
	if nearlyApproves(text) {
		return Command{Verb: VerbUnclear, Text: clipped(line)}, true
	}
	if meant := misspelt(text); meant != "" {
		return Command{Verb: VerbUnknown, Text: firstWord(text), Who: meant}, true
	}
	return Command{}, false
}

// parseCommand reads what stands behind the slash.
func parseCommand(line string) (Command, bool) {
	verb, rest := line, ""
	if i := strings.IndexFunc(line, unicode.IsSpace); i >= 0 {
		verb, rest = line[:i], strings.TrimSpace(line[i:])
	}
	if cancels(line) {
		return Command{Verb: VerbCancel}, true
	}
	if reason, is := cutWord(verb, string(VerbHold)); is {
		verb, rest = string(VerbHold), strings.TrimSpace(reason+" "+rest)
	}
	words := strings.Fields(rest)
	switch Verb(fold(verb)) {
	case VerbApprove:
		c := Command{Verb: VerbApprove, Scope: words}
		c.Commit, c.Scope = cutCommit(words)
		return c, true
	case VerbOverride:
		c := Command{Verb: VerbOverride, Text: rest}
		if c.Commit, _ = cutCommit(words); c.Commit != "" {
			c.Text = strings.TrimSpace(rest[len(words[0]):])
		}
		if len(words) == 2 && c.Commit != "" && cancels(verb+" "+words[1]) {
			return Command{Verb: VerbCancel}, true // no reason to override for
		}
		return c, true
	case VerbLift:
		c := Command{Verb: VerbLift}
		if len(words) > 0 {
			c.Who, c.Text = strings.TrimPrefix(words[0], "@"), strings.TrimSpace(rest[len(words[0]):])
		}
		return c, true
	case VerbHold:
		if len(words) > 0 {
			if _, is := cutWord(words[0], "cancel"); is {
				return Command{Verb: VerbRelease}, true
			}
		}
		return Command{Verb: VerbHold, Text: rest}, true
	case VerbRecheck:
		return Command{Verb: VerbRecheck}, rest == ""
	case VerbWhy:
		return Command{Verb: VerbWhy, Text: strings.Trim(rest, "`")}, true
	case VerbHelp:
		return Command{Verb: VerbHelp}, rest == ""
	case VerbCancel, VerbRelease, VerbUnclear, VerbUnknown: // written otherwise
	}
	return Command{}, false
}

// cutCommit takes a whole commit id off some words.
func cutCommit(words []string) (commit string, rest []string) {
	if len(words) > 0 && commitID.MatchString(words[0]) {
		return strings.ToLower(words[0]), words[1:]
	}
	return "", words
}

// Why says why an approval with commands does not count at all.
type Why string

// The reasons.
const (
	WhyEdited      Why = "edited"       // the body was changed afterwards
	WhyBadScope    Why = "bad_scope"    // a pattern does not compile
	WhyLongScope   Why = "long_scope"   // more patterns than are read
	WhyNearMiss    Why = "near_miss"    // a line may be meant as a command and is none
	WhyOtherCommit Why = "other_commit" // a command names another commit
)

// Scope is what an approval with commands in its body is for.
type Scope struct {
	Lines []scopeLine // that add up; none: everything
	Why   Why         // why the approval does not count at all; empty if it does
	Text  string      // the line or the word that is why
}

// scopeLine is one command's scope: what its patterns match, or everything if there are
// none, less what those with ! match, as in the map.
type scopeLine struct {
	words            []scopeWord
	include, exclude []glob.Pattern
}

// scopeWord is a pattern as it is written.
type scopeWord struct {
	text    string
	pattern glob.Pattern
}

// MaxScope is how many patterns the scope of one review has at most; each of them may
// stand for 64.
const MaxScope = 100

// ScopeOf reads the scope of a review of a commit. Lines add up; one without a scope
// means everything.
func ScopeOf(body string, edited bool, commit string, most int) Scope {
	var s Scope
	whole, found, words := false, false, 0
	for _, c := range Commands(body) {
		if words += len(c.Scope); words > most {
			return Scope{Why: WhyLongScope}
		}
		if c.Verb == VerbUnclear {
			return Scope{Why: WhyNearMiss, Text: c.Text}
		}
		if c.Verb != VerbApprove {
			continue
		}
		found = true
		line, bad := c.scopeLine()
		switch {
		case bad != "":
			return Scope{Why: WhyBadScope, Text: bad}
		case c.Commit != "" && !strings.EqualFold(commit, c.Commit):
			return Scope{Why: WhyOtherCommit}
		}
		whole = whole || len(c.Scope) == 0
		s.Lines = append(s.Lines, line)
	}
	switch {
	case found && edited:
		return Scope{Why: WhyEdited}
	case whole && !slices.ContainsFunc(s.Lines, func(l scopeLine) bool { return len(l.words) > 0 }):
		s.Lines = nil
	}
	return s
}

// scopeLine compiles a command's scope; bad is the word that is no pattern.
func (c Command) scopeLine() (line scopeLine, bad string) {
	for _, text := range c.Scope {
		word, excluded := strings.CutPrefix(strings.Trim(text, "`"), "!")
		p, err := glob.Compile(word)
		if err != nil || word == "" {
			return line, clipped(text)
		}
		line.words = append(line.words, scopeWord{text, p})
		if excluded {
			line.exclude = append(line.exclude, p)
		} else {
			line.include = append(line.include, p)
		}
	}
	return line, ""
}

// Covers reports whether a scope holds for all paths of a file: both of a rename.
func (s Scope) Covers(paths []string) bool {
	if len(s.Lines) == 0 {
		return true
	}
	for _, path := range paths {
		if !slices.ContainsFunc(s.Lines, func(l scopeLine) bool { return l.covers(path) }) {
			return false
		}
	}
	return true
}

func (l scopeLine) covers(path string) bool {
	return (len(l.include) == 0 || glob.Any(l.include, path)) && !glob.Any(l.exclude, path)
}

// Idle returns a word of a scope that matches none of some paths; empty if each does.
func (s Scope) Idle(paths []string) string {
	for _, l := range s.Lines {
		for _, w := range l.words {
			if !slices.ContainsFunc(paths, w.pattern.Match) {
				return clipped(w.text)
			}
		}
	}
	return ""
}
