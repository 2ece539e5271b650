package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Requirement is what the forge says of whether a branch requires the gate's check.
type Requirement string

// The requirements. Where nothing was read, or not all, it is unknown.
const (
	RequirementUnknown  Requirement = ""
	RequiredFromUs      Requirement = "ours"    // with the gate as its expected source
	RequiredFromAnybody Requirement = "anybody" // from whoever writes it
	NotRequired         Requirement = "none"
)

// Open reports whether others than the gate may let something be merged by writing the
// check, as far as is known.
func (r Requirement) Open() bool { return r == RequirementUnknown || r == RequiredFromAnybody }

// mostCrowded is how many pull requests that lend no approvals are named.
const mostCrowded = 10

// protection are warnings of what the forge does besides the rule: it does not hold the
// pull request to the check, takes back approvals itself, or does not follow its branch.
func (e *evaluation) protection() []Note {
	var notes []Note
	switch e.s.Requirement {
	case NotRequired:
		notes = append(notes, Note{Code: NoteNotRequired, Text: e.rules.Check})
	case RequiredFromAnybody:
		if e.s.WritesRuns {
			notes = append(notes, Note{Code: NoteAnySource, Text: e.rules.Check})
		}
	case RequirementUnknown, RequiredFromUs:
	}
	if e.s.Contested > 0 {
		notes = append(notes, Note{Code: NoteContested, Text: e.rules.Check, Count: e.s.Contested})
	}
	if crowd := e.s.Crowd; len(crowd) > 0 {
		var numbers []string
		for _, c := range crowd[:min(len(crowd), mostCrowded)] {
			numbers = append(numbers, fmt.Sprintf("#%d", c.Number))
		}
		if len(crowd) > mostCrowded {
			numbers = append(numbers, "…")
		}
		notes = append(notes, Note{Code: NoteCrowd, Count: len(crowd), Text: strings.Join(numbers, ", ")})
	}
	req := &e.s.Request
	if req.BranchTip != "" {
		notes = append(notes, Note{Code: NoteHeadBehind, Commit: req.BranchTip, Text: req.Head})
	}
	var said []string
	for _, r := range req.Reviews {
		if r.DismissedByForge && r.DismissedState == pull.Approved && !slices.Contains(said, r.Author.Login) {
			said = append(said, r.Author.Login)
			notes = append(notes, Note{Code: NoteForgeDismissed, Who: r.Author.Login})
		}
	}
	return notes
}

// dismisser is who dismissed a review: the forge, where it did so by itself.
func (g *given) dismisser() pull.Person {
	if g.DismissedByForge {
		return pull.Person{Login: g.on.Req.Ref.Repo.Forge}
	}
	return g.DismissedBy
}
