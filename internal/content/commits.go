package content

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// MostCommits is for how many commits one evaluation reads which files they touch, besides
// those of which that is kept; those beyond touch every file, until their turn comes.
const MostCommits = 200

// Commit is a commit and those of the lists that it is on: what it merges
// that is not among them comes from the base branch.
type Commit struct {
	pull.Commit
	Listed map[string]bool // by id
}

// CommitPaths fills in which files commits of a request touch, by id: from what is kept, from the
// list of files, or from the trees.
func (r *Reader) CommitPaths(ctx context.Context, req *pull.Request, wanted map[string]*Commit) error {
	repo := req.Ref.Repo
	var left []string
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		kept, err := r.keptPaths(ctx, repo, wanted[id])
		if err != nil {
			return err
		}
		if !kept {
			left = append(left, id)
		}
	}
	var fresh, plain []*Commit
	var pairs [][2]string
	for _, id := range turns.Next(&r.asked, left, MostCommits) {
		c := wanted[id]
		fresh = append(fresh, c)
		switch {
		case c.isAll(req):
			for _, f := range req.Files {
				c.Paths = append(c.Paths, f.Paths()...)
			}
			c.PathsKnown = true
		case len(c.Parents) == 1:
			plain, pairs = append(plain, c), append(pairs, [2]string{c.Parents[0], c.ID})
		case len(c.Parents) == 2:
			if err := r.mergePaths(ctx, repo, c); err != nil && !errors.Is(err, pull.ErrNotFound) && !errors.Is(err, pull.ErrTooLarge) {
				return err
			}
		}
	}
	if err := r.plainPaths(ctx, repo, plain, pairs); err != nil {
		return err
	}
	for _, c := range fresh {
		if err := r.keepPaths(ctx, repo, c); err != nil {
			return err
		}
	}
	return nil
}

// plainPaths fills in what commits with one parent touch. One that git no longer
// gives, or that touches more than is read, touches every file.
func (r *Reader) plainPaths(ctx context.Context, repo pull.Repo, commits []*Commit, pairs [][2]string) error {
	all, err := r.Trees(ctx, repo).CompareMany(pairs)
	unread := errors.Is(err, pull.ErrNotFound) || errors.Is(err, gittree.ErrTooMany)
	if unread && len(commits) > 1 {
		for i := range commits { // find out which
			if err := r.plainPaths(ctx, repo, commits[i:i+1], pairs[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	if unread {
		return nil
	}
	if err != nil {
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
func (r *Reader) mergePaths(ctx context.Context, repo pull.Repo, c *Commit) error {
	first, second := c.Parents[0], c.Parents[1]
	if !c.ofBase() {
		changes, err := r.Trees(ctx, repo).Compare(first, c.ID)
		for _, t := range changes {
			c.Paths = append(c.Paths, t.Path)
		}
		c.PathsKnown = err == nil
		return err
	}
	bases, err := r.cfg.Trees.MergeBases(ctx, repo, first, second)
	if err != nil || len(bases) != 1 {
		return err // with several, git merges them first: it touches every file
	}
	c.Paths, err = r.Trees(ctx, repo).Unexplained(bases[0], first, second, c.ID)
	c.PathsKnown = err == nil
	return err
}

// ofBase reports whether a merge commit merges the base branch: just one of its
// parents is not on the pull request's list.
func (c *Commit) ofBase() bool {
	return len(c.Parents) == 2 && c.Listed[c.Parents[0]] != c.Listed[c.Parents[1]]
}

// pathsKey is where a commit's paths are kept, among the files: what a commit
// touches never changes. No object id looks like it.
func pathsKey(c *Commit) string {
	if c.ofBase() {
		return "merged:" + c.ID
	}
	return "paths:" + c.ID
}

// isAll reports whether the commit is all that a request consists of, so that its
// paths are those of the list.
func (c *Commit) isAll(req *pull.Request) bool {
	return c.ID == req.Head && len(c.Parents) == 1 && c.Parents[0] == req.MergeBase && req.Complete
}

func (r *Reader) keptPaths(ctx context.Context, repo pull.Repo, c *Commit) (bool, error) {
	data, ok, err := r.cfg.Blobs.Blob(ctx, repo, pathsKey(c))
	if err != nil || !ok {
		return false, err
	}
	c.PathsKnown = json.Unmarshal(data, &c.Paths) == nil
	return c.PathsKnown, nil
}

func (r *Reader) keepPaths(ctx context.Context, repo pull.Repo, c *Commit) error {
	if !c.PathsKnown {
		return nil
	}
	data, err := json.Marshal(c.Paths)
	if err != nil {
		return err
	}
	return r.cfg.Blobs.SaveBlob(ctx, repo, pathsKey(c), data)
}
