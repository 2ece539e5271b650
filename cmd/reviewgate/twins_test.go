package main

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/sandbox"
)

// TestTwins holds that two pull requests of one head and base have one verdict
// and one check.
func TestTwins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	check0(t, w.repo.SetBranch("copy", pr.Head(), "mallory"))
	twin, err := w.repo.Open(sandbox.Opening{Author: "mallory", Head: "copy"})
	check0(t, err)
	w.quiet()
	if runs := w.repo.CheckRuns(pr.Head()); len(runs) != 1 || conclusion(runs[0]) != "success" {
		t.Errorf("a stranger's twin blocks: %+v", runs)
	}
	w.review(twin, "alice", "REQUEST_CHANGES")
	w.expect(pr, "failure", "changes requested by alice")
	check0(t, twin.Close("mallory"))
	w.expect(pr, "success", "1 of 1")
}

// TestRetargetedTwinTakesItsApprovalsAlong holds that a twin that leaves for
// another branch of the same check, its own outcome unchanged, has the one that
// stays judged without its approvals.
func TestRetargetedTwinTakesItsApprovalsAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\nassign: off\nbranches: [{match: \"release/**\"}]\n"})
	check0(t, w.repo.SetBranch("release/1", w.repo.Tip("main"), "carol"), w.repo.SetBranch("release/2", w.repo.Tip("main"), "carol"))
	tip := w.push("topic", map[string]string{"mm/a.c": "new\n"})
	leaves, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "topic", Base: "release/1"})
	check0(t, err)
	w.expect(leaves, "in_progress", "0 of 1")
	w.later()
	w.review(leaves, "alice", "APPROVE")
	w.expect(leaves, "success", "1 of 1")
	check0(t, w.repo.SetBranch("copy", tip, "dave"))
	_, err = w.repo.Open(sandbox.Opening{Author: "dave", Head: "copy", Base: "release/1"})
	check0(t, err)
	w.quiet()
	w.later()
	check0(t, leaves.Retarget("dave", "release/2"))
	w.expect(leaves, "in_progress", "0 of 1")
}

// TestSuccessTowardsAnotherBranch holds that one check name over two base
// branches is green only if both pull requests of the head are.
func TestSuccessTowardsAnotherBranch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\nassign: off\nbranches: [{match: \"release/**\"}]\n"})
	check0(t, w.repo.SetBranch("release/1", w.repo.Tip("main"), "carol"), w.repo.SetBranch("release/2", w.repo.Tip("main"), "carol"))
	_, err := w.repo.Commit(sandbox.Change{Branch: "release/2", Author: "carol", Message: "differs",
		Files: map[string]*sandbox.File{"mm/a.c": {Content: "another file\n"}, "fs/b.c": nil}})
	check0(t, err)
	tip := w.push("topic", map[string]string{"mm/a.c": "new\n"})
	first, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "topic", Base: "release/1"})
	check0(t, err)
	w.expect(first, "in_progress", "0 of 1")
	w.review(first, "alice", "APPROVE")
	w.expect(first, "success", "1 of 1")
	check0(t, w.repo.SetBranch("copy", tip, "dave"))
	second, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "copy", Base: "release/2"})
	check0(t, err)
	w.expect(second, "in_progress", "")
	w.quiet()
	if got := conclusion(w.run(tip)); got != "in_progress" {
		t.Errorf("the success towards release/1 shows on release/2: %s", got)
	}
	w.review(second, "alice", "APPROVE")
	w.expect(second, "success", "1 of 1")
}
