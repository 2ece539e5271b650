package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestTwins holds that two pull requests of one head and base have one verdict
// and one check.
func TestTwins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	check0(t, w.repo.SetBranch("copy", pr.Head(), "mallory"))
	twin, err := w.repo.Open(fake.Opening{Author: "mallory", Head: "copy"})
	check0(t, err)
	w.quiet()
	if runs := w.repo.CheckRuns(pr.Head()); len(runs) != 1 || conclusion(runs[0]) != "success" {
		t.Errorf("a stranger's twin blocks: %+v", runs)
	}
	w.review(twin, "alice", fake.ChangesRequested)
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
	leaves, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic", Base: "release/1"})
	check0(t, err)
	w.expect(leaves, "in_progress", "0 of 1")
	w.later()
	w.review(leaves, "alice", fake.Approved)
	w.expect(leaves, "success", "1 of 1")
	check0(t, w.repo.SetBranch("copy", tip, "dave"))
	_, err = w.repo.Open(fake.Opening{Author: "dave", Head: "copy", Base: "release/1"})
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
	_, err := w.repo.Commit(fake.Change{Branch: "release/2", Author: "carol", Message: "differs",
		Files: map[string]*fake.File{"mm/a.c": {Content: "another file\n"}, "fs/b.c": nil}})
	check0(t, err)
	tip := w.push("topic", map[string]string{"mm/a.c": "new\n"})
	first, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic", Base: "release/1"})
	check0(t, err)
	w.expect(first, "in_progress", "0 of 1")
	w.review(first, "alice", fake.Approved)
	w.expect(first, "success", "1 of 1")
	check0(t, w.repo.SetBranch("copy", tip, "dave"))
	second, err := w.repo.Open(fake.Opening{Author: "dave", Head: "copy", Base: "release/2"})
	check0(t, err)
	w.expect(second, "in_progress", "")
	w.quiet()
	if got := conclusion(w.run(tip)); got != "in_progress" {
		t.Errorf("the success towards release/1 shows on release/2: %s", got)
	}
	w.review(second, "alice", fake.Approved)
	w.expect(second, "success", "1 of 1")
}

// copies opens so many more pull requests of a head, each from a branch of its own.
func (w *world) copies(of *fake.PullRequest, n int) []*fake.PullRequest {
	w.t.Helper()
	var all []*fake.PullRequest
	for i := range n {
		branch := fmt.Sprint("copy", i)
		check0(w.t, w.repo.SetBranch(branch, of.Head(), "mallory"))
		pr, err := w.repo.Open(fake.Opening{Author: "mallory", Head: branch})
		check0(w.t, err)
		all = append(all, pr)
	}
	return all
}

// TestManyTwins holds that an approval on one of 40 pull requests of a head costs few
// calls, that each one that has a verdict shows it, and that those beyond 20 lend
// no approval, but do object.
func TestManyTwins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: commentPolicy})
	pr := w.open("topic", "mm/a.c", "fs/b.c")
	w.expect(pr, "in_progress", "0 of 2")
	copies := w.copies(pr, 39)
	w.untilWithin(5*time.Minute, "all are judged", func() bool { b := w.backlog(); return b.Waiting+b.Running == 0 })
	before := w.charged()
	w.review(copies[3], "alice", fake.Approved)
	w.expect(pr, "in_progress", "1 of 2")
	w.served()
	calls := w.charged() - before
	t.Logf("%d calls for an approval on one of 40 twins", calls)
	if calls > 120 {
		t.Errorf("%d calls for one approval, want 120 at most\n%s", calls, tally(w.Calls()))
	}
	for _, c := range []*fake.PullRequest{pr, copies[3], copies[17]} {
		if notes := c.Comments(); len(notes) != 1 || !strings.Contains(notes[0].Body, "| fs |") || strings.Contains(notes[0].Body, "| mm |") {
			t.Errorf("#%d: comments %+v", c.Number(), notes)
		}
	}
	last := copies[38]
	w.review(last, "bob", fake.Approved)
	w.served()
	w.expect(pr, "in_progress", "1 of 2")
	if run := w.run(pr.Head()); !strings.Contains(run.Summary, fmt.Sprintf("#%d", copies[19].Number())) ||
		!strings.Contains(run.Summary, "more than 20 pull requests") {
		t.Errorf("the check does not say who lends no approval: %s", run.Summary)
	}
	w.review(last, "bob", fake.ChangesRequested)
	w.expect(pr, "failure", "changes requested by bob")
	check0(t, last.Close("mallory"))
	w.expect(pr, "in_progress", "1 of 2")
	w.review(pr, "bob", fake.Approved)
	w.expect(pr, "success", "2 of 2")
	w.served()
	known, err := w.svc.Store().OpenKnown(t.Context(), refOf(pr).Repo)
	check0(t, err)
	for _, k := range known {
		if k.Outcome != "success" {
			t.Errorf("#%d is known as %q", k.Ref.Number, k.Outcome)
		}
	}
	for _, c := range copies[:38] {
		if notes := c.Comments(); len(notes) > 1 || len(notes) == 1 && strings.Contains(notes[0].Body, "needs review") {
			t.Errorf("comments on #%d: %+v", c.Number(), notes)
		}
	}
}

// TestManyTwinsOfAnAnsweredObjection holds that an objection that its author's approval
// ended stays so when more pull requests get the head than lend approvals.
func TestManyTwinsOfAnAnsweredObjection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	own := w.approved("topic")
	copies := w.copies(own, 19)
	fork, err := w.repo.Fork("mallory")
	check0(t, err)
	check0(t, fork.SetBranch("last", own.Head(), "mallory"))
	last, err := w.repo.Open(fake.Opening{Author: "mallory", Head: "last", From: fork})
	check0(t, err)
	check0(t, copies[0].Close("mallory"))
	w.served()
	w.later()
	w.review(last, "alice", fake.ChangesRequested)
	w.expect(own, "failure", "changes requested by alice")
	w.later()
	w.review(last, "alice", fake.Approved)
	w.expect(own, "success", "1 of 1")
	w.served()
	check0(t, copies[0].Reopen("mallory"))
	w.served()
	for _, pr := range []*fake.PullRequest{own, last} {
		w.comment(pr, "carol", "/recheck")
		w.served()
		w.expect(own, "success", "1 of 1")
	}
	if run := w.run(own.Head()); !strings.Contains(run.Summary, "more than 20 pull requests") {
		t.Errorf("they are not too many: %s", run.Summary)
	}
	w.later()
	w.review(last, "alice", fake.ChangesRequested)
	w.expect(own, "failure", "changes requested by alice")
}

// TestManyTwinsOfADismissedObjection holds that an objection on a pull request beyond those
// that lend approvals is ended by what ends any other one, whichever of the group is judged:
// not by its author, and by /lift where nobody else can.
func TestManyTwinsOfADismissedObjection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 50%\nassign: off\ncomment: false\noverride: {allowed: [carol]}\n"})
	check0(t, w.repo.SetCollaborator("dave", "write"))
	own := w.open("topic", "mm/a.c", "fs/b.c")
	w.expect(own, "in_progress", "0 of 2")
	last := w.copies(own, 24)[23]
	w.served()
	dismissed := func(by string) {
		w.later()
		id := w.review(last, "alice", fake.ChangesRequested)
		w.expect(own, "failure", "changes requested by alice")
		w.later()
		check0(t, last.Dismiss(by, id, "no"))
		w.served()
	}
	dismissed("carol")
	w.review(own, "bob", fake.Approved)
	w.expect(own, "success", "1 of 2")
	for _, by := range []string{"dave", w.AppSlug() + "[bot]"} {
		dismissed(by)
		for _, pr := range []*fake.PullRequest{own, last} {
			w.comment(pr, "carol", "/recheck")
			w.served()
			w.expect(own, "failure", "changes requested by alice")
		}
	}
	w.later()
	w.comment(last, "carol", "/lift alice she agreed by mail")
	w.expect(own, "success", "1 of 2")
	w.comment(own, "carol", "/recheck")
	w.served()
	w.expect(own, "success", "1 of 2")
}

// TestTwinsJudgedAtOnce holds that an evaluation that read its twin before a dismissal, and
// ends after the twin's own evaluation, leaves no success behind.
func TestTwinsJudgedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.open("topic", "mm/a.c", "fs/b.c")
	w.expect(pr, "in_progress", "0 of 2")
	twin := w.copies(pr, 1)[0]
	id := w.review(twin, "alice", fake.Approved)
	w.expect(pr, "in_progress", "1 of 2")
	w.quiet()
	arrived, release := w.Hold(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/teams/") })
	defer release()
	w.review(pr, "bob", fake.Approved) // read with what alice approved, and held before it is judged
	<-arrived
	w.later()
	w.HoldWebhooks()
	check0(t, twin.Dismiss("carol", id, "no"))
	w.DropWebhooks()
	w.ReleaseWebhooks()
	_, err := w.svc.Gate("github").Run(t.Context(), refOf(twin)) // as another process does; this one would wait
	check0(t, err)
	release()
	w.served()
	w.expect(pr, "in_progress", "1 of 2")
}

// TestManyTwinsOfOnePerson holds that whoever opened twenty of a head long ago pushes no
// other fork's pull request out.
func TestManyTwinsOfOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	fork, err := w.repo.Fork("mallory")
	check0(t, err)
	var junk []*fake.PullRequest
	for i := range 22 {
		branch := fmt.Sprint("junk-", i)
		_, err := fork.Commit(fake.Change{Branch: branch, Author: "mallory", Message: "change",
			Files: map[string]*fake.File{"mm/a.c": {Content: lines(branch, 20)}}})
		check0(t, err)
		pr, err := w.repo.Open(fake.Opening{Author: "mallory", Head: branch, From: fork})
		check0(t, err)
		junk = append(junk, pr)
	}
	theirs, err := w.repo.Fork("dave")
	check0(t, err)
	_, err = theirs.Commit(fake.Change{Branch: "topic", Author: "dave", Message: "change",
		Files: map[string]*fake.File{"mm/a.c": {Content: lines("mine", 20)}}})
	check0(t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic", From: theirs})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 1")
	for i := range junk {
		check0(t, fork.SetBranch(fmt.Sprint("junk-", i), pr.Head(), "mallory"))
	}
	w.served()
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	if run := w.run(pr.Head()); !strings.Contains(run.Summary, fmt.Sprintf("#%d", junk[20].Number())) ||
		strings.Contains(run.Summary, fmt.Sprintf("#%d count for nothing", junk[18].Number())) {
		t.Errorf("the check does not say who lends no approval: %s", run.Summary)
	}
}
