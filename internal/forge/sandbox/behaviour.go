package sandbox

import "time"

// Behaviour is how the forge behaves where that matters to a test. The zero
// value is what GitHub does.
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
	// SuitePerRun has each check run of the App made in a suite of its own.
	SuitePerRun bool
	// PlainOnly takes, once any check or status of the repository has been a
	// success, only success and what is short and plain: other check runs and
	// statuses are refused where their texts have more than 100 bytes or are not
	// ASCII, and so is every change of a run that ended in success.
	PlainOnly bool
	// Lag is how far behind reads of pull requests are, in the forge's time.
	// Webhooks are not.
	Lag time.Duration
	// ForkCommitPulls lists the pull requests of a commit that is only in a fork.
	ForkCommitPulls bool
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
	f.opts.Behaviour = b
}
