// Package response tells how soon areas answer, held against the time that each has for it
// (respond_within, of the map or the policy).
//
// It is pure, and decides nothing: what evaluations saw of an area on a pull request becomes a
// Wait, and waits are counted as kept or missed. It knows only what the gate knew:
//
//   - A wait begins with the evaluation that first saw the pull request wait for a review by the
//     area's people: it is open, gated, no draft and not older than the gate, does not pass, files
//     of the area miss review, and there is somebody of it who can give one.
//   - It is answered by the first review, of whatever kind, by one of its people. Of an area that
//     answered once nothing more is told on that pull request.
//   - It ends without an answer where the pull request no longer waits for the area: it is closed,
//     passes, is a draft again, or changes nothing there any more. If it waits again it begins
//     anew, unless the time was over before it ended.
//   - Answered within the time it is kept. Answered later, or not at all until the time was over,
//     it is missed; one that waits on is overdue, too. One that waits within the time is open, and
//     one that ended within it is neither.
//
// Reviews have the forge's times, and evaluations the gate's: clocks are seconds apart, which is
// little against hours, and nothing hangs on it.
//
// A time that changes while an area waits holds from the next evaluation on, for the whole wait.
package response

import (
	"cmp"
	"slices"
	"time"
)

// Seen is what an evaluation saw of an area that has a time to answer in.
type Seen struct {
	Area   string
	Within time.Duration
	Waits  bool      // the pull request waits for a review by its people
	First  time.Time // the first review by one of them; zero: there is none
	People []string  // logins of those who can give one that is missing
}

// Wait is how a pull request waits, or waited, for an area.
type Wait struct {
	Number   int // of the pull request
	Area     string
	Since    time.Time
	Within   time.Duration
	Answered time.Time // zero: it was not
	Ended    time.Time // without an answer; zero: it did not
}

// Due is when the time is over.
func (w *Wait) Due() time.Time { return w.Since.Add(w.Within) }

// Open reports whether the pull request waits for the area.
func (w *Wait) Open() bool { return w.Answered.IsZero() && w.Ended.IsZero() }

// Overdue reports whether it waits for longer than it should.
func (w *Wait) Overdue(now time.Time) bool { return w.Open() && now.After(w.Due()) }

// Kept reports whether an answer came in time.
func (w *Wait) Kept() bool { return !w.Answered.IsZero() && !w.Answered.After(w.Due()) }

// Missed reports whether the time was over before an answer came, or the wait ended.
func (w *Wait) Missed(now time.Time) bool {
	until := now
	for _, at := range []time.Time{w.Answered, w.Ended} {
		if !at.IsZero() {
			until = at
		}
	}
	return until.After(w.Due())
}

// Next returns what is known of a pull request's waits after an evaluation at a time, by area;
// before is what was known, and seen the areas that have a time to answer in.
func Next(before []Wait, seen []Seen, number int, at time.Time) []Wait {
	out := slices.Clone(before)
	for i := range out {
		w := &out[i]
		s := slices.IndexFunc(seen, func(s Seen) bool { return s.Area == w.Area })
		switch {
		case s >= 0:
			w.see(seen[s], at)
		case w.Open():
			w.Ended = at
		}
	}
	for _, s := range seen {
		known := slices.ContainsFunc(before, func(w Wait) bool { return w.Area == s.Area })
		if !known && s.Waits && s.First.IsZero() {
			out = append(out, Wait{Number: number, Area: s.Area, Since: at, Within: s.Within})
		}
	}
	slices.SortFunc(out, func(a, b Wait) int { return cmp.Compare(a.Area, b.Area) })
	return out
}

// see changes a wait by what an evaluation saw of its area.
func (w *Wait) see(s Seen, at time.Time) {
	again := !w.Ended.IsZero() && !w.Missed(at) && s.Waits && s.First.IsZero()
	switch {
	case again:
		w.Since, w.Within, w.Ended = at, s.Within, time.Time{}
	case !w.Open():
	case !s.First.IsZero():
		w.Within, w.Answered = s.Within, s.First
		if s.First.Before(w.Since) { // forges give times in whole seconds
			w.Answered = w.Since
		}
	case s.Waits:
		w.Within = s.Within
	default:
		w.Ended = at
	}
}

// Line is how an area answers.
type Line struct {
	Area    string `json:"subsystem"`
	Within  int64  `json:"respond_within_seconds"` // as it was last seen
	Kept    int    `json:"kept"`
	Missed  int    `json:"missed"`  // those that are overdue among them
	Open    int    `json:"open"`    // that wait now, within the time
	Overdue int    `json:"overdue"` // that wait now, beyond it
}

// Share is the share that was kept, in whole percent, rounded down; -1 where nothing was kept or
// missed.
func (l Line) Share() int {
	if l.Kept+l.Missed == 0 {
		return -1
	}
	return l.Kept * 100 / (l.Kept + l.Missed)
}

// Tally counts waits by area: those that were decided from a time on, by an answer in time or by
// the end of the time, and those that wait now.
func Tally(waits []Wait, from, now time.Time) []Line {
	lines := map[string]*Line{}
	last := map[string]time.Time{}
	for i := range waits {
		w := &waits[i]
		if !w.counts(from, now) {
			continue
		}
		l := lines[w.Area]
		if l == nil {
			l = &Line{Area: w.Area}
			lines[w.Area] = l
		}
		if !w.Since.Before(last[w.Area]) {
			l.Within, last[w.Area] = int64(w.Within/time.Second), w.Since
		}
		l.count(w, now)
	}
	out := make([]Line, 0, len(lines))
	for _, l := range lines {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b Line) int { return cmp.Compare(a.Area, b.Area) })
	return out
}

// counts reports whether a wait is told of.
func (w *Wait) counts(from, now time.Time) bool {
	switch {
	case w.Open():
		return true
	case w.Kept():
		return !w.Answered.Before(from)
	}
	return w.Missed(now) && !w.Due().Before(from)
}

func (l *Line) count(w *Wait, now time.Time) {
	switch {
	case w.Kept():
		l.Kept++
	case w.Overdue(now):
		l.Overdue++
		l.Missed++
	case w.Open():
		l.Open++
	default:
		l.Missed++
	}
}
