package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/github"
)

// stormCommands is how many commands TestCommandStorm has people write.
const stormCommands = 1000

// TestCommandStorm has a maintainer and a stranger write commands, on one pull request
// and on 50, at GitHub's real pace of writes, while others open pull requests, in the
// same repository and in another one. Those get check, comment and requests for review as
// if nothing was: nothing of theirs waits for its turn.
func TestCommandStorm(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("measures, by itself and without the race detector: go test -run TestCommandStorm ./cmd/reviewgate")
	}
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, limit: 1 << 30, policy: "version: 1\nthreshold: 80%\n"})
	w.writes = github.WritesPerMinute
	stormy := w.crowdedRepo("stormy", 50)
	w.start(http.DefaultTransport)
	w.untilWithin(2*time.Minute, "all are judged", func() bool {
		for _, pr := range stormy {
			if len(pr.Repo().CheckRuns(pr.Head())) == 0 {
				return false
			}
		}
		return true
	})
	w.quiet()
	quiet := w.honest("quiet", stormy[0].Repo())
	ctx, cancel := context.WithCancel(t.Context())
	stormed := make(chan error, 1)
	go func() { stormed <- storm(ctx, stormy) }()
	var worst [3]time.Duration
	for i := range 6 {
		for j, took := range w.honest(fmt.Sprint("honest-", i), stormy[0].Repo()) {
			worst[j] = max(worst[j], took)
		}
	}
	cancel()
	check0(t, <-stormed)
	answers := 0
	for _, c := range w.Calls() {
		if c.Operation == "React" {
			answers++
		}
	}
	t.Logf("%d commands, %d answered: check, comment and requests, and a check in the storm's own repository, after %v; in the quiet "+
		"service after %v", stormCommands, answers, worst, quiet)
	for i, took := range worst {
		if took > quiet[i]+maxPutOff {
			t.Errorf("%v, want no more than %s after %v", worst, maxPutOff, quiet)
			break
		}
	}
}

// maxPutOff is what somebody's commands may cost others here. The pace itself costs them
// a second at most (forge.TestPaceIsShared); the rest is for slow machines that run other
// tests as well. Whoever has to wait for a turn waits longer.
const maxPutOff = 10 * time.Second

// storm writes commands, by turns a maintainer's and a stranger's, the half on one pull
// request.
func storm(ctx context.Context, on []*fake.PullRequest) error {
	for i := range stormCommands {
		pr := on[0]
		if i%4 < 2 {
			pr = on[i%len(on)]
		}
		who := []string{"alice", "mallory"}[i%2]
		text := []string{"/recheck", "/recheck", "/why", "/override cancel"}[i/2%4]
		if _, err := pr.Comment(who, text); err != nil {
			return fmt.Errorf("comment: %w", err)
		}
		if ctx.Err() != nil && i > stormCommands/2 {
			return fmt.Errorf("only %d commands while others worked", i)
		}
	}
	return nil
}

// honest opens a pull request in acme/linux, and one in another repository, and returns
// after what time the first had its check, and its comment and requests, and the second
// its check.
func (w *world) honest(branch string, other *fake.Repo) (took [3]time.Duration) {
	w.t.Helper()
	pr := w.open(branch, "mm/a.c")
	second := openIn(w, other, branch)
	// The forge's own webhooks come one after the other, behind those of the storm.
	own := pullDelivery("own "+branch, pr.Number())
	theirs := pullDelivery("their "+branch, second.Number())
	theirs.body = bytes.ReplaceAll(theirs.body, []byte("linux"), []byte("stormy"))
	start := time.Now()
	postAll(w.t, w.svc.Public(), []delivery{own, theirs})
	done := func(i int, ok bool) bool {
		if ok && took[i] == 0 {
			took[i] = time.Since(start)
		}
		return ok
	}
	w.untilWithin(3*time.Minute, branch+" is served", func() bool {
		asked, _ := pr.Requested()
		check := done(0, strings.HasPrefix(w.run(pr.Head()).Title, "0 of 1"))
		rest := done(1, len(pr.Comments()) > 0 && len(asked) > 0)
		return done(2, len(other.CheckRuns(second.Head())) > 0) && check && rest
	})
	return took
}
