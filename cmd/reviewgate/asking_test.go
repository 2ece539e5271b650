package main

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// people plays what is done to those who are asked for review; false if it knows
// no such step.
func (w *teller) people(s []string) bool {
	w.t.Helper()
	switch s[0] {
	case "busy": // busy LOGIN
		check0(w.t, w.SetLimited(s[1], true))
	case "free": // free LOGIN
		check0(w.t, w.SetLimited(s[1], false))
	case "grant": // grant TEAM: it may write
		check0(w.t, w.repo.SetTeam(s[1], "write"))
	case "ask": // ask LOGIN: by hand
		check0(w.t, w.pr.RequestReviewers("carol", s[1:], nil))
	case "unask": // unask LOGIN: by hand
		check0(w.t, w.pr.UnrequestReviewers("carol", s[1:], nil))
	case "asked": // asked NAME...: those, and teams as @SLUG
		w.until("asked "+strings.Join(s[1:], " "), func() bool { return slices.Equal(w.requested(), slices.Sorted(slices.Values(s[1:]))) })
		w.quiet()
		if got := w.requested(); !slices.Equal(got, slices.Sorted(slices.Values(s[1:]))) {
			w.t.Errorf("asked %v, want %v", got, s[1:])
		}
	case "draft":
		check0(w.t, w.pr.SetDraft("dave", true))
	case "ready":
		check0(w.t, w.pr.SetDraft("dave", false))
	case "merge": // merge: by carol
		_, err := w.pr.Merge("carol")
		check0(w.t, err)
	case "days": // days N pass
		n, err := strconv.Atoi(s[1])
		check0(w.t, err)
		w.quiet()
		w.ahead.Add(int64(n) * int64(24*time.Hour))
		check0(w.t, w.svc.raiseDue(w.t.Context()))
		w.quiet()
	default:
		return false
	}
	return true
}

// requested lists who is asked at this moment, sorted.
func (w *teller) requested() []string {
	people, teams := w.pr.Requested()
	for _, t := range teams {
		people = append(people, "@"+t)
	}
	return slices.Sorted(slices.Values(people))
}
