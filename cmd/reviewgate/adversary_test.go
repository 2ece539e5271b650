package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/pull"
)

func textFile(s string) *fake.File { return &fake.File{Content: s} }

func (w *world) change(c fake.Change) string {
	w.t.Helper()
	id, err := w.repo.Commit(c)
	check0(w.t, err)
	return id
}

// crossedAnd is crossed with one more commit on main before the request is opened.
func (w *world) crossedAnd(last map[string]*fake.File) *fake.PullRequest {
	w.t.Helper()
	start := w.repo.Tip("main")
	mains := w.change(fake.Change{Author: "carol", Message: "main's", Files: map[string]*fake.File{"fs/b.c": textFile("main's\n")}})
	topics := ""
	for i := 0; topics == "" || topics > mains; i++ { // the forge's list is made against the first by id
		topics = w.change(fake.Change{Branch: fmt.Sprint("try", i), From: start, Author: "dave", Message: fmt.Sprint("topic's ", i),
			Files: map[string]*fake.File{"mm/a.c": textFile("topic's\n")}})
	}
	check0(w.t, w.repo.SetBranch("topic", topics, "dave"))
	w.change(fake.Change{Author: "carol", Message: "main merges", Parents: []string{topics},
		Files: map[string]*fake.File{"mm/a.c": textFile("topic's\n")}})
	w.change(fake.Change{Branch: "topic", Author: "dave", Message: "topic merges", Parents: []string{mains},
		Files: map[string]*fake.File{"fs/a.c": textFile("new\n")}})
	w.change(fake.Change{Author: "carol", Message: "last", Files: last})
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic"})
	check0(w.t, err)
	return pr
}

func (w *world) approvedBy(pr *fake.PullRequest, who ...string) {
	w.t.Helper()
	for _, p := range who {
		w.later()
		w.review(pr, p, fake.Approved)
		w.quiet()
	}
}

// notGreen checks that a pull request has a check, and that it is no success.
func (w *world) notGreen(pr *fake.PullRequest, what string) {
	w.t.Helper()
	w.quiet()
	if run := w.run(pr.Head()); conclusion(run) == "success" || run.ID == 0 {
		w.t.Errorf("%s: %+v", what, run)
	}
}

// TestReviewOfAnUnjudgedHeadProvesNothing holds that a head with two merge bases
// stays an error, however often it is reviewed.
func TestReviewOfAnUnjudgedHeadProvesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.crossedAnd(map[string]*fake.File{"fs/a.c": textFile("conflicts\n")})
	w.quiet()
	w.expect(pr, "failure", "merge bases")
	w.approvedBy(pr, "alice", "bob", "carol")
	w.expect(pr, "failure", "merge bases")
	w.later()
	w.pushAs("carol", "main", map[string]string{"fs/a.c": lines("fs/a.c", 20)}) // the conflict is gone, merging undoes fs/b.c
	w.quiet()
	w.later()
	w.review(pr, "mallory", fake.Commented)
	w.notGreen(pr, "after the conflict, first look")
	w.later()
	w.review(pr, "mallory", fake.Commented)
	w.notGreen(pr, "after the conflict, second look")
}

func sentBody(r *http.Request) string {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return string(data)
}

// TestUnknownModesAreProtected holds that a file whose mode can't be read is
// protected as a submodule is, since it may be one.
func TestUnknownModesAreProtected(t *testing.T) {
	t.Parallel()
	for _, fault := range []bool{false, true} {
		w := newWorld(t, worldOptions{})
		if fault {
			w.SetFault(func(r *http.Request) *fakegithub.Fault {
				if strings.HasSuffix(r.URL.Path, "/graphql") {
					if b := sentBody(r); strings.Contains(b, "query Change") && strings.Contains(b, "f0: file") {
						return &fakegithub.Fault{Status: http.StatusBadGateway, Body: "{}"}
					}
				}
				return nil
			})
		}
		files := map[string]*fake.File{"third_party/x": {Mode: pull.Submodule, Content: w.repo.Tip("main")}}
		for _, n := range strings.Fields("c d e f g h i j k") {
			files["mm/"+n+".c"] = textFile(n + "\n")
		}
		w.change(fake.Change{Branch: "topic", Author: "dave", Message: "m", Files: files})
		pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic"})
		check0(t, err)
		w.quiet()
		w.approvedBy(pr, "alice")
		w.notGreen(pr, "submodule")
		if run := w.run(pr.Head()); !strings.Contains(run.Summary, "`third_party/x` (core, protected)") &&
			!strings.Contains(run.Summary, "third_party/x") {
			t.Errorf("fault %t: %s", fault, run.Summary)
		}
	}
}

// TestVanishedTwinDoesNotBlock holds that a twin that the forge no longer shows,
// because its author was suspended, is no obstacle.
func TestVanishedTwinDoesNotBlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	twin, err := w.repo.Open(fake.Opening{Author: "mallory", Head: "topic"})
	if err != nil {
		fork, err := w.repo.Fork("mallory")
		check0(t, err)
		check0(t, fork.SetBranch("topic", pr.Head(), "mallory"))
		twin, err = w.repo.Open(fake.Opening{Author: "mallory", Head: "topic", From: fork})
		check0(t, err)
	}
	w.quiet()
	number := twin.Number()
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		if strings.HasSuffix(r.URL.Path, "/graphql") && strings.Contains(sentBody(r), `"number":2`) {
			return &fakegithub.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
				Body: `{"data":{"repository":{"pullRequest":null}},"errors":[{"type":"NOT_FOUND","path":["repository","pullRequest"],"message":"Could not resolve to a PullRequest with the number of 2."}]}`}
		}
		return nil
	})
	if number != 2 {
		t.Fatal(number)
	}
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
}

// TestRefusedCommentLosesNothing holds that a locked conversation keeps no run
// from being remembered.
func TestRefusedCommentLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\nassign: off\n"})
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/comments") {
			return &fakegithub.Fault{Status: 403, Header: http.Header{"Content-Type": {"application/json"}},
				Body: `{"message":"Unable to create comment because issue is locked."}`}
		}
		return nil
	})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.until("remembered", func() bool {
		known, err := w.svc.Store().OpenKnown(t.Context(), ref(1).Repo)
		return err == nil && len(known) == 1
	})
}

// TestLoginChangedHands holds that who takes over a login does not take over its
// rights.
func TestLoginChangedHands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	old := w.approved("old")
	w.quiet()
	_ = old
	check0(t, w.RenameUser("alice", "alice2"), w.AddUsers("alice"))
	pr := w.open("topic", "mm/b.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.approvedBy(pr, "alice")
	w.notGreen(pr, "by the new owner of the login")
}

// TestReviewOfANarrowerList holds that a review counts for what its list showed,
// where the merge base moved on before it and the gate had not looked yet.
func TestReviewOfANarrowerList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nbranches: [{match: \"*\"}]\n"})
	check0(t, w.repo.SetBranch("old", w.repo.Tip("main"), "carol"))
	lower := w.push("topic", map[string]string{"mm/a.c": "lower\n"})
	w.push("topic", map[string]string{"mm/b.c": "upper\n"})
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic"})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 2")
	w.quiet()
	w.later()
	w.HoldWebhooks()
	check0(t, w.repo.SetBranch("main", lower, "carol"))
	check0(t, pr.Close("dave"))
	check0(t, pr.Reopen("dave")) // the list is mm/b.c alone
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.later()
	w.ReleaseWebhooks()
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	w.later()
	check0(t, pr.Retarget("dave", "old")) // mm/a.c is back, which alice was not shown
	w.quiet()
	w.notGreen(pr, "mm/a.c was never shown to alice")
}

// TestQueueAfterDismissal holds that a group is judged again when an approval is
// dismissed while it waits.
func TestQueueAfterDismissal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.repo.Protect("main", "review-gate", "build")
	w.repo.EnableQueue("main")
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	id := w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	check0(t, w.repo.SetStatus("bob", pr.Head(), fake.Status{Context: "build", State: "success"}))
	check0(t, pr.Enqueue("dave"))
	head := pr.QueueHead()
	w.until("the group judged", func() bool { return conclusion(w.run(head)) == "success" })
	w.quiet()
	w.later()
	check0(t, pr.Dismiss("carol", id, "no"))
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	if got := conclusion(w.run(head)); got == "success" {
		t.Error("the group is still green; the queue merges once build is through")
	}
}

// TestOrganisationPolicyIsProtected holds that the organisation's policy must be
// reviewed where it stands.
func TestOrganisationPolicyIsProtected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "none", idle: true})
	org, err := w.AddRepo(fake.RepoOptions{Owner: "acme", Name: ".github"})
	check0(t, err)
	w.repo = org
	check0(t, org.SetCollaborator("alice", "write"))
	files := map[string]*fake.File{".github/review-gate.yml": textFile(testPolicy), ".github/subsystems.yml": textFile(testMap),
		"review-gate.yml": textFile("version: 1\nthreshold: 80%\n")}
	w.change(fake.Change{Author: "carol", Message: "m", Files: files})
	w.start(nil)
	w.swept()
	texts := map[string]string{"review-gate.yml": "version: 1\nmode: off\n"}
	for _, n := range strings.Fields("c d e f g h i j k") {
		texts["mm/"+n+".c"] = n + "\n"
	}
	w.push("topic", texts)
	pr, err := org.Open(fake.Opening{Author: "dave", Head: "topic"})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 10")
	w.approvedBy(pr, "alice")
	w.notGreen(pr, "mode: off for the organisation")
}

// TestUnreadableQueueStopsNoSweep holds that ownership is watched although the
// merge queue can't be read.
func TestUnreadableQueueStopsNoSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.repo.EnableQueue("main")
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		if strings.HasSuffix(r.URL.Path, "/graphql") && strings.Contains(sentBody(r), "query Queue") {
			return &fakegithub.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
				Body: `{"data":{"repository":{"mergeQueue":null}},"errors":[{"type":"FORBIDDEN","path":["repository","mergeQueue"],"message":"Resource not accessible by integration"}]}`}
		}
		return nil
	})
	pr := w.approved("topic")
	check0(t, w.FlushWebhooks(t.Context()))
	w.later()
	w.pushAs("carol", "main", map[string]string{".github/subsystems.yml": strings.ReplaceAll(testMap, "alice", "erin")})
	w.expect(pr, "in_progress", "0 of 1")
}
