package main

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/pull"
)

const foreignPolicy = "version: 1\nassign: off\ncomment: false\nownership:\n  - subsystems: {repo: friends/map, path: map.yml}\n"

// TestSourceOutOfReach holds that a source of an owner whose repositories the app can't
// read gives every pull request a verdict that names the policy's line and what to do;
// that nothing is tried again and again, that sweeps go on, and that all is well once it
// can be read.
func TestSourceOutOfReach(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ before, begin, end func(w *world) }{
		"never installed": {
			before: func(w *world) {
				check0(w.t, w.AddOrg("friends", []string{"carol"}, nil))
				w.secretRepo("friends", "map", "map.yml", testMap)
			},
			end: func(w *world) { w.installs("friends") },
		},
		"no such owner": {},
		"uninstalled": {
			before: (*world).friends,
			begin:  func(w *world) { w.Uninstall("friends") },
			end:    func(w *world) { w.installs("friends") },
		},
		"suspended": {
			before: (*world).friends,
			begin:  func(w *world) { w.Suspend("friends", true) },
			end:    func(w *world) { w.Suspend("friends", false) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{idle: true, policy: foreignPolicy})
			if test.before != nil {
				test.before(w)
			}
			w.extra = "server:\n  trust: [{from: acme, to: friends}]\n"
			w.start(nil)
			prs := []*fake.PullRequest{w.open("topic", "mm/a.c"), w.open("other", "mm/b.c")}
			if test.begin != nil {
				for _, pr := range prs {
					w.expect(pr, "in_progress", "0 of 1")
				}
				test.begin(w)
				check0(t, w.svc.Store().Raise(t.Context(), refOf(prs[0]), refOf(prs[1])))
			}
			for _, pr := range prs {
				w.expect(pr, "failure", "review-gate.yml:5: friends/map/map.yml: this gate can't read it")
				if s := w.run(pr.Head()).Summary; !strings.Contains(s, "have the app installed there") {
					t.Errorf("it is not said what to do:\n%s", s)
				}
			}
			w.quiet()
			if failed := w.log.lines("evaluation failed; it is run again"); len(failed) > 0 {
				t.Errorf("%d times tried again: %v", len(failed), failed[0])
			}
			if test.end == nil {
				return
			}
			w.HoldWebhooks() // a sweep has to find it
			test.end(w)
			w.ahead.Add(int64(2 * time.Minute)) // who has no installation is not asked for at once
			check0(t, w.svc.Store().Raise(t.Context(), pull.Ref{Repo: refOf(prs[0]).Repo}))
			for _, pr := range prs {
				w.expect(pr, "in_progress", "0 of 1")
			}
		})
	}
}

// TestSourceOutOfReachIsLookedForSeldom holds that what an owner lacks is not asked for
// at each pull request.
func TestSourceOutOfReachIsLookedForSeldom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: foreignPolicy})
	w.extra = "server:\n  trust: [{from: acme, to: friends}]\n"
	w.start(nil)
	for _, branch := range []string{"a", "b", "c", "d", "e", "f"} {
		w.expect(w.open(branch, "mm/a.c"), "failure", "this gate can't read it")
	}
	asked := 0
	for _, c := range w.Calls() {
		if strings.HasSuffix(c.Pattern, "/installation") && strings.Contains(c.Path, "friends") {
			asked++
		}
	}
	if asked == 0 || asked > 6 { // by repository, organisation and person, by two at once
		t.Errorf("%d times asked where the app is installed", asked)
	}
}

// TestOrganisationPolicyOutOfReach holds that nothing passes while the policy of the
// organisation may not be read, whichever way that is said.
func TestOrganisationPolicyOutOfReach(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fakegithub.Fault{
		"status": {Status: http.StatusForbidden, Body: `{"message":"Resource not accessible by integration"}`},
		"error": {Status: http.StatusOK,
			Body: `{"data":{"repository":null},"errors":[{"type":"FORBIDDEN","path":["repository"],"message":"Resource not accessible by integration"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{idle: true, policy: "none"})
			w.secretRepo("acme", ".github", ".github/review-gate.yml", testPolicy)
			var shown atomic.Bool
			w.SetFault(func(r *http.Request) *fakegithub.Fault {
				body, err := io.ReadAll(r.Body)
				if err != nil || shown.Load() || !strings.Contains(string(body), `"name":".github"`) {
					return nil
				}
				return &fault
			})
			w.start(nil)
			pr := w.open("topic", "mm/a.c")
			w.expect(pr, "failure", "this gate may not read the organisation's policy")
			w.quiet()
			if failed := w.log.lines("evaluation failed; it is run again"); len(failed) > 0 {
				t.Errorf("%d times tried again: %v", len(failed), failed[0])
			}
			shown.Store(true)
			check0(t, w.svc.Store().Raise(t.Context(), pull.Ref{Repo: refOf(pr).Repo}))
			w.until("judged by it", func() bool { return !strings.Contains(w.run(pr.Head()).Title, "may not read") })
		})
	}
}

// installs has the app installed in an account.
func (w *world) installs(account string) {
	w.t.Helper()
	_, err := w.Install(account)
	check0(w.t, err)
}

// TestDirectoryElsewhere holds that a directory of MAINTAINERS files in another repository owns
// what it says at the tip of the branch that is named.
func TestDirectoryElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: "version: 1\nassign: off\ncomment: false\nthreshold: 100%\n" +
		"ownership:\n  - maintainers: {repo: acme/map, path: MAINTAINERS.d/, ref: main}\n"})
	repo, err := w.AddRepo(fake.RepoOptions{Owner: "acme", Name: "map"})
	check0(t, err)
	_, err = repo.Commit(fake.Change{Author: "carol", Message: "map", Files: map[string]*fake.File{
		"MAINTAINERS.d/mm": {Content: "MM\nM:\tAlice <alice@example.org> [@alice]\nS:\tMaintained\nF:\tmm/\n"},
		"README":           {Content: "not a map\n"},
	}})
	check0(t, err)
	w.start(nil)
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
}
