package rule

import (
	"math"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
)

// commands is the reader of commands that holds for the record a snapshot is from.
func commands(s *policy.Snapshot, body string) []command.Command {
	if older(s, 3) {
		return command.Commands2(body)
	}
	return command.Commands(body)
}

// older reports whether a snapshot is from a record of an earlier version than one. Before 3
// commands were read more narrowly, before 5 scopes of any length, and those of everybody;
// before 6 nothing was said of who can give what is missing.
func older(s *policy.Snapshot, version int) bool { return s.Form > 0 && s.Form < version }

// maxScope is how many patterns the scope of one review has at most.
func maxScope(s *policy.Snapshot) int {
	if older(s, 5) {
		return math.MaxInt
	}
	return command.MaxScope
}
