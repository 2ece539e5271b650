package main

import (
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
)

// TestStepLife plays the life of a pull request from a fork through the workflows of
// config/workflows: what a review changes shows at once, though a run on a fork's review
// names no pull request and may write nothing.
func TestStepLife(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	pr := s.forked("topic", "mm/a.c")
	s.settle()
	s.shows(pr, "pending", "0 of 1")
	s.review(pr, "alice", fake.Approved)
	s.settle()
	s.shows(pr, "success", "1 of 1")
	if got := s.status(pr.Head()); got.Creator != "reviewgate[bot]" ||
		got.TargetURL != "https://forge.example/acme/linux/actions/workflows/review-gate.yml" {
		t.Errorf("written by %s, leads to %s", got.Creator, got.TargetURL)
	}
	for name, want := range map[string]string{"outcome": "success", "reviewed": "1", "counted": "1", "ratio": "100", "threshold": "80%",
		"gated": "true", "check": "review-gate", "head": pr.Head()} {
		if got := outputOf(t, s.last.outputs, name); got != want {
			t.Errorf("output %s is %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(s.last.summary, "acme/linux#1") || !strings.Contains(s.last.summary, "mm") {
		t.Errorf("the summary of the job:\n%s", s.last.summary)
	}

	s.later()
	id := s.review(pr, "alice", fake.ChangesRequested)
	s.settle()
	s.shows(pr, "failure", "changes requested by alice")
	check0(t, pr.Dismiss("carol", id, "settled"))
	s.settle()
	s.shows(pr, "pending", "0 of 1")
	s.later()
	s.review(pr, "alice", fake.Approved)
	s.settle()
	s.shows(pr, "success", "1 of 1")

	check0(t, pr.Close("mallory"))
	s.settle()
	s.shows(pr, "pending", "closed")
	check0(t, pr.Reopen("mallory"))
	s.settle()
	s.ahead.Add(int64(sight.Settle + time.Minute)) // a base may have moved meanwhile
	s.review(pr, "alice", fake.Approved)
	s.settle()
	s.shows(pr, "success", "1 of 1")
}

// TestStepThatOnlyReads holds what a run with the token of a fork's review does: it can't
// take the success back, and says so loudly.
func TestStepThatOnlyReads(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	pr := s.forked("topic", "mm/a.c")
	s.settle()
	readOnly, err := s.WorkflowToken(s.repo, map[string]string{"contents": "read", "pull_requests": "write", "statuses": "write"}, true)
	check0(t, err)
	if got := s.step(readOnly, fakegithub.WorkflowEvent{}, "--pr", "1", "--publish"); got.code != exitFail {
		t.Errorf("nothing stands that should not, but exit %d\n%s", got.code, got.text)
	}
	s.review(pr, "alice", fake.Approved)
	s.settle()
	s.shows(pr, "success", "1 of 1")
	s.later()
	s.review(pr, "alice", fake.ChangesRequested)
	s.WorkflowEvents() // nothing wakes the workflow that could
	got := s.step(readOnly, fakegithub.WorkflowEvent{}, "--pr", "1", "--publish")
	if got.code != exitError || !strings.Contains(got.text, "the success of review-gate could not be taken back") ||
		!strings.Contains(got.text, "Resource not accessible by integration") || !strings.Contains(got.text, "config/workflows/review-gate.yml") {
		t.Errorf("exit %d\n%s", got.code, got.text)
	}
	s.schedule()
	s.shows(pr, "failure", "changes requested by alice")
	if got := s.step(readOnly, fakegithub.WorkflowEvent{}, "--pr", "1", "--publish"); got.code != exitFail {
		t.Errorf("the control: exit %d\n%s", got.code, got.text)
	}
}

// TestStepWritesOnce holds that a schedule writes nothing where nothing changed: GitHub
// takes 1,000 statuses of a commit and name, and an hourly one would meet them in weeks.
func TestStepWritesOnce(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	pr := s.open("topic", "mm/a.c")
	s.settle()
	s.review(pr, "alice", fake.Approved)
	s.settle()
	s.shows(pr, "success", "1 of 1")
	n := len(s.repo.Statuses(pr.Head()))
	for range 3 {
		s.schedule()
	}
	if got := len(s.repo.Statuses(pr.Head())); got != n {
		t.Errorf("%d statuses, want %d: %+v", got, n, s.repo.Statuses(pr.Head()))
	}
	// The controls: what somebody else wrote is set back, also if it says the same.
	for _, state := range []fake.StatusState{fake.StatusFailure, fake.StatusSuccess} {
		forged := s.status(pr.Head())
		forged.State = state
		check0(t, s.repo.SetStatus("carol", pr.Head(), forged))
		s.schedule()
		s.shows(pr, "success", "1 of 1")
		if got := s.status(pr.Head()); got.Creator != "reviewgate[bot]" {
			t.Errorf("what carol wrote stands: %+v", got)
		}
	}
	s.later()
	s.review(pr, "alice", fake.ChangesRequested)
	s.settle()
	s.shows(pr, "failure", "")
}

// TestStepWritesOverTheTestMerge holds that a step, too, writes where somebody else wrote
// the check on the commit that merging would give.
func TestStepWritesOverTheTestMerge(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	pr := s.forked("topic", "mm/a.c")
	s.settle()
	s.shows(pr, "pending", "0 of 1")
	commit, err := pr.TestMerge()
	check0(t, err, s.repo.SetStatus("erin", commit, fake.Status{Context: "review-gate", State: "success"}))
	anybody := fake.RequiredCheck{Name: "review-gate"}
	if may, err := pr.Passes(anybody); err != nil || !may {
		t.Fatalf("the forged status decides nothing: %v, %v", may, err)
	}
	s.schedule()
	if may, err := pr.Passes(anybody); err != nil || may {
		t.Errorf("it could be merged: %v, %v", may, err)
	}
}
