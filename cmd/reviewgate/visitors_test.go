package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// BenchmarkVisitors has eight people ask the program for pages as fast as they are answered, while
// its workers judge pull requests again and again: pages in a second, how long one in a hundred
// takes at the least, and how often a pull request is judged in a second meanwhile and with no
// visitors.
func BenchmarkVisitors(b *testing.B) {
	if testing.Short() {
		b.Skip("builds the program")
	}
	const files, clients, each = 300, 8, 100
	w := newWorld(b, worldOptions{idle: true, policy: "version: 1\nthreshold: 100%\nassign: off\ncomment: off\n", files: manyFiles(files)})
	w.extra = "public_url: " + gateHome + "\n"
	pr := w.open("topic", manyPaths(files)...)
	p := w.spawn(builtProgram(b))
	w.expect(pr, "in_progress", "0 of")
	w.until("idle", p.idle)
	alone := w.judging(p, pr, func() { <-time.After(2 * time.Second) })
	b.ReportMetric(alone, "judged/s-alone")
	pages := []string{"/github/acme/linux/1", "/github/acme/linux/1?q=mm", "/github/acme/linux", "/github/acme/linux/1?if=alice"}
	for b.Loop() {
		var took []time.Duration
		begun := time.Now()
		judged := w.judging(p, pr, func() { took = visits(b, "http://"+p.public, pages, clients, each) })
		b.ReportMetric(float64(clients*each)/time.Since(begun).Seconds(), "pages/s")
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "ms-p99")
		b.ReportMetric(judged, "judged/s")
	}
}

// judging has a pull request be judged again and again while do runs, and returns how often in a
// second it was.
func (w *world) judging(p *process, pr *fake.PullRequest, do func()) float64 {
	w.t.Helper()
	done, ended, n := make(chan struct{}), make(chan struct{}), 0
	begun, before := time.Now(), len(p.log.lines("evaluated"))
	go func() {
		defer close(ended)
		for ; ; n++ {
			select {
			case <-done:
				return
			default:
				postAll(w.t, p.public, []delivery{pullDelivery(fmt.Sprint("again", time.Now().UnixNano()), pr.Number())})
			}
		}
	}()
	do()
	judged := float64(len(p.log.lines("evaluated"))-before) / time.Since(begun).Seconds()
	close(done)
	<-ended
	return judged
}

// visits has so many clients ask for pages, each so often, and returns how long each page took.
func visits(tb testing.TB, home string, pages []string, clients, each int) (took []time.Duration) {
	tb.Helper()
	var mu sync.Mutex
	var turn atomic.Int64
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range each {
				begun := time.Now()
				res, err := http.Get(home + pages[int(turn.Add(1))%len(pages)]) //nolint:noctx // ends with the program
				if err != nil || res.StatusCode != http.StatusOK {
					tb.Errorf("%v, %v", res, err)
					return
				}
				check0(tb, res.Body.Close())
				mu.Lock()
				took = append(took, time.Since(begun))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return took
}
