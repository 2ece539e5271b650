package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// TestStepForAll holds that --all judges what is open, that one that can't be judged keeps
// none of the others back, and that the worst exit code counts.
func TestStepForAll(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	first, second := s.open("first", "mm/a.c"), s.open("second", "fs/a.c")
	closed := s.open("closed", "fs/b.c")
	check0(t, closed.Close("dave"))
	s.WorkflowEvents()
	all := func(want int) {
		t.Helper()
		if got := s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--all", "--publish"); got.code != want ||
			outputOf(t, got.outputs, "judged") != "2" {
			t.Errorf("exit %d, want %d\n%s", got.code, want, got.text)
		}
	}
	all(exitFail)
	s.shows(first, "pending", "0 of 1")
	s.shows(second, "pending", "0 of 1")
	if got := s.repo.Statuses(closed.Head()); len(got) > 0 {
		t.Errorf("statuses of a closed one: %+v", got)
	}
	s.later()
	s.review(first, "alice", fake.Approved)
	s.review(second, "bob", fake.Approved)
	s.later()
	all(exitPass)
	s.shows(first, "success", "")
	s.later()
	s.review(second, "bob", fake.ChangesRequested)
	s.SetFault(func(r *http.Request) *fakegithub.Fault {
		if strings.HasSuffix(r.URL.Path, "/pulls/1/files") {
			return &fakegithub.Fault{Status: 502}
		}
		return nil
	})
	all(exitError)
	s.shows(first, "error", "could not be judged")
	s.shows(second, "failure", "changes requested by bob")
	s.SetFault(nil)
	all(exitFail)
	s.shows(first, "success", "1 of 1")
}

// TestStepWithOneCheckForTwoBranches holds that a success is not written on a commit while
// another pull request of it misses review under the same name.
func TestStepWithOneCheckForTwoBranches(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{true, false} {
		t.Run(fmt.Sprint(shared), func(t *testing.T) {
			t.Parallel()
			policy := "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nbranches: [{match: main}, {match: stable}]\n"
			if shared {
				policy += "shared_check: [main, stable]\n"
			}
			s := newRunner(t, worldOptions{policy: policy})
			check0(t, s.repo.SetBranch("stable", s.repo.Tip("main"), "carol"))
			pr := s.open("topic", "mm/a.c")
			check0(t, s.repo.SetBranch("copy", pr.Head(), "dave"))
			other, err := s.repo.Open(fake.Opening{Author: "dave", Head: "copy", Base: "stable"})
			check0(t, err)
			s.settle()
			s.review(pr, "alice", fake.Approved)
			s.settle()
			want := fake.StatusSuccess
			if shared {
				want = fake.StatusPending
			}
			s.shows(pr, want, "")
			s.later()
			s.review(other, "alice", fake.Approved)
			s.settle()
			s.shows(pr, "success", "1 of 1")
			n := len(s.repo.Statuses(pr.Head()))
			s.schedule()
			if all := s.repo.Statuses(pr.Head()); len(all) != n {
				t.Errorf("two that earn their checks take them from each other: %+v", all)
			}
		})
	}
}

// TestStepWakesOnPushes holds that a policy and a map that moved judge what is open again,
// on the default branch and on others.
func TestStepWakesOnPushes(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{
		policy: "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nbranches: [{match: main}, {match: \"release/*\", check: " +
			"review-gate-release}]\n"})
	check0(t, s.repo.SetBranch("release/1", s.repo.Tip("main"), "carol"))
	pr := s.open("topic", "mm/a.c")
	s.push("other", map[string]string{"mm/b.c": "new\n"})
	released, err := s.repo.Open(fake.Opening{Author: "dave", Head: "other", Base: "release/1"})
	check0(t, err)
	s.settle()
	for _, p := range []*fake.PullRequest{pr, released} {
		s.review(p, "alice", fake.Approved)
	}
	s.settle()
	s.shows(pr, "success", "")
	moved := strings.Replace(testMap, "[alice]", "[bob]", 1)
	s.pushAs("carol", "release/1", map[string]string{".github/subsystems.yml": moved})
	s.settle()
	if all := s.repo.Statuses(released.Head()); all[len(all)-1].State != "pending" {
		t.Errorf("after a push to release/1: %+v", all)
	}
	s.shows(pr, "success", "")
	s.pushAs("carol", "main", map[string]string{".github/subsystems.yml": moved})
	s.settle()
	s.shows(pr, "pending", "0 of 1")
}
