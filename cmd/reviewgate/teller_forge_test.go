package main

import (
	"strconv"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

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

// forgeActs change how the forge behaves.
func forgeActs() map[string]act {
	return map[string]act{
		// forge KNOB [NUMBER | off]
		"forge": {2, false, func(w *teller, s []string, _ string) {
			set, ok := forgeKnobs()[s[1]]
			if !ok {
				w.t.Fatalf("the forge has no %q", s[1])
			}
			n := 1
			if len(s) > 2 && s[2] == "off" {
				n = 0
			} else if len(s) > 2 {
				var err error
				n, err = strconv.Atoi(s[2])
				check0(w.t, err)
			}
			b := w.Behaviour()
			set(&b, n)
			w.SetBehaviour(b)
		}},
		// forget-tokens: the forge takes the tokens of all installations back
		"forget-tokens": {1, false, func(w *teller, _ []string, _ string) { w.RevokeTokens() }},
	}
}
