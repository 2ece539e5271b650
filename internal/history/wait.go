package history

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
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
	// Due is until when the first review of an area should come, Area, of those that wait for
	// theirs the one that is due first; zero where none is.
	Due  time.Time
	Area string
}

// Waits tells what waits for people, as the last evaluation of each open pull request said.
type Waits interface {
	// Waiting returns what waits for a login of a forge, and what is theirs, the longest first, so
	// many at most.
	Waiting(ctx context.Context, forge, login string, most int) ([]Waiting, error)
}

// Responses tells how soon areas answer.
type Responses interface {
	// Responses lists the waits of a repository's pull requests for areas that have a time to
	// answer in, by pull request and area: those whose time was over after a moment, and those
	// that are open. Where a pull request is closed none is: it ended when that changed last.
	Responses(ctx context.Context, repo pull.Repo, since time.Time) ([]response.Wait, error)
}
