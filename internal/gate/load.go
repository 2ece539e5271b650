package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxMoves is how often a reading that something moved under is begun again at
// once; after that the queue tries later.
const maxMoves = 3

// maxUnknown is how many reviewed heads that were never recorded are read back
// in one evaluation; reviews of older ones wait for their turn.
const maxUnknown = 5

// loaded is everything that was read for one evaluation.
type loaded struct {
	look     Look
	memory   Memory
	at       HeadMemory
	gated    bool
	sources  string
	snapshot policy.Snapshot
}

// load reads until it gets everything in one moment.
func (g *Gate) load(ctx context.Context, ref pull.Ref) (*loaded, error) {
	memory, err := g.cfg.History.Recall(ctx, ref)
	if err != nil {
		return nil, err
	}
	for range maxMoves {
		l, moved, err := g.loadOnce(ctx, ref, memory)
		if err != nil || !moved {
			return l, err
		}
		g.cfg.Log.InfoContext(ctx, "pull request moved while it was read", "forge", ref.Repo.Forge, "repo", ref.Repo.Slug(), "pr", ref.Number)
	}
	return nil, fmt.Errorf("read %s: %w", ref, ErrMoved)
}

// loadOnce reads everything once, and tells whether something moved meanwhile.
func (g *Gate) loadOnce(ctx context.Context, ref pull.Ref, memory Memory) (l *loaded, moved bool, err error) {
	hint := g.cache.hint(ref.Repo)
	l = &loaded{memory: memory}
	if l.look, err = g.cfg.Source.Look(ctx, ref, hint.owned, hint.inline); err != nil {
		return nil, false, err
	}
	req := &l.look.Request
	l.snapshot.Now = g.cfg.Now()
	p, err := g.policy(ctx, l)
	if err != nil {
		return nil, false, err
	}
	if l.at, err = g.cfg.History.At(ctx, ref.Repo, req.Head); err != nil {
		return nil, false, err
	}
	if !l.gated || !req.Open {
		return l, false, nil
	}
	moved, err = g.readRest(ctx, l, p)
	return l, moved, err
}

// readRest reads files, ownership, teams and twins, side by side where one does
// not need the other.
func (g *Gate) readRest(ctx context.Context, l *loaded, p policy.Policy) (moved bool, err error) {
	s := &l.snapshot
	look := l.look // the readers below change parts of l.look
	var change *Change
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return g.ownership(groupCtx, l, p) })
	group.Go(func() (err error) { change, err = g.change(groupCtx, l, look); return err })
	group.Go(func() error { return g.twins(groupCtx, l) })
	if err := group.Wait(); err != nil {
		return false, err
	}
	if change != nil && change.After != look.Moment() {
		return true, nil
	}
	if err := g.generated(ctx, l); err != nil {
		return false, err
	}
	s.Request = l.look.Request
	if why := l.look.MoreCommits; why != "" {
		s.Faults = append(s.Faults, fault(why))
	}
	if err := g.pastHeads(ctx, l); err != nil {
		return false, err
	}
	return false, g.teams(ctx, l)
}

// change brings the files of the request: from memory where this head was seen
// against this base, else from the forge. It gives nil where nothing was read.
func (g *Gate) change(ctx context.Context, l *loaded, look Look) (*Change, error) {
	req := &l.look.Request
	if h, ok := l.recorded(); ok {
		req.MergeBase, req.Files, req.Complete = h.MergeBase, filesOf(h), true
		l.snapshot.SameTree = len(req.Files) == 0 // an empty list was recorded for one tree only
		return nil, nil
	}
	c, err := g.cfg.Source.Change(ctx, look)
	if err != nil {
		return nil, err
	}
	req.MergeBase, req.Files = c.MergeBase, c.Files
	req.Complete, req.Incomplete = c.Incomplete == "", c.Incomplete
	l.snapshot.SameTree = c.SameTree
	return &c, nil
}

// recorded finds this very moment among the heads seen before. Where the
// commits do not tell the merge base, an unmoved base tip does.
func (l *loaded) recorded() (pull.Head, bool) {
	req := &l.look.Request
	for _, h := range slices.Backward(l.memory.Heads) {
		same := h.ID == req.Head && h.BaseBranch == req.BaseBranch && h.Complete && len(h.Files) == l.look.ChangedFiles
		base := h.MergeBase == req.MergeBase || req.MergeBase == "" && l.memory.Known.BaseTip == req.BaseTip && l.memory.Known.Head == req.Head
		if same && base {
			return h, true
		}
	}
	return pull.Head{}, false
}

func filesOf(h pull.Head) []pull.File {
	files := make([]pull.File, len(h.Files))
	for i, c := range h.Files {
		files[i].Content = c
	}
	return files
}

// twins reads the open pull requests with the same head and base branch.
func (g *Gate) twins(ctx context.Context, l *loaded) error {
	req := &l.look.Request
	for _, k := range l.at.Open {
		if k.Ref.Number == req.Ref.Number || k.BaseBranch != req.BaseBranch {
			continue
		}
		look, err := g.cfg.Source.Look(ctx, k.Ref, nil, false)
		if err != nil {
			return err
		}
		twin := look.Request
		if !twin.Open || twin.Head != req.Head || twin.BaseBranch != req.BaseBranch {
			continue
		}
		memory, err := g.cfg.History.Recall(ctx, k.Ref)
		if err != nil {
			return err
		}
		l.snapshot.Twins = append(l.snapshot.Twins, twin)
		l.snapshot.Heads = append(l.snapshot.Heads, memory.Heads...)
	}
	return nil
}

// pastHeads adds the heads seen before, this one, and those reviewed that were
// never seen.
func (g *Gate) pastHeads(ctx context.Context, l *loaded) error {
	s, req := &l.snapshot, &l.look.Request
	s.Heads = append(s.Heads, l.memory.Heads...)
	if _, ok := l.recorded(); !ok && req.Complete {
		head := pull.Head{ID: req.Head, BaseBranch: req.BaseBranch, MergeBase: req.MergeBase, SeenAt: s.Now, Complete: true, Commits: req.Commits}
		for _, f := range req.Files {
			head.Files = append(head.Files, f.Content)
		}
		if err := g.cfg.History.Remember(ctx, req.Ref, Facts{Head: &head}); err != nil {
			return err
		}
		s.Heads = append(s.Heads, head)
	}
	for _, commit := range unseen(s, req) {
		head, err := g.cfg.Archive.HeadAt(ctx, l.look, commit)
		if err != nil {
			return err
		}
		head.SeenAt = s.Now
		if err := g.cfg.History.Remember(ctx, req.Ref, Facts{Head: &head}); err != nil {
			return err
		}
		s.Heads = append(s.Heads, head)
	}
	return nil
}

// unseen lists the approved commits that were never recorded, latest first.
func unseen(s *policy.Snapshot, req *pull.Request) []string {
	var commits []string
	for _, r := range slices.Backward(req.Reviews) {
		known := slices.ContainsFunc(s.Heads, func(h pull.Head) bool { return h.ID == r.Commit })
		if r.State == pull.Approved && r.Commit != "" && !known && !slices.Contains(commits, r.Commit) && len(commits) < maxUnknown {
			commits = append(commits, r.Commit)
		}
	}
	return commits
}

// teams reads the teams that own a changed file.
func (g *Gate) teams(ctx context.Context, l *loaded) error {
	s := &l.snapshot
	names := neededTeams(s)
	teams := make([]policy.Team, len(names))
	group, ctx := errgroup.WithContext(ctx)
	for i, name := range names {
		group.Go(func() (err error) {
			teams[i], err = g.cfg.Source.Team(ctx, l.look.Request.Ref.Repo, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	s.Teams = make(map[string]policy.Team, len(names))
	for i, name := range names {
		s.Teams[name] = teams[i]
	}
	return nil
}

// neededTeams names the teams of the subsystems that own a changed path, of
// fallbacks that may stand in, and of the override.
func neededTeams(s *policy.Snapshot) []string {
	var names []string
	add := func(team string) {
		if key := policy.TeamKey(team); team != "" && !slices.Contains(names, key) {
			names = append(names, key)
		}
	}
	if s.Owners != nil {
		for _, f := range s.Request.Files {
			for _, path := range f.Paths() {
				for _, sub := range slices.Concat(s.Owners.Match(path), s.Owners.Fallback(path)) {
					for _, o := range slices.Concat(sub.Maintainers, sub.Reviewers) {
						add(o.Team)
					}
				}
			}
		}
	}
	for _, o := range s.Rules.Override {
		add(o.Team)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
