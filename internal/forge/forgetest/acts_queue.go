package forgetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/policy"
)

// buildCheck is what a queue requires besides the gate's check, so that a group whose
// check is green still waits.
const buildCheck = "build"

// queueActs are what is done to merge queues, and what is expected of their groups.
func queueActs() map[string]act {
	return map[string]act{
		// queue BRANCH [headgreen] [loose]: the branch has a merge queue, which requires the
		// gate's check and a status "build"; loose: it requires nothing, and so merges nothing
		// and takes nothing out
		"queue": {2, false, func(w *teller, s []string, _ string) {
			w.Queue.SetQueueRules(s[1], fake.QueueRules{HeadGreen: slices.Contains(s, "headgreen")})
			if !slices.Contains(s, "loose") {
				w.Require(s[1], fake.RequiredCheck{Name: policy.DefaultCheck, App: w.App}, fake.RequiredCheck{Name: buildCheck})
			}
		}},
		// enqueue N: its own build has passed
		"enqueue": {2, false, func(w *teller, s []string, _ string) {
			pr := w.numbered(s[1])
			must(w.t, w.SetStatus("carol", pr.Head, fake.Status{Context: buildCheck, State: "success"}), w.Queue.Enqueue(pr.Number, "carol"))
		}},
		"dequeue": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.Queue.Dequeue(w.numbered(s[1]).Number, "carol")) }},
		// build N success|failure: on the group of N
		"build": {3, false, func(w *teller, s []string, _ string) {
			must(w.t, w.SetStatus("carol", w.numbered(s[1]).Group, fake.Status{Context: buildCheck, State: fake.StatusState(s[2])}))
		}},
		// group CONCLUSION [TEXT of the title]: of the last pull request's group; gone: it is in none
		"group": {2, true, func(w *teller, s []string, line string) {
			text := after(line, 2)
			w.until(fmt.Sprintf("%s with %q on the group of #%d; %+v", s[1], text, w.pr, w.CheckRuns(w.last().Group)), func() bool {
				head := w.last().Group
				if head == "" || s[1] == "gone" {
					return head == "" && s[1] == "gone"
				}
				run := w.oursOn(head)
				return conclusion(run) == s[1] && strings.Contains(run.Title, text)
			})
		}},
		// merged N yes|no: once quiet
		"merged": {3, true, func(w *teller, s []string, _ string) {
			w.settle()
			if merged := w.numbered(s[1]).Merged; merged != (s[2] == "yes") {
				w.t.Errorf("#%s merged: %v, want %s", s[1], merged, s[2])
			}
		}},
		// unlogged TEXT: once quiet, the service's log lacks it
		"unlogged": {2, true, func(w *teller, _ []string, line string) {
			w.settle()
			if text := after(line, 1); strings.Contains(w.log.String(), text) {
				w.t.Errorf("the log has %q:\n%s", text, w.log)
			}
		}},
		// timeout: queues wait no longer for checks
		"timeout": {1, false, func(w *teller, _ []string, _ string) {
			w.Pass(2 * time.Hour)
			w.Queue.TimeOutQueues()
		}},
	}
}

// numbered is the pull request of a number.
func (w *teller) numbered(number string) Pull {
	w.t.Helper()
	pr := w.pull(w.number(number))
	if pr.Number == 0 {
		w.t.Fatalf("no pull request %s", number)
	}
	return pr
}

// groupOf is the branch in whose queue a commit is the head of a group.
func (w *teller) groupOf(commit string) string {
	for _, pr := range w.Pulls() {
		if pr.Group == commit {
			return pr.Base
		}
	}
	return ""
}
