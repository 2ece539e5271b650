package history

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Week is what was merged in a repository in a week, as it was judged last before that.
type Week struct {
	Start             time.Time // Monday, 00:00 UTC
	Pulls, Passed     int       // pull requests, and those of them that passed the gate
	Reviewed, Counted int       // their files
}

// Survey is what was found out of the ownership of a repository's tree.
type Survey struct {
	Asked time.Time // when somebody wanted to know it last; zero: nobody did
	At    time.Time // when it was found out, or could not be; zero: it was not
	Body  []byte    // JSON of a coverage.Survey
}

// Wanted reports whether somebody wants to know it who has not been answered.
func (s Survey) Wanted() bool { return s.Asked.After(s.At) }

// Charts is what is drawn of repositories.
type Charts interface {
	// Weeks lists the weeks since a time in which pull requests were merged that had been judged,
	// the oldest first.
	Weeks(ctx context.Context, repo pull.Repo, since time.Time) ([]Week, error)
	// Survey returns what was found out last; the zero Survey if nothing was asked for.
	Survey(ctx context.Context, repo pull.Repo) (Survey, error)
	// AskSurvey notes that somebody wants to know it.
	AskSurvey(ctx context.Context, repo pull.Repo, at time.Time) error
	// SaveSurvey keeps what was found out, in place of what was before.
	SaveSurvey(ctx context.Context, repo pull.Repo, at time.Time, body []byte) error
}
