package policy

import "github.com/reviewgate/reviewgate/internal/strictyaml"

// WhatIf is what a pull request that changes policy or ownership would bring.
// It is shown, and decides nothing.
type WhatIf struct {
	// Waiting tells that it was not tried yet: everything else is before it.
	Waiting bool `json:"waiting,omitempty"`
	// Faults are what is wrong with the pull request's own version.
	Faults []strictyaml.Fault `json:"faults,omitempty"`
	// Elsewhere tells that it depends on a file of another repository that the policy
	// in force does not name, and that is not read for a proposal. What it would
	// bring is not known then; Faults are those of the files that were read.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Compared is how many open pull requests were judged by it, Would those
	// whose outcome it would change, in order of number.
	Compared int       `json:"compared"`
	Would    []WouldBe `json:"would,omitempty"`
	// Merged is what it would have said of what was merged last.
	Merged MergedWhatIf `json:"merged,omitzero"`
}

// MergedWhatIf is how many of the pull requests that were merged last would have passed by a
// proposal, judged as they were judged last before they were merged.
type MergedWhatIf struct {
	Count  int `json:"count"`  // pull requests
	Before int `json:"before"` // those that passed by what was in force then, whatever the mode
	Then   int `json:"then"`   // those that would have passed, those that it would not gate among them
}

// WouldBe is another open pull request's outcome now and by a proposal.
type WouldBe struct {
	Number int     `json:"number"`
	Now    Outcome `json:"now"`
	Then   Outcome `json:"then"` // empty: not gated
}
