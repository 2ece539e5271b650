package fake

import "time"

// Behaviour is how the forge behaves where that matters to a test, and where one forge
// may differ from another.
type Behaviour struct {
	// Repoint says which pushes move the commit of the reviews of the old head
	// to the new one.
	Repoint Repoint
	// QuietReviews leaves a pull request's time of change as it is when a review
	// is dismissed or edited.
	QuietReviews bool
	// StaleLists keeps files, count and commits of a pull request that is
	// retargeted while closed as they were, until its next push or the next time
	// that it is closed and reopened.
	StaleLists bool
	// DismissStale has approvals dismissed by pushes that change the diff, by another
	// base branch and by another merge base, as a branch's protection may ask for.
	DismissStale bool
	// HeadsStay leaves pull requests at the head that they have when their branch is
	// pushed to.
	HeadsStay bool
	// AssignMembers replaces a team that is asked for review by one of its members.
	AssignMembers bool
	// WrongMerge has merge queues merge another tree than the one that was checked:
	// that of the pull request's own head, without what others changed.
	WrongMerge bool
	// Lag is how far behind reads of pull requests are, in the forge's time.
	// What subscribers are told is not.
	Lag time.Duration
}

// Repoint says which pushes move reviews to the new head.
type Repoint int

// A push that rewrites the branch or merges the base moves reviews if it keeps
// the patch of each file, or never, or always.
const (
	RepointSamePatch Repoint = iota
	RepointNever
	RepointAlways
)

// SetBehaviour changes how the forge behaves from now on.
func (f *Forge) SetBehaviour(b Behaviour) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.behaviour = b
}
