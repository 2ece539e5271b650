package gate

import (
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
	"github.com/reviewgate/reviewgate/internal/trailers"
)

// Run is one evaluation.
type Run struct {
	Ref     pull.Ref       `json:"ref"`
	Head    string         `json:"head"`
	At      time.Time      `json:"at"`
	Gated   bool           `json:"gated"` // false: no policy gates this base branch
	Verdict policy.Verdict `json:"verdict"`
	Plan    publish.Plan   `json:"plan"`

	known  history.PullState
	memory history.PullHistory
	inputs snapshot.Inputs
	sweeps int
	queued bool // it waits in a merge queue
	// withdrawn tells that a review was dismissed since the last reading.
	withdrawn bool
	// policyTip is the commit that the policy was looked for at.
	policyTip string
	testMerge seam.TestMerge
	statuses  map[string]policy.Outcome // on the head, as in TestMerge
	// activity is nil where the pull request is not gated.
	activity *history.Activity
	// shared tells that the verdict is that of other open pull requests, too.
	shared bool
}

// Known is what the run found out of its pull request, for those that share its head.
func (r *Run) Known() history.PullState { return r.known }

// Merged reports whether the pull request is closed because it was merged: what was
// written for it stays.
func (r *Run) Merged() bool { return r.inputs.Snapshot.Request.Merged }

// BaseBranch is the branch that the pull request is to be merged into.
func (r *Run) BaseBranch() string { return r.inputs.Snapshot.Request.BaseBranch }

// Trailers say who reviewed what the pull request changes, in the words of git.
func (r *Run) Trailers() trailers.Trailers {
	return trailers.Of(r.Verdict, &r.inputs.Snapshot.Request, r.inputs.Snapshot.Owners)
}

// PolicyFaults are what is wrong with a policy where it is Unclear what that gates.
func (r *Run) PolicyFaults() []strictyaml.Fault { return r.inputs.Snapshot.Faults }
