package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// TestStepThatFails holds that a success does not outlive what it was earned by,
// whichever of the step's calls the forge fails from then on: what can't be judged is an
// error, and where not even that can be written the step says so.
func TestStepThatFails(t *testing.T) {
	t.Parallel()
	all := callsOfAStep(t)
	if len(all) < 8 {
		t.Fatalf("a step makes the calls %v", all)
	}
	for _, failing := range all {
		for _, writes := range []bool{true, false} {
			t.Run(fmt.Sprint(strings.ReplaceAll(failing, "/", "_"), " ", writes), func(t *testing.T) {
				t.Parallel()
				holdTakenBack(t, failing, writes)
			})
		}
	}
}

// holdTakenBack has one call fail, and the writing of statuses, too, unless that works.
func holdTakenBack(t *testing.T, failing string, writes bool) {
	t.Helper()
	const writing = "POST /repos/acme/linux/statuses/SHA"
	s := greenThenLost(t)
	pr := s.repo.PullRequest(1)
	s.SetFault(func(r *http.Request) *fakegithub.Fault {
		switch name := callName(r); {
		case name == failing:
			return &fakegithub.Fault{Status: http.StatusBadGateway}
		case name == writing && !writes:
			return &fakegithub.Fault{Status: http.StatusForbidden, Body: `{"message":"Resource not accessible by integration"}`}
		}
		return nil
	})
	got := s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--pr", "1", "--publish")
	s.SetFault(nil)
	may, err := pr.Passes(fake.RequiredCheck{Name: "review-gate"})
	check0(t, err)
	if writes = writes && failing != writing; may == writes {
		t.Errorf("could be merged: %v, though the forge takes writes: %v\n%s", may, writes, got.text)
	}
	if told := strings.Contains(got.text, "may be merged although it should not"); told != may || may && got.code != exitError {
		t.Errorf("could be merged: %v, and the step says so: %v, with exit %d\n%s", may, told, got.code, got.text)
	}
	s.schedule()
	s.shows(pr, "pending", "0 of 1")
}

// greenThenLost is a pull request whose only approval is dismissed, and no run told.
func greenThenLost(t *testing.T) *runner {
	t.Helper()
	s := newRunner(t, worldOptions{})
	pr := s.forked("topic", "mm/a.c")
	s.settle()
	id := s.review(pr, "alice", fake.Approved)
	s.settle()
	s.shows(pr, "success", "1 of 1")
	check0(t, pr.Dismiss("carol", id, "not yet"))
	s.WorkflowEvents()
	s.later()
	return s
}

// operation is the beginning of a query in a request, below its comment or without one.
var operation = regexp.MustCompile(`(?:\\n|")query (\w+)`)

// callName names a call of a step; one of GraphQL by its operation.
func callName(r *http.Request) string {
	if r.Method == http.MethodPost && r.URL.Path == "/graphql" {
		body := make([]byte, 4096)
		n, _ := r.Body.Read(body) // the operation stands near the beginning
		if m := operation.FindSubmatch(body[:n]); m != nil {
			return "query " + string(m[1])
		}
	}
	path := strings.Split(r.URL.Path, "/")
	for i, part := range path {
		if len(part) == 40 {
			path[i] = "SHA"
		}
	}
	return r.Method + " " + strings.Join(path, "/")
}

// callsOfAStep lists the calls of a step that takes a success back.
func callsOfAStep(t *testing.T) []string {
	t.Helper()
	s := greenThenLost(t)
	var calls []string
	s.SetFault(func(r *http.Request) *fakegithub.Fault {
		if name := callName(r); !slices.Contains(calls, name) {
			calls = append(calls, name)
		}
		return nil
	})
	if got := s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--pr", "1", "--publish"); got.code != exitFail {
		t.Fatalf("exit %d\n%s", got.code, got.text)
	}
	return calls
}

// TestStepWithoutAReadablePolicy holds that a success does not outlive the policy that it
// was earned by, also where it is not known which branches a broken one gates.
func TestStepWithoutAReadablePolicy(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"main", "release/1"} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			s := newRunner(t, worldOptions{
				policy: "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nbranches: [{match: main}, {match: \"release/*\"}]\n"})
			check0(t, s.repo.SetBranch("release/1", s.repo.Tip("main"), "carol"))
			s.push("topic", map[string]string{"mm/a.c": "new\n"})
			pr, err := s.repo.Open(fake.Opening{Author: "dave", Head: "topic", Base: base})
			check0(t, err)
			s.settle()
			s.review(pr, "alice", fake.Approved)
			s.settle()
			name := "review-gate"
			if base != "main" {
				name = "review-gate/" + base
			}
			required := fake.RequiredCheck{Name: name, App: s.AppSlug()}
			passes := func(want bool) {
				t.Helper()
				if may, err := pr.Passes(required); err != nil || may != want {
					t.Errorf("passes: %v, want %v (%v)\nstatuses %+v\nlast step: exit %d\n%s", may, want, err, s.repo.Statuses(pr.Head()), s.last.code,
						s.last.text)
				}
			}
			passes(true)
			s.pushAs("carol", "main", map[string]string{".github/review-gate.yml": "version: 1\ntreshold: 80%\n"})
			s.WorkflowEvents()
			if got := s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--pr", "1", "--publish"); got.code != exitError ||
				!strings.Contains(got.text, "treshold") {
				t.Errorf("exit %d\n%s", got.code, got.text)
			}
			passes(false)
			all := s.repo.Statuses(pr.Head())
			if got := all[len(all)-1]; got.State != "error" {
				t.Errorf("the last status is %+v", got)
			}
		})
	}
}

// TestStepOnClosing holds what becomes of a success when its pull request is closed: it is
// taken back, unless another open one earns it, and stays what it is where it was merged.
func TestStepOnClosing(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	pr := s.open("topic", "mm/a.c")
	s.settle()
	s.review(pr, "alice", fake.Approved)
	s.settle()
	twin := s.twin()
	s.settle()
	s.later()
	s.review(twin, "alice", fake.Approved)
	s.settle()
	s.shows(twin, "success", "1 of 1")
	check0(t, pr.Close("dave"))
	n := len(s.repo.Statuses(pr.Head()))
	s.settle()
	s.shows(twin, "success", "1 of 1")
	if got := len(s.repo.Statuses(pr.Head())); got != n {
		t.Errorf("%d statuses, want %d: what a twin earns was written again", got, n)
	}
	check0(t, twin.Close("dave"))
	s.settle()
	s.shows(twin, "pending", "closed")

	merged := s.open("other", "fs/a.c")
	s.settle()
	s.review(merged, "bob", fake.Approved)
	s.settle()
	s.shows(merged, "success", "1 of 1")
	_, err := merged.Merge("carol")
	check0(t, err)
	s.settle()
	if got := s.status(merged.Head()); got.State != "success" {
		t.Errorf("after the merge: %+v", got)
	}
}

// TestStepSeesASuccessBelow holds that a success is taken back that somebody hides by a
// status of their own: where the App is the expected source, it is the one that counts.
func TestStepSeesASuccessBelow(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprint(fails), func(t *testing.T) {
			t.Parallel()
			s := newRunner(t, worldOptions{})
			pr := s.open("topic", "mm/a.c")
			s.settle()
			s.review(pr, "alice", fake.Approved)
			s.settle()
			check0(t, s.repo.SetStatus("carol", pr.Head(), fake.Status{Context: "Review-Gate", State: "failure"}))
			want := fake.StatusPending
			if fails {
				want = fake.StatusError
				s.SetFault(func(r *http.Request) *fakegithub.Fault {
					if strings.HasSuffix(callName(r), "Look") || strings.HasSuffix(r.URL.Path, "/files") {
						return &fakegithub.Fault{Status: http.StatusBadGateway}
					}
					return nil
				})
				s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--pr", "1", "--publish")
				s.SetFault(nil)
			} else {
				check0(t, pr.Close("dave"))
				s.settle()
			}
			s.shows(pr, want, "")
		})
	}
}

// TestStepLosesATwinsApproval holds that a pull request is judged without the approvals
// of a twin that was closed, whose event names the twin only.
func TestStepLosesATwinsApproval(t *testing.T) {
	t.Parallel()
	s := newRunner(t, worldOptions{})
	pr := s.open("topic", "mm/a.c")
	s.settle()
	s.review(pr, "alice", fake.Approved)
	s.settle()
	twin := s.twin()
	s.settle()
	s.shows(twin, "success", "1 of 1")
	check0(t, pr.Close("dave"))
	s.settle()
	s.shows(twin, "pending", "0 of 1")
}

// TestStepSeesTwinsInForks holds that an objection on a pull request of a fork counts for
// its twin, though GitHub lists no pull requests of a commit that is only in a fork.
func TestStepSeesTwinsInForks(t *testing.T) {
	t.Parallel()
	for _, list := range []bool{false, true} {
		t.Run(fmt.Sprint(list), func(t *testing.T) {
			t.Parallel()
			s := newRunner(t, worldOptions{})
			s.SetBehaviour(fakegithub.Behaviour{ForkCommitPulls: list})
			pr := s.forked("topic", "mm/a.c")
			s.settle()
			s.review(pr, "alice", fake.Approved)
			s.settle()
			s.shows(pr, "success", "1 of 1")
			fork, err := s.repo.Fork("dave")
			check0(t, err, fork.SetBranch("copy", pr.Head(), "dave"))
			twin, err := s.repo.Open(fake.Opening{Author: "dave", Head: "copy", From: fork})
			check0(t, err)
			s.settle()
			s.shows(pr, "success", "1 of 1")
			s.later()
			s.review(twin, "alice", fake.ChangesRequested)
			s.settle()
			s.shows(pr, "failure", "changes requested by alice")
		})
	}
}

// TestStepOnRetargeting holds that a success towards one branch is taken back when its
// pull request leaves for another one, gated under another name or not at all.
func TestStepOnRetargeting(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"release/1", "dev"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			s := newRunner(t, worldOptions{
				policy: "version: 1\nthreshold: 80%\nassign: off\ncomment: false\nbranches: [{match: main}, {match: \"release/*\"}]\n"})
			check0(t, s.repo.SetBranch(to, s.repo.Tip("main"), "carol"))
			pr := s.open("topic", "mm/a.c")
			s.settle()
			s.review(pr, "alice", fake.Approved)
			check0(t, s.repo.SetStatus("carol", pr.Head(), fake.Status{Context: "build", State: "success"}))
			s.settle()
			s.shows(pr, "success", "1 of 1")
			check0(t, pr.Retarget("dave", to))
			s.settle()
			s.shows(pr, "pending", "")
			if may, err := pr.Passes(fake.RequiredCheck{Name: "build"}); err != nil || !may {
				t.Errorf("somebody else's status was taken back: %v", err)
			}
		})
	}
}

// TestStepThatCanNotTell holds that a success goes also where its end can't be printed or
// kept.
func TestStepThatCanNotTell(t *testing.T) {
	t.Parallel()
	s := greenThenLost(t)
	if got := s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--pr", "1", "--publish", "--save",
		s.dir+"/none/run.json"); got.code != exitError || !strings.Contains(got.text, "save the run") {
		t.Errorf("exit %d\n%s", got.code, got.text)
	}
	s.shows(s.repo.PullRequest(1), "pending", "0 of 1")
}

// TestStepThatFailsOnClosing holds that a success goes also where the pull request can't
// be read when it is closed, and that the check of a merged one stays.
func TestStepThatFailsOnClosing(t *testing.T) {
	t.Parallel()
	for _, merged := range []bool{false, true} {
		t.Run(fmt.Sprint(merged), func(t *testing.T) {
			t.Parallel()
			s := newRunner(t, worldOptions{})
			pr := s.open("topic", "mm/a.c")
			s.settle()
			s.review(pr, "alice", fake.Approved)
			s.settle()
			s.shows(pr, "success", "1 of 1")
			want, err := fake.StatusError, error(nil)
			if merged {
				want = fake.StatusSuccess
				_, err = pr.Merge("carol")
			} else {
				err = pr.Close("dave")
			}
			check0(t, err)
			s.SetFault(func(r *http.Request) *fakegithub.Fault {
				if callName(r) == "query Look" {
					return &fakegithub.Fault{Status: http.StatusBadGateway}
				}
				return nil
			})
			if got := s.step(s.appToken(), fakegithub.WorkflowEvent{}, "--pr", "1", "--publish"); got.code != exitError {
				t.Errorf("exit %d\n%s", got.code, got.text)
			}
			if got := s.status(pr.Head()); got.State != want {
				t.Errorf("shows %+v, want %s", got, want)
			}
		})
	}
}
