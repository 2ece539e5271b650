package fake

import (
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// CheckStatus is how far a check run has come.
type CheckStatus string

// The states of check runs.
const (
	Queued     CheckStatus = "queued"
	InProgress CheckStatus = "in_progress"
	Completed  CheckStatus = "completed"
	Waiting    CheckStatus = "waiting"
	Requested  CheckStatus = "requested"
	Deferred   CheckStatus = "pending"
)

// Conclusion is what a check run came to; empty while it did not.
type Conclusion string

// The conclusions of check runs.
const (
	Success        Conclusion = "success"
	Failure        Conclusion = "failure"
	Neutral        Conclusion = "neutral"
	Cancelled      Conclusion = "cancelled"
	Skipped        Conclusion = "skipped"
	TimedOut       Conclusion = "timed_out"
	ActionRequired Conclusion = "action_required"
	Stale          Conclusion = "stale"
)

// Suite holds an app's check runs of one commit.
type Suite struct {
	ID      int64
	Repo    *Repo
	App     *Account // the app's
	Head    plumbing.Hash
	Branch  string // that was pushed when it was made; empty for a commit of a fork
	Created time.Time
	reset   bool // it was asked to run again and nothing was written since
}

// CheckRecord is one check run of a commit.
type CheckRecord struct {
	ID                   int64
	Repo                 *Repo
	Suite                *Suite
	Head                 plumbing.Hash
	Name                 string
	Status               CheckStatus
	Conclusion           Conclusion
	ExternalID           string
	DetailsURL           string
	Title, Summary, Text *string
	Annotations          int
	Started, Completed   time.Time
	waited               bool // it was not completed when it was made
}

// CheckInput is what a check run is written with; what is nil stays.
type CheckInput struct {
	Name, ExternalID, DetailsURL *string
	Status                       *CheckStatus
	Conclusion                   *Conclusion
	Started, Completed           *time.Time
	Title, Summary, Text         *string
	Annotations                  int // further ones
}

// AddCheck adds a check run to a suite; under the lock.
func (r *Repo) AddCheck(s *Suite, in CheckInput) *CheckRecord {
	run := &CheckRecord{ID: r.forge.NextID(), Repo: r, Suite: s, Head: s.Head, Status: Queued, Started: r.forge.Now()}
	r.Checks = append(r.Checks, run)
	run.update(in)
	run.waited = run.Status != Completed
	r.dropOldest(run)
	r.tell(Event{Kind: CheckCreated, By: s.App, Check: run})
	r.settleQueues()
	return run
}

// dropOldest keeps a suite's runs of one name to as many as the forge keeps.
func (r *Repo) dropOldest(run *CheckRecord) {
	same := func(c *CheckRecord) bool { return c.Suite == run.Suite && c.Name == run.Name }
	n := 0
	for _, c := range r.Checks {
		n += boolToInt(same(c))
	}
	if most := r.forge.customs.MaxRuns; most > 0 && n > most {
		i := slices.IndexFunc(r.Checks, same)
		r.Checks = slices.Delete(r.Checks, i, i+1)
	}
}

// Change updates a check run; under the lock. A run that is completed keeps its
// conclusion when it is said to be under way again.
func (c *CheckRecord) Change(in CheckInput) {
	done := c.Status == Completed
	c.update(in)
	if c.Status == Completed && !done {
		c.Repo.tell(Event{Kind: CheckCompleted, By: c.Suite.App, Check: c})
	}
	c.Repo.settleQueues()
}

func (c *CheckRecord) update(in CheckInput) {
	c.Suite.reset = false
	set(&c.Name, in.Name)
	set(&c.ExternalID, in.ExternalID)
	set(&c.DetailsURL, in.DetailsURL)
	set(&c.Status, in.Status) // conclusion and time of completion stay
	set(&c.Started, in.Started)
	if in.Conclusion != nil {
		c.Status, c.Conclusion, c.Completed = Completed, *in.Conclusion, c.Repo.forge.Now()
		set(&c.Completed, in.Completed)
	}
	for to, from := range map[**string]*string{&c.Title: in.Title, &c.Summary: in.Summary, &c.Text: in.Text} {
		if from != nil {
			*to = from
		}
	}
	c.Annotations += in.Annotations
}

// set takes a value over where there is one.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Rerequest asks for a check to be run again. The suite's runs stay as they are. Under
// the lock.
func (by *Account) Rerequest(c *CheckRecord) {
	c.Suite.reset = true
	c.Repo.tell(Event{Kind: CheckRerequested, By: by, Check: c})
}

// RerequestAll asks for a suite to be run again; under the lock.
func (by *Account) RerequestAll(s *Suite) {
	s.reset = true
	s.Repo.tell(Event{Kind: SuiteRerequested, By: by, Suite: s})
}
