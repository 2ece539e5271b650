package main

import (
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestStoryThroughTheService plays the life of a pull request as an app, with
// every call held to GitHub's description.
func TestStoryThroughTheService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{contract: true, policy: "version: 1\nthreshold: 80%\n"})
	pr := w.open("topic", "mm/a.c", "fs/a.c")
	w.expect(pr, "in_progress", "0 of 2 files reviewed (0%), 80% needed; waiting for mm, fs")
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "in_progress", "1 of 2")
	w.review(pr, "erin", fake.Approved)
	w.expect(pr, "success", "2 of 2")
	old := pr.Head()
	w.push("topic", map[string]string{"mm/a.c": lines("again", 20)})
	w.expect(pr, "in_progress", "1 of 2")
	if got := conclusion(w.run(old)); got != "in_progress" {
		t.Errorf("the superseded head's check is %s", got)
	}
	w.review(pr, "alice", fake.ChangesRequested)
	w.expect(pr, "failure", "changes requested by alice")
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "2 of 2")
	w.quiet()
	w.eachOnce(pr.Head())
	comments := pr.Comments()
	if len(comments) != 1 || !strings.Contains(comments[0].Body, "The review gate is open") {
		t.Errorf("comments: %+v", comments)
	}
}

func TestTokenWritesStatuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{contract: true, token: true})
	pr := w.open("topic", "fs/a.c")
	latest := func() fake.Status {
		if all := w.repo.Statuses(pr.Head()); len(all) > 0 {
			return all[0]
		}
		return fake.Status{}
	}
	w.until("a pending status", func() bool { return latest().State == "pending" })
	w.review(pr, "bob", fake.Approved)
	w.until("a success", func() bool {
		for _, s := range w.repo.Statuses(pr.Head()) {
			if s.State == "success" && s.Context == "review-gate" {
				return true
			}
		}
		return false
	})
}

// TestServiceSaysHowItIs holds that a service says at its start that all is well, or
// what is not.
func TestServiceSaysHowItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.swept()
	for _, want := range []string{"acting as reviewgate[bot], App 1", "the App is installed in acme; it is given 1 repository",
		"the App has all permissions and events"} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, w.log)
		}
	}
	if strings.Contains(w.log.String(), `"level":"ERROR"`) {
		t.Errorf("errors: %s", w.log)
	}
	other := newWorld(t, worldOptions{idle: true})
	other.SetPermissions(map[string]string{"checks": "write", "contents": "read", "metadata": "read", "pull_requests": "write"})
	other.start(nil)
	other.swept()
	if !strings.Contains(other.log.String(), "the App lacks the permission statuses: read") {
		t.Errorf("%s", other.log)
	}
}
