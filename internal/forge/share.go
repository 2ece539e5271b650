package forge

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Share is a round tripper that keeps the calls of sweeps (see Background) to a
// share of the rate limit: what is charged is counted until the limit is reset,
// and calls beyond it are refused with a *LimitError. Other calls pass. Use one
// per credential.
type Share struct {
	Base    http.RoundTripper
	Meter   Meter
	Percent int                        // of the limit; 0: all of it
	Class   func(*http.Request) string // which limit a request draws on
	Now     func() time.Time

	mu     sync.Mutex
	budget map[string]*budget // by class
}

// budget is what sweeps used until a reset.
type budget struct {
	limit, used int
	reset       time.Time
}

// RoundTrip sends a request, unless it is a sweep's and its share is used up.
func (s *Share) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.Percent <= 0 || !IsBackground(req.Context()) {
		return s.Base.RoundTrip(req)
	}
	class := s.Class(req)
	if err := s.take(class); err != nil {
		return refuse(req, err)
	}
	res, err := s.Base.RoundTrip(req)
	charged := err == nil && res.StatusCode != http.StatusNotModified
	var header http.Header
	if err == nil {
		header = res.Header
	}
	s.settle(class, charged, header)
	return res, err
}

// take counts a call beforehand, so that many at once do not pass together.
func (s *Share) take(class string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.budget[class]
	if b == nil || !ahead(b.reset, s.Now()) {
		b = &budget{} // how much there is, the answer says
		if s.budget == nil {
			s.budget = map[string]*budget{}
		}
		s.budget[class] = b
	}
	if b.limit > 0 && 100*(b.used+1) > s.Percent*b.limit {
		return &LimitError{Until: b.reset, What: fmt.Sprintf("sweeps have used their share of %d%%", s.Percent), Minor: true}
	}
	b.used++
	return nil
}

// settle returns back what was not charged and learns the limit.
func (s *Share) settle(class string, charged bool, header http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.budget[class]
	if !charged {
		b.used = max(b.used-1, 0)
	}
	if rate := s.Meter.Rate(header); rate.Limit > 0 && rate.Reset.After(b.reset) && credible(rate.Reset, s.Now()) {
		b.limit, b.reset = rate.Limit, rate.Reset
	}
}
