// Package queue is the waiting room: it says what work is, in which order and
// shares it is done, and how it may fail. The stores keep it, each with SQL of
// its own.
//
// It promises that a reference raised during its evaluation is evaluated once
// more afterwards, however often it was raised, that no two evaluations of one
// reference run at once, that nobody takes all workers from others, and that work
// survives a kill at any instant. What an evaluation does is the gate's business.
package queue

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Work evaluates one reference: a pull request, or a whole repository if its
// Number is 0. Running it twice must do no harm. An error is retried with
// back-off; an error made by Later is retried at that time.
type Work func(ctx context.Context, ref pull.Ref) error

// RetryAt wraps an error that will pass by itself at a known time, such as an
// exhausted rate limit: the work sleeps until then without holding a worker
// and without using up an attempt.
func RetryAt(at time.Time, err error) error { return &laterError{at, err, Sleeping} }

// RetryAtOrNextEvent is Later for what an event may bring forward, such as the rest of work
// whose main part is done.
func RetryAtOrNextEvent(at time.Time, err error) error { return &laterError{at, err, Retrying} }

type laterError struct {
	at    time.Time
	err   error
	state State // until then
}

func (e *laterError) Error() string {
	return e.err.Error() + "; tried again at " + e.at.UTC().Format(time.RFC3339)
}

func (e *laterError) Unwrap() error { return e.err }

// Class says which work goes first: a smaller one before a greater one, whoever's
// it is. Of one class, owners and repositories take turns.
type Class int

// The classes.
const (
	Revoke  Class = 1 // an event came where a success stands, which it may take away
	Fresh   Class = 2 // an event came
	Rest    Class = 3 // what is left of an event's work when the check stands
	Found   Class = 4 // a sweep found it, or it follows from a change of something else
	Preview Class = 5 // what a change would bring, which decides nothing
	// Unasked is that of a reference that runs, as long as no event comes.
	Unasked Class = 9
)

// rest is the class of what an evaluation left to be done later.
func (c Class) rest() Class {
	if c == Revoke || c == Fresh {
		return Rest
	}
	return c
}

// OnSuccess is the class of work of c on what has a success, which it may take away.
func (c Class) OnSuccess() Class {
	if c == Fresh {
		return Revoke
	}
	return c
}

// ByActivity reports whether work of a class goes by the last activity of a pull request,
// the most recent first, and not by when it came.
func (c Class) ByActivity() bool { return c >= Found }
