package webhook

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	// maxLine is how many bodies wait for memory of a kind. Beyond it the one that came
	// last, of the address with the most, is refused, and the forge keeps it.
	maxLine = 256
	// pressEvery is how often those who wait look whether those who do not are on their
	// way. Those may pause for pressAfter or, where many of their own address wait, for
	// pressLeast and more the more of them has come: an address that sends much has to
	// send it fast.
	pressEvery = 100 * time.Millisecond
	pressAfter = 500 * time.Millisecond
	pressLeast = 120 * time.Millisecond
	fewInLine  = 8 // that halve it
)

// share is memory for bodies of one kind. Who wants some when none is free stands in
// line, which is served by address in turn; whoever has some meanwhile, and is not on
// the way to be read in time, is cut.
type share struct {
	cut func(*incoming)

	mu      sync.Mutex
	free    int64
	holders []*holder
	line    []*waiter
	served  map[string]int64 // by address of those in the line: when one was last served
	turn    int64
}

// holder is a body that has some.
type holder struct {
	in    *incoming
	size  int64     // reserved
	comes int64     // announced, or what may come
	since time.Time // that it has it
	at    int64     // what had come by then
}

type waiter struct {
	h     *holder
	turn  time.Time // what an address's own are served by
	ready chan struct{}
	// refused is closed when too many wait.
	refused chan struct{}
}

// take reserves some for a body that is announced, and returns what gives it back.
func (s *share) take(ctx context.Context, in *incoming, size, comes int64) (release func(), err error) {
	w := &waiter{h: &holder{in: in, size: size, comes: comes, at: in.read.Load()}, ready: make(chan struct{}), refused: make(chan struct{})}
	w.turn = time.Now().Add(time.Duration(float64(answerWithin) * float64(comes) / MaxBody))
	s.mu.Lock()
	s.line = append(s.line, w)
	s.serve()
	last := s.overflow()
	s.mu.Unlock()
	if last != nil {
		close(last.refused)
	}
	ticker := time.NewTicker(pressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-w.ready:
			return func() { s.release(w) }, nil
		case <-ticker.C:
			s.press()
			continue
		case <-ctx.Done():
			err = errCrowded
		case <-w.refused:
			err = errCrowded
		case <-in.gone:
			err = os.ErrDeadlineExceeded
		}
		s.release(w)
		return nil, err
	}
}

// release returns back what one has, or its place in the line.
func (s *share) release(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.holders, w.h); i >= 0 {
		s.holders = slices.Delete(s.holders, i, i+1)
		s.free += w.h.size
	}
	s.line = slices.DeleteFunc(s.line, func(o *waiter) bool { return o == w })
	s.serve()
}

// serve returns what is free to those whose turn it is.
func (s *share) serve() {
	for len(s.line) > 0 {
		next := 0
		for i := range s.line {
			if s.before(s.line[i], s.line[next]) {
				next = i
			}
		}
		w := s.line[next]
		if w.h.size > s.free {
			return // nobody overtakes, or what is large would wait for ever
		}
		s.line = slices.Delete(s.line, next, next+1)
		s.free -= w.h.size
		w.h.since = time.Now()
		s.holders = append(s.holders, w.h)
		if s.served == nil {
			s.served = map[string]int64{}
		}
		s.turn++
		s.served[w.h.in.address] = s.turn
		close(w.ready)
	}
	clear(s.served) // nobody waits: nothing is to be shared
}

// before reports whether it is one's turn before another's: by address in turn, and of
// one address whoever came first, but each as much later as it is large.
func (s *share) before(a, b *waiter) bool {
	if x, y := s.served[a.h.in.address], s.served[b.h.in.address]; x != y {
		return x < y
	}
	return a.turn.Before(b.turn)
}

// overflow takes the one that is refused out of a line that is too long.
func (s *share) overflow() (last *waiter) {
	if len(s.line) <= maxLine {
		return nil
	}
	waiting := s.waiting()
	at := 0
	for i, w := range s.line {
		if waiting[w.h.in.address] >= waiting[s.line[at].h.in.address] {
			at = i
		}
	}
	last = s.line[at]
	s.line = slices.Delete(s.line, at, at+1)
	return last
}

// waiting counts those in the line by address.
func (s *share) waiting() map[string]int {
	n := map[string]int{}
	for _, w := range s.line {
		n[w.h.in.address]++
	}
	return n
}

// press cuts those that are too slow, of what others wait for.
func (s *share) press() {
	s.mu.Lock()
	var slow []*incoming
	now, waiting := time.Now(), s.waiting()
	for _, h := range s.holders {
		if h.late(now, pressAfter/time.Duration(1+waiting[h.in.address]/fewInLine)) {
			slow = append(slow, h.in)
		}
	}
	s.mu.Unlock()
	for _, in := range slow {
		s.cut(in)
	}
}

// late reports whether a body pauses for longer than it may, or comes so slowly that it
// will not be there in time.
func (h *holder) late(now time.Time, pause time.Duration) bool {
	read := h.in.read.Load()
	if read >= h.comes {
		return false
	}
	pause = max(pause, pressLeast) + time.Duration(float64(pressAfter)*float64(read)/float64(h.comes))
	had := now.Sub(h.since) - pause
	if had <= 0 {
		return false
	}
	pauses := now.Sub(h.in.begun.Add(time.Duration(h.in.last.Load()))) > pause
	return pauses || float64(read-h.at) < float64(h.comes-h.at)*had.Seconds()/answerWithin.Seconds()
}
