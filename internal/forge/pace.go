package forge

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Pace is a round tripper that spreads writes: GitHub allows a credential 80
// requests a minute that create content, and 500 an hour (docs.github.com,
// "Rate limits for the REST API"). A write waits for a moment where that is
// enough, and is else refused with a *LimitError. Use one per credential.
type Pace struct {
	Base      http.RoundTripper
	Writes    func(*http.Request) bool
	PerMinute int
	PerHour   int
	Patience  time.Duration // that a write waits in place
	Now       func() time.Time

	mu      sync.Mutex
	sent    []time.Time // the writes of the last hour, some of them still to come
	refused int         // since the last write that was not
}

// RoundTrip sends a request, later if it must be.
func (p *Pace) RoundTrip(req *http.Request) (*http.Response, error) {
	if !p.Writes(req) {
		return p.Base.RoundTrip(req)
	}
	wait, err := p.reserve()
	if err == nil && wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-req.Context().Done():
			err = req.Context().Err()
		}
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	return p.Base.RoundTrip(req)
}

// reserve gives the time until a write may be sent and counts it, or refuses
// it. Those that are refused together are told times one after the other.
func (p *Pace) reserve() (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	p.sent = slices.DeleteFunc(p.sent, func(t time.Time) bool { return !t.After(now.Add(-time.Hour)) })
	at := now
	for _, w := range []struct {
		most int
		in   time.Duration
	}{{p.PerMinute, time.Minute}, {p.PerHour, time.Hour}} {
		if n := len(p.sent); w.most > 0 && n >= w.most {
			if free := p.sent[n-w.most].Add(w.in); free.After(at) {
				at = free
			}
		}
	}
	if n := len(p.sent); n > 0 && p.sent[n-1].After(at) {
		at = p.sent[n-1] // one after the other
	}
	wait := at.Sub(now)
	if wait > p.Patience {
		gap := time.Duration(0)
		if p.PerMinute > 0 {
			gap = time.Duration(p.refused) * time.Minute / time.Duration(p.PerMinute)
		}
		p.refused++
		return 0, &LimitError{Until: at.Add(gap), What: "our own pace of writes"}
	}
	p.refused = 0
	p.sent = append(p.sent, at)
	return wait, nil
}
