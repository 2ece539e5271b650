package forge

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// secondaryWait is how long to wait at a limit that names no time.
const secondaryWait = time.Minute

// Limits is a round tripper that turns a rate limit into a *LimitError and
// then keeps calls from the forge until it has passed. Use one per credential.
type Limits struct {
	Base  http.RoundTripper
	Meter Meter
	Now   func() time.Time

	mu    sync.Mutex
	until time.Time
	what  string
}

// RoundTrip sends a request unless a limit stands.
func (l *Limits) RoundTrip(req *http.Request) (*http.Response, error) {
	l.mu.Lock()
	until, what := l.until, l.what
	l.mu.Unlock()
	if ahead(until, l.Now()) {
		return refuse(req, &LimitError{Until: until, What: what})
	}
	res, err := l.Base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	limit, err := l.Meter.LimitOf(res, l.Now())
	if err != nil || limit == nil {
		return res, err
	}
	l.Learn(limit)
	return nil, limit
}

// Learn keeps calls back until a limit has passed. One that passes sooner than
// what is known changes nothing.
func (l *Limits) Learn(limit *LimitError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if limit.Until.After(l.until) || !ahead(l.until, l.Now()) {
		l.until, l.what = limit.Until, limit.What
	}
}

// Until returns the time until which calls are kept back; zero if they are not.
func (l *Limits) Until() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ahead(l.until, l.Now()) {
		return l.until
	}
	return time.Time{}
}

// ahead reports whether a limit stands until a time.
func ahead(until, now time.Time) bool { return now.Before(until) && credible(until, now) }

// credible reports whether a limit may end at a time. No forge keeps one up for
// longer than longestWait: one that seems so was misread, or our clock was set
// back since, and nothing but a restart would lift it.
func credible(until, now time.Time) bool { return !until.After(now.Add(longestWait)) }

// longestWait bounds what a forge's word of when a limit ends is taken for.
const longestWait = 2 * time.Hour

// retryAfter reads the header of that name: seconds or a date (RFC 9110,
// 10.2.3).
func retryAfter(text string, now time.Time) time.Time {
	wait := secondaryWait
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		wait = time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return now.Add(min(max(wait, 0), longestWait))
}

// Unwrapped is the error of a call without what a client says around it, where a limit is
// why: its words are for people.
func Unwrapped(err error) error {
	if limit, ok := errors.AsType[*LimitError](err); ok {
		return limit
	}
	return err
}
