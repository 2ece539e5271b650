package webhook

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Hint says where to look again. It is never data: everything that decides is
// read from the forge afterwards. Exactly one of the forms below is meant:
//
//   - Number set: that pull request.
//   - Head set: somebody asks for the checks on that commit to run again, and
//     the forge may have reset them: the open pull requests with that head, the
//     checks of which are to be written whatever is remembered of them. Where
//     none is known, the whole repository.
//   - Branch set: the whole repository, if Default is set or an open pull
//     request is known whose base is that branch; else nothing.
//   - none set: the whole repository.
type Hint struct {
	Repo    pull.Repo
	Number  int
	Head    string
	Branch  string
	Default bool // Branch is the repository's default branch
}

// Delivery is one webhook, authenticated and decoded.
type Delivery struct {
	Forge      string // configured name of the forge
	ID         string // the forge's delivery id, unique per forge
	Hints      []Hint
	ReceivedAt time.Time
}

// Inbox takes deliveries for good.
type Inbox interface {
	// Accept stores a delivery and the work that follows from it in one
	// transaction, and returns after the commit is on disk. A delivery id that
	// was accepted before does nothing. It makes no network call.
	Accept(ctx context.Context, d Delivery) error
}
