package command

import (
	"strings"
)

// What is kept of one comment or review: its lines with commands, so many of them and so
// many bytes, and of one line what a path or a reason needs.
const (
	maxLines     = 50
	maxLineBytes = 1024
	maxKeptBytes = 8 << 10
)

// tooMany stands in for lines of a review that are too many to be kept: a near miss, so
// that the approval can't mean more than they said.
const tooMany = "/approve: and more lines than are read"

// tooLong stands in for a scope that is too long to be kept.
const tooLong = "/approve [ "

// Condense leaves out of a body what holds no command. Of more lines than people need,
// and longer ones, it keeps what takes rights away, and nothing that gives more than the
// body did: who writes so many takes an override back, too, as nobody reads on.
func Condense(body string) string { return condense(body, false) }

// CondenseBeginning is Condense of a body of which only the beginning is known: what follows
// it is taken for more lines than are read.
func CondenseBeginning(body string) string { return condense(body, true) }

func condense(body string, over bool) string {
	all := commandsIn(body, maxLines)
	var lines, code []string
	size := 0
	over = over || len(all) > maxLines
	for _, w := range all[:min(len(all), maxLines)] {
		line := shortened(&w)
		if size += len(line) + 1; size > maxKeptBytes {
			over = true
			break
		}
		if w.code {
			code = append(code, line)
		} else {
			lines = append(lines, line)
		}
	}
	if over {
		lines = append(lines, tooMany, "/override cancel")
	}
	if len(code) > 0 { // a block that nobody closed
		lines = append(append(lines, "```"), code...)
	}
	return strings.Join(lines, "\n")
}

// shortened is a command's line in so many bytes as it may have.
func shortened(w *written) string {
	line := strings.TrimSpace(w.line)
	switch {
	case len(line) <= maxLineBytes || w.Verb == VerbApprove && len(w.Scope) <= MaxScope && len(line) <= maxKeptBytes/2:
		return line
	case w.Verb == VerbApprove:
		return strings.TrimSpace(tooLong + w.Commit)
	case w.Verb == VerbUnclear:
		return tooMany
	case w.Verb == VerbCancel:
		return "/override cancel"
	}
	return strings.ToValidUTF8(line[:maxLineBytes], "")
}
