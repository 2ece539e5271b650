package github

import "github.com/reviewgate/reviewgate/internal/forge/fake"

// Behaviour is how the forge behaves where that matters to a test. The zero
// value is what GitHub does.
type Behaviour struct {
	fake.Behaviour
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
	// Shuffle has webhooks that wait overtake each other.
	Shuffle bool
	// ForkCommitPulls lists the pull requests of a commit that is only in a fork.
	ForkCommitPulls bool
}

// SetBehaviour changes how the forge behaves from now on.
func (s *Server) SetBehaviour(b Behaviour) {
	s.Forge.SetBehaviour(b.Behaviour)
	s.Lock()
	defer s.Unlock()
	s.behaviour = b
	s.hooks.Shuffle(b.Shuffle)
}

// Behaviour is how the forge behaves.
func (s *Server) Behaviour() Behaviour {
	s.Lock()
	defer s.Unlock()
	return s.behaviour
}
