package seam

import (
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/publish"
)

// Traits are what differs between forges without code. The zero Traits are those of a
// forge that has statuses, tells of what changes, and keeps no policy anywhere.
type Traits struct {
	Kind string // of the forge, as in a configuration
	// PolicyPath is the conventional place of the policy. PolicyPaths are all places at
	// which one is looked for, of which the first counts that there is; nil: PolicyPath.
	PolicyPath  string
	PolicyPaths []string
	// OrgRepo is the repository in which an owner keeps what holds for all of theirs,
	// OrgPolicies the paths at which it may have a policy; nil where there is no such custom.
	OrgRepo     string
	OrgPolicies []string
	Dialect     formats.Dialect // of CODEOWNERS where a policy names none
	Limits      publish.Limits
	Links       publish.Links
	// WritesRuns tells that checks are written as an app, which a branch may expect them of;
	// else they are statuses.
	WritesRuns bool
	// CommitsStay tells that the forge never says later that a review was given for
	// another commit.
	CommitsStay bool
	// ReviewsUnbound tells that reviews name neither a commit nor a time. Each is bound to
	// the head that stood both when it was first seen and when it was last not there; one
	// that was there at the first look, or came along with another head, is bound to none,
	// and counts for nothing until it is given anew. CommitsStay holds then.
	ReviewsUnbound bool
	// SilentChanges tells that reviews can change without an event and without moving the
	// pull request's time of change, so that a sweep reads open pull requests again.
	SilentChanges bool
	// ChecksPerRequest tells that a check belongs to one pull request, not to its head: each
	// of several with one head has its own.
	ChecksPerRequest bool
	// HoldsSpoken tells that the forge has no requests for changes, so that comments of
	// the form /hold stand in for them.
	HoldsSpoken bool
	// CommentsApprove tells that comments of the form /approve SHA approve where a policy
	// does not say: who edited one is told, or that nobody did.
	CommentsApprove bool
	// Language is that of policies that name none; empty: English.
	Language string
	// PassOnly tells that what stands on the forge may tell a pass from everything else and
	// no more: a failure from a check that waits, it does not.
	PassOnly bool
	// Polled tells that the forge delivers no event a second time and may take few calls:
	// its open pull requests are listed more often than is swept, and evaluations that a
	// sweep asks for keep to the share of sweeps.
	Polled bool
}

// Defaults are what holds where a policy does not say.
func (t Traits) Defaults() policyfile.Defaults {
	return policyfile.Defaults{Language: t.Language, CommentApprovals: t.CommentsApprove}
}

// Maps are the places of a map that no policy names, the one that counts before others first.
func (t Traits) Maps() []string {
	return formats.MapPlaces(append([]string{t.PolicyPath}, t.Policies()...)...)
}

// Policies are the places of the policy, the one that counts before others first.
func (t Traits) Policies() []string {
	if t.PolicyPaths == nil {
		return []string{t.PolicyPath}
	}
	return t.PolicyPaths
}
