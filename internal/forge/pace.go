package forge

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Pace is a round tripper that spreads some requests, such as writes. One waits
// for a moment where that is enough, and is else refused with a *LimitError. Use
// one per credential.
//
// A request has its place in all windows that count it, or in none. Those that say
// whom they are for (For) leave places to others, see Window; the others take what
// there is.
type Pace struct {
	Base     http.RoundTripper
	Windows  []Window      // what none of them counts passes
	Among    func() int    // processes that share the windows; nil: only this one
	Patience time.Duration // that a request waits in place
	Minor    bool          // what its errors say, those for a refusal, too
	What     string        // its errors' words; empty: those of a pace of writes
	// Refused reads whether an answer says that there were too many requests of the
	// kind, which is then kept back until that is over; nil: no answer does. The
	// answer's body must stay readable.
	Refused func(*http.Response) (*LimitError, error)
	Now     func() time.Time

	mu    sync.Mutex
	lines map[string]*line // of those that were refused, by repository
	until time.Time        // until when an answer wants none
}

// RoundTrip sends a request, later if it must be.
func (p *Pace) RoundTrip(req *http.Request) (*http.Response, error) {
	counted := p.counted(req)
	if len(counted) == 0 {
		return p.Base.RoundTrip(req)
	}
	taken, err := p.take(counted, askerOf(req.Context()))
	if err != nil {
		return refuse(req, err)
	}
	if wait := taken.at.Sub(p.Now()); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-req.Context().Done():
			p.giveBack(counted, taken)
			return refuse(req, req.Context().Err())
		}
	}
	res, err := p.Base.RoundTrip(req)
	if _, unsent := err.(*LimitError); unsent { //nolint:errorlint // what is wrapped came from elsewhere
		p.giveBack(counted, taken)
	}
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

// counted are the windows that count a request.
func (p *Pace) counted(req *http.Request) []*Window {
	var all []*Window
	for i := range p.Windows {
		if w := &p.Windows[i]; w.Counts(req) {
			all = append(all, w)
		}
	}
	return all
}

// KeepBack keeps requests back until a limit has passed.
func (p *Pace) KeepBack(limit *LimitError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit.Until.After(p.until) {
		p.until = limit.Until
	}
}

// Budget returns the error that a request, counted by every window, would get now. It is
// for those who can put off what leads to one, and who may need none after all: so it
// takes no place in the line, but spreads those who ask as if it did.
func (p *Pace) Budget(who Asker) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*Window, len(p.Windows))
	for i := range p.Windows {
		all[i] = &p.Windows[i]
	}
	_, err := p.next(all, who, true)
	return err
}

// take finds the place of a request, or refuses it.
func (p *Pace) take(counted []*Window, who Asker) (place, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, err := p.next(counted, who, false)
	if err != nil {
		return place{}, err
	}
	taken := place{at: at, repo: who.repo, pull: who.pull}
	for _, w := range counted {
		w.add(taken)
	}
	return taken, nil
}

// giveBack leaves a place to others: nothing was sent.
func (p *Pace) giveBack(counted []*Window, taken place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range counted {
		w.drop(taken)
	}
}

// next tells when the next request may be sent. Those that are refused stand in
// line: each is told a time of its own.
func (p *Pace) next(counted []*Window, who Asker, look bool) (time.Time, error) {
	now, among := p.Now(), 1
	if p.Among != nil {
		among = max(p.Among(), 1)
	}
	at := now
	if ahead(p.until, now) {
		at = p.until
	}
	step := time.Duration(0) // of the window that it waits for
	for _, w := range counted {
		w.forget(now)
		most := max(w.places(now)/among, 1)
		if free := w.free(at, most, who); step == 0 || free.After(at) {
			at, step = free, w.Over/time.Duration(most)
		}
	}
	if at.Sub(now) <= p.Patience {
		return at, nil
	}
	at = p.turn(now, at, step, who, look)
	return at, &LimitError{Until: at, What: cmp.Or(p.What, "our own pace of writes"), Minor: p.Minor}
}

// maxLine is how many pull requests of a repository have a turn of their own while they
// wait, some 50 bytes each: beyond it one is put at the line's end again at each try.
const maxLine = 10_000

// line is what those of one repository were told who were refused: no line of another
// repository pushes it back.
type line struct {
	last   time.Time         // the last turn
	looked time.Time         // the last that Budget told
	told   map[int]time.Time // the turn of each pull request
}

// turn returns the time at which somebody who is refused is to come again. A pull request
// has one turn, however often it is refused before.
func (p *Pace) turn(now, at time.Time, step time.Duration, who Asker, look bool) time.Time {
	live := 1
	for repo, l := range p.lines {
		switch {
		case repo == who.repo:
		case now.After(l.last) && now.After(l.looked):
			delete(p.lines, repo)
		default:
			live++
		}
	}
	if p.lines == nil {
		p.lines = map[string]*line{}
	}
	l := p.lines[who.repo]
	if l == nil {
		l = &line{told: map[int]time.Time{}}
		p.lines[who.repo] = l
	}
	if told := l.told[who.pull]; who.repo != "" && told.After(now) {
		return later(at, told)
	}
	step *= time.Duration(live)
	if look {
		l.looked = later(at, l.looked.Add(step))
		return l.looked
	}
	l.last = later(at, l.last.Add(step))
	if len(l.told) >= maxLine {
		for pull, t := range l.told {
			if !t.After(now) {
				delete(l.told, pull)
			}
		}
	}
	if who.repo != "" && len(l.told) < maxLine {
		l.told[who.pull] = l.last
	}
	return l.last
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// place is that of one request in a window.
type place struct {
	at   time.Time // when it was sent; it may be still to come
	repo string
	pull int
}

// add keeps the places in order of time.
func (w *Window) add(p place) {
	i, _ := slices.BinarySearchFunc(w.sent, p, func(a, b place) int {
		if a.at.After(b.at) {
			return 1
		}
		return -1
	})
	w.sent = slices.Insert(w.sent, i, p)
}

func (w *Window) drop(p place) {
	if i := slices.Index(w.sent, p); i >= 0 {
		w.sent = slices.Delete(w.sent, i, i+1)
	}
}

// forget drops what the window no longer holds.
func (w *Window) forget(now time.Time) {
	w.sent = slices.DeleteFunc(w.sent, func(s place) bool { return !s.at.After(now.Add(-w.Over)) })
}
