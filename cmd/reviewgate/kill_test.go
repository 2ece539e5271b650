package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// commentPolicy has the gate comment, but ask nobody.
const commentPolicy = "version: 1\nthreshold: 80%\nassign: off\n"

// busyPolicy has the gate do everything it can.
const busyPolicy = "version: 1\nthreshold: 80%\nlabels: {needs_review: true}\nassign: {assignees: true}\n"

// call is a kind of call to the forge.
type call struct{ method, part string }

var (
	anyCall     = call{}
	postCheck   = call{http.MethodPost, "/check-runs"}
	patchCheck  = call{http.MethodPatch, "/check-runs/"}
	postComment = call{http.MethodPost, "/comments"}
	editComment = call{http.MethodPatch, "/issues/comments/"}
	postLabel   = call{http.MethodPost, "/labels"}
	dropLabel   = call{http.MethodDelete, "/labels/"}
	postAsk     = call{http.MethodPost, "/requested_reviewers"}
	postAssign  = call{http.MethodPost, "/assignees"}
)

func (c call) is(r *http.Request) bool {
	return (c.method == "" || c.method == r.Method) && strings.Contains(r.URL.Path, c.part)
}

// listing is the call by which a sweep finds what an event was lost of. The
// tests of this file refuse it, so that no sweep repairs what they look for.
func listing(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/linux/pulls")
}

var refused = &fakegithub.Fault{Status: http.StatusNotFound}

// TestKilledAfterAccepting kills the process when it has said 202 a hundred
// times, while some comments are on their way: the forge takes those, but
// nobody is left to hear it.
func TestKilledAfterAccepting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: commentPolicy})
	var comments atomic.Int32
	dead := make(chan struct{})
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		if listing(r) {
			return refused
		}
		if postComment.is(r) && comments.Add(1) > 5 {
			<-dead
		}
		return nil
	})
	var prs []*fake.PullRequest
	var deliveries []delivery
	for i := range 20 {
		prs = append(prs, w.open(fmt.Sprintf("topic-%d", i), "mm/a.c", "fs/a.c"))
	}
	for i := range 100 {
		deliveries = append(deliveries, pullDelivery(fmt.Sprintf("delivery-%d", i), prs[i%len(prs)].Number()))
	}
	p := w.spawn(builtProgram(w.t))
	release := sync.OnceFunc(func() { p.kill(); close(dead) })
	defer release()
	postAll(t, p.public, deliveries)
	w.until("comments on their way", func() bool { return comments.Load() > 5 })
	release()
	w.until("the forge took them", func() bool { return w.count(postComment) == int(comments.Load()) })
	p = w.spawn(builtProgram(w.t))
	for _, pr := range prs {
		w.expect(pr, "in_progress", "0 of 2 files reviewed")
		w.until("a comment", func() bool { return len(pr.Comments()) > 0 })
	}
	w.until("idle", p.idle)
	for _, pr := range prs {
		w.once(pr)
	}
}

// count tells how many calls of a kind were answered.
func (w *world) count(c call) int {
	n := 0
	for _, done := range w.Calls() {
		if (c.method == "" || c.method == done.Method) && strings.Contains(done.Path, c.part) {
			n++
		}
	}
	return n
}

// once checks that nothing was written twice on a pull request's head, and that it
// has one comment.
func (w *world) once(pr *fake.PullRequest) {
	w.t.Helper()
	w.eachOnce(pr.Head())
	if comments := pr.Comments(); len(comments) != 1 {
		w.t.Errorf("#%d: %d comments", pr.Number(), len(comments))
	}
}

// eachOnce checks that a commit has a check, and a new one only after one that was
// completed: an update could not have taken that back. The new one may come to the same
// in the end, if it waited first.
func (w *world) eachOnce(head string) {
	w.t.Helper()
	runs := w.repo.CheckRuns(head)
	for i, run := range runs {
		if i < len(runs)-1 && run.Conclusion == "" || i > 0 && run.Conclusion != "" && run.Conclusion == runs[i-1].Conclusion && !run.Waited {
			w.t.Errorf("check runs on %s: %+v", head, runs)
			break
		}
	}
	if len(runs) == 0 {
		w.t.Errorf("no check on %s", head)
	}
}

// moment is when a process is killed: at the nth call of a kind since it was
// started, before the forge serves that call, or after.
type moment struct {
	call   call
	nth    int
	served bool
}

// TestKilledAtAnyMoment plays the story of a pull request with processes that
// are killed at given calls and started again.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	tests := map[string][]moment{}
	for name, c := range map[string]call{"check": postCheck, "update": patchCheck, "comment": postComment, "edit": editComment,
		"label": postLabel, "unlabel": dropLabel, "ask": postAsk, "assign": postAssign} {
		tests[name+" not served"] = []moment{{c, 1, false}}
		tests[name+" served"] = []moment{{c, 1, true}}
	}
	tests["reset not served"] = []moment{{postCheck, 2, false}}
	tests["reset served"] = []moment{{postCheck, 2, true}}
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 0))
		var moments []moment
		for range 3 {
			moments = append(moments, moment{anyCall, 1 + r.IntN(12), r.IntN(2) == 0})
		}
		tests[fmt.Sprintf("seed %d", seed)] = moments
	}
	for name, moments := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playKilled(t, moments)
		})
	}
}

func playKilled(t *testing.T, moments []moment) {
	t.Helper()
	w := newWorld(t, worldOptions{idle: true, policy: busyPolicy})
	k := &keeper{w: w, moments: moments}
	w.SetFault(k.fault)
	pr := w.open("topic", "mm/a.c", "fs/a.c")
	k.deliver("opened", pr)
	k.until("a pending check and a comment", func() bool {
		return strings.HasPrefix(w.run(pr.Head()).Title, "0 of 2") && len(pr.Comments()) > 0
	})
	w.review(pr, "alice", fake.Approved)
	w.review(pr, "bob", fake.Approved)
	k.deliver("approved", pr)
	k.until("a success that the comment tells", func() bool {
		return conclusion(w.run(pr.Head())) == "success" && strings.Contains(pr.Comments()[0].Body, "The review gate is open")
	})
	old := pr.Head()
	w.push("topic", map[string]string{"mm/a.c": lines("again", 20)})
	k.deliver("pushed", pr)
	k.until("a pending check on the new head", func() bool { return strings.HasPrefix(w.run(pr.Head()).Title, "1 of 2") })
	if left := k.left(); left > 0 {
		t.Errorf("the story was over %d kills early", left)
	}
	k.until("idle", func() bool { return k.process().idle() })
	w.once(pr)
	w.expect(pr, "in_progress", "1 of 2")
	if people, _ := pr.Requested(); !slices.Contains(people, "alice") || !slices.Contains(pr.Assignees(), "alice") ||
		!slices.Equal(pr.Labels(), []string{"needs-review/mm"}) {
		t.Errorf("asked %v, assigned %v, labels %v", people, pr.Assignees(), pr.Labels())
	}
	w.eachOnce(old)
	if run := w.run(old); conclusion(run) != "in_progress" {
		t.Errorf("check on the superseded head: %+v", run)
	}
}

// keeper starts a process again whenever it was killed.
type keeper struct {
	w *world

	mu      sync.Mutex
	p       *process
	calls   int // of the next moment's kind since the process was started
	moments []moment
}

// fault kills the process when its moment has come, and has the sweep's call
// refused.
func (k *keeper) fault(r *http.Request) *fakegithub.Fault {
	if listing(r) {
		return refused
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.p == nil || k.p.dead() {
		return &fakegithub.Fault{HangUp: true} // what a dead process had begun
	}
	if len(k.moments) == 0 || !k.moments[0].call.is(r) {
		return nil
	}
	if k.calls++; k.calls < k.moments[0].nth {
		return nil
	}
	served := k.moments[0].served
	k.moments, k.calls = k.moments[1:], 0
	k.p.kill()
	return &fakegithub.Fault{HangUp: true, Served: served}
}

func (k *keeper) left() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.moments)
}

// process gives a live process.
func (k *keeper) process() *process {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.p == nil || k.p.dead() {
		k.p, k.calls = k.w.spawn(builtProgram(k.w.t)), 0
	}
	return k.p
}

func (k *keeper) until(what string, ok func() bool) {
	k.w.t.Helper()
	k.w.until(what, func() bool { k.process(); return ok() })
}

// deliver delivers as a forge would: again until it is accepted.
func (k *keeper) deliver(id string, pr *fake.PullRequest) {
	k.w.t.Helper()
	k.until("delivery "+id+" accepted", func() bool {
		return pullDelivery(id, pr.Number()).post(k.w.t, k.process().public) == http.StatusAccepted
	})
}
