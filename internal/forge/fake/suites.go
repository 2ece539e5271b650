package fake

import (
	"maps"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// SuiteOf finds an app's first suite of a commit, or makes it; under the lock.
func (r *Repo) SuiteOf(head plumbing.Hash, app *Account) *Suite {
	for _, s := range r.Suites {
		if s.Head == head && s.App == app {
			return s
		}
	}
	return r.NewSuite(head, app)
}

// NewSuite makes an app's suite of a commit; under the lock.
func (r *Repo) NewSuite(head plumbing.Hash, app *Account) *Suite {
	s := &Suite{ID: r.forge.NextID(), Repo: r, App: app, Head: head, Branch: r.branchWith(head), Created: r.forge.Now()}
	r.Suites = append(r.Suites, s)
	return s
}

// branchWith is a branch whose tip is a commit, the first by name; empty if there is
// none.
func (r *Repo) branchWith(head plumbing.Hash) string {
	for _, name := range slices.Sorted(maps.Keys(r.Branches)) {
		if r.Branches[name] == head {
			return name
		}
	}
	return ""
}

// State sums up a suite's runs, by their conclusions. One without runs, or asked
// to run again, is queued. Under the lock.
func (s *Suite) State() (status CheckStatus, conclusion Conclusion, runs int) {
	status, conclusion = Completed, Success
	for _, c := range s.Repo.Checks {
		if c.Suite != s {
			continue
		}
		runs++
		switch {
		case c.Conclusion == "":
			status, conclusion = InProgress, ""
		case status == Completed && !c.passed():
			conclusion = Failure
		}
	}
	if s.reset || runs == 0 {
		return Queued, "", runs
	}
	return status, conclusion, runs
}

// TurnStale has check runs that were incomplete for longer than the forge lets
// them be turn stale, whenever they began. No event tells.
func (r *Repo) TurnStale() {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	for _, c := range r.Checks {
		c.turnStale()
	}
}

func (c *CheckRecord) turnStale() {
	if c.Conclusion == "" {
		c.Status, c.Conclusion, c.Completed = Completed, Stale, c.Repo.forge.Now()
	}
}

// AgeChecks turns incomplete runs that began before a time stale; under the lock.
func (r *Repo) AgeChecks(limit time.Time) {
	for _, c := range r.Checks {
		if c.Started.Before(limit) {
			c.turnStale()
		}
	}
}

// LatestChecks returns the newest run of each name in each suite: where an app has several
// suites, several runs of one name. They come in no order of time: the suites as they were
// made, in each the newest run first. Under the lock.
func (r *Repo) LatestChecks(head plumbing.Hash) []*CheckRecord {
	var out []*CheckRecord
	for _, s := range r.Suites {
		if s.Head != head {
			continue
		}
		first := len(out)
		for _, c := range slices.Backward(r.Checks) {
			known := slices.ContainsFunc(out[first:], func(o *CheckRecord) bool { return o.Name == c.Name })
			if c.Suite == s && !known {
				out = append(out, c)
			}
		}
	}
	return out
}
