package probe_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakerest "github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
	"github.com/reviewgate/reviewgate/internal/probe"
)

// work puts a commit of somebody's on a branch.
func work(s *site, branch, by, message string) string {
	s.t.Helper()
	files := forgetest.Texts(map[string]string{"mine": by + "\n"})
	id, err := s.repo.Commit(fake.Change{Branch: branch, Author: by, Message: message, Files: files})
	check(s.t, err)
	return id
}

// TestForeign holds that nothing is taken away or written over which is called as what is a probe's
// and is not: a branch with somebody's work has the run refused before it writes, and one of another
// name below the prefix stays, as does a pull request that the account opened itself.
func TestForeign(t *testing.T) {
	t.Parallel()
	s := newSite(t, false, nil)
	theirs := work(s, probe.Prefix+"topic", "dave", "reviewgate probe")
	if _, _, err := s.run(t.Context()); err == nil || !strings.Contains(err.Error(), "holds what no probe made") {
		t.Errorf("%v", err)
	}
	for _, call := range s.Calls() {
		if call.Method != http.MethodGet {
			t.Errorf("%s %s", call.Method, call.Path)
		}
	}
	if s.repo.Tip(probe.Prefix+"topic") != theirs {
		t.Error("somebody's branch is gone")
	}

	s = newSite(t, false, nil)
	notes, plan := work(s, probe.Prefix+"notes", "dave", "Notes"), work(s, probe.Prefix+"plan", giteetest.Bot, "Plan")
	_, err := s.repo.Open(fake.Opening{Author: giteetest.Bot, Head: probe.Prefix + "plan", Base: probe.Prefix + "notes",
		Title: "reviewgate probe: topic"})
	check(t, err)
	report, text, err := s.run(t.Context())
	if err != nil || !report.Whole() {
		t.Errorf("%v\n%s", err, text)
	}
	if s.repo.Tip(probe.Prefix+"notes") != notes || s.repo.Tip(probe.Prefix+"plan") != plan || !s.repo.PullRequests()[0].IsOpen {
		t.Error("what is not the probe's is gone")
	}
}

// TestMovedByOthers holds that a branch which somebody pushed to while the probe ran stays, and is told.
func TestMovedByOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, false, nil)
	moved := ""
	s.instead = func(_ http.ResponseWriter, r *http.Request) bool {
		if moved == "" && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/comments") {
			moved = work(s, probe.Prefix+"twin", "dave", "Mine")
		}
		return false
	}
	report, text, err := s.run(t.Context())
	if err != nil || moved == "" || s.repo.Tip(probe.Prefix+"twin") != moved || len(s.left()) != 1 || len(report.Left) != 1 ||
		!strings.HasSuffix(report.Left[0], probe.Prefix+"twin") {
		t.Errorf("%v: left %v, told %v\n%s", err, s.left(), report.Left, text)
	}
}

// TestKilled holds that the next run takes away what one left that had no time for it, though its
// commits are of another time, and its comment.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, gitCode := range []bool{false, true} {
		s := newSite(t, gitCode, nil)
		dead := false
		s.instead = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/comments") && r.Method == http.MethodPatch {
				dead = true
			}
			if dead {
				w.WriteHeader(http.StatusInternalServerError)
			}
			return dead
		}
		if _, text, _ := s.run(t.Context()); len(s.left()) < 9 {
			t.Fatalf("%v\n%s", s.left(), text)
		}
		s.instead = nil
		s.ticks.Add(1000)
		if _, text, err := s.run(t.Context()); err != nil || len(s.left()) > 0 {
			t.Errorf("%v: %v\n%s", err, s.left(), text)
		}
	}
}

// TestNothingDone holds that what a server said to have done and did not is told as left, or as not
// tried to its end, and that no fact is made of it.
func TestNothingDone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string // of what is not done
		left         int
		failed       string // the question that is not tried to its end
		unsettled    string
	}{
		"a comment":  {http.MethodDelete, `/comments/\d+$`, 1, "", ""},
		"an edit":    {http.MethodPatch, `/comments/\d+$`, 0, "q.comment", ""},
		"conclusion": {http.MethodPatch, `/check-runs/\d+$`, 0, "q.checks.final", fakerest.FinalIgnored},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, path := newSite(t, false, nil), regexp.MustCompile(c.path)
			s.instead = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != c.method || !path.MatchString(r.URL.Path) {
					return false
				}
				_, err := io.WriteString(w, "{}")
				return err == nil
			}
			report, text, err := s.run(t.Context())
			if err != nil || len(report.Left) != c.left || len(s.left()) != c.left {
				t.Errorf("%v: left %v, told %v\n%s", err, s.left(), report.Left, text)
			}
			for _, a := range report.Answers {
				if (a.Failed != nil) != (a.Question == c.failed) {
					t.Errorf("%s: %v", a.Question, a.Failed)
				}
			}
			if _, is := settings(report)[c.unsettled]; is {
				t.Errorf("it is made a fact of %s", c.unsettled)
			}
		})
	}
}

// TestUnknownRuns holds that no fact is made of lists of check runs that are none, or have not what was
// written.
func TestUnknownRuns(t *testing.T) {
	t.Parallel()
	for _, list := range []string{`{"message":"later"}`, `{"total_count":0,"check_runs":[]}`} {
		s := newSite(t, false, nil)
		s.instead = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/commits/") || !strings.HasSuffix(r.URL.Path, "/check-runs") {
				return false
			}
			_, err := io.WriteString(w, list)
			return err == nil
		}
		report, text, err := s.run(t.Context())
		if _, is := settings(report)[fakerest.TwinsShare]; err != nil || is || report.Whole() {
			t.Errorf("%s: %v\n%s", list, err, text)
		}
	}
}

// TestUnkept holds that no fact is made of a rewrite after a push that failed.
func TestUnkept(t *testing.T) {
	t.Parallel()
	s := newSite(t, true, nil)
	pushes := 0
	s.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/git-receive-pack") {
			return false
		}
		pushes++ // six branches, of which a GitCode has each
		fails := pushes == 7
		if fails {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return fails
	}
	report, text, err := s.run(t.Context())
	got := settings(report)
	_, pushed := got[fakerest.PushKeeps]
	_, rewritten := got[fakerest.RewriteKeeps]
	if err != nil || pushed || rewritten || len(s.left()) > 0 {
		t.Errorf("%v: %v\n%s", err, got, text)
	}
}

// TestSecrecy holds that neither a report nor an error has the token, or what it opens git by, whatever
// a server answers and wherever that is cut, and that a report has nobody's address.
func TestSecrecy(t *testing.T) {
	t.Parallel()
	token := "token-" + giteetest.Bot
	for _, before := range []int{0, 280, 288, 290, 295, 899} {
		s := newSite(t, false, nil)
		s.instead = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/assignees") {
				return false
			}
			w.WriteHeader(http.StatusForbidden)
			_, err := fmt.Fprintf(w, `{"message":"%s %s of alice@corp.example, @alice"}`, strings.Repeat("x", before), token)
			return err == nil
		}
		_, text, err := s.run(t.Context())
		if err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		holdSecrecy(t, text)
		if strings.Contains(text, "corp.example") || strings.Contains(text, "alice") {
			t.Errorf("the report names somebody\n%s", text)
		}
	}
	s := newSite(t, false, nil)
	s.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user") {
			w.WriteHeader(http.StatusForbidden)
			_, err := fmt.Fprintf(w, `{"message":"%s is no token"}`, r.Header.Get("Authorization"))
			return err == nil
		}
		return false
	}
	if err := s.probe().Examine(context.Background()); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("%v", err)
	}
}

// TestReviewsAlone holds that no fact is made of a review that can't be taken back: to give it once more
// moves nothing.
func TestReviewsAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, false, map[string]int{fakerest.ApprovalsMove: 1})
	s.instead = func(w http.ResponseWriter, r *http.Request) bool {
		refused := strings.HasSuffix(r.URL.Path, "/test")
		if refused {
			w.WriteHeader(http.StatusForbidden)
		}
		return refused
	}
	report, text, err := s.run(t.Context())
	if n, is := settings(report)[fakerest.ApprovalsMove]; err != nil || is && n == 0 {
		t.Errorf("%v\n%s", err, text)
	}
}
