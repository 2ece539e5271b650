package forge

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// secondaryWait is how long to wait at a secondary limit that names no time
// (docs.github.com, "Rate limits for the REST API").
const secondaryWait = time.Minute

// Limits is a round tripper that turns a rate limit into a *LimitError and
// then keeps calls from the forge until it has passed. Use one per credential.
type Limits struct {
	Base http.RoundTripper
	Now  func() time.Time

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
	limit, err := LimitOf(res, l.Now())
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

// Until gives the time until which calls are kept back; zero if they are not.
func (l *Limits) Until() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ahead(l.until, l.Now()) {
		return l.until
	}
	return time.Time{}
}

// ahead tells whether a limit stands until a time.
func ahead(until, now time.Time) bool { return now.Before(until) && credible(until, now) }

// credible tells whether a limit may end at a time. No forge keeps one up for
// longer than longestWait: one that seems so was misread, or our clock was set
// back since, and nothing but a restart would lift it.
func credible(until, now time.Time) bool { return !until.After(now.Add(longestWait)) }

// ResetOf gives when a primary limit that is used up is reset, as an answer's
// headers say; in a minute where they do not, or can't be right.
func ResetOf(h http.Header, now time.Time) time.Time {
	reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if at := time.Unix(reset, 0).Add(time.Second); err == nil && !at.Before(now) && credible(at, now) {
		return at
	}
	return now.Add(secondaryWait)
}

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

// secondaryText is what the body of a secondary limit says, which older servers
// call abuse.
var secondaryText = regexp.MustCompile(`(?i)secondary[ -]rate[ -]limit|abuse[ -](detection|rate[ -]limit)`)

// LimitOf reads whether an answer is a rate limit. The body of any other answer
// stays readable.
func LimitOf(res *http.Response, now time.Time) (*LimitError, error) {
	if res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusTooManyRequests {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	limit := &LimitError{What: http.StatusText(res.StatusCode)}
	switch {
	case res.Header.Get("Retry-After") != "":
		limit.What = "secondary rate limit"
		limit.Until = retryAfter(res.Header.Get("Retry-After"), now)
	case res.Header.Get("X-RateLimit-Remaining") == "0":
		limit.What = "primary rate limit"
		limit.Until = ResetOf(res.Header, now)
	case res.StatusCode == http.StatusTooManyRequests, secondaryText.Match(body):
		limit.What = "secondary rate limit"
		limit.Until = now.Add(secondaryWait)
	default:
		return nil, nil
	}
	return limit, nil
}
