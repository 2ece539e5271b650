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
//   - Head set, Check empty: somebody asks for the checks on that commit to run
//     again, and the forge may have reset them: the open pull requests with that
//     head, the checks of which are to be written whatever is remembered of
//     them. Where none is known, the whole repository.
//   - Head and Check set: somebody wrote a check or a status of that name on that
//     commit, not we as far as known: the open pull requests with that head, if
//     the gate writes a check of that name; else nothing.
//   - Branch set: the whole repository, if Default is set or an open pull
//     request is known whose base is that branch; else nothing.
//   - Team set, Repo.Name empty: the members of that team, or of any team of the
//     organisation, may have changed: whatever was judged by them.
//   - none set: the whole repository.
type Hint struct {
	Repo   pull.Repo
	Number int
	Head   string
	Check  string
	// Beside reports that the check was written by somebody else on another commit that
	// decides besides Head, such as the one that merging would give.
	Beside  bool
	Branch  string
	Default bool // Branch is the repository's default branch
	// Rewritten tells that Branch was force-pushed: then the open pull requests whose
	// base it is are meant, too, as they may be compared with another commit.
	Rewritten bool
	Team      string // "organisation/slug", or "organisation/" for all its teams
	// RepoID is the forge's number of Repo, by which one is known that has another
	// name now; 0: not told. It may come with any of the forms.
	RepoID int64
	// With Number: At is the head commit then; empty: not told. UpdatedAt is the pull
	// request's time of change, so that a look that shows an older one is known to be
	// one; zero: not told. Review is what was submitted or dismissed, nil where it was
	// neither. It is the one exception to the rule above: which commit a review was given
	// for is never said as surely again. Of a comment, pull.Spoken, it tells no more than the
	// number, which a look is to show.
	At        string
	UpdatedAt time.Time
	Review    *pull.Told
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
