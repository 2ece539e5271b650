package forge

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Call is what is told of one call to a forge.
type Call struct {
	Endpoint string // method and pattern, such as "GET /repos/{}/{}/pulls"; few of them
	Code     int    // HTTP status; 0 if there was no answer
	Left     bool   // there was none, as the caller did not wait for it
	Resource string // whose limit it drew on, as the forge calls it; empty if it did not say
	// Limit and Remaining are those of Resource, in calls or points; Limit is 0 if
	// the forge did not say.
	Limit, Remaining int
}

// Observe is a round tripper that tells of each call.
type Observe struct {
	Base     http.RoundTripper
	Endpoint func(*http.Request) string
	Tell     func(Call)
}

// RoundTrip sends a request and tells how it went.
func (o *Observe) RoundTrip(req *http.Request) (*http.Response, error) {
	call := Call{Endpoint: o.Endpoint(req)}
	res, err := o.Base.RoundTrip(req)
	if err == nil {
		call.Code = res.StatusCode
		call.Resource, call.Limit, call.Remaining, _ = rate(res.Header)
	}
	call.Left = err != nil && errors.Is(req.Context().Err(), context.Canceled)
	o.Tell(call)
	return res, err
}

// rate reads the headers of the primary rate limit (docs.github.com, "Rate
// limits for the REST API"); a limit of 0 if they are not there.
func rate(h http.Header) (resource string, limit, remaining int, reset time.Time) {
	limit, err := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	left, err2 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	at, err3 := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || err2 != nil || err3 != nil || limit <= 0 {
		return "", 0, 0, time.Time{}
	}
	return h.Get("X-RateLimit-Resource"), limit, left, time.Unix(at, 0)
}

type backgroundKey struct{}

// Background marks the calls made with a context as those of a sweep, which may
// use but a share of a rate limit.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

func isBackground(ctx context.Context) bool { return ctx.Value(backgroundKey{}) != nil }
