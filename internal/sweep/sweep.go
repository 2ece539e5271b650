// Package sweep finds what no event told of: pull requests that changed, checks that
// somebody wrote over, what is due by itself, and deliveries that failed; and it drops
// what is old.
//
// It says when, in what order and how many; what is stale is package sources' to say. What it
// finds becomes work as an event's would. It promises that a forge or a repository that
// fails keeps no other from being swept, and that it leaves most of a rate limit to events.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// Forge tells what a sweep has to look at.
type Forge interface {
	// Repositories returns the repositories that the credential was given. whole tells that
	// they are all: what else is known of the forge is left alone.
	Repositories(ctx context.Context) (list []pull.Repo, whole bool, err error)
}

// Redeliverer is a forge that keeps the deliveries that it could not bring.
type Redeliverer interface {
	// Redeliver asks for the failed deliveries since a time again, and gives how many
	// those are; more tells that others wait.
	Redeliver(ctx context.Context, since time.Time) (asked int, more bool, err error)
}

// Swept is a forge with the gate that judges its pull requests.
type Swept struct {
	Forge       Forge
	Redeliverer Redeliverer    // nil: the forge keeps no deliveries
	Inspector   seam.Inspector // nil: what stands on the forge is not looked at again
	Beside      seam.Beside    // nil: nothing decides beside the checks of heads
	Gate        *gate.Gate
	PassOnly    bool // see seam.Traits, and so are these
	PerRequest  bool
	Polled      bool
}

// Store is what a sweep reads and raises work in.
type Store interface {
	Known
	Heads
	Raiser
	Leader
}

// Heads is what is known of head commits; see history.Store.
type Heads interface {
	At(ctx context.Context, repo pull.Repo, head string) (history.HeadHistory, error)
}

// Known is what is known of repositories.
type Known interface {
	Repos(ctx context.Context) ([]pull.Repo, error)
	OpenKnown(ctx context.Context, repo pull.Repo) ([]history.PullState, error)
	Due(ctx context.Context, now time.Time) ([]pull.Ref, error)
	Prune(ctx context.Context, keep store.Keep, now time.Time) (store.Pruned, error)
}

// Raiser asks for evaluations.
type Raiser interface {
	webhook.Inbox
	RaiseAs(ctx context.Context, class queue.Class, refs ...pull.Ref) error
	Postpone(ctx context.Context, refs []pull.Ref, from time.Time, step time.Duration) error
}

// Leader tells which of several processes sweeps.
type Leader interface {
	Leads() bool
	// Skew is how far the clock that due times are by is ahead of this process's.
	Skew() time.Duration
}

// Repair is a kind of what a sweep found.
type Repair string

// The repairs.
const (
	Changed     Repair = "changed"     // a pull request whose event was lost
	Moved       Repair = "moved"       // one whose policy, ownership or team moved
	Overwritten Repair = "overwritten" // one whose check is not the one that was written
	Redelivered Repair = "redelivered" // a failed delivery that the forge was asked for again
)

// Repairs returns all of them.
func Repairs() []Repair { return []Repair{Changed, Moved, Overwritten, Redelivered} }

// Sweeper sweeps. Its fields are set before its first use.
type Sweeper struct {
	Store    Store
	Forges   map[string]Swept // by name
	Every    time.Duration    // between two sweeps
	Keep     store.Keep
	Repaired func(kind Repair, n int) // told of what was found
	Whole    func()                   // told of a sweep that could list everything
	Log      *slog.Logger
	Now      func() time.Time

	mu          sync.Mutex
	redelivered map[string]time.Time // until when failed deliveries were looked for, by forge
}

// Repo looks at all of a repository. Merge queues wait for it, so they have
// the whole rate limit; the rest keeps to the share of sweeps.
func (s *Sweeper) Repo(ctx context.Context, repo pull.Repo) error {
	g := s.Forges[repo.Forge].Gate
	known, err := s.Store.OpenKnown(ctx, repo)
	if err != nil {
		return err
	}
	share := forge.Background(ctx)
	// A queue that can't be read keeps nothing else from being looked at.
	return errors.Join(g.Queues.Judge(ctx, repo, baseBranches(known)), s.raiseStale(share, g, repo, known), s.inspect(share, repo, known))
}

// inspected is how many checks of a repository one sweep looks at.
const inspected = 3

// inspect has checks written again that are not as they were written.
func (s *Sweeper) inspect(ctx context.Context, repo pull.Repo, known []history.PullState) error {
	look := inspection{s.Forges[repo.Forge], s.Store}
	differ, err := look.overwritten(ctx, repo, known, inspected)
	if limit, ok := errors.AsType[*forge.LimitError](err); ok {
		s.Log.DebugContext(ctx, "skipped verifying checks: rate limit", "repo", repo.Slug(), "error", limit)
		err = nil // the next sweep goes on
	}
	s.Repaired(Overwritten, len(differ))
	for _, k := range differ {
		s.Log.WarnContext(ctx, "check was overwritten by somebody else; restoring it", k.Ref.Fields("head", k.Head)...)
		hint := webhook.Hint{Repo: repo, Head: k.Head, Check: k.Check} // as an event would tell
		id := fmt.Sprintf("sweep %s %s %d", repo, k.Head, s.Now().UnixNano())
		err = errors.Join(err, s.Store.Accept(ctx, webhook.Delivery{Forge: repo.Forge, ID: id, Hints: []webhook.Hint{hint}}))
	}
	return err
}

func (s *Sweeper) raiseStale(ctx context.Context, g *gate.Gate, repo pull.Repo, known []history.PullState) error {
	stale, moved, unread := g.Sources.Stale(ctx, repo, known)
	s.Repaired(Changed, len(stale))
	s.Repaired(Moved, len(moved))
	atOnce := min(len(moved), spreadFrom)
	if err := s.Store.Postpone(ctx, moved[atOnce:], s.dueNow(), spreadStep); err != nil {
		return errors.Join(err, unread)
	}
	if stale = append(stale, moved[:atOnce]...); len(stale) == 0 {
		return unread
	}
	return errors.Join(s.Store.RaiseAs(ctx, queue.Found, stale...), unread) // what was found is repaired, whatever could not be read
}

// dueNow is the time by which pull requests are due, the same for all replicas.
func (s *Sweeper) dueNow() time.Time { return s.Now().Add(s.Store.Skew()) }

// GatedBranches returns the gated base branches of a repository's open pull requests.
func (s *Sweeper) GatedBranches(ctx context.Context, repo pull.Repo) ([]string, error) {
	known, err := s.Store.OpenKnown(ctx, repo)
	return baseBranches(known), err
}

// baseBranches are the gated base branches of some pull requests, sorted.
func baseBranches(known []history.PullState) []string {
	var branches []string
	for _, k := range known {
		if k.Check != "" {
			branches = append(branches, k.BaseBranch)
		}
	}
	slices.Sort(branches)
	return slices.Compact(branches)
}

// Where policy, ownership or a team moved, a few pull requests are judged at
// once and the others one after the other, so that a push to the base branch
// does not use up the rate limit.
const (
	spreadFrom = 10
	spreadStep = 2 * time.Second
)

// dueEvery is how often pull requests whose time has come are looked for, and
// how soon a new leader among replicas begins to sweep.
const dueEvery = 30 * time.Second

// Loop looks at everything now and again and again, until ctx ends. Of several replicas only the leader does; a new one begins
// at once, as nobody knows how far the last one came.
func (s *Sweeper) Loop(ctx context.Context) {
	ticker := time.NewTicker(min(dueEvery, s.Every))
	defer ticker.Stop()
	var next, poll, prune time.Time // when to sweep, to poll and to prune; zero: at once
	for {
		if !s.Store.Leads() {
			next, prune = time.Time{}, time.Time{}
		} else {
			task := s.RaiseDue
			if !time.Now().Before(next) {
				next, task = time.Now().Add(jittered(s.Every)), s.Sweep
			}
			if err := task(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "sweep incomplete", "error", err)
			}
			if now := time.Now(); !now.Before(poll) {
				poll = now.Add(jittered(min(pollEvery, s.Every)))
				s.Poll(ctx)
			}
			if !time.Now().Before(prune) {
				prune = time.Now().Add(jittered(pruneEvery))
				s.prune(ctx)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// jittered returns a time about as long, so that services that were started
// together do not stay in step.
func jittered(d time.Duration) time.Duration { return d - d/10 + rand.N(d/5+1) }

// pruneEvery is how often what is old is dropped.
const pruneEvery = time.Hour

// prune drops what is older than the configuration keeps.
func (s *Sweeper) prune(ctx context.Context) {
	dropped, err := s.Store.Prune(ctx, s.Keep, s.Now())
	switch {
	case err != nil && ctx.Err() == nil:
		s.Log.ErrorContext(ctx, "pruning failed; expired rows were kept", "error", err)
	case dropped != store.Pruned{}:
		s.Log.InfoContext(ctx, "dropped what is old", "deliveries", dropped.Deliveries, "runs", dropped.Runs, "pulls", dropped.Pulls, "blobs",
			dropped.Blobs)
	}
}

// RaiseDue queues what is due by itself. It asks nobody but the database.
func (s *Sweeper) RaiseDue(ctx context.Context) error {
	refs, err := s.Store.Due(ctx, s.dueNow())
	if err != nil || len(refs) == 0 {
		return err
	}
	return s.Store.RaiseAs(ctx, queue.Found, refs...)
}

// Sweep queues every repository that the credentials were given, or where that can't be
// told, every known one; and it asks for deliveries again that failed.
func (s *Sweeper) Sweep(ctx context.Context) error {
	ctx = forge.Background(ctx)
	known, err := s.Store.Repos(ctx)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(s.Forges))
	problems := make([]error, len(names), len(names)+1)
	due := s.RaiseDue(ctx)
	var all sync.WaitGroup // one that hangs keeps no other from being swept
	for i, name := range names {
		all.Go(func() { problems[i] = s.sweepForge(ctx, name, known) })
	}
	all.Wait()
	if err := errors.Join(append(problems, due)...); err != nil {
		return err
	}
	s.Whole()
	return nil
}

// sweepForge is Sweep for one forge.
func (s *Sweeper) sweepForge(ctx context.Context, name string, known []pull.Repo) error {
	given, whole, err := s.Forges[name].Forge.Repositories(ctx)
	repos := map[pull.Repo]bool{}
	for _, repo := range given {
		repos[repo] = true
	}
	for _, repo := range known {
		// What is not given any more is left alone.
		if repo.Forge == name && (err != nil || !whole) {
			repos[repo] = true
		}
	}
	return errors.Join(err, s.redeliver(ctx, name), s.raiseRepos(ctx, slices.Collect(maps.Keys(repos))))
}

// Repositories are raised a few at a time, or those of a large organisation would
// stand in every worker's way while webhooks wait.
const (
	reposAtOnce = 8
	reposWithin = time.Minute // all of them, at the most
)

func (s *Sweeper) raiseRepos(ctx context.Context, repos []pull.Repo) error {
	slices.SortFunc(repos, func(a, b pull.Repo) int { return strings.Compare(a.String(), b.String()) })
	pause := min(time.Second, min(reposWithin, s.Every/2)*reposAtOnce/time.Duration(len(repos)+1))
	wait := time.Duration(0)
	for few := range slices.Chunk(repos, reposAtOnce) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		refs := make([]pull.Ref, len(few))
		for i, repo := range few {
			refs[i] = pull.Ref{Repo: repo}
		}
		if err := s.Store.RaiseAs(ctx, queue.Found, refs...); err != nil {
			return err
		}
		wait = pause
	}
	return nil
}

// How far failed deliveries are looked for: at first as long as a forge keeps
// them, then a little further than to the last time.
const (
	redeliverBack    = 3*24*time.Hour - time.Hour
	redeliverOverlap = 30 * time.Minute
)

// redeliver asks a forge for deliveries again that it could not bring.
func (s *Sweeper) redeliver(ctx context.Context, name string) error {
	from := s.Forges[name].Redeliverer
	if from == nil {
		return nil
	}
	now := s.Now()
	s.mu.Lock()
	since := s.redelivered[name].Add(-redeliverOverlap)
	s.mu.Unlock()
	if oldest := now.Add(-redeliverBack); since.Before(oldest) {
		since = oldest
	}
	asked, more, err := from.Redeliver(ctx, since)
	if err == nil && !more { // those that wait are for the next sweep, however old they are
		s.mu.Lock()
		if s.redelivered == nil {
			s.redelivered = map[string]time.Time{}
		}
		s.redelivered[name] = now
		s.mu.Unlock()
	}
	s.Repaired(Redelivered, asked)
	if asked > 0 {
		s.Log.InfoContext(ctx, "asked for failed deliveries again", "forge", name, "deliveries", asked)
	}
	return err
}
