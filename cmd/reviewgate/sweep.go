package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// sweepRepo looks at all of a repository. Merge queues wait for it, so they have
// the whole rate limit; the rest keeps to the share of sweeps.
func (s *service) sweepRepo(ctx context.Context, g *gate.Gate, repo pull.Repo) error {
	known, err := s.store.OpenKnown(ctx, repo)
	if err != nil {
		return err
	}
	share := forge.Background(ctx)
	// A queue that can't be read keeps nothing else from being looked at.
	return errors.Join(g.JudgeQueues(ctx, repo, baseBranches(known)), s.raiseStale(share, g, repo, known), s.inspect(share, g, repo, known))
}

// inspected is how many checks of a repository one sweep looks at.
const inspected = 3

// inspect has checks written again that are not as they were written.
func (s *service) inspect(ctx context.Context, g *gate.Gate, repo pull.Repo, known []gate.Known) error {
	differ, err := g.Overwritten(ctx, repo, known, inspected)
	if limit, ok := errors.AsType[*forge.LimitError](err); ok {
		s.log.DebugContext(ctx, "checks not looked at", "repo", repo.Slug(), "err", limit)
		err = nil // the next sweep goes on
	}
	s.metrics.repairs.WithLabelValues(repairOverwritten).Add(float64(len(differ)))
	for _, k := range differ {
		s.log.WarnContext(ctx, "a check is not as it was written; it is written again", "forge", repo.Forge, "repo", repo.Slug(), "pr", k.Ref.Number, "head", k.Head)
		hint := webhook.Hint{Repo: repo, Head: k.Head, Check: k.Check} // as an event would tell
		id := fmt.Sprintf("sweep %s %s %d", repo, k.Head, s.now().UnixNano())
		err = errors.Join(err, s.store.Accept(ctx, webhook.Delivery{Forge: repo.Forge, ID: id, Hints: []webhook.Hint{hint}}))
	}
	return err
}

func (s *service) raiseStale(ctx context.Context, g *gate.Gate, repo pull.Repo, known []gate.Known) error {
	stale, moved, unread := g.Stale(ctx, repo, known)
	s.metrics.repairs.WithLabelValues(repairChanged).Add(float64(len(stale)))
	s.metrics.repairs.WithLabelValues(repairMoved).Add(float64(len(moved)))
	atOnce := min(len(moved), spreadFrom)
	if err := s.store.Postpone(ctx, moved[atOnce:], s.dueNow(), spreadStep); err != nil {
		return errors.Join(err, unread)
	}
	if stale = append(stale, moved[:atOnce]...); len(stale) == 0 {
		return unread
	}
	return errors.Join(s.store.RaiseAs(ctx, queue.Found, stale...), unread) // what was found is repaired, whatever could not be read
}

// dueNow is the time by which pull requests are due, the same for all replicas.
func (s *service) dueNow() time.Time { return s.now().Add(s.store.Skew()) }

// gatedBranches are the gated base branches of a repository's open pull requests.
func (s *service) gatedBranches(ctx context.Context, repo pull.Repo) ([]string, error) {
	known, err := s.store.OpenKnown(ctx, repo)
	return baseBranches(known), err
}

// baseBranches are the gated base branches of some pull requests, sorted.
func baseBranches(known []gate.Known) []string {
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

// sweepLoop tells once what is wrong with the forges' settings, then looks at everything now and
// again and again. Of several replicas only the leader does; a new one begins
// at once, as nobody knows how far the last one came.
func (s *service) sweepLoop(ctx context.Context) {
	s.examineApps(ctx)
	ticker := time.NewTicker(min(dueEvery, s.cfg.Sweep.Every))
	defer ticker.Stop()
	var next, prune time.Time // when to sweep and to prune; zero: at once
	for {
		if !s.store.Leads() {
			next, prune = time.Time{}, time.Time{}
		} else {
			task := s.raiseDue
			if !time.Now().Before(next) {
				next, task = time.Now().Add(jittered(s.cfg.Sweep.Every)), s.sweep
			}
			if err := task(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "sweep incomplete", "error", err)
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

// jittered gives a time about as long, so that services that were started
// together do not stay in step.
func jittered(d time.Duration) time.Duration { return d - d/10 + rand.N(d/5+1) }

// pruneEvery is how often what is old is dropped.
const pruneEvery = time.Hour

// prune drops what is older than the configuration keeps.
func (s *service) prune(ctx context.Context) {
	k := s.cfg.Keep
	dropped, err := s.store.Prune(ctx, store.Keep{Deliveries: k.Deliveries.Duration(), Runs: k.Runs.Duration(), Closed: k.Closed.Duration()}, s.now())
	switch {
	case err != nil && ctx.Err() == nil:
		s.log.ErrorContext(ctx, "what is old is kept", "error", err)
	case dropped != store.Pruned{}:
		s.log.InfoContext(ctx, "dropped what is old", "deliveries", dropped.Deliveries, "runs", dropped.Runs, "pulls", dropped.Pulls, "blobs", dropped.Blobs)
	}
}

// raiseDue queues what is due by itself. It asks nobody but the database.
func (s *service) raiseDue(ctx context.Context) error {
	refs, err := s.store.Due(ctx, s.dueNow())
	if err != nil || len(refs) == 0 {
		return err
	}
	return s.store.RaiseAs(ctx, queue.Found, refs...)
}

// sweep queues every repository that the apps were given, or where that can't be
// told, every known one; and it asks for deliveries again that failed.
func (s *service) sweep(ctx context.Context) error {
	ctx = forge.Background(ctx)
	known, err := s.store.Repos(ctx)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(s.forges))
	problems := make([]error, len(names), len(names)+1)
	due := s.raiseDue(ctx)
	var all sync.WaitGroup // one that hangs keeps no other from being swept
	for i, name := range names {
		all.Go(func() { problems[i] = s.sweepForge(ctx, name, known) })
	}
	all.Wait()
	if err := errors.Join(append(problems, due)...); err != nil {
		return err
	}
	s.metrics.swept.SetToCurrentTime()
	return nil
}

// sweepForge is sweep for one forge.
func (s *service) sweepForge(ctx context.Context, name string, known []pull.Repo) error {
	hub := s.forges[name]
	given, err := hub.Repositories(ctx)
	repos := map[pull.Repo]bool{}
	for _, repo := range given {
		repos[repo] = true
	}
	for _, repo := range known {
		// What the app is not given any more is left alone.
		if repo.Forge == name && (err != nil || !hub.App()) {
			repos[repo] = true
		}
	}
	return errors.Join(err, s.redeliver(ctx, name, hub), s.raiseRepos(ctx, slices.Collect(maps.Keys(repos))))
}

// Repositories are raised a few at a time, or those of a large organisation would
// stand in every worker's way while webhooks wait.
const (
	reposAtOnce = 8
	reposWithin = time.Minute // all of them, at the most
)

func (s *service) raiseRepos(ctx context.Context, repos []pull.Repo) error {
	slices.SortFunc(repos, func(a, b pull.Repo) int { return strings.Compare(a.String(), b.String()) })
	pause := min(time.Second, min(reposWithin, s.cfg.Sweep.Every/2)*reposAtOnce/time.Duration(len(repos)+1))
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
		if err := s.store.RaiseAs(ctx, queue.Found, refs...); err != nil {
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
func (s *service) redeliver(ctx context.Context, name string, hub *github.Forge) error {
	now := s.now()
	s.redeliveredMu.Lock()
	since := s.redelivered[name].Add(-redeliverOverlap)
	s.redeliveredMu.Unlock()
	if oldest := now.Add(-redeliverBack); since.Before(oldest) {
		since = oldest
	}
	asked, more, err := hub.Redeliver(ctx, since)
	if err == nil && !more { // those that wait are for the next sweep, however old they are
		s.redeliveredMu.Lock()
		s.redelivered[name] = now
		s.redeliveredMu.Unlock()
	}
	s.metrics.repairs.WithLabelValues(repairRedelivered).Add(float64(asked))
	if asked > 0 {
		s.log.InfoContext(ctx, "asked for failed deliveries again", "forge", name, "deliveries", asked)
	}
	return err
}
