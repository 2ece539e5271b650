package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/coverage"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// surveyOf is a survey as it is kept.
func surveyOf(t testing.TB, at time.Time, s coverage.Survey) history.Survey {
	t.Helper()
	s.At, s.Base, s.Commit = at, "main", strings.Repeat("abc123", 6)
	body, err := json.Marshal(s)
	check(t, err)
	return history.Survey{At: at, Asked: at.Add(-time.Second), Body: body}
}

// drawn is a shelf of a repository with something to draw, at a time.
func drawn(t testing.TB, now time.Time) *shelf {
	t.Helper()
	s := shelved(t, golden(t, "6/scope.json"))
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	s.weeks = []history.Week{{Start: monday, Pulls: 3, Passed: 1, Reviewed: 2, Counted: 3}, {Start: monday.AddDate(0, 0, 7), Pulls: 1, Passed: 1},
		{Start: monday.AddDate(0, 0, 28), Pulls: 2, Passed: 2, Reviewed: 5, Counted: 5}}
	lacks := []coverage.Lack{}
	for i, kind := range ownership.HealthKinds() {
		lacks = append(lacks, coverage.Lack{Kind: kind, Count: i, First: []string{"<i>" + kind}})
	}
	s.survey = surveyOf(t, now, coverage.Survey{Files: 111, Lacks: lacks, Folders: []coverage.Folder{{Rest: true, Unowned: 1},
		{Path: "<b>\u202e/", Owned: 50, Fallback: 20, Unstaffed: 20, Unowned: 10}, {Path: "mm/", Rest: true, Owned: 10}}})
	return s
}

// TestRepositoryDrawings holds what is drawn of a repository, for everybody who may read it, with a
// table of the same, in both languages and escaped.
func TestRepositoryDrawings(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := handler(t, drawn(t, now), &says{public: true})
	for lang, words := range map[string][]string{
		"en": {"Share reviewed, by week", "Week of 2026-11-02: 66% of the files, 3 merged", "Who owns the tree", "(the rest of the tree)",
			"mm/ (the rest)",
			"100 files; 50 owned, 20 fallback only, 20 whose owners can&#39;t approve, 10 unowned", "1 area with nobody who can approve:",
			"7 patterns that match nothing, such as"},
		"zh-CN": {"每周评审率", "2026-11-02 当周：文件评审率 66%，合入 3 个 PR", "代码树归属", "（其余部分）", "7 个模式没有匹配任何文件"},
	} {
		body := get(t, h, "/github/acme/linux?lang="+lang).Body.String()
		for _, word := range append(words, "<td>66%</td><td>2 / 3</td><td>3</td><td>2</td>",
			"<td>100</td><td>50</td><td>20</td><td>20</td><td>10</td>",
			"&lt;i&gt;dead", `class="part3"`, "abc123abc123<", "</html>") {
			if !strings.Contains(body, word) {
				t.Errorf("in %s without %q:\n%s", lang, word, body)
			}
		}
		for _, word := range []string{"<b>", "<i>", "\u202e", "health.", "coverage.", "weeks.", "style=", "&lt;i&gt;unowned",
			"&lt;i&gt;no_login"} {
			if strings.Contains(body, word) {
				t.Errorf("in %s with %q:\n%s", lang, word, body)
			}
		}
		if lines := strings.Count(body, "level0"); lines != 1 || strings.Count(body, `class="point"`) != 3 {
			t.Errorf("%d lines between weeks that follow each other:\n%s", lines, body)
		}
	}
	w := newTown(t, drawn(t, now))
	w.set("ann", true)
	if body := get(t, w, "/github/acme/linux?lang=en", "Cookie", w.signIn("ann", "/github/acme/linux")).Body.String(); !strings.Contains(body,
		"&lt;i&gt;no_login") {
		t.Errorf("who signed in does not see whom the forge does not know:\n%s", body)
	}
	var got Repository
	check(t, json.Unmarshal(get(t, h, "/github/acme/linux", "Accept", "application/json").Body.Bytes(), &got))
	if len(got.Weeks) != 3 || got.Weeks[0].Counted != 3 || got.Coverage == nil || got.Coverage.Files != 111 || len(got.Coverage.Lacks) != 8 {
		t.Errorf("%+v %+v", got.Weeks, got.Coverage)
	}
}

// TestCoverageSaysWhyNot holds that there is a sentence for each reason why nothing is drawn.
func TestCoverageSaysWhyNot(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for why, want := range map[string]string{coverage.WhyNoPolicy: "There is no policy", coverage.WhyFaults: "has errors",
		coverage.WhyTooLarge: "more files or folders", coverage.WhyUnread: "could not be read", "": "Nothing is lacking"} {
		s := drawn(t, now)
		s.survey = surveyOf(t, now, coverage.Survey{Why: why})
		for _, lang := range []string{"en", "zh-CN"} {
			body := get(t, handler(t, s, &says{public: true}), "/github/acme/linux?lang="+lang).Body.String()
			if lang == "en" && !strings.Contains(body, want) || strings.Contains(body, "coverage.") || strings.Contains(body, "health.") {
				t.Errorf("%s in %s:\n%s", why, lang, body)
			}
		}
	}
}

// TestSurveyIsAskedForSeldom holds that looking at a page has the tree read only if that was not
// done for hours, and is not waited for.
func TestSurveyIsAskedForSeldom(t *testing.T) {
	t.Parallel()
	s := shelved(t, golden(t, "6/scope.json"))
	now := time.Now()
	_, h := pagesOf(t, Config{Runs: s, Forges: map[string]Visibility{"github": &says{public: true}}, Now: func() time.Time { return now }})
	var asked []int
	look := func(after time.Duration) {
		now = now.Add(after)
		for range 3 {
			get(t, h, "/github/acme/linux")
		}
		asked = append(asked, len(s.raised))
	}
	made := func(why string) {
		at := now
		kept := surveyOf(t, at, coverage.Survey{Why: why})
		kept.Asked = s.survey.Asked
		s.survey = kept
	}
	look(0)
	look(askedFor - time.Second)
	look(time.Second) // whoever was to make it did not
	made("")
	look(surveyedFor - time.Second)
	look(time.Second)
	made(coverage.WhyUnread)
	look(unreadFor - time.Second)
	look(time.Second)
	if diff := cmp.Diff([]int{1, 1, 2, 2, 3, 3, 4}, asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.raised[0] != (pull.Ref{Repo: linux}) {
		t.Errorf("raised %v", s.raised[0])
	}
	private := &says{}
	_, h = pagesOf(t, Config{Runs: s, Forges: map[string]Visibility{"github": private}, Now: func() time.Time { return now.Add(24 * time.Hour) }})
	if get(t, h, "/github/acme/linux"); len(s.raised) != 4 {
		t.Error("who may not read it has it read")
	}
}

// BenchmarkRepositoryDrawn makes the page of a repository with 1,000 open pull requests, a point for
// each of 27 weeks, and as many folders as there may be.
func BenchmarkRepositoryDrawn(b *testing.B) {
	runs := drawn(b, time.Now())
	runs.weeks = nil
	for i := range shownWeeks + 1 {
		runs.weeks = append(runs.weeks, history.Week{Start: time.Date(2026, 5, 4+7*i, 0, 0, 0, 0, time.UTC), Pulls: 200, Passed: 190, Reviewed: 900,
			Counted: 1000})
	}
	var folders []coverage.Folder
	for i := range 60 {
		folders = append(folders, coverage.Folder{Path: fmt.Sprintf("drivers/d%d/", i), Owned: 100 * (i + 1), Fallback: i, Unowned: 3})
	}
	var s coverage.Survey
	check(b, json.Unmarshal(runs.survey.Body, &s))
	s.Folders = folders
	runs.survey = surveyOf(b, time.Now(), s)
	for i := range 1000 {
		runs.open = append(runs.open, history.PullState{Ref: pull.Ref{Repo: linux, Number: i + 1}, Open: true, Outcome: "pending",
			BaseBranch: "main", UpdatedAt: time.Unix(int64(i), 0)})
	}
	h := handler(b, runs, &says{public: true})
	for b.Loop() {
		if w := get(b, h, "/github/acme/linux"); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}

// TestWeeksAreWhole holds that the first week that is told of is told of from its beginning.
func TestWeeksAreWhole(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{"2026-11-30T00:00:00Z": "2026-06-01",
		"2026-11-29T23:59:59Z": "2026-05-25", "2026-11-29T23:59:59-05:00": "2026-06-01"} {
		at, err := time.Parse(time.RFC3339, now)
		check(t, err)
		s := shelved(t, golden(t, "6/scope.json"))
		_, h := pagesOf(t, Config{Runs: s, Forges: map[string]Visibility{"github": &says{public: true}}, Now: func() time.Time { return at }})
		get(t, h, "/github/acme/linux")
		if got := s.since.Format(time.RFC3339); got != want+"T00:00:00Z" || s.since.Weekday() != time.Monday {
			t.Errorf("%s: since %s, want %s", now, got, want)
		}
	}
}
