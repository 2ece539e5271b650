package github_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// queued is a world with a merge queue on main that wants the check "gate", and
// a pull request per branch that has passed it on its own.
func queued(t *testing.T, branches ...string) (*world, *receiver, []*fake.PullRequest) {
	t.Helper()
	w, r := hooked(t)
	w.repo.Protect("main", "gate")
	w.repo.EnableQueue("main")
	var pulls []*fake.PullRequest
	for _, b := range branches {
		w.commit(fake.Change{Branch: b, From: w.repo.Tip("main"), Author: "carol", Files: text(b, b)})
		p := w.open(fake.Opening{Head: b, Author: "carol"})
		if p.Enqueue("bob") == nil {
			t.Error("queued before its check passed")
		}
		w.gate(p.Head(), "success")
		check(t, p.Enqueue("bob"))
		pulls = append(pulls, p)
	}
	return w, r, pulls
}

func (w *world) gate(commit string, state fake.StatusState) {
	w.t.Helper()
	check(w.t, w.repo.SetStatus("bob", commit, fake.Status{Context: "gate", State: state}))
}

func TestQueueMergesInOrder(t *testing.T) {
	t.Parallel()
	w, r, pulls := queued(t, "one", "two")
	first, second := pulls[0].QueueHead(), pulls[1].QueueHead()
	got := r.take(t, w)
	if !strings.HasSuffix(got, "pull_request.enqueued push merge_group.checks_requested") {
		t.Error(got)
	}
	last := r.payloads[len(r.payloads)-1]
	equal(t, []any{second, first, "refs/heads/main"}, []any{
		pick(last, "merge_group", "head_sha"), pick(last, "merge_group", "base_sha"), pick(last, "merge_group", "base_ref"),
	})
	if ref, _ := pick(last, "merge_group", "head_ref").(string); !strings.HasPrefix(ref, "refs/heads/gh-readonly-queue/main/pr-2-") {
		t.Error(ref)
	}
	w.want(405, "bob", "PUT", "/repos/acme/app/pulls/1/merge", obj{})
	w.gate(second, "success")
	equal(t, "status", r.take(t, w)) // it waits for the one before it
	w.gate(first, "pending")
	w.gate(first, "success")
	equal(t, "status status merge_group.destroyed pull_request.dequeued pull_request.closed push "+
		"merge_group.destroyed pull_request.dequeued pull_request.closed push", r.take(t, w))
	equal(t, second, w.repo.Tip("main"))
}

func TestQueueBuildsAnew(t *testing.T) {
	t.Parallel()
	w, r, pulls := queued(t, "one", "two", "three")
	before := pulls[1].QueueHead()
	r.take(t, w)
	w.gate(pulls[0].QueueHead(), "failure")
	if pulls[0].QueueHead() != "" || pulls[1].QueueHead() == before {
		t.Error("the one that failed is still there")
	}
	got := r.take(t, w)
	if !strings.HasPrefix(got, "status merge_group.destroyed pull_request.dequeued merge_group.destroyed push merge_group.checks_requested") {
		t.Error(got)
	}
	before = pulls[2].QueueHead()
	w.commit(fake.Change{Branch: "two", Author: "carol", Files: text("two", "more")})
	if pulls[1].QueueHead() != "" || pulls[2].QueueHead() == before {
		t.Error("a push leaves it in the queue")
	}
	before = pulls[2].QueueHead()
	w.commit(fake.Change{Branch: "main", Author: "alice", Files: text("direct", "push")})
	if pulls[2].QueueHead() == before {
		t.Error("the queue stands on the old tip")
	}
	check(t, pulls[2].Dequeue("bob"))
	equal(t, "", pulls[2].QueueHead())
	data, errors := w.ask("bob", `{repository(owner:"acme",name:"app"){mergeQueue(branch:"main"){entries(first:9){totalCount}}
		pullRequest(number:3){isInMergeQueue isMergeQueueEnabled potentialMergeCommit{oid}}}}`, nil)
	equal(t, "", errors)
	equal(t, []any{0.0, false, true}, []any{
		pick(data, "repository", "mergeQueue", "entries", "totalCount"),
		pick(data, "repository", "pullRequest", "isInMergeQueue"), pick(data, "repository", "pullRequest", "isMergeQueueEnabled"),
	})
}

// TestQueueMergesOnItsLastGreenHead holds that with HEADGREEN a green entry takes those
// before it along, and that one is taken out once all have failed.
func TestQueueMergesOnItsLastGreenHead(t *testing.T) {
	t.Parallel()
	w, r, pulls := queued(t, "one", "two", "three")
	w.repo.SetQueueRules("main", fake.QueueRules{HeadGreen: true, Most: 2})
	last := pulls[1].QueueHead()
	r.take(t, w)
	w.gate(pulls[0].QueueHead(), "failure")
	equal(t, "status", r.take(t, w)) // another one may pass yet
	w.gate(last, "success")
	equal(t, last, w.repo.Tip("main"))
	equal(t, "status merge_group.destroyed pull_request.dequeued pull_request.closed merge_group.destroyed pull_request.dequeued "+
		"pull_request.closed push", r.take(t, w))
	w.gate(pulls[2].QueueHead(), "failure") // with nobody behind it
	equal(t, "", pulls[2].QueueHead())
	data, errors := w.ask("bob", `{repository(owner:"acme",name:"app"){mergeQueue(branch:"main"){configuration{mergingStrategy maximumEntriesToMerge checkResponseTimeout mergeMethod}}}}`, nil)
	equal(t, "", errors)
	equal(t, any(map[string]any{"mergingStrategy": "HEADGREEN", "maximumEntriesToMerge": 2.0, "checkResponseTimeout": 60.0,
		"mergeMethod": "MERGE"}),
		pick(data, "repository", "mergeQueue", "configuration"))
}

// TestQueueTimesOut holds that an entry without its check is taken out after a time.
func TestQueueTimesOut(t *testing.T) {
	t.Parallel()
	w, r, pulls := queued(t, "one", "two")
	w.gate(pulls[1].QueueHead(), "success")
	r.take(t, w)
	w.repo.TimeOutQueues()
	equal(t, "", r.take(t, w))
	w.repo.SetQueueRules("main", fake.QueueRules{Timeout: time.Nanosecond})
	w.tick()
	w.repo.TimeOutQueues()
	equal(t, []bool{true, false}, []bool{pulls[0].QueueHead() == "", pulls[1].QueueHead() == ""})
}

// TestQueueMergesAnotherTree holds that the queue can be told to undo others' changes.
func TestQueueMergesAnotherTree(t *testing.T) {
	t.Parallel()
	w, _, pulls := queued(t, "one")
	w.commit(fake.Change{Branch: "main", Author: "alice", Files: text("direct", "push")})
	w.SetBehaviour(github.Behaviour{Behaviour: fake.Behaviour{WrongMerge: true}})
	head := pulls[0].QueueHead()
	w.gate(head, "success")
	_, undone := w.repo.Content("main", "direct")
	equal(t, []bool{true, false}, []bool{w.repo.Tip("main") != head, undone})
}

// TestMergesFollowRenames holds that a change goes where a file was renamed to, whichever
// side did what, as long as its content was kept.
func TestMergesFollowRenames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	w.commit(fake.Change{Branch: "main", Author: "alice", Files: text("old", "text")})
	w.commit(fake.Change{Branch: "edit", From: w.repo.Tip("main"), Author: "alice", Files: text("old", "changed")})
	renames := text("new", "text")
	renames["old"] = nil
	w.commit(fake.Change{Branch: "rename", From: w.repo.Tip("main"), Author: "carol", Files: renames})
	for _, branches := range [][2]string{{"edit", "rename"}, {"rename", "edit"}} {
		base := "base-" + branches[0]
		check(t, w.repo.SetBranch(base, w.repo.Tip(branches[0]), "alice"))
		p := w.open(fake.Opening{Head: branches[1], Base: base, Author: "carol"})
		_, err := p.Merge("bob")
		check(t, err)
		_, old := w.repo.Content(base, "old")
		now, _ := w.repo.Content(base, "new")
		equal(t, []any{false, "changed"}, []any{old, now})
	}
}

// TestCrossedHistories holds that several merge bases are merged first, and that
// nothing is merged where they conflict.
func TestCrossedHistories(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	x := w.commit(fake.Change{Branch: "x", From: "main", Author: "alice", Files: text("x", "x")})
	y := w.commit(fake.Change{Branch: "y", From: "main", Author: "carol", Files: text("y", "y")})
	w.commit(fake.Change{Branch: "main", From: x, Parents: []string{y}, Author: "alice", Files: text("y", "y")})
	w.commit(fake.Change{Branch: "topic", From: y, Parents: []string{x}, Author: "carol", Files: text("x", "x", "new", "n")})
	p := w.open(fake.Opening{Head: "topic", Author: "carol"})
	const query = `{repository(owner:"acme",name:"app"){pullRequest(number:1){mergeable potentialMergeCommit{oid parents(first:3){nodes{oid}}}}}}`
	data, _ := w.ask("bob", query, nil)
	pull := pick(data, "repository", "pullRequest")
	equal(t, []any{"MERGEABLE", w.repo.Tip("main"), p.Head()}, []any{
		pick(pull, "mergeable"), pick(pull, "potentialMergeCommit", "parents", "nodes", 0, "oid"),
		pick(pull, "potentialMergeCommit", "parents", "nodes", 1, "oid"),
	})
	w.commit(fake.Change{Branch: "main", Author: "alice", Files: text("new", "other")})
	data, _ = w.ask("bob", query, nil)
	equal(t, []any{"CONFLICTING", nil}, []any{
		pick(data, "repository", "pullRequest", "mergeable"), pick(data, "repository", "pullRequest", "potentialMergeCommit"),
	})
}

func TestPeopleEvents(t *testing.T) {
	t.Parallel()
	w, r := hooked(t)
	check(t, w.repo.SetCollaborator("mallory", "write"), w.repo.SetCollaborator("mallory", "admin"), w.repo.SetCollaborator("mallory", "none"))
	equal(t, "member.added member.edited member.removed", r.take(t, w))
	check(t, w.repo.SetTeam("kernel", "read"), w.repo.SetTeam("kernel", "none"))
	equal(t, "team.added_to_repository team.removed_from_repository", r.take(t, w))
	check(t, w.AddTeamMember("acme", "kernel", "mallory"), w.RemoveMember("acme", "mallory"), w.RemoveTeam("acme", "core"))
	equal(t, "organization.member_added membership.added membership.removed organization.member_removed team.deleted team.deleted",
		r.take(t, w))
}

func TestOtherAppsChecks(t *testing.T) {
	t.Parallel()
	w, r := hooked(t)
	w.open(fake.Opening{Head: "feature", Author: "carol"})
	check(t, second(w.repo.CheckByApp("other", w.repo.Tip("feature"), "gate", "success")))
	equal(t, "pull_request.opened check_run.created check_run.completed", r.take(t, w))
	last := r.payloads[len(r.payloads)-1]
	if pick(last, "check_run", "app", "id") == 1.0 || pick(last, "sender", "login") != "other[bot]" {
		t.Errorf("%v", pick(last, "check_run", "app"))
	}
	_, token := w.asApp()
	runs := w.want(200, token, "GET", "/repos/acme/app/commits/feature/check-runs?app_id=1", nil).object(t)
	equal(t, any(0.0), runs["total_count"])
	one := w.repo.CheckRuns(w.repo.Tip("feature"))[0]
	w.want(404, token, "PATCH", "/repos/acme/app/check-runs/"+strconv.FormatInt(one.ID, 10), obj{"conclusion": "failure"})
}

// TestPushListsPaths holds that a push tells what its commits touch.
func TestPushListsPaths(t *testing.T) {
	t.Parallel()
	w, r := hooked(t)
	w.commit(fake.Change{Author: "alice", Files: map[string]*fake.File{"README": nil, "src/a.go": {Content: "new"}, "new": {Content: "n"}}})
	r.take(t, w)
	last := r.payloads[len(r.payloads)-1]
	equal(t, []any{[]any{"new"}, []any{"README"}, []any{"src/a.go"}, true}, []any{
		pick(last, "commits", 0, "added"), pick(last, "commits", 0, "removed"), pick(last, "commits", 0, "modified"),
		pick(last, "commits", 0, "distinct"),
	})
}
