package backtest

import (
	"cmp"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/share"
)

// Report is what each threshold would have done.
type Report struct {
	Pulls    int `json:"pulls"`    // merged pull requests
	Unjudged int `json:"unjudged"` // those of Pulls that can't be judged, as their list of files is not whole; they count nowhere else
	// Reviewed are those of which the approvals of owners count for one file or more, Unnamed
	// those that somebody else than the author approved, but nobody whom the map names for them.
	Reviewed int `json:"reviewed"`
	Unnamed  int `json:"unnamed"`
	Timed    int `json:"timed"` // those of which it is known when they were reviewed
	// Levels are the thresholds, with one approval for each file first, the lowest first.
	Levels []Level `json:"levels"`
	Areas  []Area  `json:"areas"` // those with the most pull requests first
	// Recommended is nil where too few were reviewed, or no threshold is one that they kept.
	Recommended *Recommendation `json:"recommended,omitempty"`
}

// Judged are the pull requests of which shares are told.
func (r *Report) Judged() int { return r.Pulls - r.Unjudged }

// Level is one threshold with so many approvals for each file.
type Level struct {
	MinApprovals int             `json:"min_approvals"`
	Threshold    share.Threshold `json:"threshold"`
	Passed       int             `json:"passed"` // merged pull requests that would have passed
	// PassedReviewed are those of Passed of which the approvals of owners count for one file or more.
	PassedReviewed int `json:"passed_reviewed"`
	// Wait is nil where it is known of none of them when they were reviewed.
	Wait *Wait `json:"wait,omitempty"`
}

// Wait is how long those that passed had waited since their last push when enough of their
// files were reviewed: the time for which the threshold alone would have kept them.
type Wait struct {
	Of     int   `json:"of"`     // pull requests
	Median int64 `json:"median"` // seconds
	Most   int64 `json:"p90"`    // seconds; nine in ten waited no longer
}

// Area is an area whose files were changed.
type Area struct {
	Name  string `json:"name"`
	Pulls int    `json:"pulls"` // with counted files of it
	// Unstaffed says that the map names nobody for it who can approve by the policy: it has no
	// people, or reviewers who only advise.
	Unstaffed bool        `json:"unstaffed,omitempty"`
	Levels    []AreaLevel `json:"levels"`
	// Floor is what its own threshold may be without keeping many; unset where too few pull
	// requests tell, or no threshold was kept.
	Floor share.Threshold `json:"floor,omitzero"`
}

// Half and All are how many of its pull requests had half of its files reviewed by its own
// maintainers, with one approval each, and all of them.
func (a Area) Half() int { return a.Levels[0].Held }

// All is like Half.
func (a Area) All() int { return a.Levels[len(thresholds)-1].Held }

// AreaLevel is one threshold of an area.
type AreaLevel struct {
	MinApprovals int             `json:"min_approvals"`
	Threshold    share.Threshold `json:"threshold"`
	Pulls        int             `json:"pulls"`  // fewer or more than the area's where another number of approvals leaves files to a fallback
	Passed       int             `json:"passed"` // those of Pulls that would have passed as a whole
	Held         int             `json:"held"`   // those of which the area's maintainers reviewed as much of its own files
}

// Recommendation is the threshold that a project's own past speaks for, and its price.
//
// It is the highest one at which at least 95 % of those that were reviewed at all would have
// passed, with two approvals for each file where that is true of them, too. It asks for no
// review that people did not give before, but of one in twenty: a project that wants more than
// its past sees in Next what that would have cost.
type Recommendation struct {
	MinApprovals int             `json:"min_approvals"`
	Threshold    share.Threshold `json:"threshold"`
	Passed       int             `json:"passed"` // of Reviewed
	Reviewed     int             `json:"reviewed"`
	Next         *Step           `json:"next,omitempty"` // nil above 100 %
}

// Step is the next higher threshold.
type Step struct {
	Threshold share.Threshold `json:"threshold"`
	Fewer     int             `json:"fewer"` // of those that passed before
}

// Enough is how many pull requests there must be before a threshold is recommended: of fewer,
// one alone is more than 5 %, so that a single exception would decide.
const Enough = 20

// most is the share that must have passed.
var most = func() share.Threshold {
	t, _ := share.ParseThreshold("95%") // a percentage
	return t
}()

// kept reports whether enough of enough pull requests passed.
func kept(passed, of int) bool {
	return of >= Enough && most.Holds(share.Ratio{Reviewed: passed, Counted: of})
}

// tally is what was counted so far.
type tally struct {
	pulls, faulty, reviewed, unnamed, timed int

	levels [MaxApprovals][]levelTally
	areas  map[string]*areaTally
}

type levelTally struct {
	passed, ofReviewed, held, pulls int
	waits                           []time.Duration
}

type areaTally struct {
	name    string
	staffed bool
	levels  [MaxApprovals][]levelTally
}

func newLevels() (levels [MaxApprovals][]levelTally) {
	for i := range levels {
		levels[i] = make([]levelTally, len(thresholds))
	}
	return levels
}

func newTally() *tally { return &tally{levels: newLevels(), areas: map[string]*areaTally{}} }

func (t *tally) area(name string) *areaTally {
	if t.areas[name] == nil {
		t.areas[name] = &areaTally{name: name, levels: newLevels()}
	}
	return t.areas[name]
}

// report says what was counted.
func (t *tally) report() Report {
	r := Report{Pulls: t.pulls, Unjudged: t.faulty, Reviewed: t.reviewed, Unnamed: t.unnamed, Timed: t.timed, Areas: []Area{}}
	for i, levels := range t.levels {
		for k, l := range levels {
			r.Levels = append(r.Levels, Level{i + 1, thresholds[k], l.passed, l.ofReviewed, waitOf(l.waits)})
		}
	}
	for _, a := range t.areas {
		r.Areas = append(r.Areas, a.report())
	}
	slices.SortFunc(r.Areas, func(a, b Area) int { return cmp.Or(b.Pulls-a.Pulls, cmp.Compare(a.Name, b.Name)) })
	r.Recommended = t.recommended()
	return r
}

func (a *areaTally) report() Area {
	area := Area{Name: a.name, Pulls: a.levels[0][0].pulls, Unstaffed: !a.staffed}
	for i, levels := range a.levels {
		for k, l := range levels {
			area.Levels = append(area.Levels, AreaLevel{i + 1, thresholds[k], l.pulls, l.passed, l.held})
			if i == 0 && kept(l.held, l.pulls) {
				area.Floor = thresholds[k]
			}
		}
	}
	return area
}

// recommended finds the threshold that was kept; nil if none was.
func (t *tally) recommended() *Recommendation {
	for k := len(thresholds) - 1; k >= 0; k-- {
		if !kept(t.levels[0][k].ofReviewed, t.reviewed) {
			continue
		}
		approvals := 0
		for approvals+1 < MaxApprovals && kept(t.levels[approvals+1][k].ofReviewed, t.reviewed) {
			approvals++
		}
		levels := t.levels[approvals]
		r := &Recommendation{MinApprovals: approvals + 1, Threshold: thresholds[k], Passed: levels[k].ofReviewed, Reviewed: t.reviewed}
		if k+1 < len(thresholds) {
			r.Next = &Step{thresholds[k+1], levels[k].ofReviewed - levels[k+1].ofReviewed}
		}
		return r
	}
	return nil
}

// waitOf sums times up; nil where there are none.
func waitOf(waits []time.Duration) *Wait {
	if len(waits) == 0 {
		return nil
	}
	slices.Sort(waits)
	rank := func(percent int) int64 { return int64(waits[(len(waits)*percent+99)/100-1] / time.Second) } // nearest rank
	return &Wait{Of: len(waits), Median: rank(50), Most: rank(90)}
}
