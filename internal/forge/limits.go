package forge

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
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
	if l.Now().Before(until) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, &LimitError{Until: until, What: what}
	}
	res, err := l.Base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(res, l.Now())
	if err != nil || limit == nil {
		return res, err
	}
	l.mu.Lock()
	l.until, l.what = limit.Until, limit.What
	l.mu.Unlock()
	return nil, limit
}

// limitOf reads whether an answer is a rate limit. The body of any other answer
// stays readable.
func limitOf(res *http.Response, now time.Time) (*LimitError, error) {
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
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil {
			seconds = int(secondaryWait / time.Second)
		}
		limit.Until = now.Add(time.Duration(seconds) * time.Second)
	case res.Header.Get("X-RateLimit-Remaining") == "0":
		limit.What = "primary rate limit"
		reset, err := strconv.ParseInt(res.Header.Get("X-RateLimit-Reset"), 10, 64)
		limit.Until = time.Unix(reset, 0).Add(time.Second)
		if err != nil || limit.Until.Before(now) {
			limit.Until = now.Add(secondaryWait)
		}
	case res.StatusCode == http.StatusTooManyRequests, strings.Contains(strings.ToLower(string(body)), "secondary rate limit"):
		limit.What = "secondary rate limit"
		limit.Until = now.Add(secondaryWait)
	default:
		return nil, nil
	}
	return limit, nil
}
