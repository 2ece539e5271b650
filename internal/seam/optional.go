package seam

import (
	"context"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Crowd reads little of many pull requests.
type Crowd interface {
	// Crowd returns of pull requests, by number, where they stand, their authors and
	// branches, and those of their reviews that request changes. One that the forge does
	// not show is missing.
	Crowd(ctx context.Context, repo pull.Repo, numbers []int) (map[int]Glance, error)
}

// Glance is what Crowd tells of a pull request.
type Glance struct {
	Request pull.Request
	More    bool // it has more such reviews than were read
}

// Finder finds what the gate wrote, where History does not remember it.
type Finder interface {
	// Found returns the checks of ours on a commit, the newest of each name. Those of the
	// given names count as ours whoever wrote them.
	Found(ctx context.Context, repo pull.Repo, head string, names ...string) ([]FoundCheck, error)
}

// Patches reads the text of what a pull request changes, where Source.Files has none.
type Patches interface {
	// Patch returns a patch as git prints it, or the beginning of one of more than most bytes.
	// It decides nothing.
	Patch(ctx context.Context, look Look, most int) ([]byte, error)
}

// FoundCheck is a check as it stands on the forge.
type FoundCheck struct {
	Name    string
	Outcome policy.Outcome // of a check run, Failure also for an error; empty for one that the gate does not write
	ID      string         // as in Written
}

// Rights tells what people may do in a repository.
type Rights interface {
	// MayPush reports whether a login may write to a repository. pull.ErrNotFound and
	// pull.ErrForbidden mean that the forge does not say.
	MayPush(ctx context.Context, repo pull.Repo, login string) (bool, error)
}

// Diary is what a forge wrote down of what was done on pull requests.
type Diary interface {
	// Pushed reports whether it tells, after a moment, of a push or of another base branch.
	// Where nobody may read it, it tells of none.
	Pushed(ctx context.Context, ref pull.Ref, after time.Time) (bool, error)
}

// Visibility tells who may read a repository.
type Visibility interface {
	// Public reports whether everybody may. pull.ErrNotFound means that there is none, or
	// that we may not see it.
	Public(ctx context.Context, repo pull.Repo) (bool, error)
}

// Protection reads which checks a branch requires.
type Protection interface {
	// Required reads the checks without which nothing is merged into a branch. Where
	// the forge does not tell all of them, it is not Known.
	Required(ctx context.Context, repo pull.Repo, branch string) (Requirement, error)
}

// Requirement are the checks that a branch requires.
type Requirement struct {
	Checks []RequiredCheck
	Known  bool // they are all
}

// RequiredCheck is one of them.
type RequiredCheck struct {
	Name   string
	Source int64 // the forge's id of the app that must have written it; 0: anybody
	Ours   bool  // that is us
}

// Of says what is known of a check of ours.
func (r Requirement) Of(name string) policy.Requirement {
	found := false
	for _, c := range r.Checks {
		if !strings.EqualFold(c.Name, name) {
			continue
		}
		if c.Ours {
			return policy.RequiredFromUs
		}
		found = true
	}
	switch {
	case found:
		return policy.RequiredFromAnybody
	case r.Known:
		return policy.NotRequired
	}
	return policy.RequirementUnknown
}

// Limited is the error of a rate limit.
type Limited interface {
	error
	// Ends is when the forge takes calls again.
	Ends() time.Time
}

// Inspector looks at what stands on the forge.
type Inspector interface {
	// CheckOn returns the outcome of the latest check of a name on a commit, a pull request's
	// head: success,
	// pending, failure also for an error, and an empty one if there is none, or it is
	// in a state that the gate does not write. With anybody, it is the latest of
	// whoever wrote it, else of our own.
	CheckOn(ctx context.Context, ref pull.Ref, head, name string, anybody bool) (policy.Outcome, error)
}

// Beside reads and writes what a forge lets decide beside the check of a head: the
// statuses of the commit that merging would give.
type Beside interface {
	// TestMerges reads the test merges of some pull requests, by number. One that the
	// forge has none of is missing.
	TestMerges(ctx context.Context, repo pull.Repo, numbers []int) (map[int]TestMerge, error)
	// SetStatus writes a check as a status, whatever kind of check is written elsewhere.
	SetStatus(ctx context.Context, repo pull.Repo, c publish.Check) error
}

// Answerer answers people who wrote a command.
type Answerer interface {
	// React puts a reaction on a comment or a review, by its Node. Once more
	// is as good as once.
	React(ctx context.Context, repo pull.Repo, node string, r Reaction) error
	// Retract takes our own reaction back; one that is not there is no error.
	Retract(ctx context.Context, repo pull.Repo, node string, r Reaction) error
	// Reply writes a comment that carries a key, unless there is one of ours
	// with that key already.
	Reply(ctx context.Context, ref pull.Ref, key, body string) error
}

// Directory tells whose addresses are.
type Directory interface {
	// Addressees returns the accounts to which e-mail addresses belong, by address in
	// lower case, as far as the forge tells: one that is missing is nobody's, or not told.
	// untold says what the forge refused to tell; empty where it told all that it knows.
	Addressees(ctx context.Context, repo pull.Repo, emails []string) (found map[string]pull.Person, untold string, err error)
}

// Reaction is a small picture below a comment.
type Reaction string

// The reactions that the gate gives; each forge has words of its own for them.
const (
	ThumbsUp   Reaction = "thumbs up"
	ThumbsDown Reaction = "thumbs down"
	Eyes       Reaction = "eyes"
)

// Marker sets labels and assignees.
type Marker interface {
	// AddLabels puts labels on a pull request, and creates those that the
	// repository lacks. One that stands already stays. It returns those that are on
	// it now and those that the forge refused, also beside an error: of the others
	// nothing is known then.
	AddLabels(ctx context.Context, ref pull.Ref, names []string) (put, refused []string, err error)
	// RemoveLabel takes a label off; one that is gone is no error.
	RemoveLabel(ctx context.Context, ref pull.Ref, name string) error
	// Assign adds assignees, as far as the forge takes them.
	Assign(ctx context.Context, ref pull.Ref, logins []string) error
}

// Calendar tells who has no time, and whose account is gone.
type Calendar interface {
	// Available looks people up by login. Of whom the forge tells nothing is not Seen.
	Available(ctx context.Context, repo pull.Repo, logins []string) (Availability, error)
}

// Availability is what a forge tells of people who may be asked for review.
type Availability struct {
	Seen []string // who were looked up
	Busy []string // those of them who say on the forge that they are busy
	Gone []string // those of them of whom it certainly says that there is no such account
}
