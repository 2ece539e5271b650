// Package storetest is what every store must do, as tests on the interfaces.
//
// Passing it means that a store keeps the promises of history.Store,
// webhook.Inbox and package queue, also over a restart. What a kill at any
// instant leaves is tested by each store by itself.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Store is what the tests need of a store.
type Store interface {
	history.Store
	history.Workload
	effects.Turns
	history.Lists
	webhook.Inbox
	Listing
	Runs
	Cache
	Room
	Moves
	Lifetime
}

// Listing is what a sweep and the pages read.
type Listing interface {
	Postpone(ctx context.Context, refs []pull.Ref, from time.Time, step time.Duration) error
	Repos(ctx context.Context) ([]pull.Repo, error)
	OpenKnown(ctx context.Context, repo pull.Repo) ([]history.PullState, error)
	Due(ctx context.Context, now time.Time) ([]pull.Ref, error)
}

// Runs are what a replay and reports read.
type Runs interface {
	Run(ctx context.Context, id int64) (history.RunRecord, bool, error)
	RunsOf(ctx context.Context, ref pull.Ref) ([]history.RunSummary, error)
	LastRun(ctx context.Context, ref pull.Ref) (history.RunRecord, bool, error)
	Activity(ctx context.Context, repo pull.Repo) ([]workload.Request, []workload.Review, error)
}

// Cache keeps file contents by object id.
type Cache interface {
	Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, bool, error)
	SaveBlob(ctx context.Context, repo pull.Repo, id string, data []byte) error
}

// Room runs the work.
type Room interface {
	Start(ctx context.Context, options queue.Options) error
	Stop(ctx context.Context) error
	Raiser
	Backlog(ctx context.Context) (queue.Backlog, error)
}

// Raiser asks for evaluations.
type Raiser interface {
	Raise(ctx context.Context, refs ...pull.Ref) error
	RaiseAs(ctx context.Context, class queue.Class, refs ...pull.Ref) error
}

// Moves are what becomes of repositories.
type Moves interface {
	Rename(ctx context.Context, from, to pull.Repo) error
	Leave(ctx context.Context, repo pull.Repo) error
}

// Lifetime is how a store answers probes and ends.
type Lifetime interface {
	Ready(ctx context.Context) error
	Prune(ctx context.Context, keep store.Keep, now time.Time) (store.Pruned, error)
	Jobs(ctx context.Context) ([]queue.Job, error)
	Close() error
}

// Open opens one database; a second call opens the same again, after the first
// Store was closed.
type Open func(t *testing.T) Store

// Run runs all tests, each on a database of its own that fresh makes.
func Run(t *testing.T, fresh func(t *testing.T) Open) {
	for _, group := range []struct {
		name  string
		tests map[string]func(*testing.T, Open)
	}{
		{"History", historyTests()},
		{"Sight", sightTests()},
		{"Inbox", inboxTests()},
		{"Queue", queueTests()},
		{"Order", orderTests()},
		{"Restart", restartTests()},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for name, test := range group.tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, fresh(t))
				})
			}
		})
	}
}

// once opens a database once, for tests that do not open it again.
func once(test func(*testing.T, Store)) func(*testing.T, Open) {
	return func(t *testing.T, open Open) {
		s := open(t)
		t.Cleanup(func() { check(t, s.Close()) })
		test(t, s)
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
