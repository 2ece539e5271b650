package gate

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Forge is all that judging pull requests needs of one forge. Each part from Crowd on is
// nil where the forge has nothing of the kind: the gate then does without, as each says.
type Forge struct {
	Traits    Traits
	Source    Source
	Archive   Archive
	Lister    Lister
	Trees     Trees
	Publisher Publisher
	Crowd     Crowd     // nil: of twins, however many, each is looked at
	Queues    Queues    // nil: there are no merge queues
	Answerer  Answerer  // nil: commands are not answered
	Calendar  Calendar  // nil: nobody is known to be busy
	Marker    Marker    // nil: no labels, no assignees
	Rights    Rights    // nil: whoever might be of a team that can't be read is taken to be
	Directory Directory // nil: nobody can be asked whose addresses are
	Inspector Inspector // nil: what stands on the forge is not looked at again
	Finder    Finder    // nil: History remembers all that was written
	// Protection is nil where the forge does not tell what branches require; Beside,
	// where nothing decides beside the checks of heads.
	Protection Protection
	Beside     Beside
	// ClosedAt lists closed pull requests of a head, where History does not remember what
	// was said there; may be nil.
	ClosedAt func(ctx context.Context, repo pull.Repo, head string) ([]pull.Ref, error)
}

// Traits are what differs between forges without code. The zero Traits are those of a
// forge that has statuses, tells of what changes, and keeps no policy anywhere.
type Traits struct {
	Kind string // of the forge, as in a configuration
	// PolicyPath is the conventional place of the policy. PolicyPaths are all places at
	// which one was looked for, to be told; nil: PolicyPath.
	PolicyPath  string
	PolicyPaths []string
	// OrgRepo is the repository in which an owner keeps what holds for all of theirs,
	// OrgPolicies the paths at which it may have a policy; nil where there is no such custom.
	OrgRepo     string
	OrgPolicies []string
	Dialect     formats.Dialect // of CODEOWNERS where a policy names none
	Limits      publish.Limits
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
	// HoldsSpoken tells that the forge has no requests for changes, so that comments of
	// the form /hold stand in for them.
	HoldsSpoken bool
}
