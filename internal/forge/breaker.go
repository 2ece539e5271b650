package forge

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Bounds on calls of a forge that fails.
const (
	// maxFailures is how many calls may fail in a row, of failingThings or more. Beyond
	// it calls are put off, and one at a time finds out whether the forge is back.
	maxFailures = 10
	// failingThings is of how many things calls must have failed, as Breaker.Thing tells
	// them apart: a pull request or a repository that the forge can't read by itself is no
	// reason to leave the others alone.
	failingThings = 3
	// firstPause and longestPause are how long calls are put off; each failure doubles
	// it. One who is put off is told up to a quarter more, so that not all come at once.
	firstPause   = time.Second
	longestPause = 15 * time.Second
)

// Breaker is a round tripper that leaves a forge alone which fails: it refuses calls
// with a *LimitError then, but for one now and then that tries. Any answer that is not
// of a failure (5xx, or none at all) ends it. Use one per forge, for all credentials.
type Breaker struct {
	Thing func(*http.Request) string // what a request is about
	Now   func() time.Time

	mu     sync.Mutex
	failed int             // in a row
	things map[string]bool // of these; no more than failingThings
	pause  time.Duration   // 0: closed
	until  time.Time       // that calls are put off
	trying bool            // one is under way that finds out
}

// Guard puts what sends requests behind the breaker.
func (b *Breaker) Guard(base http.RoundTripper) http.RoundTripper { return &guarded{b, base} }

// guarded is one credential's way through a breaker.
type guarded struct {
	breaker *Breaker
	base    http.RoundTripper
}

// RoundTrip sends a request, unless the forge is left alone.
func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	tries, err := g.breaker.enter()
	if err != nil {
		return refuse(req, err)
	}
	res, err := g.base.RoundTrip(req)
	g.breaker.leave(req, tries, res, err)
	return res, err
}

// enter refuses a call while the forge is left alone; tries tells that this one finds out
// whether it still has to be.
func (b *Breaker) enter() (tries bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pause == 0 {
		return false, nil
	}
	now := b.Now()
	if ahead(b.until, now) || b.trying {
		wait := max(b.until.Sub(now), firstPause)
		return false, &LimitError{Until: now.Add(wait + rand.N(b.pause/4+1)), What: "it fails, and is left alone for a while", Failing: true}
	}
	b.trying = true
	return true, nil
}

// leave learns from how a call ended.
func (b *Breaker) leave(req *http.Request, tried bool, res *http.Response, err error) {
	_, limited := errors.AsType[*LimitError](err)
	b.mu.Lock()
	defer b.mu.Unlock()
	if tried {
		b.trying = false
	}
	switch {
	case limited, errors.Is(err, context.Canceled): // says nothing
	case err == nil && res.StatusCode < 500:
		b.failed, b.things, b.pause = 0, nil, 0
	case tried:
		b.pause = min(2*b.pause, longestPause)
		b.until = b.Now().Add(b.pause)
	case b.pause == 0: // else it was under way already
		b.count(req)
	}
}

// count counts a failure, and opens the breaker if it is one too many.
func (b *Breaker) count(req *http.Request) {
	b.failed++
	if b.things == nil {
		b.things = map[string]bool{}
	}
	if len(b.things) < failingThings {
		b.things[b.Thing(req)] = true
	}
	if b.failed >= maxFailures && len(b.things) >= failingThings {
		b.pause = firstPause
		b.until = b.Now().Add(b.pause)
	}
}
