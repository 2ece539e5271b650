package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// buildCheck is what a queue requires besides the gate's check.
const buildCheck = "build"

// queued opens a pull request that changes a path, which somebody approves, and queues
// it. It does not wait for quiet, as what can't be read is read again and again.
func (w *world) queued(branch, path, by string) *fake.PullRequest {
	w.t.Helper()
	pr := w.open(branch, path)
	w.expect(pr, "in_progress", "0 of 1")
	w.review(pr, by, fake.Approved)
	w.expect(pr, "success", "1 of 1")
	check0(w.t, pr.Enqueue("carol"))
	return pr
}

// group waits until the check on a group's head has a conclusion and a title with a text.
func (w *world) group(head, want, title string) {
	w.t.Helper()
	w.until(fmt.Sprintf("%s with %q on the group %s", want, title, head), func() bool {
		run := w.run(head)
		return conclusion(run) == want && strings.Contains(run.Title, title)
	})
}

// TestUnreadMemberOfAGroup holds that a pull request that can't be read has its own
// group fail, with words, and no other one; and that it takes more than a moment.
func TestUnreadMemberOfAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.repo.EnableQueue("main")
	one := w.queued("one", "mm/a.c", "alice")
	w.group(one.QueueHead(), "success", "#1: 1 of 1")
	w.quiet()
	w.unread(1)
	two := w.queued("two", "fs/a.c", "bob")
	w.group(two.QueueHead(), "success", "#2: 1 of 1")
	w.group(one.QueueHead(), "in_progress", "looking again")
	w.group(one.QueueHead(), "failure", "#1: it could not be read; queue it again")
	w.group(two.QueueHead(), "success", "#2: 1 of 1")
	w.unread(0)
	check0(t, one.Dequeue("carol"), one.Enqueue("carol"))
	w.group(one.QueueHead(), "success", "#1: 1 of 1")
}

// TestDismissalThatCannotBeRead holds that a group's success does not outlive a
// dismissal on a pull request in it that can't be read, nor that the queue can't be.
func TestDismissalThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, unread := range map[string]func(w *world){
		"pull request": func(w *world) { w.unread(1) },
		"both":         func(w *world) { w.down("query Look", "query Queue") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			w.repo.Protect("main", "review-gate", buildCheck)
			w.repo.EnableQueue("main")
			pr := w.open("one", "mm/a.c")
			w.expect(pr, "in_progress", "0 of 1")
			id := w.review(pr, "alice", fake.Approved)
			w.expect(pr, "success", "1 of 1")
			w.quiet()
			check0(t, w.repo.SetStatus("bob", pr.Head(), fake.Status{Context: buildCheck, State: "success"}), pr.Enqueue("carol"))
			head := pr.QueueHead()
			w.group(head, "success", "#1: 1 of 1")
			w.quiet()
			w.later()
			unread(w)
			check0(t, pr.Dismiss("carol", id, "no"))
			w.until("the group's success taken back", func() bool { return conclusion(w.run(head)) != "success" })
			check0(t, w.repo.SetStatus("bob", head, fake.Status{Context: buildCheck, State: "success"}))
			if _, merged := pr.State(); merged {
				t.Error("merged by the success of before the dismissal")
			}
			w.down()
			w.group(head, "failure", "#1: 0 of 1")
		})
	}
}

// TestDismissalBesideATestMerge holds that a success which the gate wrote on the test
// merge, over somebody else's word, does not outlive a dismissal that can't be read.
func TestDismissalBesideATestMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.repo.Protect("main", "review-gate")
	w.swept()
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	id := w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	commit, err := pr.TestMerge()
	check0(t, err, w.repo.SetStatus("erin", commit, fake.Status{Context: "review-gate", State: "failure"}))
	w.quiet()
	passes := func() bool {
		ok, err := pr.Passes(fake.RequiredCheck{Name: "review-gate"})
		check0(t, err)
		return ok
	}
	if !passes() {
		t.Error("what somebody else wrote decides")
	}
	w.later()
	w.unread(1)
	check0(t, pr.Dismiss("carol", id, "no"))
	w.until("the success taken back", func() bool { return !passes() })
	w.unread(0)
	w.expect(pr, "in_progress", "0 of 1")
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.until("merged by what it shows", passes)
}

// unread has the forge fail to show a pull request; 0 has it show all.
func (w *world) unread(number int) {
	if number == 0 {
		w.down()
		return
	}
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		if sent := sentBody(r); strings.Contains(sent, "query Look") && strings.Contains(sent, fmt.Sprintf(`"number":%d,`, number)) {
			return &fakegithub.Fault{Status: http.StatusBadGateway}
		}
		return nil
	})
}

// down has some queries fail, and no others.
func (w *world) down(queries ...string) {
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		sent := sentBody(r)
		for _, q := range queries {
			if strings.Contains(sent, q) {
				return &fakegithub.Fault{Status: http.StatusBadGateway}
			}
		}
		return nil
	})
}

// TestWrongMergeIsTold holds that what a queue merges is held against the group that
// was checked (behaviours.md, row 17).
func TestWrongMergeIsTold(t *testing.T) {
	t.Parallel()
	for _, wrong := range []bool{true, false} {
		t.Run(fmt.Sprint(wrong), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			w.SetBehaviour(fakegithub.Behaviour{Behaviour: fake.Behaviour{WrongMerge: wrong}})
			w.repo.Protect("main", "review-gate")
			w.repo.EnableQueue("main")
			pr := w.open("one", "mm/a.c")
			w.pushAs("carol", "main", map[string]string{"README": "of another\n"})
			w.expect(pr, "in_progress", "0 of 1")
			w.review(pr, "alice", fake.Approved)
			w.expect(pr, "success", "1 of 1")
			w.quiet()
			check0(t, pr.Enqueue("carol"))
			w.until("merged through the queue", func() bool { _, merged := pr.State(); return merged })
			w.quiet()
			told := strings.Contains(w.log.String(), "the merge queue merged another tree") && strings.Contains(w.log.String(), `"first":"README"`)
			if told != wrong {
				t.Errorf("told %v, want %v", told, wrong)
			}
			counted := strings.Contains(w.metrics(), fmt.Sprintf("reviewgate_oddities_total{kind=%q} 1", seam.WrongMerge))
			if counted != wrong {
				t.Errorf("counted %v, want %v", counted, wrong)
			}
		})
	}
}

// TestGroupsOfWhichTooLittleIsTold holds that a group fails, with words, where it can't
// be told what would be merged with it, and that other groups go on.
func TestGroupsOfWhichTooLittleIsTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ strategy, base, pull, tip, want, title string }{
		"all told": {"HEADGREEN", "base", "pull", "base", "success", "#1: 1 of 1 file reviewed"},
		"away from the tip": {"HEADGREEN", "base", "pull", "other", "failure",
			"#1: what would be merged along with it could not be told; queue it again"},
		"of no known kind": {"", "base", "pull", "other", "failure",
			"#1: what would be merged along with it could not be told; queue it again"},
		"no tip": {"HEADGREEN", "base", "pull", "", "failure",
			"#1: what would be merged along with it could not be told; queue it again"},
		"each green, no tip":  {"ALLGREEN", "base", "pull", "", "success", "#1: 1 of 1 file reviewed"},
		"no base":             {"ALLGREEN", "", "pull", "base", "failure", "#1: what this group merges could not be read; queue it again"},
		"hidden pull request": {"ALLGREEN", "base", "", "base", "failure", "what this group merges could not be read; queue it again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			w.repo.EnableQueue("main")
			base := w.repo.Tip("main")
			one := w.open("one", "mm/a.c")
			w.expect(one, "in_progress", "0 of 1")
			w.review(one, "alice", fake.Approved)
			w.expect(one, "success", "1 of 1")
			w.quiet()
			told := map[string]string{"base": base, "other": one.Head(), "pull": fmt.Sprintf(`{"number":1,"headRefOid":%q}`, one.Head()), "": ""}
			pull := told[tt.pull]
			if pull == "" {
				pull = "null"
			}
			w.SetFault(func(r *http.Request) *fakegithub.Fault {
				head := one.QueueHead()
				if head == "" || !strings.Contains(sentBody(r), "query Queue") {
					return nil
				}
				return &fakegithub.Fault{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: fmt.Sprintf(
					`{"data":{"repository":{"ref":%s,"mergeQueue":{"configuration":{"mergingStrategy":%q},"entries":{"totalCount":1,"pageInfo":{"hasNextPage":false},
					"nodes":[{"position":1,"baseCommit":%s,"headCommit":{"oid":%q},"pullRequest":%s}]}}}}}`,
					orNull(`{"target":{"oid":%q}}`, told[tt.tip]), tt.strategy, orNull(`{"oid":%q}`, told[tt.base]), head, pull)}
			})
			check0(t, one.Enqueue("carol"))
			w.group(one.QueueHead(), tt.want, tt.title)
		})
	}
}

// orNull is an object with a value, or null for none.
func orNull(format, value string) string {
	if value == "" {
		return "null"
	}
	return fmt.Sprintf(format, value)
}
