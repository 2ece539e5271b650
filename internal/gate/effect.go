package gate

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// effect is one change of what the forge shows.
type effect struct {
	// intent is remembered before the call, so that one which is not answered, be it that
	// the process was killed, counts as one that may have been served. It says nothing
	// where to do it twice is to do it once.
	intent history.Facts
	// call makes the change. What it notes of the answer is remembered, also beside an error.
	call func(answer *history.Facts) error
	// lacks is what is logged if the forge refuses the call for good, which is no error
	// then. Empty: it is one.
	lacks string
}

// carry carries an effect out: intent, call, answer.
func (g *Gate) carry(ctx context.Context, ref pull.Ref, e effect) error {
	if err := g.remember(ctx, ref, e.intent); err != nil {
		return err
	}
	var answer history.Facts
	err := e.call(&answer)
	if e.lacks != "" && forGood(err) {
		g.cfg.Log.WarnContext(ctx, e.lacks, ref.Fields("error", err)...)
		err = nil
	}
	return errors.Join(err, g.remember(ctx, ref, answer))
}

// remember remembers facts, if they say anything.
func (g *Gate) remember(ctx context.Context, ref pull.Ref, facts history.Facts) error {
	if reflect.ValueOf(facts).IsZero() {
		return nil
	}
	return g.cfg.History.Remember(ctx, ref, facts)
}

// forGood reports whether a forge refuses something however often it is asked, such as a
// comment where the conversation is locked. What a limit keeps from being known may pass.
func forGood(err error) bool {
	return !atLimit(err) && (errors.Is(err, pull.ErrForbidden) || errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrRefused))
}

func atLimit(err error) bool {
	_, limit := errors.AsType[seam.Limited](err)
	return limit
}

// Turns lets one writer of a check wait for the other.
type Turns interface {
	// Turn waits until nobody else has the turn of a name on a commit, in any
	// process of the service, and gives what ends it.
	Turn(ctx context.Context, repo pull.Repo, head, name string) (done func(), err error)
}

// turn waits until nobody else writes what bears a name on a commit, or on a pull request.
// What was written is to be read in the turn.
func (g *Gate) turn(ctx context.Context, repo pull.Repo, on, name string) (done func(), err error) {
	if g.cfg.Turns == nil {
		return func() {}, nil
	}
	if done, err = g.cfg.Turns.Turn(ctx, repo, on, name); err != nil {
		return nil, fmt.Errorf("wait to write %q on %s of %s: %w", name, on, repo, err)
	}
	return done, nil
}

// mayPass reports whether a check is a success, or may be one: whether an unanswered
// write was served is not known, so an earlier success may still stand.
func mayPass(c history.CheckRecord) bool {
	return !c.Done || c.Outcome == string(policy.Success)
}

// noted is what is known of a comment. An unanswered write may have become one, of which
// it is not known what it says.
func noted(c history.CommentRecord) publish.Standing {
	s := publish.Standing{HasNote: c.ID != "" || c.Digest != ""}
	if c.Done {
		s.Comment = c.Digest
	}
	return s
}
