package content

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Complete holds a list of files against the trees where the forge's list alone
// can't be trusted: where it is cut, where the pull request holds a merge commit, or
// where the list may be that of an older base. What the trees have and the list lacks
// is added (package policy, §4).
func (r *Reader) Complete(ctx context.Context, look seam.Look, c *seam.Change) error {
	stale := r.stale(ctx, look, c)
	if c.Incomplete != "" || !c.Capped && !hasMerge(look.Request.Commits) && !stale {
		return nil
	}
	bases, err := r.MergeBases(ctx, &look.Request)
	if errors.Is(err, pull.ErrTooLarge) {
		c.Incomplete = TooLong
		return nil
	}
	if err != nil {
		return err
	}
	if !slices.Contains(bases, c.MergeBase) {
		c.Incomplete, c.Transient = "the forge's merge base is none of the commits' own", true
		return nil
	}
	if len(bases) > 1 {
		// Which files merging would change depends on the base branch's tip, and
		// so on the next push to it.
		c.Incomplete = fmt.Sprintf("the pull request and its base branch have %d merge bases, so no list shows all that merging would "+
			"change; merge the base branch into it, or rebase it", len(bases))
		return nil
	}
	changes, err := r.Trees(ctx, look.Request.Ref.Repo).Compare(c.MergeBase, look.Request.Head)
	if errors.Is(err, gittree.ErrTooMany) {
		c.Incomplete = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	if stale {
		dropUnchanged(c, changes)
	}
	addMissing(c, changes)
	if !stale {
		return nil
	}
	c.Commits, err = r.cfg.Trees.Commits(ctx, look.Request.Ref.Repo, look.Request.BaseTip, look.Request.Head)
	if errors.Is(err, pull.ErrTooLarge) {
		c.Incomplete, err = TooLong, nil
	}
	return err
}

// TooLong says of a request that more of its history would have to be read than is.
const TooLong = "the pull request has more commits, or met its base branch in more places, than are read, so what merging would " +
	"change is not known; rebase it"

// MergeBases returns all merge bases of a request's base and head, by commit ids.
func (r *Reader) MergeBases(ctx context.Context, req *pull.Request) ([]string, error) {
	if req.OnTip() {
		return []string{req.BaseTip}, nil
	}
	return r.cfg.Trees.MergeBases(ctx, req.Ref.Repo, req.BaseTip, req.Head)
}

// stale reports whether the forge's lists may be those of an older base: its commits
// meet the base elsewhere than the commits' ids do, or the base was changed, which a
// forge may not follow while a pull request is closed.
func (r *Reader) stale(ctx context.Context, look seam.Look, c *seam.Change) bool {
	req := &look.Request
	meets := req.MergeBase
	if meets != "" && meets != c.MergeBase {
		if r.cfg.Noticed != nil {
			r.cfg.Noticed(seam.ListStale)
		}
		r.cfg.Log.WarnContext(ctx, "the forge lists commits or files of an older base; they are held against the trees",
			req.Ref.Fields("head", req.Head)...)
		return true
	}
	return slices.ContainsFunc(req.BaseMoves, func(m pull.BaseMove) bool { return m.Kind != pull.Rewritten })
}

func hasMerge(commits []pull.Commit) bool {
	return slices.ContainsFunc(commits, func(c pull.Commit) bool { return len(c.Parents) > 1 })
}

// dropUnchanged takes out of a list of an older base what is no change from this one.
func dropUnchanged(c *seam.Change, changes []gittree.Change) {
	changed := make(map[string]bool, len(changes))
	for _, t := range changes {
		changed[t.Path] = true
	}
	c.Files = slices.DeleteFunc(c.Files, func(f pull.File) bool {
		return !slices.ContainsFunc(f.Paths(), func(p string) bool { return changed[p] })
	})
}

// addMissing adds what differs and is not on the list. Where the list is cut,
// its own files are filled in, too; where it is not, nobody can have reviewed on
// the forge what it does not show.
func addMissing(c *seam.Change, changes []gittree.Change) {
	if c.Capped {
		at := make(map[string]gittree.Change, len(changes))
		for _, t := range changes {
			at[t.Path] = t
		}
		for i := range c.Files {
			fill(&c.Files[i].Content, at)
		}
	}
	listed := make(map[string]bool, len(c.Files))
	for _, f := range c.Files {
		for _, p := range f.Paths() {
			listed[p] = true
		}
	}
	for _, t := range changes {
		if !listed[t.Path] {
			c.Files = append(c.Files, pull.File{Content: t.Content(), Hidden: !c.Capped})
		}
	}
}

// fill completes a listed content from the trees. Where list and trees
// disagree, it stays as it is, for the forge to tell.
func fill(c *pull.Content, at map[string]gittree.Change) {
	now, ok := at[c.Path]
	old := now
	if c.OldPath != "" && c.OldPath != c.Path {
		old = at[c.OldPath]
	}
	if !ok || c.ID != "" && c.ID != now.B.ID {
		return
	}
	if c.Status == pull.Copied {
		return // its other side may be unchanged, and so not among the changes
	}
	if c.Status != pull.Removed {
		c.Mode, c.ID = now.B.Mode, now.B.ID
	}
	if c.Status != pull.Added {
		c.OldMode, c.OldID = old.A.Mode, old.A.ID
	}
}
