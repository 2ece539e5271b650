package visitortest

import (
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// shared saves a run that found a share, and then one that saw the pull request merged at a time.
func shared(t *testing.T, s Store, number int, share history.Share, merged time.Time) {
	t.Helper()
	for _, run := range []history.RunRecord{{Share: &share}, {Seen: merged, Merged: true},
		{Seen: merged.Add(time.Hour), Merged: true}} {
		if run.Share == nil && merged.IsZero() {
			continue
		}
		run.Ref, run.Head, run.At, run.Body = ref(number), "h", at(0), []byte("{}")
		_, err := s.SaveRun(t.Context(), run)
		check(t, err)
	}
}

func weeksMerged(t *testing.T, s Store) {
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	shared(t, s, 1, history.Share{Reviewed: 1, Counted: 4}, monday)
	shared(t, s, 2, history.Share{Reviewed: 3, Counted: 3, Passed: true}, monday.AddDate(0, 0, 7).Add(-time.Second))
	shared(t, s, 3, history.Share{Reviewed: 2, Counted: 2, Passed: true}, monday.AddDate(0, 0, 14))
	shared(t, s, 4, history.Share{Reviewed: 9, Counted: 9, Passed: true}, time.Time{})
	shared(t, s, 5, history.Share{Reviewed: 7, Counted: 7, Passed: true}, monday.Add(-time.Second))
	first := history.Week{Start: monday, Pulls: 2, Passed: 1, Reviewed: 4, Counted: 7}
	third := history.Week{Start: monday.AddDate(0, 0, 14), Pulls: 1, Passed: 1, Reviewed: 2, Counted: 2}
	weeks := func(since time.Time) []history.Week {
		list, err := s.Weeks(t.Context(), repo(), since)
		check(t, err)
		return list
	}
	same(t, "weeks", []history.Week{first, third}, weeks(monday))
	same(t, "from long ago", 3, len(weeks(time.Unix(0, 0))))
	again := history.Share{Reviewed: 2, Counted: 2, Passed: true}
	run := history.RunRecord{Ref: ref(3), Head: "h", At: at(0), Body: []byte("{}"), Share: &again}
	_, err := s.SaveRun(t.Context(), run) // it is open again
	check(t, err)
	same(t, "of one that was not merged after all", []history.Week{first}, weeks(monday))
	none, err := s.Weeks(t.Context(), pull.Repo{Forge: "github", Owner: "no", Name: "body"}, monday)
	check(t, err)
	same(t, "elsewhere", 0, len(none))
}

func surveyKept(t *testing.T, s Store) {
	kept := func() history.Survey {
		got, err := s.Survey(t.Context(), repo())
		check(t, err)
		return got
	}
	none := kept()
	same(t, "at first", history.Survey{}, none)
	check(t, s.AskSurvey(t.Context(), repo(), at(10)))
	asked := kept()
	same(t, "wanted", true, asked.Wanted() && asked.Asked.Equal(at(10)) && len(asked.Body) == 0)
	check(t, s.SaveSurvey(t.Context(), repo(), at(20), []byte(`{"v":1}`)))
	same(t, "found out", history.Survey{Asked: at(10), At: at(20), Body: []byte(`{"v":1}`)}, kept())
	same(t, "wanted", false, kept().Wanted())
	check(t, s.AskSurvey(t.Context(), repo(), at(30)))
	same(t, "wanted again", history.Survey{Asked: at(30), At: at(20), Body: []byte(`{"v":1}`)}, kept())
	same(t, "wanted", true, kept().Wanted())
}
