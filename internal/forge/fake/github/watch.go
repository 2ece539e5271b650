package github

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Call is one call that the forge has answered.
type Call struct {
	Method   string
	Path     string // with its query
	Pattern  string // of the endpoint, such as /repos/{owner}/{repo}/pulls; empty if there is none
	Identity string // "user:alice", "installation:7", "app", or "address:…" for nobody
	Status   int    // 0 if the connection was cut instead
	Resource string // "core" or "graphql", the rate limit that was drawn on
	// Points are what the call cost: one for REST, GitHub's formula for
	// GraphQL, none for a 304 and for what the limits exempt.
	Points int
	// Operation is the name of the GraphQL operation; empty for REST.
	Operation string
}

// Fault is what happens to a call instead of, or on top of, being served.
type Fault struct {
	Delay time.Duration // before anything else
	// Status answers with this status, Header and Body instead of serving the
	// call.
	Status int
	Header http.Header
	Body   string
	// Half serves the call but cuts the connection in the middle of the
	// answer; what the call changes is changed.
	Half bool
	// HangUp cuts the connection without an answer: before the call is served,
	// or with Served after it.
	HangUp bool
	Served bool
}

// SecondaryLimit is the fault of GitHub's secondary rate limit.
func SecondaryLimit(retryAfter time.Duration) *Fault {
	return &Fault{
		Status: http.StatusForbidden,
		Header: http.Header{"Retry-After": {strconv.Itoa(int(retryAfter.Seconds()))}},
		Body: `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",` +
			`"documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`,
	}
}

// watch holds what observers and tests hang into the forge.
type watch struct {
	mu      sync.Mutex
	calls   []Call
	observe func(Call)
	fault   func(*http.Request) *Fault
	holds   []*hold
}

// hold stops one call.
type hold struct {
	match    func(*http.Request) bool
	arrived  chan struct{}
	released chan struct{}
}

// OnRequest has each call reported once it is answered; nil ends that.
func (s *Server) OnRequest(observe func(Call)) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	s.watch.observe = observe
}

// SetFault has a function decide which calls fail, and how; it gives nil for
// those that don't. It may read the request's body.
func (s *Server) SetFault(fault func(*http.Request) *Fault) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	s.watch.fault = fault
}

// Hold stops the next call that matches, before it is served. The channel is
// closed when it has arrived; release lets it go on, or takes the hold away.
func (s *Server) Hold(match func(*http.Request) bool) (arrived <-chan struct{}, release func()) {
	h := &hold{match, make(chan struct{}), make(chan struct{})}
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	s.watch.holds = append(s.watch.holds, h)
	return h.arrived, sync.OnceFunc(func() {
		close(h.released)
		s.watch.mu.Lock()
		defer s.watch.mu.Unlock()
		s.watch.holds = slices.DeleteFunc(s.watch.holds, func(o *hold) bool { return o == h })
	})
}

// Calls lists the calls so far.
func (s *Server) Calls() []Call {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return slices.Clone(s.watch.calls)
}

// ResetCalls empties the list of calls.
func (s *Server) ResetCalls() {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	s.watch.calls = nil
}

func (w *watch) report(c Call) {
	w.mu.Lock()
	w.calls = append(w.calls, c)
	observe := w.observe
	w.mu.Unlock()
	if observe != nil {
		observe(c)
	}
}

// intercept lets holds and faults see a request.
func (w *watch) intercept(r *http.Request, body func() io.ReadCloser) *Fault {
	w.mu.Lock()
	fault := w.fault
	var held *hold
	for i, h := range w.holds {
		r.Body = body()
		if h.match(r) {
			held = h
			w.holds = slices.Delete(w.holds, i, i+1)
			break
		}
	}
	w.mu.Unlock()
	if held != nil {
		close(held.arrived)
		select {
		case <-held.released:
		case <-r.Context().Done():
		}
	}
	if fault == nil {
		return nil
	}
	r.Body = body()
	return fault(r)
}

// pause waits, unless the context ends before.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
