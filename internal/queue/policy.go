package queue

import (
	"cmp"
	"errors"
	"math"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Options say how a store runs work. Every zero field but Work has a default.
type Options struct {
	Work       Work
	MaxWorkers int              // evaluations of one repository at once, of an owner's twice and of a forge's four times as many; default 8
	JobTimeout time.Duration    // of one evaluation; default 75 s
	StopGrace  time.Duration    // that running evaluations get at a stop; default 10 s
	FirstRetry time.Duration    // after the first error, doubled for each one more; default 1 s
	LastRetry  time.Duration    // that doubling ends at; default 5 min
	Attempts   int              // failures in a row after which a reference is given up; default 12
	Now        func() time.Time // default time.Now; the times of Later errors are by it
	// Unreached names the forges that this process gets no answer from now: it
	// leaves their work to others that do. Default: none.
	Unreached func() []string
}

// maxWorkers bounds the evaluations of one repository at once, if it has the process
// to itself; see shares. The rest waits. Forges' limits allow far fewer for long.
const maxWorkers = 8

// WithDefaults fills what is not set.
func (o Options) WithDefaults() Options {
	o.MaxWorkers = cmp.Or(o.MaxWorkers, maxWorkers)
	o.JobTimeout = cmp.Or(o.JobTimeout, 75*time.Second)
	o.StopGrace = cmp.Or(o.StopGrace, 10*time.Second)
	o.FirstRetry = cmp.Or(o.FirstRetry, time.Second)
	o.LastRetry = cmp.Or(o.LastRetry, 5*time.Minute)
	o.Attempts = cmp.Or(o.Attempts, 12)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Unreached == nil {
		o.Unreached = func() []string { return nil }
	}
	return o
}

// State is where a reference stands while it has work. A reference without
// work has no state: nothing is stored of it.
type State string

// The states of a reference.
const (
	Waiting  State = "waiting"  // for a worker, or running
	Retrying State = "retrying" // for the time of its next attempt, or the next event
	Sleeping State = "sleeping" // until the time of a Later error, whatever happens
	Dead     State = "dead"     // given up; only a new event starts it again
)

// Transition is what becomes of a reference when an evaluation has ended.
type Transition struct {
	Idle     bool      // nothing is left to do; State and the rest mean nothing
	State    State     // else
	At       time.Time // when to run next; for Dead, when it was given up
	Failures int       // in a row
	Class    Class     // of what is left to do; 0: only of the events that came
}

// Result is how an evaluation ended.
type Result struct {
	Err      error
	Cut      bool    // it was interrupted by a stop, not by its own time-out
	Trouble  bool    // the store failed it
	Class    Class   // that it was claimed in
	Moved    bool    // an event came while it ran
	Failures int     // in a row, before this evaluation
	Jitter   float64 // random, in [0, 1)
	Now      time.Time
}

// LongestSleep bounds what a Later error can ask for, so that a forge's
// misread reset time cannot put a reference away for ever.
const LongestSleep = 2 * time.Hour

// Next decides what becomes of a reference:
//
//   - It was cut, or went well but an event came meanwhile: at once again.
//   - It went well: idle.
//   - It failed with a Later error: at that time again; the failure does not
//     count. An event brings one forward that was made by Unless.
//   - It failed where the store did: again after the first pause; the failure does
//     not count.
//   - It failed: again after a pause that doubles each time, or given up where
//     the attempts are used up. A failure during which an event came is not
//     held against the reference, so that a busy one is not given up sooner
//     than a quiet one.
func (o Options) Next(e Result) Transition {
	if e.Cut {
		return Transition{State: Waiting, At: e.Now, Failures: e.Failures, Class: e.Class}
	}
	if e.Err == nil {
		return Transition{Idle: !e.Moved, State: Waiting, At: e.Now}
	}
	if l, ok := errors.AsType[*laterError](e.Err); ok {
		at, soon := l.at, e.Now.Add(o.FirstRetry)
		if limit := e.Now.Add(LongestSleep); at.After(limit) {
			at = limit
		}
		if soon.After(at) || l.state == Retrying && e.Moved {
			at = soon
		}
		class := e.Class
		if l.state == Retrying {
			class = class.rest()
		}
		return Transition{State: l.state, At: at, Failures: e.Failures, Class: class}
	}
	if e.Trouble {
		return Transition{State: Retrying, At: e.Now.Add(o.FirstRetry), Failures: e.Failures, Class: e.Class}
	}
	failures := e.Failures + 1
	if failures >= o.Attempts {
		if !e.Moved {
			return Transition{State: Dead, At: e.Now, Failures: failures}
		}
		failures = o.Attempts - 1
	}
	return Transition{State: Retrying, At: e.Now.Add(o.pause(failures, e.Jitter)), Failures: failures, Class: e.Class}
}

// pause is the time before the attempt that follows so many failures: between
// half and the whole of the doubled first pause.
func (o Options) pause(failures int, jitter float64) time.Duration {
	whole := float64(o.FirstRetry) * math.Pow(2, float64(max(failures, 1)-1))
	whole = min(whole, float64(o.LastRetry))
	return time.Duration(whole * (1 + jitter) / 2)
}

// Backlog counts the references that have work.
type Backlog struct {
	Waiting  int       // for a worker
	Running  int       // now
	Retrying int       // for their next attempt, after an error or a Later error
	Dead     int       // given up
	Oldest   time.Time // when the longest unfinished work arrived, by this process's clock; zero if there is none. Dead ones don't count
}

// Job is a reference that has work, for the eyes of an operator.
type Job struct {
	Ref      pull.Ref
	State    State
	Running  bool
	Failures int       // in a row
	Since    time.Time // when the first event came that is not served
	Due      time.Time // of the next attempt; for dead ones, when they were given up
	Err      string    // of the last attempt; empty if there was none
}
