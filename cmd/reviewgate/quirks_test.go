package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// mayMerge tells whether the forge would let a pull request merge, a check being
// required.
func (w *world) mayMerge(pr *fake.PullRequest, check string) bool {
	w.t.Helper()
	ok, err := pr.Passes(fake.RequiredCheck{Name: check, App: w.requiredApp()})
	check0(w.t, err)
	return ok
}

// requiredApp is the expected source of our check: none with a token.
func (w *world) requiredApp() string {
	if w.token {
		return ""
	}
	return w.AppSlug()
}

// TestLargeSummaryIsTakenBack holds that no summary is too long to take a success
// back: GitHub counts bytes.
func TestLargeSummaryIsTakenBack(t *testing.T) {
	t.Parallel()
	for language, name := range map[string]string{"en": "mm/a-file-with-a-rather-ordinary-name-%04d.c", "zh-CN": "mm/内存管理/一个很长的文件名-%04d.c"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{policy: testPolicy + "language: " + language + "\n"})
			var paths []string
			for i := range 900 {
				paths = append(paths, fmt.Sprintf(name, i))
			}
			pr := w.open("topic", paths...)
			w.expect(pr, "in_progress", "900")
			review := w.review(pr, "alice", fake.Approved)
			w.expect(pr, "success", "900")
			if !w.mayMerge(pr, "review-gate") {
				t.Error("a reviewed pull request can't be merged")
			}
			check0(t, pr.Dismiss("carol", review, "changed my mind"))
			w.expect(pr, "in_progress", "900")
			if w.mayMerge(pr, "review-gate") {
				t.Error("still mergeable")
			}
		})
	}
}

// TestDescriptionOfAnyCharacters holds that a name of rare characters keeps no
// status from being written.
func TestDescriptionOfAnyCharacters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{token: true, owners: strings.Replace(testMap, "{name: mm,", "{name: \"mm \U0001F680\",", 1)})
	pr := w.open("topic", "mm/a.c")
	state := func() string {
		if all := w.repo.Statuses(pr.Head()); len(all) > 0 {
			return string(all[0].State)
		}
		return ""
	}
	w.until("a pending status", func() bool { return state() == "pending" })
	w.review(pr, "carol", fake.Approved) // alice, whose token the service has, is no reviewer here
	w.until("still pending", func() bool { return state() == "pending" })
	if w.mayMerge(pr, "review-gate") {
		t.Error("mergeable")
	}
}

const wipPolicy = "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nbranches: [{match: main}, {match: wip}]\n"

// stacked opens a pull request of one file in mm to wip, which holds another one.
func (w *world) stacked() *fake.PullRequest {
	w.t.Helper()
	w.push("wip", map[string]string{"mm/a.c": lines("backdoor", 20)})
	_, err := w.repo.Commit(fake.Change{Branch: "topic", From: w.repo.Tip("wip"), Author: "dave", Message: "typo",
		Files: map[string]*fake.File{"mm/b.c": textFile("typo\n")}})
	check0(w.t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic", Base: "wip"})
	check0(w.t, err)
	return pr
}

// TestListOfAnOlderBase holds that files, count and commits that the forge left at
// the base from before are held against the trees.
func TestListOfAnOlderBase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: wipPolicy})
	w.SetBehaviour(fakegithub.Behaviour{Behaviour: fake.Behaviour{StaleLists: true}})
	pr := w.stacked()
	w.expect(pr, "in_progress", "0 of 1")
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	w.later()
	check0(t, pr.Close("dave"), pr.Retarget("dave", "main"), pr.Reopen("dave"))
	w.until("judged by the trees", func() bool { return strings.Contains(w.run(pr.Head()).Title, "of 2") })
	w.quiet()
	if run := w.run(pr.Head()); conclusion(run) == "success" || !strings.Contains(run.Summary, "does not show") {
		t.Errorf("%+v", run)
	}
	if w.mayMerge(pr, "review-gate") {
		t.Error("mergeable")
	}
}

// TestReadsBehindTheirEvents holds that a look that is older than what the events
// told decides nothing: a dismissal takes the success back without any sweep.
func TestReadsBehindTheirEvents(t *testing.T) {
	t.Parallel()
	for _, quiet := range []bool{false, true} {
		w := newWorld(t, worldOptions{})
		pr := w.open("topic", "mm/a.c")
		w.expect(pr, "in_progress", "0 of 1")
		review := w.review(pr, "alice", fake.Approved)
		w.expect(pr, "success", "1 of 1")
		w.quiet()
		w.ahead.Add(int64(time.Minute))
		w.SetBehaviour(fakegithub.Behaviour{Behaviour: fake.Behaviour{Lag: 4 * time.Second, QuietReviews: quiet}})
		check0(t, pr.Dismiss("carol", review, "changed my mind"))
		w.expect(pr, "in_progress", "0 of 1")
	}
}

// TestDismissalThatNothingTells holds that green pull requests are looked at again
// after some hours, whatever their time of change says.
func TestDismissalThatNothingTells(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	review := w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	w.SetBehaviour(fakegithub.Behaviour{Behaviour: fake.Behaviour{QuietReviews: true}})
	w.HoldWebhooks()
	check0(t, pr.Dismiss("carol", review, "changed my mind"))
	w.DropWebhooks()
	w.ReleaseWebhooks()
	w.ahead.Add(int64(7 * time.Hour))
	check0(t, w.svc.Sweeper().RaiseDue(t.Context()))
	w.expect(pr, "in_progress", "0 of 1")
}

// TestTwoOpenedAtOnce holds that two pull requests of one head that are opened at
// once have one check, which both can make pass.
func TestTwoOpenedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{
		policy: "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nshared_check: [main, stable]\nbranches: [{match: main}, {match: " +
			"stable}]\n"})
	check0(t, w.repo.SetBranch("stable", w.repo.Tip("main"), "carol"))
	w.swept()
	for i := range 6 {
		branch := fmt.Sprint("topic-", i)
		head := w.push(branch, map[string]string{"mm/a.c": lines(branch, 20)})
		check0(t, w.repo.SetBranch(branch+"-copy", head, "dave"))
		var both [2]*fake.PullRequest
		var done sync.WaitGroup
		for j, o := range []fake.Opening{{Author: "dave", Head: branch},
			{Author: "dave", Head: branch + "-copy", Base: []string{"main", "stable"}[i%2]}} {
			done.Go(func() {
				pr, err := w.repo.Open(o)
				check0(t, err)
				both[j] = pr
			})
		}
		done.Wait()
		w.quiet()
		w.eachOnce(head)
		w.later()
		w.review(both[0], "alice", fake.Approved)
		w.review(both[1], "alice", fake.Approved)
		w.expect(both[0], "success", "1 of 1")
		w.quiet()
		if !w.mayMerge(both[0], "review-gate") || !w.mayMerge(both[1], "review-gate") {
			t.Errorf("checks: %+v", w.repo.CheckRuns(head))
		}
	}
}

// TestPendingCheckIsRenewedOnce holds that a check which waits is written anew before
// GitHub gives it up, and then left alone.
func TestPendingCheckIsRenewedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	for days, want := range []int{1, 2, 2} {
		if days > 0 {
			w.ahead.Add(int64(11 * 24 * time.Hour / time.Duration(days*days*days)))
		}
		check0(t, w.svc.Sweeper().RaiseDue(t.Context()))
		w.quiet()
		if runs := w.repo.CheckRuns(pr.Head()); len(runs) != want {
			t.Errorf("after look %d: %d runs, want %d", days, len(runs), want)
		}
	}
}

// TestForeignStatusInOtherLetters holds that a status of our name in other letters
// is set back: forges compare names without case.
func TestForeignStatusInOtherLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{token: true})
	pr := w.open("topic", "mm/a.c")
	w.until("a pending status", func() bool { return len(w.repo.Statuses(pr.Head())) > 0 })
	w.quiet()
	check0(t, w.repo.SetStatus("mallory", pr.Head(), fake.Status{Context: "Review-Gate", State: "success"}))
	w.until("set back", func() bool {
		all := w.repo.Statuses(pr.Head())
		return len(all) >= 3 && all[len(all)-1].State == "pending"
	})
	if w.mayMerge(pr, "review-gate") {
		t.Error("mergeable")
	}
}

// TestClocksAreNotCompared is the rule's own: whatever the service's clock says, a
// review is of what its sightings show.
func TestClocksAreNotCompared(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-time.Hour, -3 * time.Second, time.Minute, 48 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{policy: wipPolicy})
			w.skew.Store(int64(skew))
			pr := w.stacked()
			w.expect(pr, "in_progress", "0 of 1")
			w.review(pr, "alice", fake.Approved)
			w.expect(pr, "success", "1 of 1")
			check0(t, pr.Retarget("dave", "main"))
			w.expect(pr, "in_progress", "1 of 2")
			if m, err := w.svc.Store().Recall(t.Context(), pull.Ref{Repo: ref(1).Repo, Number: pr.Number()}); err != nil || len(m.Sights) != 1 {
				t.Errorf("%+v, %v", m.Sights, err)
			}
		})
	}
}
