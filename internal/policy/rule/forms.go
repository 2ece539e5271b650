package rule

import (
	"math"
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
)

// commands is the reader of commands that holds for the record a snapshot is from.
func commands(s *policy.Snapshot, body string) []command.Command {
	if s.Form == 1 || s.Form == 2 {
		return command.Commands2(body)
	}
	return command.Commands(body)
}

// form2 tells whether a snapshot is from a record of version 2 or earlier.
func form2(s *policy.Snapshot) bool { return slices.Contains([]int{1, 2}, s.Form) }

// form4 tells that a snapshot is of a record of version 4 or before: scopes of any length
// were read, and those of everybody.
func form4(s *policy.Snapshot) bool { return s.Form > 0 && s.Form <= 4 }

// maxScope is how many patterns the scope of one review has at most.
func maxScope(s *policy.Snapshot) int {
	if form4(s) {
		return math.MaxInt
	}
	return command.MaxScope
}
