package forge

import (
	"math/rand/v2"
	"net/http"
	"time"
)

// Retry is a round tripper that tries a request that may be repeated once more
// after a passing fault: a broken connection, 502, 503 or 504. Longer faults
// are left to the caller's queue.
type Retry struct {
	Base http.RoundTripper
	Wait time.Duration // about how long before the second try
	// Safe reports whether a request other than GET may be repeated.
	Safe func(*http.Request) bool
}

// RoundTrip sends a request, twice at most.
func (r *Retry) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.Base.RoundTrip(req)
	again := err != nil || res.StatusCode >= 502 && res.StatusCode <= 504
	if !again || req.Method != http.MethodGet && !r.Safe(req) || req.Context().Err() != nil {
		return res, err
	}
	next := req.Clone(req.Context())
	if req.Body != nil {
		if req.GetBody == nil {
			return res, err
		}
		if next.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	if res != nil {
		res.Body.Close()
	}
	timer := time.NewTimer(r.Wait/2 + rand.N(r.Wait))
	defer timer.Stop()
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case <-timer.C:
	}
	return r.Base.RoundTrip(next)
}
