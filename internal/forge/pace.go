package forge

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Pace is a round tripper that spreads some requests, such as writes. One waits
// for a moment where that is enough, and is else refused with a *LimitError. Use
// one per credential.
type Pace struct {
	Base     http.RoundTripper
	Counts   func(*http.Request) bool
	Most     int           // that are sent in each Window
	Window   time.Duration // such as a minute
	Among    func() int    // processes that share Most; nil: only this one
	Patience time.Duration // that a request waits in place
	Minor    bool          // what its errors say, those for a refusal, too
	// Refused reads whether an answer says that there were too many requests of the
	// kind, which is then kept back until that is over; nil: no answer does. The
	// answer's body must stay readable.
	Refused func(*http.Response) (*LimitError, error)
	Now     func() time.Time

	mu       sync.Mutex
	sent     []time.Time // those of the last window, some of them still to come
	promised time.Time   // the last that one who was refused was told
	until    time.Time   // until when an answer wants none
}

// RoundTrip sends a request, later if it must be.
func (p *Pace) RoundTrip(req *http.Request) (*http.Response, error) {
	if !p.Counts(req) {
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
		return refuse(req, err)
	}
	res, err := p.Base.RoundTrip(req)
	if err != nil || p.Refused == nil {
		return res, err
	}
	limit, err := p.Refused(res)
	if err != nil || limit == nil {
		return res, err
	}
	res.Body.Close()
	limit.Minor = p.Minor
	p.KeepBack(limit)
	return nil, limit
}

// KeepBack keeps requests back until a limit has passed.
func (p *Pace) KeepBack(limit *LimitError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit.Until.After(p.until) {
		p.until = limit.Until
	}
}

// Room gives the error that a request would get now. It is for those who can put
// off what leads to one.
func (p *Pace) Room() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.next()
	return err
}

// reserve gives the time until a request may be sent and counts it, or refuses
// it.
func (p *Pace) reserve() (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, err := p.next()
	if err != nil {
		return 0, err
	}
	p.sent = append(p.sent, at)
	return at.Sub(p.Now()), nil
}

// next tells when the next request may be sent. Those that are refused stand in
// line: each is told a time of its own.
func (p *Pace) next() (time.Time, error) {
	now := p.Now()
	p.sent = slices.DeleteFunc(p.sent, func(t time.Time) bool { return !t.After(now.Add(-p.Window)) })
	most := p.Most
	if p.Among != nil {
		most = max(most/max(p.Among(), 1), 1)
	}
	at := now
	if ahead(p.until, now) {
		at = p.until
	}
	n := len(p.sent)
	if n >= most && p.sent[n-most].Add(p.Window).After(at) {
		at = p.sent[n-most].Add(p.Window)
	}
	if n > 0 && p.sent[n-1].After(at) {
		at = p.sent[n-1] // one after the other
	}
	if at.Sub(now) > p.Patience {
		if turn := p.promised.Add(p.Window / time.Duration(most)); turn.After(at) {
			at = turn
		}
		p.promised = at
		return at, &LimitError{Until: at, What: "our own pace of writes", Minor: p.Minor}
	}
	return at, nil
}
