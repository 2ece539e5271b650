package forge

import (
	"context"
	"errors"
	"net/http"
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
	Meter    Meter
	Endpoint func(*http.Request) string
	Tell     func(Call)
}

// RoundTrip sends a request and tells how it went.
func (o *Observe) RoundTrip(req *http.Request) (*http.Response, error) {
	call := Call{Endpoint: o.Endpoint(req)}
	res, err := o.Base.RoundTrip(req)
	if err == nil {
		call.Code = res.StatusCode
		rate := o.Meter.Rate(res.Header)
		call.Resource, call.Limit, call.Remaining = rate.Resource, rate.Limit, rate.Remaining
	}
	call.Left = err != nil && errors.Is(req.Context().Err(), context.Canceled)
	o.Tell(call)
	return res, err
}

type backgroundKey struct{}

// Background marks the calls made with a context as those of a sweep, which may
// use but a share of a rate limit.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// IsBackground reports whether calls of a context are those of a sweep.
func IsBackground(ctx context.Context) bool { return ctx.Value(backgroundKey{}) != nil }
