package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/sandbox"
	"github.com/reviewgate/reviewgate/internal/pull"
)

func xtext(s string) *sandbox.File { return &sandbox.File{Content: s} }

func (w *world) xcommit(c sandbox.Change) string {
	w.t.Helper()
	id, err := w.repo.Commit(c)
	check0(w.t, err)
	return id
}

// xcrossed is crossed with one more commit on main before the request is opened.
func (w *world) xcrossed(last map[string]*sandbox.File) *sandbox.PullRequest {
	w.t.Helper()
	start := w.repo.Tip("main")
	mains := w.xcommit(sandbox.Change{Author: "carol", Message: "main's", Files: map[string]*sandbox.File{"fs/b.c": xtext("main's\n")}})
	topics := ""
	for i := 0; topics == "" || topics > mains; i++ { // the forge's list is made against the first by id
		topics = w.xcommit(sandbox.Change{Branch: fmt.Sprint("try", i), From: start, Author: "dave", Message: fmt.Sprint("topic's ", i),
			Files: map[string]*sandbox.File{"mm/a.c": xtext("topic's\n")}})
	}
	check0(w.t, w.repo.SetBranch("topic", topics, "dave"))
	w.xcommit(sandbox.Change{Author: "carol", Message: "main merges", Parents: []string{topics}, Files: map[string]*sandbox.File{"mm/a.c": xtext("topic's\n")}})
	w.xcommit(sandbox.Change{Branch: "topic", Author: "dave", Message: "topic merges", Parents: []string{mains},
		Files: map[string]*sandbox.File{"fs/a.c": xtext("new\n")}})
	w.xcommit(sandbox.Change{Author: "carol", Message: "last", Files: last})
	pr, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "topic"})
	check0(w.t, err)
	return pr
}

func (w *world) xapprove(pr *sandbox.PullRequest, who ...string) {
	w.t.Helper()
	for _, p := range who {
		w.later()
		w.review(pr, p, "APPROVE")
		w.quiet()
	}
}

func (w *world) xnotGreen(pr *sandbox.PullRequest, what string) {
	w.t.Helper()
	w.quiet()
	if run := w.run(pr.Head()); conclusion(run) == "success" {
		w.t.Errorf("%s: %s\n%s", what, run.Title, run.Summary)
	}
}

// A head with two merge bases that conflicts is an error and not recorded; a
// review of it records it by comparison, without what the list hides.
func TestXConflictLaundersHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.xcrossed(map[string]*sandbox.File{"fs/a.c": xtext("conflicts\n")})
	w.quiet()
	t.Log("opened:", w.run(pr.Head()).Title)
	w.xapprove(pr, "alice", "bob", "carol")
	t.Log("reviewed:", w.run(pr.Head()).Title)
	w.xnotGreen(pr, "conflicting")
	w.later()
	w.pushAs("carol", "main", map[string]string{"fs/a.c": lines("fs/a.c", 20)}) // the conflict is gone, merging undoes fs/b.c
	w.quiet()
	w.later()
	w.review(pr, "mallory", "COMMENT")
	w.xnotGreen(pr, "after the conflict, first look")
	w.later()
	w.review(pr, "mallory", "COMMENT")
	w.xnotGreen(pr, "after the conflict, second look")
}

func xbody(r *http.Request) string {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return string(data)
}

// Where the modes can't be read, a submodule is not known to be protected.
func TestXUnknownModeUnprotectsSubmodule(t *testing.T) {
	t.Parallel()
	for _, fault := range []bool{false, true} {
		w := newWorld(t, worldOptions{})
		if fault {
			w.SetFault(func(r *http.Request) *sandbox.Fault {
				if strings.HasSuffix(r.URL.Path, "/graphql") {
					if b := xbody(r); strings.Contains(b, "query Change") && strings.Contains(b, "f0: file") {
						return &sandbox.Fault{Status: http.StatusBadGateway, Body: "{}"}
					}
				}
				return nil
			})
		}
		files := map[string]*sandbox.File{"third_party/x": {Mode: pull.Submodule, Content: w.repo.Tip("main")}}
		for _, n := range strings.Fields("c d e f g h i j k") {
			files["mm/"+n+".c"] = xtext(n + "\n")
		}
		w.xcommit(sandbox.Change{Branch: "topic", Author: "dave", Message: "m", Files: files})
		pr, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "topic"})
		check0(t, err)
		w.quiet()
		w.xapprove(pr, "alice")
		t.Log(fault, w.run(pr.Head()).Title)
		w.xnotGreen(pr, "submodule")
	}
}

// A twin that the forge no longer shows (its author was suspended).
func TestXVanishedTwin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	twin, err := w.repo.Open(sandbox.Opening{Author: "mallory", Head: "topic"})
	if err != nil {
		fork, err := w.repo.Fork("mallory")
		check0(t, err)
		check0(t, fork.SetBranch("topic", pr.Head(), "mallory"))
		twin, err = w.repo.Open(sandbox.Opening{Author: "mallory", Head: "topic", From: fork})
		check0(t, err)
	}
	w.quiet()
	number := twin.Number()
	w.SetFault(func(r *http.Request) *sandbox.Fault {
		if strings.HasSuffix(r.URL.Path, "/graphql") && strings.Contains(xbody(r), `"number":2`) {
			return &sandbox.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
				Body: `{"data":{"repository":{"pullRequest":null}},"errors":[{"type":"NOT_FOUND","path":["repository","pullRequest"],"message":"Could not resolve to a PullRequest with the number of 2."}]}`}
		}
		return nil
	})
	if number != 2 {
		t.Fatal(number)
	}
	w.later()
	w.review(pr, "alice", "APPROVE")
	w.expect(pr, "success", "1 of 1")
}

// The comment is refused: the conversation is locked.
func TestXCommentRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\nassign: off\n"})
	w.SetFault(func(r *http.Request) *sandbox.Fault {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/comments") {
			return &sandbox.Fault{Status: 403, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"message":"Unable to create comment because issue is locked."}`}
		}
		return nil
	})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.until("remembered", func() bool {
		known, err := w.svc.store.OpenKnown(t.Context(), ref(1).Repo)
		return err == nil && len(known) == 1
	})
}

// A login that changed hands.
func TestXLoginChangedHands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	old := w.approved("old")
	w.quiet()
	_ = old
	check0(t, w.RenameUser("alice", "alice2"), w.AddUsers("alice"))
	pr := w.open("topic", "mm/b.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.xapprove(pr, "alice")
	w.xnotGreen(pr, "by the new owner of the login")
}

// The review came after the merge base moved on and before the gate looked.
func TestXReviewOfANarrowerList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nbranches: [{match: \"*\"}]\n"})
	check0(t, w.repo.SetBranch("old", w.repo.Tip("main"), "carol"))
	lower := w.push("topic", map[string]string{"mm/a.c": "lower\n"})
	w.push("topic", map[string]string{"mm/b.c": "upper\n"})
	pr, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "topic"})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 2")
	w.quiet()
	w.later()
	w.HoldWebhooks()
	check0(t, w.repo.SetBranch("main", lower, "carol"))
	check0(t, pr.Close("dave"))
	check0(t, pr.Reopen("dave")) // the list is mm/b.c alone
	w.later()
	w.review(pr, "alice", "APPROVE")
	w.later()
	w.ReleaseWebhooks()
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	w.later()
	check0(t, pr.Retarget("dave", "old")) // mm/a.c is back, which alice was not shown
	w.quiet()
	w.xnotGreen(pr, "mm/a.c was never shown to alice")
}

// An approval is dismissed while its pull request waits in a queue.
func TestXQueueAfterDismissal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.repo.Protect("main", "review-gate", "build")
	w.repo.EnableQueue("main")
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	id := w.review(pr, "alice", "APPROVE")
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	check0(t, w.repo.SetStatus("bob", pr.Head(), sandbox.Status{Context: "build", State: "success"}))
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

// The organisation's policy is not protected where it stands.
func TestXOrgPolicyPadded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "none", idle: true})
	org, err := w.AddRepo(sandbox.RepoOptions{Owner: "acme", Name: ".github"})
	check0(t, err)
	w.repo = org
	check0(t, org.SetCollaborator("alice", "write"))
	files := map[string]*sandbox.File{".github/review-gate.yml": xtext(testPolicy), ".github/subsystems.yml": xtext(testMap),
		"review-gate.yml": xtext("version: 1\nthreshold: 80%\n")}
	w.xcommit(sandbox.Change{Author: "carol", Message: "m", Files: files})
	w.start(nil)
	w.swept()
	texts := map[string]string{"review-gate.yml": "version: 1\nmode: off\n"}
	for _, n := range strings.Fields("c d e f g h i j k") {
		texts["mm/"+n+".c"] = n + "\n"
	}
	w.push("topic", texts)
	pr, err := org.Open(sandbox.Opening{Author: "dave", Head: "topic"})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 10")
	w.xapprove(pr, "alice")
	w.xnotGreen(pr, "mode: off for the organisation")
}

// The queue can't be read (no permission merge_queues, or an entry without base
// commit): sweeps and changes of ownership stop with it.
func TestXUnreadableQueueStopsSweeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.repo.EnableQueue("main")
	w.SetFault(func(r *http.Request) *sandbox.Fault {
		if strings.HasSuffix(r.URL.Path, "/graphql") && strings.Contains(xbody(r), "query Queue") {
			return &sandbox.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
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
