package main

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// How much TestStorm does. The full run is -storm 5000 -calm 50 -storm-lasts 1m.
var (
	stormEvents = flag.Int("storm", 500, "events that one repository gets in TestStorm")
	stormCalm   = flag.Int("calm", 10, "other repositories, of which each gets one event")
	stormLasts  = flag.Duration("storm-lasts", 6*time.Second, "how long the storm lasts")
)

// eventOf is a signed event of a pull request.
func eventOf(id string, pr *fake.PullRequest) delivery {
	body := fmt.Appendf(nil, `{"action":"synchronize","number":%d,"pull_request":{"number":%[1]d,"head":{"sha":%q}},"repository":{"name":%q,"full_name":%q,"default_branch":"main"}}`,
		pr.Number(), pr.Head(), strings.TrimPrefix(pr.Repo().FullName(), "acme/"), pr.Repo().FullName())
	return delivery{"pull_request", id, body, testSecret}
}

// untilChecked delivers an event and gives how long it takes until the pull request has
// its check.
func (w *world) untilChecked(address, id string, pr *fake.PullRequest) time.Duration {
	begun := time.Now()
	if status := eventOf(id, pr).post(w.t, address); status != http.StatusAccepted {
		w.t.Errorf("status %d", status)
	}
	for len(pr.Repo().CheckRuns(pr.Head())) == 0 {
		if time.Since(begun) > time.Minute {
			w.t.Errorf("no check on %s#%d", pr.Repo().FullName(), pr.Number())
			break
		}
		<-time.After(2 * time.Millisecond)
	}
	return time.Since(begun)
}

// quantile gives one of some times.
func quantile(all []time.Duration, percent int) time.Duration {
	slices.Sort(all)
	return all[min(len(all)*percent/100, len(all)-1)].Round(time.Millisecond)
}

// TestStorm holds that a storm of events in one repository delays the checks of others
// by no more than their share: to twice of what they take in a quiet service, in the
// full run, which needs a machine that is quiet as well.
func TestStorm(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("measures, by itself and without the race detector: go test -run TestStorm ./cmd/reviewgate")
	}
	t.Parallel()
	w := newWorld(t, worldOptions{latency: 50 * time.Millisecond, limit: 1 << 30})
	var calm []*fake.Repo
	for i := range *stormCalm {
		name := fmt.Sprint("calm-", i)
		w.crowdedRepo(name, 0)
		calm = append(calm, w.Repo("acme", name))
	}
	idle := func() bool {
		b, err := w.svc.Store().Backlog(t.Context())
		return err == nil && b.Waiting+b.Running+b.Retrying == 0
	}
	check0(t, w.FlushWebhooks(t.Context()))
	w.untilWithin(2*time.Minute, "all are swept", func() bool {
		return !strings.Contains(w.metrics(), "\nreviewgate_sweep_last_success_timestamp_seconds 0\n") && idle()
	})
	w.HoldWebhooks()
	var storm, quiet, during []*fake.PullRequest
	for i := range *stormEvents / 10 {
		storm = append(storm, w.open(fmt.Sprint("storm-", i), "mm/a.c"))
	}
	for _, repo := range calm {
		quiet = append(quiet, openIn(w, repo, "one"))
	}
	address := w.svc.Public()
	var before, after []time.Duration
	for i, pr := range quiet {
		before = append(before, w.untilChecked(address, fmt.Sprint("quiet-", i), pr))
	}
	w.untilWithin(2*time.Minute, "idle", idle)
	for _, repo := range calm {
		during = append(during, openIn(w, repo, "two"))
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	all.Go(func() {
		tick := time.NewTicker(*stormLasts / time.Duration(*stormEvents))
		defer tick.Stop()
		for i := range *stormEvents {
			<-tick.C
			all.Go(func() {
				if status := eventOf(fmt.Sprint("storm-", i), storm[i%len(storm)]).post(t, address); status != http.StatusAccepted {
					t.Errorf("status %d", status)
				}
			})
		}
	})
	<-time.After(*stormLasts / 6)
	for i, pr := range during {
		all.Go(func() {
			took := w.untilChecked(address, fmt.Sprint("during-", i), pr)
			mu.Lock()
			defer mu.Unlock()
			after = append(after, took)
		})
		<-time.After(*stormLasts * 4 / 5 / time.Duration(len(during)))
	}
	all.Wait()
	begun := time.Now()
	w.untilWithin(5*time.Minute, "the storm is over", idle)
	evaluated := len(w.log.lines("evaluated"))
	t.Logf("quiet: p50 %s, p99 %s; beside %d events in %s: p50 %s, p99 %s; %d evaluations; idle %s after",
		quantile(before, 50), quantile(before, 99), *stormEvents, *stormLasts, quantile(after, 50), quantile(after, 99), evaluated,
		time.Since(begun).Round(time.Millisecond))
	// A short run is one beside others, which says nothing of twice.
	limit := 5 * time.Second
	if *stormEvents >= 5000 {
		limit = 2 * quantile(before, 99)
	}
	if stormy := quantile(after, 99); stormy > limit {
		t.Errorf("the p99 from webhook to check is %s beside a storm, want %s at most", stormy, limit)
	}
}
