package gitee

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// checkOf is a check on the first head.
func checkOf(outcome policy.Outcome, title string) publish.Check {
	return publish.Check{Name: "review-gate", Head: headOne, Outcome: outcome, Title: title, Summary: "why", Digest: string(outcome) + title}
}

// set writes a check over the one before, and returns its id and what stands then.
func set(t *testing.T, f *Forge, c publish.Check, id string, before policy.Outcome) (string, policy.Outcome) {
	t.Helper()
	id, err := f.SetCheck(t.Context(), request, c, seam.Written{ID: id, Outcome: before})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := f.CheckOn(t.Context(), request, c.Head, c.Name, false)
	if err != nil {
		t.Fatal(err)
	}
	return id, shown
}

// shownRuns says in a line what runs there are.
func (s *site) shownRuns() string {
	var out []string
	for _, r := range s.runs {
		word, _ := r["conclusion"].(string)
		if word == "" {
			word, _ = r["status"].(string)
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// TestRuns holds that a run in progress is changed and completed, that a completed one stays
// and has another one after it, and that a success is closed before a run is in progress.
func TestRuns(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, Kind, func(s *site) { s.admin = true })
	id, last := "", policy.Outcome("")
	for _, step := range []struct {
		outcome policy.Outcome
		title   string
		want    string
	}{
		{policy.Pending, "0 of 2", "in_progress"},
		{policy.Pending, "1 of 2", "in_progress"},
		{policy.Success, "2 of 2", "success"},
		{policy.Success, "2 of 2, once more", "success success"},
		{policy.Pending, "changed", "success success failure in_progress"},
		{policy.Failure, "objected", "success success failure failure"},
		{policy.Error, "broken", "success success failure failure failure"},
		{policy.Success, "mended", "success success failure failure failure success"},
	} {
		var shown policy.Outcome
		id, shown = set(t, f, checkOf(step.outcome, step.title), id, last)
		if last = seam.Visible(step.outcome); shown != last || s.shownRuns() != step.want {
			t.Errorf("%s: shows %s; runs %s, want %s", step.title, shown, s.shownRuns(), step.want)
		}
	}
	for _, r := range s.runs {
		if r["pull_request_id"] != 4744278.0 || r["head_sha"] != headOne {
			t.Errorf("a run is for %v on %v", r["pull_request_id"], r["head_sha"])
		}
		if word := r["conclusion"]; word == "neutral" || word == "skipped" {
			t.Errorf("%s lets through", word)
		}
	}
}

// TestRunIsHeldAgainstTheAnswer holds that a run counts as written only if the answer shows it.
func TestRunIsHeldAgainstTheAnswer(t *testing.T) {
	t.Parallel()
	const whole = `"id":4,"name":"review-gate","head_sha":"` + headOne + `"`
	pr := `{"id":1,"number":3,"state":"open","assignees":[],"head":{"sha":"` + headOne + `"},"base":{"ref":"main"}}`
	for answer, ok := range map[string]bool{
		`{` + whole + `,"status":"completed","conclusion":"success"}`:                                      true,
		`{` + whole + `,"status":"completed","conclusion":"failure"}`:                                      false,
		`{` + whole + `,"status":"in_progress","conclusion":null}`:                                         false,
		`{"id":4,"name":"other","head_sha":"` + headOne + `","status":"completed","conclusion":"success"}`: false,
		`{"id":4,"name":"review-gate","head_sha":"x","status":"completed","conclusion":"success"}`:         false,
		`{"name":"review-gate","status":"completed","conclusion":"success"}`:                               false,
		`{}`: false, `[]`: false, ``: false,
	} {
		f := answering(t, Kind, map[string]string{"user": `{"id":7,"login":"gate"}`, "repos/acme/linux/pulls/3": pr,
			"repos/acme/linux/check-runs": answer})
		_, err := f.SetCheck(t.Context(), request, checkOf(policy.Success, "ok"), seam.Written{})
		if (err == nil) != ok {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// TestRunIsWrittenOnce holds that a run that may have been written is looked for by its mark,
// and that one of somebody else is not taken for it.
func TestRunIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, Kind, func(s *site) { s.admin = true })
	c := checkOf(policy.Success, "2 of 2")
	first, err := f.SetCheck(t.Context(), request, c, seam.Written{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.SetCheck(t.Context(), request, c, seam.Written{Search: true})
	if err != nil || again != first || s.shownRuns() != "success" {
		t.Errorf("%s, %s, %v: %s", first, again, err, s.shownRuns())
	}
	s.runs = append(s.runs, object{"id": 900, "name": c.Name, "head_sha": headOne, "status": completed, "conclusion": success})
	if _, err := f.SetCheck(t.Context(), request, c, seam.Written{Search: true}); err != nil || s.shownRuns() != "success success success" {
		t.Errorf("%v: %s", err, s.shownRuns())
	}
	for anybody, want := range map[bool]policy.Outcome{true: policy.Failure, false: policy.Success} {
		s.runs[len(s.runs)-2]["conclusion"], s.runs[len(s.runs)-2]["id"] = failure, 9000
		if got, err := f.CheckOn(t.Context(), request, headOne, c.Name, anybody); err != nil || got != want {
			t.Errorf("anybody %t: %q, %v", anybody, got, err)
		}
	}
	found, err := f.Found(t.Context(), request.Repo, headOne, c.Name, "other")
	if err != nil || len(found) != 1 || found[0].Outcome != policy.Failure {
		t.Errorf("found %+v, %v", found, err)
	}
}

// TestRunOfAnotherRequest holds that a run of another pull request of the head is left alone.
func TestRunOfAnotherRequest(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, Kind, func(s *site) { s.admin = true })
	_, err := f.SetCheck(t.Context(), request, checkOf(policy.Pending, "0 of 2"), seam.Written{ID: "run/4/55", Outcome: policy.Pending})
	if err != nil || slices.Contains(s.calls, "PATCH check-runs/55") {
		t.Errorf("%v: %q", err, s.calls)
	}
	if _, err := f.SetCheck(t.Context(), pull.Ref{Repo: request.Repo}, checkOf(policy.Pending, ""), seam.Written{}); err == nil {
		t.Error("a check of no pull request was written")
	}
}

// TestTester holds that where no runs may be written our own test passes a pull request, and
// that it is taken back when it does not pass any more.
func TestTester(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, func(s *site) {
			s.required = map[string]int{Kind: 0, KindGitCode: 1}[kind]
			s.labels = []string{passedLabel}
		})
		id, shown := set(t, f, checkOf(policy.Pending, "0 of 2"), "", "")
		if id != "tester/3/" || shown != policy.Pending || len(s.testers) != 1 || s.required != 1 || len(s.labels) > 0 {
			t.Errorf("before: %s shows %s; testers %v of %d, labels %v", id, shown, s.testers, s.required, s.labels)
		}
		s.wrote()
		id, shown = set(t, f, checkOf(policy.Success, "2 of 2"), id, policy.Pending)
		if diff := cmp.Diff([]string{"POST pulls/3/test"}, withoutRuns(s.wrote())); diff != "" || shown != policy.Success {
			t.Errorf("passed shows %s (-want +got):\n%s", shown, diff)
		}
		id, shown = set(t, f, checkOf(policy.Failure, "objected"), id, policy.Success)
		if diff := cmp.Diff([]string{"PATCH pulls/3/testers"}, withoutRuns(s.wrote())); diff != "" || shown != policy.Pending {
			t.Errorf("taken back shows %s (-want +got):\n%s", shown, diff)
		}
		set(t, f, checkOf(policy.Failure, "objected, in other words"), id, policy.Failure)
		if wrote := withoutRuns(s.wrote()); len(wrote) > 0 {
			t.Errorf("nothing changed: %q", wrote)
		}
	})
}

// withoutRuns leaves the attempts at check runs out.
func withoutRuns(calls []string) []string {
	return slices.DeleteFunc(calls, func(call string) bool { return call == "POST check-runs" })
}

// TestPushWhileTesting holds that a test that was given while another head was pushed is
// taken back at once, and that the check counts as not written.
func TestPushWhileTesting(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, func(s *site) { s.required, s.testers = 1, []object{s.member("gate", false)} })
		s.before = func(call string) {
			if call == "POST pulls/3/test" {
				s.push(headTwo, true)
			}
		}
		if id, err := f.SetCheck(t.Context(), request, checkOf(policy.Success, "2 of 2"), seam.Written{}); err == nil {
			t.Errorf("written as %s", id)
		}
		if s.passedTests() > 0 {
			t.Error("the test of another head stands")
		}
	})
}

// TestEarlierHead holds that nothing of an earlier head is ever passed, nor takes back what
// stands for the head of now.
func TestEarlierHead(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, func(s *site) {
			s.head, s.required, s.testers = headTwo, 1, []object{s.member("gate", true)}
		})
		if _, err := f.SetCheck(t.Context(), request, checkOf(policy.Success, ""), seam.Written{}); err == nil {
			t.Error("an earlier head passed")
		}
		_, shown := set(t, f, checkOf(policy.Pending, "superseded"), "tester/3/", policy.Success)
		if wrote := withoutRuns(s.wrote()); len(wrote) > 0 || shown != "" || s.passedTests() != 1 {
			t.Errorf("%q; shows %q", wrote, shown)
		}
	})
}

// TestTestThatDoesNotStand holds that a test counts as given only if the pull request shows it.
func TestTestThatDoesNotStand(t *testing.T) {
	t.Parallel()
	for status, call := range map[int]string{http.StatusOK: "POST pulls/3/test", http.StatusForbidden: "POST pulls/3/test",
		http.StatusBadGateway: "PATCH pulls/3/testers"} {
		_, f := newSite(t, Kind, func(s *site) {
			s.required, s.testers = 1, []object{s.member("gate", call != "POST pulls/3/test")}
			s.denied[call] = status
		})
		outcome := policy.Success
		if call != "POST pulls/3/test" {
			outcome = policy.Pending
		}
		if _, err := f.SetCheck(t.Context(), request, checkOf(outcome, ""), seam.Written{}); err == nil {
			t.Errorf("%s answered %d: no error", call, status)
		}
	}
}

// TestThread holds that on a GitCode without a required test a thread of ours stays open
// until the pull request passes.
func TestThread(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, KindGitCode, func(s *site) { s.resolve, s.members = true, nil })
	id, shown := set(t, f, checkOf(policy.Pending, "0 of 2"), "", "")
	if !strings.HasPrefix(id, "thread/3/d") || shown != policy.Pending || len(s.comments) != 1 {
		t.Errorf("%s shows %s, comments %v", id, shown, s.comments)
	}
	for _, outcome := range []policy.Outcome{policy.Success, policy.Failure, policy.Success} {
		_, shown := set(t, f, checkOf(outcome, ""), id, "")
		if (shown == policy.Success) != (outcome == policy.Success) || len(s.comments) != 1 ||
			s.comments[0]["resolved"] != (outcome == policy.Success) {
			t.Errorf("%s shows %s, comments %v", outcome, shown, s.comments)
		}
	}
}

// TestThreadOfAnotherHead holds that a thread is opened again if a push came between.
func TestThreadOfAnotherHead(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, KindGitCode, func(s *site) { s.resolve, s.members = true, nil })
	s.before = func(call string) {
		if strings.HasPrefix(call, "PUT ") {
			s.push(headTwo, false)
		}
	}
	_, err := f.SetCheck(t.Context(), request, checkOf(policy.Success, ""), seam.Written{})
	if err == nil || s.comments[0]["resolved"] != false {
		t.Errorf("%v: %v", err, s.comments)
	}
}

// TestLabel holds that where nothing keeps a pull request back a label says that it passed.
func TestLabel(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, func(s *site) { s.members = nil })
		for _, outcome := range []policy.Outcome{policy.Pending, policy.Success, policy.Error} {
			id, shown := set(t, f, checkOf(outcome, ""), "", "")
			passed := outcome == policy.Success
			if id != "label/3/" || (shown == policy.Success) != passed || slices.Contains(s.labels, passedLabel) != passed {
				t.Errorf("%s: %s shows %s, labels %v", outcome, id, shown, s.labels)
			}
		}
		look, err := f.Look(t.Context(), request, nil, false)
		if err != nil || look.Blocks != publish.BlocksNothing {
			t.Errorf("%q, %v", look.Blocks, err)
		}
	})
}

// TestAdministratorAgain holds that what stood in for runs is taken back once runs can be
// written.
func TestAdministratorAgain(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, Kind, func(s *site) {
		s.admin, s.required, s.labels, s.testers = true, 1, []string{passedLabel}, []object{s.member("gate", true)}
	})
	id, shown := set(t, f, checkOf(policy.Pending, ""), "tester/3/", policy.Success)
	if !strings.HasPrefix(id, "run/3/") || shown != policy.Pending || len(s.labels) > 0 || s.passedTests() > 0 {
		t.Errorf("%s shows %s; labels %v, testers %v", id, shown, s.labels, s.testers)
	}
}

// TestClosedRequest holds that a test is taken back from a closed pull request, which may be
// opened again, and that a merged one is left alone.
func TestClosedRequest(t *testing.T) {
	t.Parallel()
	for state, stands := range map[string]int{"closed": 0, "merged": 1} {
		s, f := newSite(t, Kind, func(s *site) { s.state, s.required, s.testers = state, 1, []object{s.member("gate", true)} })
		if _, err := f.SetCheck(t.Context(), request, checkOf(policy.Pending, "closed"), seam.Written{Outcome: policy.Success}); err != nil {
			t.Error(err)
		}
		if s.passedTests() != stands {
			t.Errorf("%s: %v", state, s.testers)
		}
	}
}

// TestCompletedRun holds that where a run was completed meanwhile, whether the server refuses a
// change of it or takes one without effect, what is to be shown is shown by another one.
func TestCompletedRun(t *testing.T) {
	t.Parallel()
	for _, final := range []bool{false, true} {
		s, f := newSite(t, Kind, func(s *site) { s.admin, s.final = true, final })
		id, _ := set(t, f, checkOf(policy.Pending, "0 of 2"), "", "")
		s.runs[0]["status"], s.runs[0]["conclusion"] = completed, success // its answer was lost
		if _, shown := set(t, f, checkOf(policy.Failure, "objected"), id, policy.Pending); shown != policy.Failure {
			t.Errorf("a change has no effect %t: shows %s; runs %s", final, shown, s.shownRuns())
		}
	}
}

// TestTesterBesideRuns holds that where somebody made us a tester although we write runs, our test
// passes with the run, and that a run without it is not taken for a pass: nothing would merge.
func TestTesterBesideRuns(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, Kind, func(s *site) { s.admin = true })
	id, shown := set(t, f, checkOf(policy.Success, "2 of 2"), "", "")
	if shown != policy.Success || len(s.testers) > 0 {
		t.Errorf("shows %s, testers %v", shown, s.testers)
	}
	s.testers, s.required = []object{s.member("gate", false)}, 1
	if shown, err := f.CheckOn(t.Context(), request, headOne, "review-gate", false); err != nil || shown != policy.Pending {
		t.Errorf("waiting for our test it shows %s, %v", shown, err)
	}
	id, shown = set(t, f, checkOf(policy.Success, "2 of 2"), id, policy.Success)
	if shown != policy.Success || s.passedTests() != 1 {
		t.Errorf("shows %s, testers %v", shown, s.testers)
	}
	if _, shown = set(t, f, checkOf(policy.Pending, "1 of 2"), id, policy.Success); shown != policy.Pending || s.passedTests() != 0 {
		t.Errorf("taken back it shows %s, testers %v", shown, s.testers)
	}
	s.state = "closed"
	set(t, f, checkOf(policy.Success, "2 of 2"), "", "")
	if s.passedTests() != 0 {
		t.Error("a closed pull request was tested")
	}
}

// TestTakenFromTheTesters holds that a pull request which our test held back shows nothing once
// somebody took our place among the testers, so that it is taken again; and where we never had
// one it shows that it did not pass.
func TestTakenFromTheTesters(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, func(s *site) { s.required = 1 })
		id, shown := set(t, f, checkOf(policy.Pending, "0 of 2"), "", "")
		if shown != policy.Pending || len(s.testers) != 1 {
			t.Fatalf("shows %s, testers %v", shown, s.testers)
		}
		s.testers = []object{}
		if shown, err := f.CheckOn(t.Context(), request, headOne, "review-gate", false); err != nil || shown != "" {
			t.Errorf("shows %q, %v", shown, err)
		}
		if _, shown = set(t, f, checkOf(policy.Pending, "0 of 2"), id, policy.Pending); shown != policy.Pending || len(s.testers) != 1 {
			t.Errorf("shows %s, testers %v", shown, s.testers)
		}
		s.members, s.testers = nil, []object{} // and it is not taken again
		for range 2 {
			if _, shown = set(t, f, checkOf(policy.Pending, "0 of 2"), id, policy.Pending); shown != policy.Pending {
				t.Errorf("shows %q", shown)
			}
		}
	})
}

// TestTestedAreBounded holds that of more pull requests than are remembered the last one is.
func TestTestedAreBounded(t *testing.T) {
	t.Parallel()
	_, f := newSite(t, Kind, nil)
	for i := range maxTested + 1 {
		f.noteTested(pull.Ref{Repo: request.Repo, Number: i}, true)
	}
	if !f.tookAway(pull.Ref{Repo: request.Repo, Number: maxTested}, byLabel) || len(f.tested) != 1 {
		t.Errorf("%d are remembered", len(f.tested))
	}
}
