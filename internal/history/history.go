// Package history is what is remembered of pull requests between evaluations: where each
// stood, what was seen and written, who was asked; and who keeps it.
//
// It has values and interfaces only. Each method of a Store is one transaction, and what it
// says is on disk when it returns.
package history

import (
	"context"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Store is what the gate remembers between evaluations. Each method is one
// transaction; what it says is on disk when it returns.
type Store interface {
	// Recall returns all that is remembered of a pull request; the zero Memory
	// if nothing is.
	Recall(ctx context.Context, ref pull.Ref) (PullHistory, error)
	// At returns what is remembered of one head commit.
	At(ctx context.Context, repo pull.Repo, head string) (HeadHistory, error)
	// Remember writes the facts that are set, all or none.
	Remember(ctx context.Context, ref pull.Ref, facts Update) error
	// SaveRun keeps one evaluation, to be shown and replayed, and gives its id.
	SaveRun(ctx context.Context, run RunRecord) (int64, error)
}

// Lists gives what heads change. A History may leave the lists out of the heads that it
// gives, and name them (pull.Head.List): few are wanted, and they are large.
type Lists interface {
	// Lists returns lists of a pull request's heads by their names; one that is no longer
	// kept is missing.
	Lists(ctx context.Context, ref pull.Ref, names []string) (map[string]pull.List, error)
}

// PullHistory is all that History holds of one pull request.
type PullHistory struct {
	Known PullState // the zero Known if it was never evaluated
	// Heads are what each evaluation saw that was not what the one before saw, oldest
	// first. Each has those of its commits that none before it had.
	Heads   []pull.Head
	Checks  []CheckRecord // of its heads, one per head and name, oldest first
	Comment CommentRecord
	Asked   []requests.Requested
	// Cancels are overrides taken back in comments seen so far.
	Cancels []policy.Cancel
	// Answered are the commands that were answered.
	Answered []Answer
	// Accounts are the accounts first seen behind logins in the repository.
	Accounts []Account
	// Gone are the accounts that the forge says are not there, of people who decide in the
	// repository.
	Gone   []GoneAccount
	Labels []LabelRecord // that the gate put on it, by name
	// Sightings are where it stood at each look, Sights what was first seen of its
	// reviews, Told what signed deliveries said of them.
	Sightings []pull.Sighting
	Sights    []pull.Sight
	Told      []pull.Told
	// Objections are the requests for changes as they were last read.
	Objections []pull.Objection
	// Ungated tells that no policy gated a pull request of the repository so far, as far as
	// the History keeps that; GatedAt is since when one does, zero where that is not known.
	Ungated bool
	GatedAt time.Time
	// ToldNew is the newest time of change that a delivery told, ToldAt when that
	// was received; zero where none did.
	ToldNew, ToldAt time.Time
	// Activity is the mark of the last Activity that was noted, Credited tells
	// that the pull request's Credits were.
	Activity string
	Credited bool
}

// Put puts a check in place of what was known of it.
func (m *PullHistory) Put(c CheckRecord) {
	for i := range m.Checks {
		if m.Checks[i].Head == c.Head && m.Checks[i].Name == c.Name && m.Checks[i].Of == c.Of {
			m.Checks[i] = c
			return
		}
	}
	m.Checks = append(m.Checks, c)
}

// NewCancels are those of some cancellations that are not remembered.
func (m *PullHistory) NewCancels(all []policy.Cancel) []policy.Cancel {
	return slices.DeleteFunc(slices.Clone(all), func(c policy.Cancel) bool {
		return slices.ContainsFunc(m.Cancels, func(o policy.Cancel) bool { return o.Who.Is(c.Who) && o.At.Equal(c.At) })
	})
}

// SawReview reports whether a review was seen.
func (m *PullHistory) SawReview(id int64) bool {
	return slices.ContainsFunc(m.Sights, func(s pull.Sight) bool { return s.Review == id && s.State != pull.Spoken })
}

// Account is the account behind a login.
type Account struct {
	Login string `json:"login"`
	ID    int64  `json:"id"`
}

// GoneAccount is a login of which the forge said that there is no such account.
type GoneAccount struct {
	Login string    `json:"login"`
	At    time.Time `json:"at"` // when it said so last
	Back  bool      `json:"-"`  // it is there again: nothing is remembered of it
}

// HeadHistory is what is remembered of one head commit. Where checks belong to commits,
// all pull requests of a head share them.
type HeadHistory struct {
	Open   []PullState // pull requests whose last known head it is, by number
	Checks []CheckRecord
	// Judged are the ids of their newest runs, by number.
	Judged map[int]int64
}

// For is what concerns a pull request: other ones' own checks are left out.
func (m HeadHistory) For(number int) HeadHistory {
	m.Checks = ChecksFor(m.Checks, number)
	return m
}

// ChecksFor are those of some checks that concern a pull request: those that all of a head
// share, and its own.
func ChecksFor(checks []CheckRecord, number int) []CheckRecord {
	return slices.DeleteFunc(slices.Clone(checks), func(c CheckRecord) bool { return c.Of != 0 && c.Of != number })
}

// Check returns the record of the head's check of a name; the zero record if there is none.
func (m *HeadHistory) Check(name string) CheckRecord {
	i := slices.IndexFunc(m.Checks, func(c CheckRecord) bool { return c.Name == name })
	if i < 0 {
		return CheckRecord{}
	}
	return m.Checks[i]
}

// PullState is where a pull request stood when it was last looked at.
type PullState struct {
	Ref        pull.Ref
	Head       string
	BaseBranch string
	BaseTip    string
	MergeBase  string // empty where it was not found out
	Open       bool
	UpdatedAt  time.Time // as the forge gives it
	Check      string    // name of the check; empty where its base branch is not gated
	Outcome    string    // outcome of its own last verdict; empty where there is none
	Sources    string    // names the blobs of policy and ownership that it was judged by
	DueAt      time.Time // when it must be judged again at the latest; zero: never
}

// CheckRecord is what was last written as check or status of one commit.
// It is stored as an intent (Done false) before the forge is called.
type CheckRecord struct {
	Head    string
	Name    string
	ID      string    // the forge's; empty where it has none, or it is not known
	Outcome string    // outcome that was written
	Digest  string    // of all that was written: equal digests need no call
	Done    bool      // the forge has answered the call
	Of      int       // number of the pull request that it belongs to alone; 0: all of its head share it
	Group   bool      // a merge group's, by who wrote last; a store finds it out
	At      time.Time // when the one that stands was begun; zero where it is not known
}

// FreshFor is how long a check that is not completed is taken for what was
// written: the first forge to give such a run up does so after 14 days.
const FreshFor = 10 * 24 * time.Hour

// Aged reports whether a forge may soon give up a check that is not completed.
func (c *CheckRecord) Aged(now time.Time) bool {
	return c.Outcome == string(policy.Pending) && now.Sub(c.At) > FreshFor
}

// MayPass reports whether a check is a success, or may be one: whether an unanswered
// write was served is not known, so an earlier success may still stand.
func (c *CheckRecord) MayPass() bool {
	return !c.Done || c.Outcome == string(policy.Success)
}

// The digests of a check that somebody asked for anew, on the forge's page, and of one
// that somebody else wrote: what stands there is not what was written.
const (
	AskedAnew   = "asked for anew"
	WrittenOver = "written over"
)

// CommentRecord is the one comment of the gate on a pull request, stored as an
// intent (Done false) before the forge is called.
type CommentRecord struct {
	ID     string `json:"id"` // the forge's; empty where it has not answered
	Digest string `json:"digest"`
	Done   bool   `json:"done"`
	Gone   bool   `json:"gone,omitempty"` // somebody deleted it
}

// Update are the parts of a Memory that one step changes; nil parts stay.
type Update struct {
	Known *PullState
	// Requeue are heads, the other open pull requests of which are to be judged again
	// for what Known says: their outcome hangs on it.
	Requeue []string
	// Spare is a base branch: the pull requests of Known's head towards it need not be
	// woken. Of those towards any other one only one is, as they are judged together.
	Spare string
	// Twin is what a verdict made of a twin says of this pull request: its Check, Outcome
	// and Sources are noted where head, base branch and time of change are still those
	// that it was seen with, and it is open.
	Twin    *PullState
	Head    *pull.Head // added if its (ID, BaseBranch, MergeBase, SeenAt) is new
	Forget  []string   // lists that heads before Head named, and that are no longer wanted
	Check   *CheckRecord
	Comment *CommentRecord
	// Sighting and Sights are added. A sighting whose number is taken is an error, a
	// review that was seen in its state before stays as it was seen.
	Sighting *pull.Sighting
	Sights   []pull.Sight
	// Objections are each in place of what was known of it.
	Objections []pull.Objection
	Asked      []requests.Requested // each in place of what was known of it
	// Cancels, Answered and Accounts are added, each once; an account stays as
	// first seen.
	Cancels  []policy.Cancel
	Answered []Answer
	Accounts []Account
	Gone     []GoneAccount // each in place of what was known of it
	Labels   []LabelRecord // each in place of what was known of it
	Activity *Activity     // in place of what was noted before
	Credits  *Credits      // once for each pull request
	GatedAt  time.Time     // of the repository, once; zero where nothing is said of it
}

// Activity is who is asked and who reviewed on a pull request.
type Activity struct {
	Mark     string // tells it from any other
	Open     bool   // requests wait for an answer
	Requests []workload.Request
	Reviews  []workload.Review
}

// Credits are what people know by a pull request that is closed.
type Credits struct {
	Paths []string
	Each  []Credit
}

// Credit is somebody's part in it.
type Credit struct {
	Login  string
	Weight float64
	At     time.Time
}

// Workload is what people did and have to do, as far as this gate saw.
type Workload interface {
	// Load gives, by login in lower case, how many requests on open pull requests
	// of a forge wait for people, and how many reviews they gave, which fade with
	// time (expertise.HalfLife).
	Load(ctx context.Context, forge string, logins []string, at time.Time) (map[string]float64, error)
	// Known returns what people know of places in a repository.
	Known(ctx context.Context, repo pull.Repo, places []string) ([]expertise.Record, error)
}

// Runs gives what was judged before, for a what-if.
type Runs interface {
	// OpenKnown returns the pull requests of a repository that were open when
	// they were last looked at, ordered by number.
	OpenKnown(ctx context.Context, repo pull.Repo) ([]PullState, error)
	// LastRun returns the last evaluation of a pull request; false if there is
	// none.
	LastRun(ctx context.Context, ref pull.Ref) (RunRecord, bool, error)
	Closed
}

// Closed gives what was judged of pull requests that are closed.
type Closed interface {
	// ClosedKnown returns the pull requests of a repository that were closed when they were
	// last looked at and changed since a time, those that changed last first, so many at the
	// most.
	ClosedKnown(ctx context.Context, repo pull.Repo, since time.Time, most int) ([]PullState, error)
	// LastJudged returns the last evaluation of a pull request that had an outcome; false if
	// none is kept.
	LastJudged(ctx context.Context, ref pull.Ref) (RunRecord, bool, error)
}

// LabelRecord is a label that the gate put on a pull request, stored as an intent
// (Done false) before the forge is called.
type LabelRecord struct {
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	Done  bool      `json:"done"`  // the forge has answered the call
	Taken bool      `json:"taken"` // somebody took it off, or the forge refused it
	Gone  bool      `json:"-"`     // no longer the gate's: nothing is remembered of it
}

// Answer is an answer to a comment or review with commands.
type Answer struct {
	Key string `json:"key"` // of the comment or review
}

// RunRecord is one evaluation as stored.
type RunRecord struct {
	ID      int64 // given by the store that keeps it; 0 before that
	Ref     pull.Ref
	Head    string
	At      time.Time
	Outcome string
	Body    []byte // JSON of a Record
	// Title and Waits are kept of the last one of a pull request alone, and not read back.
	Title string
	Waits []Wait
	// Areas are those that have a time to answer in, as the run saw them, Seen is when what it
	// says of them came true, zero: At. Doubt tells that it could not find that out. They become
	// waits, and are not read back.
	Areas []response.Seen
	Seen  time.Time
	Doubt bool
	// Share is what was reviewed, where that could be found out. Merged tells that the pull request
	// was merged by Seen: the share that was found last counts for the week of that.
	Share  *Share
	Merged bool
}

// Share is how much of a pull request was reviewed.
type Share struct {
	Reviewed, Counted int // files
	Passed            bool
}

// RunSummary is an evaluation without all that went into it.
type RunSummary struct {
	ID      int64
	Head    string
	At      time.Time
	Outcome string
}

// Siblings returns the heads whose other pull requests must be judged again after
// one of them changed.
func Siblings(before, now *PullState) []string {
	same := before.Outcome == now.Outcome && before.Check == now.Check && before.Head == now.Head &&
		before.BaseBranch == now.BaseBranch && before.Open == now.Open
	if same {
		return nil
	}
	heads := []string{before.Head, now.Head}
	slices.Sort(heads)
	return slices.DeleteFunc(slices.Compact(heads), func(head string) bool { return head == "" })
}
