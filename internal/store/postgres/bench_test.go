package postgres

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// BenchmarkAcceptParallel is 64 deliveries at a time, each on disk when it returns; with
// nobody who works, and with work that costs nothing.
func BenchmarkAcceptParallel(b *testing.B) {
	for _, works := range []bool{false, true} {
		b.Run("works="+strconv.FormatBool(works), func(b *testing.B) {
			s := reopen(b, postgrestest.Open(b).Database(b, ""))
			if works {
				must(b, s.Start(b.Context(), queue.Options{Work: func(context.Context, pull.Ref) error { return nil }}))
			}
			b.ReportAllocs()
			b.SetParallelism(32)
			var n atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					d := webhook.Delivery{Forge: "github", ID: strconv.FormatInt(i, 10), Hints: []webhook.Hint{{
						Repo: pull.Repo{Forge: "github", Owner: "o", Name: "r"}, Number: int(i%1000) + 1, UpdatedAt: time.Unix(1_700_000_000+i, 0),
					}}}
					if err := s.Accept(b.Context(), d); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkHistory is what an evaluation reads and writes.
func BenchmarkHistory(b *testing.B) {
	storetest.Benchmark(b, reopen(b, postgrestest.Open(b).Database(b, "")))
}
