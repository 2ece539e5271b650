package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// mostCrowded is how many pull requests that lend no approvals are named.
const mostCrowded = 10

// protection are warnings of what the forge does besides the rule: it does not hold the
// pull request to the check, takes back approvals itself, or does not follow its branch.
func (e *evaluation) protection() []policy.Note {
	var notes []policy.Note
	switch e.s.Requirement {
	case policy.NotRequired:
		notes = append(notes, policy.Note{Code: policy.NoteNotRequired, Text: e.rules.Check})
	case policy.RequiredFromAnybody:
		if e.s.WritesRuns {
			notes = append(notes, policy.Note{Code: policy.NoteAnySource, Text: e.rules.Check})
		}
	case policy.RequirementUnknown, policy.RequiredFromUs:
	}
	if e.s.Contested > 0 {
		notes = append(notes, policy.Note{Code: policy.NoteContested, Text: e.rules.Check, Count: e.s.Contested})
	}
	if crowd := e.s.Crowd; len(crowd) > 0 {
		var numbers []string
		for _, c := range crowd[:min(len(crowd), mostCrowded)] {
			numbers = append(numbers, fmt.Sprintf("#%d", c.Number))
		}
		if len(crowd) > mostCrowded {
			numbers = append(numbers, "…")
		}
		notes = append(notes, policy.Note{Code: policy.NoteCrowd, Count: len(crowd), Text: strings.Join(numbers, ", ")})
	}
	req := &e.s.Request
	if req.BranchTip != "" {
		notes = append(notes, policy.Note{Code: policy.NoteHeadBehind, Commit: req.BranchTip, Text: req.Head})
	}
	var said []string
	for _, r := range req.Reviews {
		if r.DismissedByForge && r.DismissedState == pull.Approved && !slices.Contains(said, r.Author.Login) {
			said = append(said, r.Author.Login)
			notes = append(notes, policy.Note{Code: policy.NoteForgeDismissed, Who: r.Author.Login})
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
