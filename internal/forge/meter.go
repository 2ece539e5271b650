package forge

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// Meter reads what a forge's answers say of its rate limits. The zero Meter reads what
// HTTP itself has: 429, and Retry-After beside it or 403.
type Meter struct {
	// Names of the headers of the primary limit: what it is, what is left of it, when it is
	// reset, in seconds since 1970, and which of several it is; empty where there is none.
	Limit, Remaining, Reset, Resource string
	// Refused is what the body of a 403 says that is by a limit; nil: none is.
	Refused *regexp.Regexp
}

// Rate is what an answer says of the limit that it drew on. Limit is 0 where it says
// nothing.
type Rate struct {
	Resource         string
	Limit, Remaining int // in calls or points
	Reset            time.Time
}

// Rate reads an answer's headers.
func (m Meter) Rate(h http.Header) Rate {
	limit, err := strconv.Atoi(h.Get(m.Limit))
	left, err2 := strconv.Atoi(h.Get(m.Remaining))
	at, err3 := strconv.ParseInt(h.Get(m.Reset), 10, 64)
	if err != nil || err2 != nil || err3 != nil || limit <= 0 {
		return Rate{}
	}
	return Rate{h.Get(m.Resource), limit, left, time.Unix(at, 0)}
}

// ResetOf returns when a primary limit that is used up is reset, as an answer's
// headers say; in a minute where they do not, or can't be right.
func (m Meter) ResetOf(h http.Header, now time.Time) time.Time {
	reset, err := strconv.ParseInt(h.Get(m.Reset), 10, 64)
	if at := time.Unix(reset, 0).Add(time.Second); err == nil && !at.Before(now) && credible(at, now) {
		return at
	}
	return now.Add(secondaryWait)
}

// LimitOf reads whether an answer is a rate limit. The body of any other answer
// stays readable.
func (m Meter) LimitOf(res *http.Response, now time.Time) (*LimitError, error) {
	if res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusTooManyRequests {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case res.Header.Get("Retry-After") != "":
		return &LimitError{What: "secondary rate limit", Until: retryAfter(res.Header.Get("Retry-After"), now)}, nil
	case res.Header.Get(m.Remaining) == "0":
		return &LimitError{What: "primary rate limit", Until: m.ResetOf(res.Header, now)}, nil
	case res.StatusCode == http.StatusTooManyRequests, m.Refused != nil && m.Refused.Match(body):
		return &LimitError{What: "secondary rate limit", Until: now.Add(secondaryWait)}, nil
	}
	return nil, nil
}
