// Package post sends the webhooks of forges in memory: one after the other, in the order in
// which they were posted, each once. They can be held back, dropped, and waited for.
//
// What a webhook is, and what sending it means, is its forge's.
package post

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"sync"
)

// Office sends letters. It has a goroutine only while there is something to send.
type Office[L any] struct {
	send   func(ctx context.Context, letter L)
	ctx    context.Context // ends with the forge; letters have no caller
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	queue   []L
	sent    []L
	held    bool
	shuffle bool
	running bool
	idle    chan struct{} // closed when the queue is empty and nothing is under way
}

// New opens an office. send makes one attempt; a letter that fails is not sent again.
func New[L any](send func(ctx context.Context, letter L)) *Office[L] {
	o := &Office[L]{send: send, idle: make(chan struct{})}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	close(o.idle)
	return o
}

// Close drops what was not sent, and returns when the last attempt under way has ended.
func (o *Office[L]) Close() {
	o.cancel()
	o.mu.Lock()
	o.queue = nil
	o.mu.Unlock()
	o.wg.Wait()
}

// Post puts a letter behind all others.
func (o *Office[L]) Post(letter L) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ctx.Err() != nil {
		return
	}
	if len(o.queue) == 0 && !o.running {
		o.idle = make(chan struct{})
	}
	o.queue = append(o.queue, letter)
	o.start()
}

// start runs the sender if there is work for it; the lock is held.
func (o *Office[L]) start() {
	if o.running || o.held || len(o.queue) == 0 {
		return
	}
	o.running = true
	o.wg.Go(o.run)
}

func (o *Office[L]) run() {
	for {
		o.mu.Lock()
		if o.held || len(o.queue) == 0 {
			o.running = false
			if len(o.queue) == 0 {
				close(o.idle)
			}
			o.mu.Unlock()
			return
		}
		letter := o.next()
		o.mu.Unlock()
		o.send(o.ctx, letter)
		o.mu.Lock()
		o.sent = append(o.sent, letter)
		o.mu.Unlock()
	}
}

// next takes the letter that goes out next, which when they are shuffled may be any of those
// that wait; the lock is held.
func (o *Office[L]) next() L {
	i := 0
	if o.shuffle {
		i = mathrand.IntN(len(o.queue))
	}
	letter := o.queue[i]
	o.queue = slices.Delete(o.queue, i, i+1)
	return letter
}

// Shuffle has letters that wait overtake each other, or no longer.
func (o *Office[L]) Shuffle(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shuffle = on
}

// Hold keeps letters back until Release.
func (o *Office[L]) Hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = true
}

// Release sends what Hold kept back.
func (o *Office[L]) Release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = false
	o.start()
}

// Drop forgets what Hold keeps back, as if it were lost, and returns how many that were.
func (o *Office[L]) Drop() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(o.queue)
	o.queue = nil
	if n > 0 && !o.running {
		close(o.idle)
	}
	return n
}

// Flush waits until every letter was sent. It fails at the end of a context, if some were
// not by then.
func (o *Office[L]) Flush(ctx context.Context) error {
	o.mu.Lock()
	idle := o.idle
	o.mu.Unlock()
	select {
	case <-idle:
		return nil
	default:
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for webhooks: %w", ctx.Err())
	}
}

// Sent lists the letters that were sent, oldest first.
func (o *Office[L]) Sent() []L {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sent)
}
