package rest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// patience is how long a call waits in place for its turn: an evaluation that is cut
// short has to make its calls again.
const (
	patience    = 10 * time.Second
	callTimeout = 30 * time.Second
)

// stack puts the round trippers above each other: what leaves a forge alone that fails,
// then what keeps calls back, then one more try, and who watches.
func (c *Client) stack() {
	transport := c.cfg.Transport
	if c.cfg.Observe != nil {
		transport = &forge.Observe{Base: transport, Meter: meter, Endpoint: c.endpoint, Tell: c.cfg.Observe}
	}
	retry := &forge.Retry{Base: &forge.RequireBody{Base: transport}, Wait: 300 * time.Millisecond,
		Safe: func(*http.Request) bool { return false }}
	all, swept := c.windows()
	wait := c.lasts(patience)
	calls := &forge.Pace{Base: c.noting(retry), Now: c.cfg.Now, Among: c.cfg.Replicas, Patience: wait, What: "our own pace of calls",
		Windows: all}
	sweeps := &forge.Pace{Base: calls, Now: c.cfg.Now, Among: c.cfg.Replicas, Patience: wait, What: "sweeps have used their share",
		Windows: swept, Minor: true} // an event does not wait for it
	var writes []forge.Window
	if n := c.cfg.WritesPerMinute; n > 0 {
		writes = append(writes, forge.Window{Counts: isTold, Most: n, Over: time.Minute})
	}
	told := &forge.Pace{Base: sweeps, Now: c.cfg.Now, Among: c.cfg.Replicas, Windows: writes, Patience: time.Second, Minor: true}
	c.limits = &forge.Limits{Meter: meter, Now: c.cfg.Now, Base: told}
	c.breaker = &forge.Breaker{Thing: c.endpoint, Now: c.cfg.Now}
	c.http = &http.Client{Timeout: callTimeout, CheckRedirect: forge.OnlyReads(c.url), Transport: c.breaker.Guard(c.limits)}
}

// lasts is how long something does, where hours are shorter than an hour.
func (c *Client) lasts(d time.Duration) time.Duration {
	if c.cfg.Hour == 0 {
		return d
	}
	return time.Duration(float64(d) * float64(c.cfg.Hour) / float64(time.Hour))
}

// aRequest is how many calls one evaluation of a pull request takes at the most, but for what is
// many in it. A share of sweeps that is smaller would let none of theirs end.
const aRequest = 25

// windows are how many calls there may be, and how many of them sweeps may make: of what
// the server grants a little is left to what takes a success back, which no share of sweeps
// keeps waiting. What events leave sweeps may have besides their share.
func (c *Client) windows() (all, swept []forge.Window) {
	for _, l := range c.cfg.Limits {
		few := l.Most < 20*aRequest
		all = append(all, forge.Window{Counts: func(*http.Request) bool { return true }, Most: l.Most, Over: c.lasts(l.Over), Spare: l.Most / 10,
			Unshared: few})
		if share := c.cfg.SweepShare; share > 0 {
			of := func(r *http.Request) bool { return forge.IsBackground(r.Context()) && !forge.IsUrgent(r.Context()) }
			most := max(l.Most*share/100, min(aRequest, l.Most/2), 1)
			swept = append(swept, forge.Window{Counts: of, Most: most, Over: c.lasts(l.Over), Unshared: few,
				More: c.events.idle(l.Most-l.Most/10-l.Most/4-most, c.lasts(l.Over))})
		}
	}
	return all, swept
}

// events are the calls for what just happened, the last of them.
type events struct {
	mu   sync.Mutex
	sent []time.Time
}

// note counts a call.
func (e *events) note(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.sent) >= maxEvents {
		e.sent = append(e.sent[:0], e.sent[len(e.sent)/2:]...)
	}
	e.sent = append(e.sent, now)
}

// maxEvents is how many calls are remembered: as many as any site grants within an hour.
const maxEvents = 10_000

// idle returns how many of some calls sweeps may make besides their share: what events leave that
// may soon be twice as many. A quarter of what the server grants is left to them in any case, so
// that the next event does not wait for a sweep's calls to be an hour old.
func (e *events) idle(most int, over time.Duration) func(now time.Time) int {
	return func(now time.Time) int {
		e.mu.Lock()
		defer e.mu.Unlock()
		n, _ := slices.BinarySearchFunc(e.sent, now.Add(-over), time.Time.Compare)
		return max(0, most-2*(len(e.sent)-n))
	}
}

// noting notes each call that is no sweep's.
func (c *Client) noting(base http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		if !forge.IsBackground(req.Context()) || forge.IsUrgent(req.Context()) {
			c.events.note(c.cfg.Now())
		}
		return base.RoundTrip(req)
	})
}

// roundTrip is a round tripper of one function.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// meter reads the limits as Gitee tells them; a GitCode tells none, and is counted.
var meter = forge.Meter{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset"}

// isTold reports whether a request creates what people are told of: checks are none of it.
func isTold(req *http.Request) bool {
	path := req.URL.Path
	return req.Method != http.MethodGet && !strings.Contains(path, "/check-runs") && !strings.Contains(path, "/test")
}

// endpoint names what a call asks for, without what differs from call to call.
func (c *Client) endpoint(req *http.Request) string {
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, c.url.Path), "/")
	if len(parts) > 3 && parts[0] == "repos" {
		return req.Method + " repos/" + parts[3]
	}
	return req.Method + " " + cmp.Or(parts[0], "api")
}
