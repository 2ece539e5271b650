package sqlite

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

func delivered(n int64) webhook.Delivery {
	return webhook.Delivery{Forge: "github", ID: strconv.FormatInt(n, 10), Hints: []webhook.Hint{{
		Repo: pull.Repo{Forge: "github", Owner: "o", Name: "r"}, Number: int(n%1000) + 1,
	}}}
}

// BenchmarkAccept is one delivery at a time, each on disk.
func BenchmarkAccept(b *testing.B) {
	s := newStore(b)
	b.ReportAllocs()
	var n int64
	for b.Loop() {
		n++
		if err := s.Accept(b.Context(), delivered(n)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAcceptParallel is 64 deliveries at a time, each on disk when it
// returns.
func BenchmarkAcceptParallel(b *testing.B) {
	s := newStore(b)
	b.ReportAllocs()
	b.SetParallelism(32)
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Accept(b.Context(), delivered(n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkAcceptToWork is the time from a delivery to the start of its work,
// with nothing else to do.
func BenchmarkAcceptToWork(b *testing.B) {
	s := newStore(b)
	started := make(chan struct{})
	work := func(context.Context, pull.Ref) error {
		started <- struct{}{}
		return nil
	}
	if err := s.Start(b.Context(), queue.Options{Work: work}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var n int64
	for b.Loop() {
		n++
		if err := s.Accept(b.Context(), delivered(n)); err != nil {
			b.Fatal(err)
		}
		<-started
		b.StopTimer()
		for {
			backlog, err := s.Backlog(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if backlog == (queue.Backlog{}) {
				break
			}
		}
		<-time.After(20 * time.Millisecond) // idle: longer than River's cooldown
		b.StartTimer()
	}
}

// BenchmarkHistory is what an evaluation reads and writes.
func BenchmarkHistory(b *testing.B) { storetest.Benchmark(b, newStore(b)) }
