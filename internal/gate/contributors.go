package gate

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// mostCommits is for how many commits one evaluation reads which files they touch, besides
// those of which that is kept; those beyond touch every file, until their turn comes.
// maxWanted is of how many it is looked up whether that is kept: those beyond touch every
// file for good, as far as those who made them are concerned.
const (
	mostCommits = 200
	maxWanted   = 2000
)

// contributors finds out which files were touched by the commits of people whose
// approval may count, in all heads seen. Nobody else's commits are read: the
// author never approves anything, and a stranger's approval counts for nothing.
func (g *Reader) contributors(ctx context.Context, l *loaded) error {
	s := &l.snapshot
	matters, signer := approvers(s, l.deciders), authors.SignersBy(s.Owners, s.Addressees)
	unknown := s.Rules.Unknown == policy.UnknownBlocks
	wanted := map[string]*commitOf{}
	for _, view := range commitLists(s) {
		listed := map[string]bool{} // by this list, or by one of an earlier head
		for _, list := range view {
			for _, c := range *list {
				listed[c.ID] = true
			}
			until := sync.OnceValue(func() map[string]bool { return maps.Clone(listed) })
			for _, c := range *list {
				if c.ID != "" && !c.PathsKnown && wanted[c.ID] == nil && len(wanted) < maxWanted && authors.MadeBy(&c, signer, matters, unknown) {
					wanted[c.ID] = &commitOf{Commit: c, listed: until()}
				}
			}
		}
	}
	if err := g.commitPaths(ctx, l, wanted); err != nil {
		return err
	}
	for _, list := range slices.Concat(commitLists(s)...) {
		*list = slices.Clone(*list)
		for i := range *list {
			c := &(*list)[i]
			if w := wanted[c.ID]; w != nil && w.PathsKnown {
				c.Paths, c.PathsKnown = w.Paths, true
			}
		}
	}
	s.Heads = fewerCommits(s.Heads)
	for i := range s.TwinHeads {
		s.TwinHeads[i] = fewerCommits(s.TwinHeads[i])
	}
	return nil
}

// commitOf is a commit and those of the lists that it is on: what it merges
// that is not among them comes from the base branch.
type commitOf struct {
	pull.Commit
	listed map[string]bool
}

// commitLists gives every list of commits of a snapshot, by request: those of the
// moment, then those that its heads added.
func commitLists(s *policy.Snapshot) [][]*[]pull.Commit {
	of := func(now *[]pull.Commit, heads []pull.Head) []*[]pull.Commit {
		lists := []*[]pull.Commit{now}
		for i := range heads {
			lists = append(lists, &heads[i].Commits)
		}
		return lists
	}
	views := [][]*[]pull.Commit{of(&s.Request.Commits, s.Heads)}
	for i := range s.Twins {
		views = append(views, of(&s.Twins[i].Commits, s.TwinHeads[i]))
	}
	return views
}

// approvers tells whether somebody may approve or override, the authors apart.
func approvers(s *policy.Snapshot, deciders []ownership.Owner) func(pull.Person) bool {
	logins := map[string]bool{}
	for _, o := range deciders {
		if o.Team == "" {
			logins[strings.ToLower(o.Login)] = true
			continue
		}
		for _, p := range s.Teams[policy.TeamKey(o.Team)].Members {
			logins[strings.ToLower(p.Login)] = true
		}
	}
	for _, req := range append([]pull.Request{s.Request}, s.Twins...) {
		for _, r := range req.Reviews {
			if r.CanWrite && s.Rules.Unowned == policy.UnownedAnyone {
				logins[strings.ToLower(r.Author.Login)] = true
			}
		}
	}
	return func(p pull.Person) bool { return logins[strings.ToLower(p.Login)] && !p.Is(s.Request.Author) }
}

// accounts learns which accounts are behind the logins of those who may approve
// or override and have said something, and recalls which were first.
func (g *Reader) accounts(ctx context.Context, l *loaded) error {
	s := &l.snapshot
	s.Accounts = map[string]int64{}
	for _, a := range l.memory.Accounts {
		s.Accounts[strings.ToLower(a.Login)] = a.ID
	}
	named := map[string]bool{}
	for _, o := range l.deciders {
		named[strings.ToLower(o.Login)] = o.Login != ""
	}
	var fresh []history.Account
	for _, req := range append([]pull.Request{s.Request}, s.Twins...) {
		var people []pull.Person
		for _, r := range req.Reviews {
			people = append(people, r.Author)
		}
		for _, c := range req.Comments {
			people = append(people, c.Author)
		}
		for _, p := range people {
			if login := strings.ToLower(p.Login); named[login] && p.ID != 0 && s.Accounts[login] == 0 {
				s.Accounts[login] = p.ID
				fresh = append(fresh, history.Account{Login: p.Login, ID: p.ID})
			}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return g.cfg.History.Remember(ctx, s.Request.Ref, history.Facts{Accounts: fresh})
}

// commitPaths fills in which files commits touch: from what is kept, from the
// list of files, or from the trees.
func (g *Reader) commitPaths(ctx context.Context, l *loaded, wanted map[string]*commitOf) error {
	repo := l.snapshot.Request.Ref.Repo
	var left []string
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		kept, err := g.keptPaths(ctx, repo, wanted[id])
		if err != nil {
			return err
		}
		if !kept {
			left = append(left, id)
		}
	}
	var fresh, plain []*commitOf
	var pairs [][2]string
	for _, id := range inTurn(&g.cache.asks, left, mostCommits) {
		c := wanted[id]
		fresh = append(fresh, c)
		switch {
		case c.isAll(&l.snapshot.Request):
			for _, f := range l.snapshot.Request.Files {
				c.Paths = append(c.Paths, f.Paths()...)
			}
			c.PathsKnown = true
		case len(c.Parents) == 1:
			plain, pairs = append(plain, c), append(pairs, [2]string{c.Parents[0], c.ID})
		case len(c.Parents) == 2:
			if err := g.mergePaths(ctx, repo, c); err != nil && !errors.Is(err, pull.ErrNotFound) && !errors.Is(err, pull.ErrTooLarge) {
				return err
			}
		}
	}
	if err := g.plainPaths(ctx, repo, plain, pairs); err != nil {
		return err
	}
	for _, c := range fresh {
		if err := g.keepPaths(ctx, repo, c); err != nil {
			return err
		}
	}
	return nil
}

// plainPaths fills in what commits with one parent touch. One that git no longer
// gives touches every file.
func (g *Reader) plainPaths(ctx context.Context, repo pull.Repo, commits []*commitOf, pairs [][2]string) error {
	all, err := g.trees(ctx, repo).CompareMany(pairs)
	if errors.Is(err, pull.ErrNotFound) && len(commits) > 1 {
		for i := range commits { // find out which
			if err := g.plainPaths(ctx, repo, commits[i:i+1], pairs[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		if errors.Is(err, pull.ErrNotFound) {
			return nil
		}
		return err
	}
	for i, c := range commits {
		c.PathsKnown = true
		for _, t := range all[i] {
			c.Paths = append(c.Paths, t.Path)
		}
	}
	return nil
}

// mergePaths fills in what a merge commit touches. A merge of the base touches
// only what git's clean merge does not explain; any other one all that differs
// from its first parent.
func (g *Reader) mergePaths(ctx context.Context, repo pull.Repo, c *commitOf) error {
	first, second := c.Parents[0], c.Parents[1]
	if !c.ofBase() {
		changes, err := g.trees(ctx, repo).Compare(first, c.ID)
		for _, t := range changes {
			c.Paths = append(c.Paths, t.Path)
		}
		c.PathsKnown = err == nil
		return err
	}
	bases, err := g.cfg.Trees.MergeBases(ctx, repo, first, second)
	if err != nil || len(bases) != 1 {
		return err // with several, git merges them first: it touches every file
	}
	c.Paths, err = g.trees(ctx, repo).Unexplained(bases[0], first, second, c.ID)
	c.PathsKnown = err == nil
	return err
}

// ofBase tells whether a merge commit merges the base branch: just one of its
// parents is not on the pull request's list.
func (c *commitOf) ofBase() bool {
	return len(c.Parents) == 2 && c.listed[c.Parents[0]] != c.listed[c.Parents[1]]
}

// pathsKey is where a commit's paths are kept, among the files: what a commit
// touches never changes. No object id looks like it.
func pathsKey(c *commitOf) string {
	if c.ofBase() {
		return "merged:" + c.ID
	}
	return "paths:" + c.ID
}

// isAll tells whether the commit is all that a request consists of, so that its
// paths are those of the list.
func (c *commitOf) isAll(req *pull.Request) bool {
	return c.ID == req.Head && len(c.Parents) == 1 && c.Parents[0] == req.MergeBase && req.Complete
}

func (g *Reader) keptPaths(ctx context.Context, repo pull.Repo, c *commitOf) (bool, error) {
	data, ok, err := g.cfg.Blobs.Blob(ctx, repo, pathsKey(c))
	if err != nil || !ok {
		return false, err
	}
	c.PathsKnown = json.Unmarshal(data, &c.Paths) == nil
	return c.PathsKnown, nil
}

func (g *Reader) keepPaths(ctx context.Context, repo pull.Repo, c *commitOf) error {
	if !c.PathsKnown {
		return nil
	}
	data, err := json.Marshal(c.Paths)
	if err != nil {
		return err
	}
	return g.cfg.Blobs.SaveBlob(ctx, repo, pathsKey(c), data)
}
