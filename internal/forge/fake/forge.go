// Package fake is the model of a forge in memory: repositories as git objects with real
// ids, pull requests, reviews, comments, people, teams and what they may do, labels,
// checks and statuses, branch protection and merge queues. It computes what forges
// compute: lists of changed files with renames and patches, merge bases, test merges.
//
// State changes by the acts of people, which are the methods of Forge, Repo, PullRequest
// and Account, and whatever happens is told to subscribers as an Event. How a forge
// serves, encodes and tells all this is a dialect's: see fake/github. A dialect holds the
// forge's lock while it reads the fields of what is kept here, or calls methods that say
// so; it changes no field.
//
// It leaves out whatever outlives the process: there is no storage, and no git transport.
// Merges are by whole files. It knows nothing of the gate, and of no forge in particular.
package fake

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/object"
)

// Forge is the forge as a whole. Its methods may be called from several goroutines.
type Forge struct {
	clock func() time.Time

	mu          sync.Mutex
	lastID      int64
	Accounts    []*Account
	byLogin     map[string]*Account
	Teams       []*TeamRecord
	Repos       []*Repo
	forwards    []forward // former names, the latest last
	behaviour   Behaviour
	customs     Customs
	subscribers []func(Event)
}

// Customs are what each kind of forge has its own way of; its dialect sets them. What is
// 0 has no limit.
type Customs struct {
	// Committer writes what the forge itself commits, as "Name <mail>".
	Committer string
	// Bot is the end of an app's login.
	Bot string
	// QueueBranch names the branch of an entry of a merge queue, by the branch that it goes
	// into, its pull request's number and the commit that it is built on.
	QueueBranch func(branch string, number int, onto string) string

	MaxReviewers int // who are asked for review at a time, people and teams
	MaxComment   int // characters of a comment
	MaxRuns      int // of a suite and name; older ones are dropped
	MaxStatuses  int // of a commit and context
}

// New makes an empty forge that goes by a clock.
func New(clock func() time.Time) *Forge {
	customs := Customs{
		Committer: "forge <forge@localhost>",
		QueueBranch: func(branch string, number int, onto string) string {
			return fmt.Sprintf("queue/%s/%d-%s", branch, number, onto)
		},
	}
	return &Forge{clock: clock, lastID: 1000, byLogin: map[string]*Account{}, customs: customs}
}

// SetCustoms sets the forge's customs, before anything happens on it.
func (f *Forge) SetCustoms(c Customs) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.customs = c
}

// Lock keeps everybody else from the forge until Unlock, so that a dialect can read
// several things of one moment.
func (f *Forge) Lock() { f.mu.Lock() }

// Unlock ends what Lock began.
func (f *Forge) Unlock() { f.mu.Unlock() }

// Now is the forge's clock in the whole seconds of forges' timestamps.
func (f *Forge) Now() time.Time { return f.clock().UTC().Truncate(time.Second) }

// Moment is the forge's clock as it is, for what tells fractions of seconds.
func (f *Forge) Moment() time.Time { return f.clock().UTC() }

// NextID is an id that nothing has yet; under the lock.
func (f *Forge) NextID() int64 {
	f.lastID++
	return f.lastID
}

// itself signs what the forge itself commits.
func (f *Forge) itself() object.Signature {
	name, email, err := f.NameAndMail(f.customs.Committer)
	if err != nil {
		name = f.customs.Committer
	}
	return object.Signature{Name: name, Email: email, When: f.Now()}
}

func sameName(a, b string) bool { return strings.EqualFold(a, b) }
