package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// approved opens a pull request on one file of mm and waits until alice's
// approval opened the gate.
func (w *world) approved(branch string) *fake.PullRequest {
	w.t.Helper()
	pr := w.open(branch, "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	return pr
}

func TestRebaseKeepsApprovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	_, err := w.repo.Commit(fake.Change{Author: "carol", Message: "elsewhere", Files: map[string]*fake.File{"README": {Content: "new\n"}}})
	check0(t, err)
	rebased, err := w.repo.Commit(fake.Change{Branch: "rebased", From: "main", Author: "dave", Message: "change",
		Files: map[string]*fake.File{"mm/a.c": {Content: lines("mm/a.c topic", 20)}}})
	check0(t, err)
	old := pr.Head()
	check0(t, w.repo.SetBranch("topic", rebased, "dave"))
	w.expect(pr, "success", "1 of 1")
	if pr.Head() != rebased || conclusion(w.run(old)) != "in_progress" {
		t.Errorf("old head %s, new head %s", conclusion(w.run(old)), pr.Head())
	}
}

func TestModeChangeDropsApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	_, err := w.repo.Commit(fake.Change{Branch: "topic", Author: "dave", Message: "chmod",
		Files: map[string]*fake.File{"mm/a.c": {Content: lines("mm/a.c topic", 20), Mode: "100755"}}})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 1")
}

func TestRenameNeedsBothOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	_, err := w.repo.Commit(fake.Change{Branch: "topic", Author: "dave", Message: "move", Rename: map[string]string{"mm/a.c": "fs/moved.c"}})
	check0(t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic"})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 1")
	w.review(pr, "bob", fake.Approved)
	w.expect(pr, "in_progress", "0 of 1 file reviewed (0%), 80% needed; waiting for mm")
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
}

// TestRetargetIsJudgedByTheNewBase holds that a success stays with the branch
// that it was earned towards, and that a wider diff is not reviewed.
func TestRetargetIsJudgedByTheNewBase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{
		policy: "version: 1\nthreshold: 80%\nassign: off\nbranches: [{match: main}, {match: \"release/**\", check: review-gate/release}]\n"})
	check0(t, w.repo.SetBranch("release/1", w.repo.Tip("main"), "carol"))
	w.pushAs("carol", "main", map[string]string{"mm/a.c": "what the release branch does not have\n"})
	pr := w.approved("topic")
	check0(t, pr.Retarget("dave", "release/1"))
	w.until("the success towards main taken back, and a check of its own name", func() bool {
		states := map[string]string{}
		for _, run := range w.repo.CheckRuns(pr.Head()) {
			states[run.Name] = conclusion(run)
		}
		return states["review-gate"] == "in_progress" && states["review-gate/release"] == "in_progress"
	})
}

func TestUngatedBranchGetsNoCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	check0(t, w.repo.SetBranch("wild", w.repo.Tip("main"), "carol"))
	w.push("topic", map[string]string{"mm/a.c": "new\n"})
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic", Base: "wild"})
	check0(t, err)
	w.until("an evaluation", func() bool { return strings.Contains(w.log.String(), `"outcome":"not_gated"`) })
	w.quiet()
	if runs := w.repo.CheckRuns(pr.Head()); len(runs) != 0 {
		t.Errorf("checks: %+v", runs)
	}
}

func TestCloseTakesSuccessBackAndReopenJudgesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.quiet()
	w.later()
	check0(t, pr.Close("dave"))
	w.expect(pr, "in_progress", "closed")
	w.push("topic", map[string]string{"mm/b.c": "pushed while closed\n"})
	check0(t, pr.Reopen("dave"))
	w.expect(pr, "in_progress", "1 of 2")
}

func TestBrokenPolicyIsAnErrorWithItsLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\ntreshold: 80%\n"})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "failure", `.github/review-gate.yml:2: unknown key "treshold"; did you mean "threshold"?`)
	w.pushAs("carol", "main", map[string]string{".github/review-gate.yml": testPolicy})
	w.expect(pr, "in_progress", "0 of 1") // the push on the default branch judges it again
}

func TestOwnershipChangedAtBaseIsJudgedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.pushAs("carol", "main", map[string]string{".github/subsystems.yml": strings.ReplaceAll(testMap, "alice", "erin")})
	w.expect(pr, "in_progress", "0 of 1")
}

func TestChangedPolicyMustBeReviewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 50%\nassign: off\n"})
	pr := w.open("topic", "mm/a.c", "mm/b.c")
	w.push("topic", map[string]string{".github/review-gate.yml": "version: 1\nmode: warn\n"})
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "in_progress", "2 of 3 files reviewed (66%), 50% needed; .github/review-gate.yml is protected and must be reviewed")
	w.review(pr, "carol", fake.Approved)
	w.expect(pr, "success", "3 of 3")
}

func TestDismissals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.open("topic", "mm/a.c", "fs/a.c", "fs/b.c", "kernel/fork.c", "README")
	for _, who := range []string{"alice", "bob", "carol"} {
		w.review(pr, who, fake.Approved)
	}
	w.expect(pr, "success", "5 of 5")
	block := w.review(pr, "alice", fake.ChangesRequested)
	w.expect(pr, "failure", "changes requested by alice")
	check0(t, w.repo.SetCollaborator("dave", "write"), pr.Dismiss("dave", block, "never mind"))
	w.quiet()
	w.expect(pr, "failure", "changes requested by alice") // the author lifts no block
}

// TestLagAfterAnEvent holds that a pull request that the forge does not show
// yet is tried again.
func TestLagAfterAnEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.swept()
	var mu sync.Mutex
	failures := 2
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		mu.Lock()
		defer mu.Unlock()
		if failures == 0 || !strings.HasSuffix(r.URL.Path, "/graphql") {
			return nil
		}
		failures--
		return &fakegithub.Fault{Status: http.StatusNotFound, Body: `{"message":"Not Found"}`}
	})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
}

// TestGreenHeadThatCannotBeRead holds that a success does not outlive an event
// that can't be judged.
func TestGreenHeadThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.quiet()
	broken := true
	var mu sync.Mutex
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		mu.Lock()
		defer mu.Unlock()
		if broken && strings.HasSuffix(r.URL.Path, "/graphql") {
			return &fakegithub.Fault{Status: http.StatusInternalServerError}
		}
		return nil
	})
	w.review(pr, "bob", fake.Commented)
	w.expect(pr, "in_progress", "looking again")
	mu.Lock()
	broken = false
	mu.Unlock()
	w.expect(pr, "success", "1 of 1")
}

// TestServerWithoutEvents holds that a server that refuses to list events by
// GraphQL is asked by REST.
func TestServerWithoutEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	pr := w.open("topic", "mm/a.c")
	w.later()
	w.review(pr, "alice", fake.Approved) // before the gate ever saw the head
	refused := 0
	w.start(refuseEvents{http.DefaultTransport, &refused})
	w.expect(pr, "success", "1 of 1")
	if refused != 1 {
		t.Errorf("%d queries refused, want 1", refused)
	}
}

type refuseEvents struct {
	base    http.RoundTripper
	refused *int
}

func (r refuseEvents) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/graphql") {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		defer body.Close()
		var text strings.Builder
		if err := copyTo(&text, body); err != nil {
			return nil, err
		}
		if strings.Contains(text.String(), "timelineItems") {
			*r.refused++
			return answer(req, `{"errors":[{"message":"Field 'timelineItems' doesn't exist on type 'PullRequest'"}]}`), nil
		}
	}
	return r.base.RoundTrip(req)
}

// TestSweepRepairsLostWebhooks holds that what no webhook told is found.
func TestSweepRepairsLostWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.swept()
	w.HoldWebhooks()
	pr := w.open("topic", "mm/a.c")
	w.later()
	w.review(pr, "alice", fake.Approved)
	if w.DropWebhooks() == 0 {
		t.Fatal("no webhook was lost")
	}
	w.ReleaseWebhooks()
	check0(t, w.svc.Sweeper().Sweep(t.Context()))
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	check0(t, w.svc.Sweeper().Sweep(t.Context())) // our own writes may have moved its time
	w.quiet()
	w.ResetCalls()
	check0(t, w.svc.Sweeper().Sweep(t.Context()))
	w.quiet()
	if got := w.charged(); got != 0 {
		t.Errorf("a quiet sweep costs %d\n%s", got, tally(w.Calls()))
	}
}

// TestEnforceFromPasses holds that open pull requests are judged again when the
// day comes.
func TestEnforceFromPasses(t *testing.T) {
	t.Parallel()
	day := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	w := newWorld(t, worldOptions{policy: "version: 1\nassign: off\nenforce_from: " + day + "\n"})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "success", "warning only: 0 of 1")
	w.quiet()
	due, err := w.svc.Store().Due(t.Context(), time.Now().AddDate(0, 0, 2))
	check0(t, err)
	if len(due) != 1 || due[0].Number != pr.Number() {
		t.Errorf("due: %v", due)
	}
}

func TestAsksTheRightPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\n", owners: strings.Replace(testMap, "[alice]", "[mallory, alice]", 1)})
	pr := w.open("topic", "mm/a.c", "fs/a.c")
	w.expect(pr, "in_progress", "0 of 2")
	w.quiet() // mallory is no collaborator: refused, then another is asked
	check0(t, w.svc.Store().Raise(t.Context(), ref(pr.Number())))
	w.quiet()
	people, _ := pr.Requested()
	if len(people) != 2 || !strings.Contains(strings.Join(people, " "), "alice") {
		t.Errorf("asked: %v", people)
	}
}

// TestRoundTrips bounds the calls in sequence from a webhook to its check.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, files: manyFiles(300), latency: 100 * time.Millisecond}) // calls side by side overlap
	depth := &depthCounter{base: http.DefaultTransport}
	w.start(depth)
	w.swept()
	depth.reset()
	pr := w.open("topic", manyPaths(300)...)
	w.expect(pr, "in_progress", "0 of 300")
	if got := depth.atCheck(); got > 5 {
		t.Errorf("%d calls in sequence to the first check, want 5 or fewer", got)
	}
	w.quiet()
	depth.reset()
	pr = w.open("topic2", manyPaths(300)...)
	w.expect(pr, "in_progress", "0 of 300")
	if got := depth.atCheck(); got > 4 {
		t.Errorf("%d calls in sequence with warm caches, want 4 or fewer", got)
	}
}

// TestRerequestedCheckIsWrittenAgain holds that somebody who asks for the check
// again gets an answer, although nothing changed.
func TestRerequestedCheckIsWrittenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.quiet()
	w.ResetCalls()
	check0(t, w.repo.RerequestCheck("dave", w.run(pr.Head()).ID))
	w.until("the check written again", func() bool {
		return strings.Contains(tally(w.Calls()), "POST /repos/{owner}/{repo}/check-runs")
	})
	w.quiet()
	if runs := w.repo.CheckRuns(pr.Head()); len(runs) != 2 || conclusion(runs[1]) != "success" {
		t.Errorf("checks: %+v", runs)
	}
}

// TestRecheckCommand holds that /recheck on a line of its own looks again, and
// other comments do not.
func TestRecheckCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.quiet()
	before := strings.Count(w.log.String(), `"evaluated"`)
	for _, body := range []string{"please /recheck", "> /recheck", "thanks"} {
		_, err := pr.Comment("bob", body)
		check0(t, err)
	}
	w.quiet()
	if after := strings.Count(w.log.String(), `"evaluated"`); after != before {
		t.Errorf("%d evaluations for comments without a command", after-before)
	}
	_, err := pr.Comment("bob", "hello\r\n/recheck\r\n")
	check0(t, err)
	w.until("one more evaluation", func() bool { return strings.Count(w.log.String(), `"evaluated"`) == before+1 })
}

// TestDefaultsOfTheServer holds that repositories without a policy are judged
// by the server's, and not gated where it has none.
func TestDefaultsOfTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "none", idle: true})
	w.defaults = map[string]string{"policy.yml": testPolicy, "subsystems.yml": testMap}
	w.start(nil)
	pr := w.approved("topic")
	w.stop()
	w.defaults = nil
	w.start(nil)
	check0(t, w.svc.Store().Raise(t.Context(), ref(pr.Number())))
	w.quiet()
	w.expect(pr, "in_progress", "no longer gated")
}

// TestModeOffWritesNothing holds that a gate that is turned off leaves what
// stands and adds nothing.
func TestModeOffWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.pushAs("carol", "main", map[string]string{".github/review-gate.yml": "version: 1\nmode: off\n"})
	w.until("judged again", func() bool { return strings.Contains(w.log.String(), `"outcome":"not_gated"`) })
	w.quiet()
	w.push("topic", map[string]string{"mm/b.c": "more\n"})
	w.quiet()
	if runs := w.repo.CheckRuns(pr.Head()); len(runs) != 0 {
		t.Errorf("checks: %+v", runs)
	}
}

// TestNothingIsReadThatCantBeWritten uses up the pace of writes and holds that pull
// requests then wait without a call, but for one whose success may have to be
// taken back.
func TestNothingIsReadThatCantBeWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	w.writes = 2 // and 4 checks
	w.start(http.DefaultTransport)
	w.swept()
	approved := w.open("approved", "mm/a.c")
	w.expect(approved, "in_progress", "0 of 1")
	w.quiet()
	w.review(approved, "alice", fake.Approved)
	w.expect(approved, "success", "1 of 1")
	w.quiet()
	waiting := func() bool { return w.backlog().Retrying > 0 }
	for i := range 4 {
		w.open(fmt.Sprint("one-more-", i), "mm/a.c")
	}
	w.until("the pace is used up", waiting)
	w.until("nothing runs", func() bool { b := w.backlog(); return b.Waiting+b.Running == 0 })
	w.ResetCalls()
	before := w.backlog().Retrying
	w.open("too-many", "mm/a.c")
	w.until("it waits", func() bool { return w.backlog().Retrying == before+1 })
	if calls := w.Calls(); len(calls) > 0 {
		t.Errorf("it was read:\n%s", tally(calls))
	}
	w.push("approved", map[string]string{"mm/a.c": "pushed\n"})
	w.until("the approved one is read", func() bool { return w.count(call{"POST", "/graphql"}) > 0 })
}

// TestRateLimitedInstallation holds that a limit puts work off until it ends,
// and that nothing is lost by it.
func TestRateLimitedInstallation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.swept()
	var mu sync.Mutex
	limited := true
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		mu.Lock()
		defer mu.Unlock()
		if limited && strings.HasSuffix(r.URL.Path, "/graphql") {
			limited = false
			return fakegithub.SecondaryLimit(time.Second)
		}
		return nil
	})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
}

// TestListShorterThanTheCount holds that such a list is an error, and is read
// again later by itself.
func TestListShorterThanTheCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.swept()
	var mu sync.Mutex
	short := true
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		mu.Lock()
		defer mu.Unlock()
		if short && strings.HasSuffix(r.URL.Path, "/files") {
			return &fakegithub.Fault{Status: http.StatusOK, Body: "[]"}
		}
		return nil
	})
	pr := w.open("topic", "mm/a.c", "fs/a.c")
	w.expect(pr, "failure", "counts 2 changed files and lists 0")
	w.quiet()
	mu.Lock()
	short = false
	mu.Unlock()
	due, err := w.svc.Store().Due(t.Context(), time.Now().Add(3*time.Minute))
	check0(t, err)
	if len(due) != 1 {
		t.Fatalf("due: %v", due)
	}
	check0(t, w.svc.Store().Raise(t.Context(), due...))
	w.expect(pr, "in_progress", "0 of 2")
}

// TestReviewOfAHeadThatTheGateNeverSaw holds that such a review is judged from
// what git still gives, file by file.
func TestReviewOfAHeadThatTheGateNeverSaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	pr := w.open("topic", "mm/a.c", "mm/b.c")
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.push("topic", map[string]string{"mm/b.c": "changed since\n"})
	w.start(nil)
	w.expect(pr, "in_progress", "1 of 2 files reviewed (50%)")
	if run := w.run(pr.Head()); !strings.Contains(run.Summary, "changed since `alice` approved") {
		t.Errorf("summary:\n%s", run.Summary)
	}
}
