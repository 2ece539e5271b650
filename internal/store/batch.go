package store

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed says that the store was closed before the write.
var ErrClosed = errors.New("the store is closed")

// Batcher gathers items that arrive while a batch is under way and hands them
// over together: a commit costs a flush of the disk, whatever it holds.
type Batcher[T any] struct {
	most  int
	flush func([]*Item[T])
	queue chan *Item[T]
	quit  chan struct{} // closed by Close
	gone  chan struct{} // closed when nothing more is flushed
	once  sync.Once
}

// Item is one that waits for its batch.
type Item[T any] struct {
	Value T
	// Ctx is the caller's; an item whose caller has left before its turn need
	// not be done.
	Ctx context.Context //nolint:containedctx // it belongs to the item, as to a call
	Err error           // set by flush
	end chan struct{}

	aside bool // flush has taken it over
}

// Aside takes an item out of its batch, which does not wait for it then: flush may
// return before, and whoever took it out calls the function that is returned.
func (o *Item[T]) Aside() (end func(error)) {
	o.aside = true
	return func(err error) {
		o.Err = err
		close(o.end)
	}
}

// NewBatcher starts a batcher. flush gets 1 to most items, one batch at a
// time, and sets their errors; what it does must be final when it returns.
func NewBatcher[T any](most int, flush func([]*Item[T])) *Batcher[T] {
	b := &Batcher[T]{most: most, flush: flush, queue: make(chan *Item[T], most), quit: make(chan struct{}), gone: make(chan struct{})}
	go b.loop()
	return b
}

// Do returns when the batch of an item is done, with the item's error. The end
// of ctx keeps an item from a batch that has not begun.
func (b *Batcher[T]) Do(ctx context.Context, v T) error {
	o, err := b.put(ctx, v)
	if err != nil {
		return err
	}
	return b.await(o)
}

// DoUntil is Do, but returns at the end of ctx at the latest: whether the item
// was done is then unknown.
func (b *Batcher[T]) DoUntil(ctx context.Context, v T) error {
	o, err := b.put(ctx, v)
	if err != nil {
		return err
	}
	select {
	case <-o.end:
		return o.Err
	case <-b.gone:
		return b.await(o)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Batcher[T]) put(ctx context.Context, v T) (*Item[T], error) {
	o := &Item[T]{Value: v, Ctx: ctx, end: make(chan struct{})}
	select {
	case <-b.quit: // else a free place in queue might win
		return nil, ErrClosed
	default:
	}
	select {
	case b.queue <- o:
		return o, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.quit:
		return nil, ErrClosed
	}
}

func (b *Batcher[T]) await(o *Item[T]) error {
	select {
	case <-o.end:
		return o.Err
	case <-b.gone:
	}
	select {
	case <-o.end:
		return o.Err
	default:
		return ErrClosed
	}
}

// Close takes no more items, and returns when those that had been taken are
// done.
func (b *Batcher[T]) Close() {
	b.once.Do(func() { close(b.quit) })
	<-b.gone
}

func (b *Batcher[T]) loop() {
	defer close(b.gone)
	for {
		select {
		case o := <-b.queue:
			b.done(b.gather(o))
		case <-b.quit:
			for {
				batch := b.gather(nil)
				if len(batch) == 0 {
					return
				}
				b.done(batch)
			}
		}
	}
}

// gather takes the items that wait, without waiting for more.
func (b *Batcher[T]) gather(first *Item[T]) []*Item[T] {
	var batch []*Item[T]
	if first != nil {
		batch = append(batch, first)
	}
	for len(batch) < b.most {
		select {
		case o := <-b.queue:
			batch = append(batch, o)
		default:
			return batch
		}
	}
	return batch
}

func (b *Batcher[T]) done(batch []*Item[T]) {
	b.flush(batch)
	for _, o := range batch {
		if !o.aside {
			close(o.end)
		}
	}
}
