package fake

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// suite finds an app's first suite of a commit, or makes it.
func (r *Repo) suite(head plumbing.Hash, app *account) *checkSuite {
	for _, s := range r.suites {
		if s.head == head && s.app == app {
			return s
		}
	}
	return r.newSuite(head, app)
}

func (r *Repo) newSuite(head plumbing.Hash, app *account) *checkSuite {
	s := &checkSuite{id: r.forge.nextID(), repo: r, app: app, head: head, branch: r.branchWith(head), created: r.forge.now()}
	r.suites = append(r.suites, s)
	return s
}

// branchWith is a branch whose tip is a commit, the first by name; empty if there is
// none.
func (r *Repo) branchWith(head plumbing.Hash) string {
	for _, name := range slices.Sorted(maps.Keys(r.branches)) {
		if r.branches[name] == head {
			return name
		}
	}
	return ""
}

// suiteFor is the suite that a new run belongs to.
func (r *Repo) suiteFor(head plumbing.Hash, app *account) *checkSuite {
	if app == nil && r.forge.opts.Behaviour.SuitePerRun {
		return r.newSuite(head, app)
	}
	return r.suite(head, app)
}

// suiteOnPush makes the suite that an App with the right to write checks gets on
// each push, before it has written anything.
func (r *Repo) suiteOnPush(head plumbing.Hash) {
	if r.forge.installationOf(r) != nil && r.forge.opts.App.Permissions["checks"] == "write" {
		r.suite(head, nil)
	}
}

// slug is the slug of the suite's app.
func (s *checkSuite) slug() string {
	if s.app == nil {
		return s.repo.forge.opts.App.Slug
	}
	return strings.TrimSuffix(s.app.login, "[bot]")
}

// state sums up a suite's runs, by their conclusions. One without runs, or asked
// to run again, is queued.
func (s *checkSuite) state() (status, conclusion string, runs int) {
	status, conclusion = "completed", "success"
	for _, c := range s.repo.checks {
		if c.suite != s {
			continue
		}
		runs++
		switch {
		case c.conclusion == "":
			status, conclusion = "in_progress", ""
		case status == "completed" && !c.passed():
			conclusion = "failure"
		}
	}
	if s.reset || runs == 0 {
		return "queued", "", runs
	}
	return status, conclusion, runs
}

// rerequest asks for the suite to be run again. Its runs stay as they are.
func (s *checkSuite) rerequest() { s.reset = true }

// TurnStale has check runs that were incomplete for longer than GitHub lets them
// be turn stale, whenever they began. No event tells.
func (r *Repo) TurnStale() {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	for _, c := range r.checks {
		c.turnStale()
	}
}

func (c *checkRun) turnStale() {
	if c.conclusion == "" {
		c.status, c.conclusion, c.completed = "completed", "stale", c.repo.forge.now()
	}
}

// ageChecks turns what is older than it may be stale.
func (r *Repo) ageChecks() {
	limit := r.forge.now().Add(-staleAfter)
	for _, c := range r.checks {
		if c.started.Before(limit) {
			c.turnStale()
		}
	}
}

// latestChecks gives the newest run of each name in each suite, as GitHub's
// filter does: where an app has several suites, several runs of one name. They
// come in no order of time: the suites as they were made, in each the newest run
// first.
func (r *Repo) latestChecks(head plumbing.Hash) []*checkRun {
	var out []*checkRun
	for _, s := range r.suites {
		if s.head != head {
			continue
		}
		first := len(out)
		for _, c := range slices.Backward(r.checks) {
			known := slices.ContainsFunc(out[first:], func(o *checkRun) bool { return o.name == c.name })
			if c.suite == s && !known {
				out = append(out, c)
			}
		}
	}
	return out
}
