// Package workload tells how requests for review and reviews spread over people.
//
// It is pure: what was asked and answered comes in, a Report goes out. It counts
// and compares only; whom to ask is package assign's business.
package workload

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/response"
)

// Request is one request for review.
type Request struct {
	Number     int    // of the pull request
	Who        string // a login, or a team as "@organisation/slug"
	At         time.Time
	Waiting    bool     // the pull request is open, and the request not answered
	Subsystems []string // of the changed files, for which they approve
}

// Review is one review that was given.
type Review struct {
	Number     int
	ID         int64 // the forge's
	Who        string
	At         time.Time
	Subsystems []string
}

// Report is the load of a repository's people.
type Report struct {
	From time.Time `json:"from"` // reviews and answers count from here
	To   time.Time `json:"to"`
	// People are all who were ever asked or reviewed, Areas the same by subsystem.
	People []Line `json:"people"`
	Areas  []Line `json:"areas"`
	// Responses say how soon the subsystems answered that have a time for it, and what waits for
	// them now.
	Responses []response.Line `json:"responses"`
	// Gini says how unevenly open requests and reviews spread over People, teams
	// apart: 0 is evenly, towards 1 is all on one.
	Gini float64 `json:"gini"`
}

// Line is the load of one person, in one subsystem or in all.
type Line struct {
	Who       string `json:"who"`
	Subsystem string `json:"subsystem,omitempty"`
	Open      int    `json:"open_requests"` // pull requests on which a request waits
	Reviews   int    `json:"reviews"`       // in the report's time
	Answered  int    `json:"answered"`      // requests with a first review in the report's time
	// Median is the median time from a request to the first review, in seconds;
	// nil where none was answered.
	Median *int64 `json:"median_seconds_to_first_review"`
}

// Tally reports on the time from one moment to now.
func Tally(requests []Request, reviews []Review, from, now time.Time) Report {
	t := tally{from: from, now: now, asked: map[onPull]bool{}, given: map[onPull][]time.Time{}, lines: map[place]*sheet{}}
	for _, r := range reviews {
		t.review(r)
	}
	requests = slices.Clone(requests)
	slices.SortStableFunc(requests, func(a, b Request) int { return a.At.Compare(b.At) })
	for _, r := range requests {
		t.request(r)
	}
	return t.report()
}

// onPull is somebody on a pull request; place somebody in a subsystem, or in all.
type (
	onPull struct {
		number int
		who    string // in lower case
	}
	place struct{ who, subsystem string }
)

type tally struct {
	from, now time.Time
	asked     map[onPull]bool
	given     map[onPull][]time.Time // reviews
	lines     map[place]*sheet
}

type sheet struct {
	Line
	open  map[int]bool // pull requests
	waits []time.Duration
}

// sheets are those of a person in all and in some subsystems.
func (t *tally) sheets(who string, subsystems []string) []*sheet {
	var out []*sheet
	for _, name := range slices.Concat([]string{""}, subsystems) {
		key := place{strings.ToLower(who), name}
		if t.lines[key] == nil {
			t.lines[key] = &sheet{Line: Line{Who: who, Subsystem: name}, open: map[int]bool{}}
		}
		out = append(out, t.lines[key])
	}
	return out
}

func (t *tally) review(r Review) {
	key := onPull{r.Number, strings.ToLower(r.Who)}
	t.given[key] = append(t.given[key], r.At)
	for _, s := range t.sheets(r.Who, r.Subsystems) {
		if t.within(r.At) {
			s.Reviews++
		}
	}
}

// within leaves the end open: the forge's clock may be ahead.
func (t *tally) within(at time.Time) bool { return !at.Before(t.from) }

// request counts a request, and the time to its answer if it is the first one to
// that person on the pull request.
func (t *tally) request(r Request) {
	key := onPull{r.Number, strings.ToLower(r.Who)}
	again := t.asked[key]
	t.asked[key] = true
	answer := time.Time{}
	for _, at := range t.given[key] {
		// Forges give times in whole seconds.
		if !at.Before(r.At.Truncate(time.Second)) && (answer.IsZero() || at.Before(answer)) {
			answer = at
		}
	}
	for _, s := range t.sheets(r.Who, r.Subsystems) {
		if r.Waiting {
			s.open[r.Number] = true
		}
		if !again && !answer.IsZero() && t.within(answer) {
			s.waits = append(s.waits, max(0, answer.Sub(r.At)))
		}
	}
}

func (t *tally) report() Report {
	out := Report{From: t.from, To: t.now, People: []Line{}, Areas: []Line{}, Responses: []response.Line{}}
	var loads []float64
	for key, s := range t.lines {
		s.Open, s.Answered, s.Median = len(s.open), len(s.waits), median(s.waits)
		if key.subsystem != "" {
			out.Areas = append(out.Areas, s.Line)
			continue
		}
		out.People = append(out.People, s.Line)
		if !strings.HasPrefix(s.Who, "@") {
			loads = append(loads, float64(s.Open+s.Reviews))
		}
	}
	slices.SortFunc(out.People, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Open+b.Reviews, a.Open+a.Reviews), cmp.Compare(strings.ToLower(a.Who), strings.ToLower(b.Who)))
	})
	slices.SortFunc(out.Areas, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Subsystem, b.Subsystem), cmp.Compare(b.Open+b.Reviews, a.Open+a.Reviews),
			cmp.Compare(strings.ToLower(a.Who), strings.ToLower(b.Who)))
	})
	out.Gini = Gini(loads)
	return out
}

// median returns the middle of some times in seconds, or the mean of the two
// middle ones; nil where there are none.
func median(waits []time.Duration) *int64 {
	if len(waits) == 0 {
		return nil
	}
	slices.Sort(waits)
	middle := waits[len(waits)/2]
	if len(waits)%2 == 0 {
		middle = (middle + waits[len(waits)/2-1]) / 2
	}
	return new(int64(middle / time.Second))
}

// Gini is the Gini coefficient of some loads, none of them negative: 0 where all
// are alike or there is none, towards 1 where one has everything.
func Gini(loads []float64) float64 {
	sorted := slices.Sorted(slices.Values(loads))
	total, weighted := 0.0, 0.0
	for i, v := range sorted {
		total += v
		weighted += float64(2*i-len(sorted)+1) * v
	}
	if total == 0 {
		return 0
	}
	return weighted / (float64(len(sorted)) * total)
}

// Areas reports on the time from one moment to now by subsystem alone: whoever of it is asked
// or answers, a pull request that waits for several people waits once, and the first review by
// one of them ends the wait of them all.
func Areas(requests []Request, reviews []Review, from, now time.Time) []Line {
	var asked []Request
	for _, r := range requests {
		for _, s := range r.Subsystems {
			asked = append(asked, Request{Number: r.Number, Who: s, At: r.At, Waiting: r.Waiting})
		}
	}
	var given []Review
	for _, r := range reviews {
		for _, s := range r.Subsystems {
			given = append(given, Review{Number: r.Number, ID: r.ID, Who: s, At: r.At})
		}
	}
	lines := Tally(asked, given, from, now).People
	for i := range lines {
		lines[i].Who, lines[i].Subsystem = "", lines[i].Who
	}
	return lines
}
