package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// TestForgeThatFailsIsLeftAlone holds that a forge which answers 502 to everything is
// not asked for each pull request that waits, and that all are served soon after it is
// back, whatever attempts they had.
func TestForgeThatFailsIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	const pulls = 30
	var all []*fake.PullRequest
	for i := range pulls {
		all = append(all, w.open(fmt.Sprint("topic", i), "fs/a.c"))
	}
	for _, pr := range all {
		w.expect(pr, "in_progress", "0 of 1")
	}
	w.quiet()
	var calls atomic.Int64
	w.SetFault(func(*http.Request) *fakegithub.Fault {
		calls.Add(1)
		return &fakegithub.Fault{Status: http.StatusBadGateway}
	})
	for _, pr := range all {
		w.review(pr, "bob", fake.Approved)
	}
	const down = 15 * time.Second
	<-time.After(down)
	n := calls.Load()
	t.Logf("%d calls in %s", n, down)
	if n > 150 { // what is under way when it begins to fail, each twice, and then a call now and then
		t.Errorf("%d calls in %s of a forge that fails", n, down)
	}
	w.SetFault(nil)
	back := time.Now()
	for _, pr := range all {
		w.expect(pr, "success", "1 of 1")
	}
	t.Logf("all are served %s after it is back", time.Since(back).Round(time.Millisecond))
}
