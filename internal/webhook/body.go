package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// What bodies use of the memory, while nobody knows whether they are signed.
const (
	// freeBody is what each of maxUnfinished may bring without asking: most deliveries
	// are no larger. 16 MB in all.
	freeBody = 32 << 10
	// maxSmall is what a body that is announced with up to smallBody takes from a share
	// that larger ones have no part in, so that they keep no other out. Beyond it one
	// waits in line.
	maxSmall  = 8 << 20
	smallBody = 1 << 20
	// maxLarge is the share of larger bodies: two of the largest are read at once. One
	// that is not announced may be as large, and would else keep small ones out while it
	// waits. Beyond it one waits in line, and is not read meanwhile.
	maxLarge = 2 * MaxBody
	// step is how much is read, and hashed, at a time.
	step = 256 << 10
)

// Refusals of a body.
var (
	errCrowded = &refusal{http.StatusServiceUnavailable, "crowded", "too many deliveries at once; deliver it again"}
	errLarge   = &refusal{http.StatusRequestEntityTooLarge, "large", "the body is larger than 25 MB"}
	errEarly   = &refusal{http.StatusBadRequest, "cut", "the body ended early"}
	errSlow    = &refusal{http.StatusRequestTimeout, "slow", "the body came too slowly; deliver it again"}
)

// bodies reads bodies within bounds on their memory.
type bodies struct {
	crowd        crowd
	small, large share
	buffers      buffers
}

func newBodies() *bodies {
	b := &bodies{}
	b.small, b.large = share{cut: b.crowd.cut, free: maxSmall}, share{cut: b.crowd.cut, free: maxLarge}
	return b
}

// reading is one body under way.
type reading struct {
	*bodies
	in       *incoming
	src      io.Reader
	size     int64 // announced; negative if it was not
	deadline time.Time
	allowed  time.Time // until when the source is read
	body     []byte
	release  func() // gives back what was reserved
}

// read reads a body whole and hashes it meanwhile. release gives the memory back,
// and is never nil; the body is not to be used after it.
func (b *bodies) read(ctx context.Context, w http.ResponseWriter, req *http.Request, sum io.Writer) (body []byte, release func(),
	err error) {
	deadline, _ := ctx.Deadline() // the zero time is none
	in := b.crowd.enter(sender(req.RemoteAddr), http.NewResponseController(w).SetReadDeadline)
	defer b.crowd.leave(in)
	r := &reading{bodies: b, in: in, src: req.Body, size: req.ContentLength, deadline: deadline, release: func() {}}
	first := int64(freeBody)
	if r.size >= 0 {
		first = min(first, r.size)
	}
	r.body = make([]byte, 0, first)
	for err == nil && int64(len(r.body)) != r.size && len(r.body) <= MaxBody {
		if len(r.body) == cap(r.body) {
			err = r.grow(ctx)
		}
		if err == nil {
			err = r.more(sum)
		}
	}
	switch {
	case len(r.body) > MaxBody:
		err = errLarge
	case int64(len(r.body)) == r.size, errors.Is(err, io.EOF) && r.size < 0: // an end may come with the last bytes
		return r.body, r.release, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = errSlow
	case !errors.Is(err, errCrowded):
		err = errEarly
	}
	return nil, r.release, err
}

// more reads and hashes a step.
func (r *reading) more(sum io.Writer) error {
	now := time.Now()
	if until := now.Add(maxStall); r.allowed.Sub(now) < maxStall-maxStall/8 { // a call for each step would be many
		if !r.deadline.IsZero() && r.deadline.Before(until) {
			until = r.deadline
		}
		if err := r.crowd.allow(r.in, until); err != nil {
			return err
		}
		r.allowed = until
	}
	n, err := r.src.Read(r.body[len(r.body):min(cap(r.body), len(r.body)+step)])
	if _, err := sum.Write(r.body[len(r.body) : len(r.body)+n]); err != nil {
		return err
	}
	r.body = r.body[:len(r.body)+n]
	r.in.came(n)
	return err
}

// grow reserves what a body needs that has outgrown what it had, and moves it there.
func (r *reading) grow(ctx context.Context) error {
	from, size := &r.small, r.size
	large := r.size < 0 || r.size > smallBody
	if large {
		from, size = &r.large, MaxBody
	}
	comes := r.size
	if comes < 0 {
		comes = MaxBody + 1 // so that an end at the bound is seen
	}
	r.crowd.pause(r.in)
	release, err := from.take(ctx, r.in, size, comes)
	r.crowd.resume(r.in)
	if err != nil {
		return err
	}
	if large {
		release = r.borrow(release)
	} else {
		r.move(make([]byte, comes))
	}
	r.release()
	r.release = release
	return nil
}

// borrow moves a body to a buffer that large ones use in turn, as making one costs more
// than filling it. What it returns gives the buffer back, and then what was reserved.
func (r *reading) borrow(release func()) func() {
	buffer := r.buffers.take()
	r.move(buffer)
	return func() {
		r.buffers.put(buffer)
		release()
	}
}

// move moves a body to a larger buffer.
func (r *reading) move(to []byte) { r.body = to[:copy(to, r.body)] }

// keepBuffers is how long the buffers of large bodies are kept that nobody uses.
const keepBuffers = 5 * time.Second

// buffers are those of large bodies; there are as many as are read at once.
type buffers struct {
	mu   sync.Mutex
	free [][]byte
	drop *time.Timer
}

func (b *buffers) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.free)
	if n == 0 {
		return make([]byte, MaxBody+1)
	}
	buffer := b.free[n-1]
	b.free = b.free[:n-1]
	return buffer
}

func (b *buffers) put(buffer []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free = append(b.free, buffer)
	if b.drop == nil {
		b.drop = time.AfterFunc(keepBuffers, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.free = nil
		})
		return
	}
	b.drop.Reset(keepBuffers)
}
