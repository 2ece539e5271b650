package history

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Wait is what one person has to do with an open pull request.
type Wait struct {
	Who   string   // login
	Own   bool     // it is theirs
	Turn  bool     // something of it waits for them
	Files int      // that they can review; of their own, that miss review
	Alone []string // of these, some of those that nobody else among the candidates can approve
}

// Waiting is a pull request that waits for somebody, or is theirs.
type Waiting struct {
	Wait

	Ref        pull.Ref
	Title      string
	BaseBranch string
	Outcome    string
	Since      time.Time // the evaluation that first said so
}

// Waits tells what waits for people, as the last evaluation of each open pull request said.
type Waits interface {
	// Waiting returns what waits for a login of a forge, and what is theirs, the longest first, so
	// many at most.
	Waiting(ctx context.Context, forge, login string, most int) ([]Waiting, error)
}
