package main

import (
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/sandbox"
)

// TestStepInAMergeQueue holds that a group is judged although its own workflow may do
// nothing, and judged again when an approval of a member goes.
func TestStepInAMergeQueue(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	s.repo.Require("main", sandbox.RequiredCheck{Name: "review-gate", App: s.AppSlug()}, sandbox.RequiredCheck{Name: "build"})
	s.repo.EnableQueue("main")
	pr := s.open("topic", "mm/a.c")
	s.settle()
	id := s.review(pr, "alice", "APPROVE")
	s.settle()
	check0(t, s.repo.SetStatus("carol", pr.Head(), sandbox.Status{Context: "build", State: "success"}), pr.Enqueue("dave"))
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
	check0(t, s.repo.SetStatus("carol", head, sandbox.Status{Context: "build", State: "success"}))
	if state, _ := pr.State(); state != "open" {
		t.Errorf("it was merged: %s", state)
	}
}

// TestStepRefusesAGroupsOwnWorkflow holds that a workflow on merge_group, which runs the
// group's own file, is told so loudly.
func TestStepRefusesAGroupsOwnWorkflow(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	e := sandbox.WorkflowEvent{Name: "merge_group", Payload: []byte(`{"action":"checks_requested","merge_group":{"head_sha":"0","head_ref":"refs/heads/gh-readonly-queue/main/pr-1-0"}}`)}
	if got := s.step(s.appToken(), e, "--list"); got.code != exitError || !strings.Contains(got.text, "review-gate-wake.yml") {
		t.Errorf("exit %d\n%s", got.code, got.text)
	}
	if got := s.step(s.appToken(), e, "--group", "main"); got.code != exitError || !strings.Contains(got.text, "give --publish as well") {
		t.Errorf("exit %d\n%s", got.code, got.text)
	}
}
