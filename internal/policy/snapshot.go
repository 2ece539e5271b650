package policy

import (
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Snapshot is all that a verdict depends on, read in one moment.
type Snapshot struct {
	Request pull.Request `json:"Request"`
	// Twins are the other open pull requests with the same head and base
	// branch. They have one verdict with Request (package policy, §4).
	Twins []pull.Request `json:"Twins"`
	// Crowd are further ones, of too many: approvals on them count for nothing. Those
	// that request changes are among Twins, with nothing else of what was said there.
	Crowd []Crowded `json:"Crowd,omitempty"`
	// Heads are what Request's heads changed that the gate saw, this evaluation's own
	// among them, TwinHeads the same of each of Twins. Seen and TwinSeen say what
	// stood where and when.
	Heads     []pull.Head      `json:"Heads"`
	TwinHeads [][]pull.Head    `json:"TwinHeads,omitempty"`
	Seen      sight.Seen       `json:"Seen,omitzero"`
	TwinSeen  []sight.Seen     `json:"TwinSeen,omitempty"`
	Compared  []sight.Compared `json:"Compared,omitempty"`
	// Saw is, of a record of version 1, which of Heads reviews were of; nil of any
	// other.
	Saw []Saw `json:"-"`
	// Form is the version of the record that the snapshot is from; 0 of one that is
	// read just now.
	Form int `json:"-"`
	// Addressees are to whom the forge says that addresses in commits belong which it
	// does not link by itself.
	Addressees []authors.Addressee `json:"Addressees,omitempty"`
	// Owners is the map at the base branch's tip; nil only with Faults.
	Owners *ownership.Map `json:"-"`
	// Teams holds the teams that own a changed file, by TeamKey. A team that is
	// not there could not be read.
	Teams map[string]Team `json:"Teams"`
	// Gone holds logins, in lower case, whose accounts the forge reports gone.
	Gone map[string]bool `json:"Gone"`
	// Accounts are the accounts first seen behind owners' logins, by login in
	// lower case: who takes a login over does not take its rights over.
	Accounts map[string]int64 `json:"Accounts"`
	// Rules are the policy's rules for the base branch.
	Rules Rules `json:"-"`
	// PolicyFiles are the paths of the policy, the ownership sources and what
	// else decides about owners: always protected.
	PolicyFiles []string `json:"PolicyFiles"`
	// SameTree tells that head and merge base have one and the same tree.
	SameTree bool `json:"SameTree"`
	// Faults are what could not be read or understood. Any makes the outcome
	// error.
	Faults []strictyaml.Fault `json:"Faults"`
	// SourceWarnings are what the ownership sources should mend.
	SourceWarnings []ownership.Warning `json:"SourceWarnings"`
	// Merges are the three-way merges of text that are clean and give what they
	// must. One that is not here is taken for not clean.
	Merges []sight.Merge `json:"Merges"`
	// Requirement is whether the base branch requires the check, and from whom;
	// WritesRuns that the gate writes check runs as an app, which may be an expected
	// source. Contested is how often others wrote the check on this head.
	Requirement Requirement `json:"Requirement,omitempty"`
	WritesRuns  bool        `json:"WritesRuns,omitempty"`
	Contested   int         `json:"Contested,omitempty"`
	// HoldsSpoken tells that the forge has no requests for changes: /hold is one.
	HoldsSpoken bool `json:"HoldsSpoken,omitempty"`
	// Cancels are overrides taken back, as remembered.
	Cancels []Cancel `json:"Cancels"`
	// Powerless are the logins, in lower case, of those Doubtful of whom the forge
	// certainly says that they may not write to the repository.
	Powerless []string `json:"powerless,omitempty"`
	// NoMemory tells that nothing is remembered of comments that are gone or were
	// edited: what a forge tells of them is all that is known.
	NoMemory bool `json:"NoMemory,omitempty"`
	// Mendable tells that Faults are all of policy and ownership, Proposal what
	// the pull request's own version of them is worth; nil if it changes none.
	// ServerOverride are those who may then open the gate all the same.
	Mendable       bool              `json:"Mendable"`
	Proposal       *WhatIf           `json:"Proposal"`
	ServerOverride []ownership.Owner `json:"ServerOverride"`
	Now            time.Time         `json:"Now"`
}

// Cancel is an override taken back. It holds even where the comment that said
// so is gone: people with write permission can delete each other's comments.
type Cancel struct {
	Who pull.Person `json:"who"`
	At  time.Time   `json:"at"`
}

// Saw is the head that a review, or a comment with commands, was found to be of.
type Saw struct {
	Review int64     `json:"review"`
	Spoken bool      `json:"spoken,omitempty"` // Review is a comment
	Head   int       `json:"head"`             // place among the snapshot's Heads; -1: none
	Why    sight.Why `json:"why,omitempty"`    // why there is none
}

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

// Crowded is a pull request of the same head and base branch as many others.
type Crowded struct {
	Number int         `json:"number"`
	Author pull.Person `json:"author"`
}

// Team is the members of a team, child teams included.
type Team struct {
	Members []pull.Person `json:"Members"`
	Unread  string        `json:"Unread"` // why the members are not known; empty if they are
}

// TeamKey is the key of a team, "organisation/slug", in Snapshot.Teams.
func TeamKey(team string) string { return strings.ToLower(team) }
