package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestEventsConcern holds which pull requests an event gives to judge. Of what an event
// lists of a fork nothing is needed.
func TestEventsConcern(t *testing.T) {
	t.Parallel()
	open := []seam.Listed{
		{Number: 9, Head: "c9", BaseBranch: "main", DefaultBranch: "main", HeadBranch: "topic", HeadRepo: "mallory/linux"},
		{Number: 7, Head: "c7", BaseBranch: "main", DefaultBranch: "main", HeadBranch: "topic", HeadRepo: "acme/linux"},
		{Number: 5, Head: "c7", BaseBranch: "release/1", DefaultBranch: "main", HeadBranch: "copy", HeadRepo: "acme/linux"},
		{Number: 3, Head: "c3", BaseBranch: "release/1", DefaultBranch: "main", HeadBranch: "main", HeadRepo: ""},
	}
	tests := map[string]struct {
		event, payload string
		want           []int
		groups         []string
		fails          string
	}{
		"opened":                        {event: "pull_request_target", payload: `{"action":"opened","pull_request":{"number":9,"head":{"sha":"c9"}}}`, want: []int{9}},
		"one of a head":                 {event: "pull_request_target", payload: `{"action":"edited","pull_request":{"number":7,"head":{"sha":"c7"}}}`, want: []int{5, 7}},
		"closed":                        {event: "pull_request_target", payload: `{"action":"closed","pull_request":{"number":8,"head":{"sha":"c7"}}}`, want: []int{5, 7, 8}},
		"a push that the list has":      {event: "pull_request_target", payload: `{"action":"synchronize","pull_request":{"number":7,"head":{"sha":"c6"}}}`, want: []int{5, 7}},
		"a command":                     {event: "issue_comment", payload: `{"action":"created","comment":{"body":"/recheck"},"issue":{"number":9,"pull_request":{}}}`, want: []int{9}},
		"talk":                          {event: "issue_comment", payload: `{"action":"created","comment":{"body":"thanks"},"issue":{"number":9,"pull_request":{}}}`, want: []int{}},
		"edited talk":                   {event: "issue_comment", payload: `{"action":"edited","comment":{"body":"thanks"},"issue":{"number":9,"pull_request":{}}}`, want: []int{9}},
		"a deleted comment":             {event: "issue_comment", payload: `{"action":"deleted","comment":{"body":"thanks"},"issue":{"number":9,"pull_request":{}}}`, want: []int{9}},
		"a comment on an issue":         {event: "issue_comment", payload: `{"action":"created","comment":{"body":"/recheck"},"issue":{"number":4}}`, want: []int{}},
		"a command on what is closed":   {event: "issue_comment", payload: `{"action":"created","comment":{"body":"/recheck"},"issue":{"number":8,"pull_request":{}}}`, want: []int{}},
		"a review, from a fork":         {event: "workflow_run", payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c9","head_branch":"x","head_repository":null,"pull_requests":[]}}`, want: []int{9}},
		"a review, by number":           {event: "workflow_run", payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"","pull_requests":[{"number":3}]}}`, want: []int{3}},
		"a review, the head has moved":  {event: "workflow_run", payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c0","head_branch":"topic","head_repository":{"full_name":"Mallory/linux"},"pull_requests":[]}}`, want: []int{9}},
		"a review, of a twin":           {event: "workflow_run", payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c7","pull_requests":[{"number":7}]}}`, want: []int{5, 7}},
		"a review of what is closed":    {event: "workflow_run", payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c0","head_branch":"gone","head_repository":{"full_name":"acme/linux"},"pull_requests":[{"number":8}]}}`, want: []int{}},
		"a lost repository is no match": {event: "workflow_run", payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c0","head_branch":"main","head_repository":{"full_name":""},"pull_requests":null}}`, want: []int{}},
		"a push to a gated branch":      {event: "workflow_run", payload: `{"workflow_run":{"event":"push","head_sha":"c1","head_branch":"release/1","head_repository":{"full_name":"acme/linux"}}}`, want: []int{3, 5, 7}},
		"a group":                       {event: "workflow_run", payload: `{"workflow_run":{"event":"merge_group","head_branch":"gh-readonly-queue/release/1/pr-7-c0"}}`, want: []int{}, groups: []string{"release/1"}},
		"the default branch":            {event: "push", payload: `{"ref":"refs/heads/main"}`, want: []int{3, 5, 7, 9}},
		"another branch":                {event: "push", payload: `{"ref":"refs/heads/topic"}`, want: []int{}},
		"a tag of a branch's name":      {event: "push", payload: `{"ref":"refs/tags/main"}`, want: []int{}},
		"the timer":                     {event: "schedule", payload: `{}`, want: []int{3, 5, 7, 9}},
		"by hand":                       {event: "workflow_dispatch", payload: `{}`, want: []int{3, 5, 7, 9}},
		"a group's own workflow":        {event: "merge_group", payload: `{"merge_group":{"head_sha":"c1"}}`, fails: "review-gate-wake.yml"},
		"something else":                {event: "release", payload: `{"action":"published"}`, fails: "the event release names no pull requests"},
		"half an event":                 {event: "pull_request_target", payload: `{}`, fails: "names no pull requests"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := parseEvent([]byte(tt.payload))
			check0(t, err)
			got, err := e.concerns(tt.event, open)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("%v, want one with %q", err, tt.fails)
				}
				return
			}
			check0(t, err)
			if tt.groups == nil {
				tt.groups = []string{}
			}
			if diff := cmp.Diff(eventList{tt.want, tt.groups}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestMatrixTakesTurns holds that a schedule comes to each of more pull requests than a
// matrix has jobs.
func TestMatrixTakesTurns(t *testing.T) {
	t.Parallel()
	for _, n := range []int{257, 300, 512, 513, 1000, 2999} {
		var pulls []int
		for i := range n {
			pulls = append(pulls, i+1)
		}
		seen := map[int]bool{}
		start := time.Date(2026, 3, 1, 12, 17, 0, 0, time.UTC)
		hours := (n + maxMatrix - 1) / maxMatrix
		for h := range hours {
			part := turn(pulls, start.Add(time.Duration(h)*time.Hour))
			if len(part) != maxMatrix || !slices.IsSorted(part) {
				t.Fatalf("of %d: %v", n, part)
			}
			for _, p := range part {
				seen[p] = true
			}
		}
		if len(seen) < n {
			t.Errorf("%d of %d are judged within %d hours", len(seen), n, hours)
		}
	}
}

// TestOutputsHoldAnyValue holds that no value ends an output and begins another.
func TestOutputsHoldAnyValue(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/output"
	r := stepReport{outputs: file}
	hostile := "a\nend\noutcome<<end\nsuccess\nend\noutcome=success"
	check0(t, r.addOutputs(output{"title", hostile}, output{"outcome", "pending"}))
	check0(t, r.addOutputs(output{"more", ""}))
	text, err := os.ReadFile(file)
	check0(t, err)
	for name, want := range map[string]string{"title": hostile, "outcome": "pending", "more": ""} {
		if got := outputOf(t, string(text), name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

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
		if got := s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--all", "--publish"); got.code != want || outputOf(t, got.outputs, "judged") != "2" {
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
	s := newRunner(t, worldOptions{policy: "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nbranches: [{match: main}, {match: \"release/*\", check: review-gate-release}]\n"})
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
