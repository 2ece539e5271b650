package fake

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
	// NewTokens is how many calls with a new token of an installation are refused, the
	// first half of them by 401, the others by 403.
	NewTokens int
	// NewPulls is how many reads of a new pull request do not find it.
	NewPulls int
	// TooFast has every so many of the writes that create content refused as too fast,
	// without a time; 0: none.
	TooFast int
	// QueryBudget is how many fields a GraphQL query may answer before it is given up,
	// with an error and nulls for the rest; 0: any number.
	QueryBudget int
	// NullIDs has lists of files leave out the ids of objects.
	NullIDs bool
	// Unchanged lists files of which only the mode changed as unchanged.
	Unchanged bool
	// NewCommits is how many writes of checks and statuses to a commit do not find it.
	NewCommits int
	// NoUpdates refuses every change of a check run, for good, while new ones pass.
	NoUpdates bool
	// NoCompare refuses the page of a comparison that lists files, as GitHub does where
	// a diff is too large.
	NoCompare bool
	// DismissStale has approvals dismissed by pushes that change the diff, by another
	// base branch and by another merge base, as a branch's protection may ask for.
	DismissStale bool
	// HeadsStay leaves pull requests at the head that they have when their branch is
	// pushed to.
	HeadsStay bool
	// AssignMembers replaces a team that is asked for review by one of its members.
	AssignMembers bool
	// Shuffle has webhooks that wait overtake each other.
	Shuffle bool
	// WrongMerge has merge queues merge another tree than the one that was checked:
	// that of the pull request's own head, without what others changed.
	WrongMerge bool
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
	f.hooks.mu.Lock()
	defer f.hooks.mu.Unlock()
	f.hooks.shuffle = b.Shuffle
}

// Behaviour is how the forge behaves.
func (f *Forge) Behaviour() Behaviour {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opts.Behaviour
}
