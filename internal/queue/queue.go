// Package queue is the waiting room: it says what work is, how it may fail,
// and which pull requests a sweep must look at again. The stores run it on
// River, each with its own transaction type.
//
// It promises that a reference raised during its evaluation is evaluated once
// more afterwards, however often it was raised, that no two evaluations of one
// reference run at once, and that work survives a kill at any instant. What an
// evaluation does is the gate's business.
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

// Later wraps an error that will pass by itself at a known time, such as an
// exhausted rate limit: the work sleeps until then without holding a worker
// and without using up an attempt.
func Later(at time.Time, err error) error { return &laterError{at, err, Sleeping} }

// Unless is Later for what an event may bring forward, such as the rest of work
// whose main part is done.
func Unless(at time.Time, err error) error { return &laterError{at, err, Retrying} }

type laterError struct {
	at    time.Time
	err   error
	state State // until then
}

func (e *laterError) Error() string {
	return e.err.Error() + "; tried again at " + e.at.UTC().Format(time.RFC3339)
}

func (e *laterError) Unwrap() error { return e.err }
