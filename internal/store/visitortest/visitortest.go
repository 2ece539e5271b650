// Package visitortest is what every store must do for the people who look at pages, as tests on
// the interfaces.
//
// Passing it means that a store keeps the promises of history.Sessions, history.Waits,
// history.Responses and history.Charts.
package visitortest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Store is what the tests need of a store.
type Store interface {
	history.Store
	history.Sessions
	history.Waits
	history.Responses
	charts
}

type charts interface {
	history.Charts
	Upkeep
}

// Upkeep is what else happens to a store.
type Upkeep interface {
	Prune(ctx context.Context, keep store.Keep, now time.Time) (store.Pruned, error)
	Rename(ctx context.Context, from, to pull.Repo) error
}

// Run runs all tests, each on an empty database of its own that fresh opens.
func Run(t *testing.T, fresh func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"a session comes back until it ends":       sessionEnds,
		"one account has so many at most":          sessionsBounded,
		"those that expired are dropped":           sessionsPruned,
		"of others none is ended with one":         sessionsApart,
		"what waits comes back, the longest first": waitsOrdered,
		"what waits still waits since then":        waitsSince,
		"of closed ones nothing waits":             waitsClosed,
		"each has their own":                       waitsApart,
		"areas that wait are told to who is asked": responsesDue,
		"what areas answer is kept":                responsesKept,
		"what is decided long ago is left out":     responsesSince,
		"what was merged is told by week":          weeksMerged,
		"a survey is kept, and asked for":          surveyKept,
		"of dropped pull requests none is told":    responsesDropped,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

func repo() pull.Repo { return pull.Repo{Forge: "github", Owner: "Cloud-Kernel", Name: "linux"} }

func ref(number int) pull.Ref { return pull.Ref{Repo: repo(), Number: number} }

func at(second int) time.Time { return time.Unix(1_700_000_000+int64(second), 123_456_000).UTC() }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
