package service

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/sweep"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Store is what a service works on, of either engine.
type Store interface {
	Memories
	sweep.Store
	Workers
	Upkeep
}

// Memories are what the gate reads and writes.
type Memories interface {
	history.Store
	history.Lists
	history.Workload
	others
}

// others are the rest of Memories.
type others interface {
	content.Blobs
	history.Runs
	effects.Turns
	records
}

// records are the evaluations that are kept, for people to look at, and who may.
type records interface {
	// Run reads one; false if there is none, or no more.
	Run(ctx context.Context, id int64) (history.RunRecord, bool, error)
	// RunsOf lists those of a pull request, the newest first.
	RunsOf(ctx context.Context, ref pull.Ref) ([]history.RunSummary, error)
	// Activity lists whom the gate asked for review in a repository, and who reviewed.
	Activity(ctx context.Context, repo pull.Repo) ([]workload.Request, []workload.Review, error)
	visitors
}

// visitors are who is signed in, what waits for them, and how soon areas answer.
type visitors interface {
	history.Sessions
	history.Waits
	history.Responses
	history.Charts
}

// Workers run the work.
type Workers interface {
	Start(ctx context.Context, options queue.Options) error
	Stop(ctx context.Context) error
	// Raise asks for evaluations, as an event would.
	Raise(ctx context.Context, refs ...pull.Ref) error
	Backlogger
}

// Backlogger tells what waits, and has it tried again.
type Backlogger interface {
	Backlog(ctx context.Context) (queue.Backlog, error)
	// Jobs lists the references that have work, the longest unserved first.
	Jobs(ctx context.Context) ([]queue.Job, error)
	// Retry has references that have work run at once, or all that were given up if none is
	// named, and tells which.
	Retry(ctx context.Context, refs []pull.Ref) ([]pull.Ref, error)
}

// Upkeep is what keeps a store in order.
type Upkeep interface {
	Ready(ctx context.Context) error
	Replicas() int // how many processes share the database
	Close() error
	Moves
}

// Moves are what becomes of repositories.
type Moves interface {
	Rename(ctx context.Context, from, to pull.Repo) error
	Leave(ctx context.Context, repo pull.Repo) error
}
