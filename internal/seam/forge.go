package seam

import (
	"context"
	"time"

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
	Crowd     Crowd    // nil: of twins, however many, each is looked at
	Queues    Queues   // nil: there are no merge queues
	Answerer  Answerer // nil: commands are not answered
	Calendar  Calendar // nil: nobody is known to be busy, or to be gone
	Marker    Marker   // nil: no labels, no assignees
	Diary     Diary    // nil: nothing tells of pushes between two looks
	Rights    Rights   // nil: whoever might be of a team that can't be read is taken to be
	// Visibility is nil where the forge does not tell who may read a repository: nobody is shown
	// pages of it then.
	Visibility Visibility
	// Readers is nil where the forge does not tell what one person may read: nobody who signed in
	// is shown more than everybody then.
	Readers   Readers
	SignIn    SignIn
	Directory Directory // nil: nobody can be asked whose addresses are
	Inspector Inspector // nil: what stands on the forge is not looked at again
	Finder    Finder    // nil: History remembers all that was written
	Patches   Patches   // nil: patches come along with Source.Files
	// Protection is nil where the forge does not tell what branches require; Beside,
	// where nothing decides beside the checks of heads.
	Protection Protection
	Beside     Beside
	// ClosedAt lists closed pull requests of a head, where History does not remember what
	// was said there; may be nil.
	ClosedAt func(ctx context.Context, repo pull.Repo, head string) ([]pull.Ref, error)
	// Merged lists pull requests that were merged since a time, so many at the most; nil where
	// the forge does not list them with their reviews.
	Merged func(ctx context.Context, repo pull.Repo, since time.Time, most int) ([]pull.Merged, error)
}
