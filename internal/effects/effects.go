// Package effects changes what a forge shows: by one mechanism, so that whatever ends the
// process in between, nothing is done twice or lost.
//
// An intent is on disk before the forge is called, and the answer after it. Whoever writes
// the same thing waits for its turn and looks at what stands then. Somebody else who keeps
// writing a check is counted, told of, and answered ever more slowly. What is to be written
// is not decided here.
package effects

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// Config is what a Writer works with. What it is not said of is set.
type Config struct {
	Publisher  seam.Publisher
	History    history.Store
	Turns      Turns // nil: nobody else writes at the same time
	Contests   *Contests
	PerRequest bool // seam.Traits.ChecksPerRequest
	// Page gives the address of the page that a check of a pull request leads to; nil: there
	// are none.
	Page func(pull.Ref) string
	// Alone reports whether a check of a name decides alone on a head; see snapshot.Reader.
	Alone func(open []history.PullState, name string) bool
	// Search tells that History may have forgotten what stands on the forge.
	Search  bool
	Noticed func(seam.Oddity)
	Log     *slog.Logger
	Now     func() time.Time
}

// Writer carries effects out. It is safe for concurrent use.
type Writer struct{ cfg Config }

// New makes a writer.
func New(cfg Config) *Writer { return &Writer{cfg} }

// Effect is one change of what the forge shows.
type Effect struct {
	// Intent is remembered before the call, so that one which is not answered, be it that
	// the process was killed, counts as one that may have been served. It says nothing
	// where to do it twice is to do it once.
	Intent history.Update
	// Call makes the change. What it notes of the answer is remembered, also beside an error.
	Call func(answer *history.Update) error
	// Lacks is what is logged if the forge refuses the call for good, which is no error
	// then. Empty: it is one.
	Lacks string
}

// Carry carries an effect out: intent, call, answer.
func (w *Writer) Carry(ctx context.Context, ref pull.Ref, e Effect) error {
	if err := w.remember(ctx, ref, e.Intent); err != nil {
		return err
	}
	var answer history.Update
	err := e.Call(&answer)
	if e.Lacks != "" && ForGood(err) {
		w.cfg.Log.WarnContext(ctx, e.Lacks, ref.Fields("error", err)...)
		err = nil
	}
	return errors.Join(err, w.remember(ctx, ref, answer))
}

// remember remembers facts, if they say anything.
func (w *Writer) remember(ctx context.Context, ref pull.Ref, facts history.Update) error {
	if reflect.ValueOf(facts).IsZero() {
		return nil
	}
	return w.cfg.History.Remember(ctx, ref, facts)
}

// ForGood reports whether a forge refuses something however often it is asked, such as a
// comment where the conversation is locked. What a limit keeps from being known may pass.
func ForGood(err error) bool {
	return !AtLimit(err) && (errors.Is(err, pull.ErrForbidden) || errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrRefused))
}

// AtLimit reports whether a rate limit is why something failed.
func AtLimit(err error) bool {
	_, limit := errors.AsType[seam.Limited](err)
	return limit
}

// Turns lets one writer of a check wait for the other.
type Turns interface {
	// Turn waits until nobody else has the turn of a name on a commit, in any
	// process of the service, and gives what ends it.
	Turn(ctx context.Context, repo pull.Repo, head, name string) (done func(), err error)
}

// Turn waits until nobody else writes what bears a name on a commit, or on a pull request.
// What was written is to be read in the turn.
func (w *Writer) Turn(ctx context.Context, repo pull.Repo, on, name string) (done func(), err error) {
	if w.cfg.Turns == nil {
		return func() {}, nil
	}
	if done, err = w.cfg.Turns.Turn(ctx, repo, on, name); err != nil {
		return nil, fmt.Errorf("wait to write %q on %s of %s: %w", name, on, repo, err)
	}
	return done, nil
}

// Hurry does something once patience is over. stop keeps it from being done, or waits
// for its end and tells that it was done.
func Hurry(late func()) (stop func() (done bool)) {
	ended := make(chan struct{})
	timer := time.AfterFunc(snapshot.Patience, func() { defer close(ended); late() })
	return func() bool {
		if timer.Stop() {
			return false
		}
		<-ended
		return true
	}
}
