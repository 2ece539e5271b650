package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// TestStepInAMergeQueue holds that a group is judged although its own workflow may do
// nothing, and judged again when an approval of a member goes.
func TestStepInAMergeQueue(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	s.repo.Require("main", fake.RequiredCheck{Name: "review-gate", App: s.AppSlug()}, fake.RequiredCheck{Name: "build"})
	s.repo.EnableQueue("main")
	pr := s.open("topic", "mm/a.c")
	s.settle()
	id := s.review(pr, "alice", fake.Approved)
	s.settle()
	check0(t, s.repo.SetStatus("carol", pr.Head(), fake.Status{Context: "build", State: "success"}), pr.Enqueue("dave"))
	head := pr.QueueHead()
	s.settle()
	if got := s.status(head); got.State != "success" || got.Creator != "reviewgate[bot]" {
		t.Errorf("the group shows %+v\nlast step: exit %d\n%s", got, s.last.code, s.last.text)
	}
	check0(t, pr.Dismiss("carol", id, "not yet"))
	s.settle()
	if got := s.status(head); got.State == "success" {
		t.Errorf("the group is still green\nlast step: exit %d\n%s", s.last.code, s.last.text)
	}
	check0(t, s.repo.SetStatus("carol", head, fake.Status{Context: "build", State: "success"}))
	if state, _ := pr.State(); state != "open" {
		t.Errorf("it was merged: %s", state)
	}
}

// TestStepRefusesAGroupsOwnWorkflow holds that a workflow on merge_group, which runs the
// group's own file, is told so loudly.
func TestStepRefusesAGroupsOwnWorkflow(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	e := fakegithub.WorkflowEvent{Name: "merge_group",
		Payload: []byte(`{"action":"checks_requested","merge_group":{"head_sha":"0","head_ref":"refs/heads/gh-readonly-queue/main/pr-1-0"}}`)}
	if got := s.step(s.appToken(), e, "--list"); got.code != exitError || !strings.Contains(got.text, "review-gate-wake.yml") {
		t.Errorf("exit %d\n%s", got.code, got.text)
	}
	if got := s.step(s.appToken(), e, "--group", "main"); got.code != exitError || !strings.Contains(got.text, "give --publish as well") {
		t.Errorf("exit %d\n%s", got.code, got.text)
	}
}

// TestStepTakesGroupsBack holds that a dismissal closes the groups in a merge queue that
// merge the pull request, although it, or another one of them, can't be read.
func TestStepTakesGroupsBack(t *testing.T) {
	t.Parallel()
	for unread, rules := range map[int]fake.QueueRules{1: {}, 2: {HeadGreen: true}} {
		t.Run(fmt.Sprint(unread), func(t *testing.T) {
			t.Parallel()
			s := newRunner(t, worldOptions{})
			s.repo.Require("main", fake.RequiredCheck{Name: "review-gate", App: s.AppSlug()}, fake.RequiredCheck{Name: "build"})
			s.repo.SetQueueRules("main", rules)
			one, two := s.open("one", "mm/a.c"), s.open("two", "fs/a.c")
			s.settle()
			id := s.review(one, "alice", fake.Approved)
			s.review(two, "bob", fake.Approved)
			s.settle()
			for _, pr := range []*fake.PullRequest{one, two} {
				check0(t, s.repo.SetStatus("carol", pr.Head(), fake.Status{Context: "build", State: "success"}), pr.Enqueue("dave"))
			}
			s.settle()
			holds := one.QueueHead()
			if rules.HeadGreen {
				holds = two.QueueHead()
			}
			if got := s.status(holds); got.State != "success" {
				t.Fatalf("the group shows %+v", got)
			}
			check0(t, one.Dismiss("carol", id, "not yet"))
			s.WorkflowEvents()
			s.unread(unread)
			got := s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--pr", "1", "--publish")
			if st := s.status(holds); got.code != exitError || st.State == "success" {
				t.Errorf("exit %d, and the group shows %+v\n%s", got.code, st, got.text)
			}
			check0(t, s.repo.SetStatus("carol", holds, fake.Status{Context: "build", State: "success"}))
			if state, _ := one.State(); state != "open" {
				t.Errorf("it was merged: %s", state)
			}
		})
	}
}
