package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Candidate is a reference that waits for a worker.
type Candidate struct {
	Repo  int64 // the store's key of the repository
	Ref   pull.Ref
	Class Class
	Rank  int64 // the order within its repository and class, the smallest first
	// Head is the head commit as the last event told, or else as of the last evaluation;
	// empty where neither was.
	Head string
}

// Pick is a candidate that is to be claimed, and the number of the run that it is
// claimed for: they go up, and none comes twice in a process.
type Pick struct {
	Candidate
	Run int64
}

// Claim is what is to be run, and the right to do so.
type Claim struct {
	Run      int64
	Repo     int64 // the store's key of the repository
	Ref      pull.Ref
	Class    Class
	Gen      int64 // events so far
	Lease    int64 // goes up with each claim, so that an older one is known
	Failures int   // in a row
}

// ErrSuperseded means that an evaluation has lost its claim: it was silent for
// too long, and another one has begun. It must write nothing more.
var ErrSuperseded = errors.New("a newer evaluation has taken over")

// JobStore is the store's side of running work. All due times are by its clock.
type JobStore interface {
	// Waiting lists the first few references of each repository that wait, by
	// class, rank and number.
	Waiting(ctx context.Context, each int) ([]Candidate, error)
	// Claim takes those that still wait, and gives what was taken.
	Claim(ctx context.Context, picks []Pick) ([]Claim, error)
	// Finish stores what decide makes of the reference; moved reports whether events
	// came meanwhile. decide may be asked more than once. It gives what was decided; ErrSuperseded if the claim was
	// lost, after having asked for one more evaluation.
	Finish(ctx context.Context, c Claim, decide func(moved bool) (Transition, JobNote)) (Transition, error)
	// Free returns up what this process has claimed and does not run.
	Free(ctx context.Context, known Known) error
}

// Known are the runs that a process knows of: a claim for any other run up to
// Newest is nobody's.
type Known struct {
	Newest int64
	Live   []int64 // in no order
}

// LostPause is how soon a claim that nobody runs is run again. Its end could not
// be stored, so at once might be for ever.
const LostPause = 2 * time.Second

// JobNote is what is stored with a Step.
type JobNote struct {
	Served bool          // the events before the step are
	Pause  time.Duration // until the step's time: clocks of processes differ, so the store's counts
	Err    string
}

type runKey struct{}

// run is an evaluation under way.
type run struct {
	Claim
	trouble atomic.Bool
}

// Claimed returns the claim that an evaluation's context carries.
func Claimed(ctx context.Context) (Claim, bool) {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		return Claim{}, false
	}
	return r.Claim, true
}

// Following is the class of what is asked for in a context: what an evaluation asks for
// that no event did goes no sooner than itself.
func Following(ctx context.Context) Class {
	if c, ok := Claimed(ctx); ok && c.Class >= Found {
		return c.Class
	}
	return Fresh
}

// Trouble notes that the store failed the evaluation that a context belongs to, by
// no fault of what it evaluates: if that fails, it is not held against it.
func Trouble(ctx context.Context) {
	if r, ok := ctx.Value(runKey{}).(*run); ok {
		r.trouble.Store(true)
	}
}
