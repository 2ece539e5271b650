package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/service"
)

// githubBench begins worlds of GitHub's double that behaves in some way.
func githubBench(b fakegithub.Behaviour) forgetest.Bench { return benchOf(config.ContentAPI, b) }

// benchOf is githubBench where content is read by the API or from git.
func benchOf(content string, b fakegithub.Behaviour) forgetest.Bench {
	return func(t *testing.T, s forgetest.Setting) *forgetest.World {
		t.Helper()
		w := newWorld(t, worldOptions{policy: s.Policy, owners: s.Owners, files: s.Files, idle: true, content: content})
		w.SetBehaviour(b)
		out := &forgetest.World{
			Forge: "github", Policy: github.PolicyPath, Bot: w.AppSlug() + "[bot]", App: w.AppSlug(), Sourced: true,
			Hooks: w, Calls: calls{w}, Knobs: knobs{w},
			Now: w.clock, Pass: func(d time.Duration) { w.ahead.Add(int64(d)) }, Sweeps: w.sweepsSeen, Changed: w.changed,
			Deliver: func(url string) { w.SetWebhook(url, testSecret) }, Connect: w.connect,
			Serve: func(ctx context.Context, log *slog.Logger, now func() time.Time) (*service.Service, error) {
				return w.serve(ctx, log, now, nil)
			},
		}
		forgetest.OnModel(out, w.Forge, w.repo)
		return out
	}
}

// connect reaches the forge as the gate does.
func (w *world) connect() (service.Forge, error) {
	forges, err := openForges(w.config(), environment{now: w.clock, waits: fastWaits, clones: slog.New(slog.DiscardHandler)})
	if closing := forges["github"].Close; closing != nil {
		w.t.Cleanup(func() { check0(w.t, closing()) })
	}
	return forges["github"], err
}

// calls implements forgetest.Calls.
type calls struct{ w *world }

// Charged implements forgetest.Calls.
func (c calls) Charged() (int, string) { return c.w.charged(), tally(c.w.Calls()) }

// Reset implements forgetest.Calls.
func (c calls) Reset() { c.w.ResetCalls() }

// Refused implements forgetest.Calls: calls that asked several at once do not count; of each
// of these, all were asked again alone.
func (c calls) Refused() int {
	n := 0
	for _, c := range c.w.Calls() {
		if strings.HasSuffix(c.Path, "/requested_reviewers") && c.Status == http.StatusUnprocessableEntity {
			n++
		}
	}
	return n - n/4 // of three and one more each
}

// knobs implements forgetest.Knobs.
type knobs struct{ w *world }

// Turn implements forgetest.Knobs.
func (k knobs) Turn(name string, n int) error {
	set, ok := forgeKnobs()[name]
	if !ok {
		return fmt.Errorf("the forge has no %q", name)
	}
	b := k.w.Behaviour()
	set(&b, n)
	k.w.SetBehaviour(b)
	return nil
}

// ForgetTokens implements forgetest.Knobs.
func (k knobs) ForgetTokens() { k.w.RevokeTokens() }

// forgeKnobs are the ways in which the forge may behave, by the names that stories
// give them. A number is the step's last word, 1 without one, 0 after "off".
func forgeKnobs() map[string]func(b *fakegithub.Behaviour, n int) {
	return map[string]func(b *fakegithub.Behaviour, n int){
		"new-tokens":     func(b *fakegithub.Behaviour, n int) { b.NewTokens = n },
		"new-pulls":      func(b *fakegithub.Behaviour, n int) { b.NewPulls = n },
		"too-fast":       func(b *fakegithub.Behaviour, n int) { b.TooFast = n },
		"query-budget":   func(b *fakegithub.Behaviour, n int) { b.QueryBudget = n },
		"lag":            func(b *fakegithub.Behaviour, n int) { b.Lag = time.Duration(n) * time.Second },
		"repoint":        func(b *fakegithub.Behaviour, n int) { b.Repoint = fake.Repoint(n) }, // 0: where the patch stays, 1: never, 2: always
		"null-ids":       func(b *fakegithub.Behaviour, n int) { b.NullIDs = n > 0 },
		"unchanged":      func(b *fakegithub.Behaviour, n int) { b.Unchanged = n > 0 },
		"new-commits":    func(b *fakegithub.Behaviour, n int) { b.NewCommits = n },
		"no-updates":     func(b *fakegithub.Behaviour, n int) { b.NoUpdates = n > 0 },
		"no-compare":     func(b *fakegithub.Behaviour, n int) { b.NoCompare = n > 0 },
		"dismiss-stale":  func(b *fakegithub.Behaviour, n int) { b.DismissStale = n > 0 },
		"heads-stay":     func(b *fakegithub.Behaviour, n int) { b.HeadsStay = n > 0 },
		"assign-members": func(b *fakegithub.Behaviour, n int) { b.AssignMembers = n > 0 },
		"shuffle":        func(b *fakegithub.Behaviour, n int) { b.Shuffle = n > 0 },
		"stale-lists":    func(b *fakegithub.Behaviour, n int) { b.StaleLists = n > 0 },
		"quiet-reviews":  func(b *fakegithub.Behaviour, n int) { b.QuietReviews = n > 0 },
		"suite-per-run":  func(b *fakegithub.Behaviour, n int) { b.SuitePerRun = n > 0 },
		"plain-only":     func(b *fakegithub.Behaviour, n int) { b.PlainOnly = n > 0 },
	}
}

// harsh is a forge that does at once whatever GitHub is known to do now and then, as
// far as that changes no verdict. What costs a second of waiting for each commit is done
// to every fourth story only, and with the race detector to none.
func harsh(story string) fakegithub.Behaviour {
	b := fakegithub.Behaviour{
		NewTokens: 2, NewPulls: 1, TooFast: 3, QueryBudget: 500, NullIDs: true, Unchanged: true, NoUpdates: true,
		NoCompare: true, Shuffle: true, SuitePerRun: true,
	}
	if len(story)%4 == 0 {
		b.NewCommits = 1
	}
	if raceDetector {
		b.NewPulls, b.NewCommits = 0, 0
	}
	return b
}
