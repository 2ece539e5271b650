package snapshot

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// maxLists is how many lists of files are kept of a pull request's heads, besides those
// of heads that a review or a comment names: what an older head changes is asked of git
// again, in case somebody reviews it yet.
const maxLists = 20

// recorded finds this very moment among the heads seen before. Where the tip of the
// base is another since, the merge base is asked for by the commits' ids.
func (g *Reader) recorded(ctx context.Context, l *Reading) (pull.Head, bool, error) {
	req := &l.Look.Request
	var bases []string
	for _, h := range slices.Backward(l.Memory.Heads) {
		if h.ID != req.Head || h.BaseBranch != req.BaseBranch || !h.Complete || h.Past || h.BaseTip == "" ||
			l.Look.ChangedFiles != seam.Untold && cmp.Or(h.Count, len(h.Files)) != l.Look.ChangedFiles {
			continue
		}
		if h.BaseTip == req.BaseTip {
			return g.Whole(ctx, req.Ref, h)
		}
		if bases == nil && req.BaseTip != "" {
			var err error
			if bases, err = g.Content.MergeBases(ctx, req); errors.Is(err, pull.ErrTooLarge) {
				break // it is listed anew, and told
			}
			if err != nil {
				return h, false, err
			}
		}
		if len(bases) == 1 && bases[0] == h.MergeBase {
			return g.Whole(ctx, req.Ref, h)
		}
	}
	return pull.Head{}, false, nil
}

// Whole reads the list of a head that was recalled without; false if it is no longer
// kept.
func (g *Reader) Whole(ctx context.Context, ref pull.Ref, h pull.Head) (pull.Head, bool, error) {
	if h.List == "" {
		return h, true, nil
	}
	if g.cfg.Lists == nil {
		return h, false, nil
	}
	lists, err := g.cfg.Lists.Lists(ctx, ref, []string{h.List})
	l, ok := lists[h.List]
	if ok {
		h.Files, h.Hidden, h.List = l.Files, l.Hidden, ""
	}
	return h, ok, err
}

// keptContent reads what a head changes against a merge base where that is kept of one of the
// requests that are judged together.
func (g *Reader) keptContent(ctx context.Context, s *policy.Snapshot, c sight.Compared) (bool, error) {
	read := func(ref pull.Ref, heads []pull.Head) (bool, error) {
		for i := range heads {
			if h := &heads[i]; h.ID == c.Head && h.MergeBase == c.MergeBase && h.Complete && h.List != "" {
				full, ok, err := g.Whole(ctx, ref, *h)
				if err != nil || ok {
					heads[i] = full
					return ok, err
				}
			}
		}
		return false, nil
	}
	if ok, err := read(s.Request.Ref, s.Heads); ok || err != nil {
		return ok, err
	}
	for i := range s.TwinHeads {
		if ok, err := read(s.Twins[i].Ref, s.TwinHeads[i]); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// lastSeen reports whether this very moment is the one that was recorded last:
// one that is back again is recorded again, with the time.
func (l *Reading) lastSeen() bool {
	req := &l.Look.Request
	for _, h := range slices.Backward(l.Memory.Heads) {
		if !h.Past {
			return h.ID == req.Head && h.BaseBranch == req.BaseBranch && h.MergeBase == req.MergeBase
		}
	}
	return false
}

func filesOf(h pull.Head) []pull.File {
	files := make([]pull.File, len(h.Files))
	for i, c := range h.Files {
		files[i].Content, files[i].Hidden = c, h.Hides(c.Path)
	}
	return files
}

// pastHeads adds the heads seen before, and this one.
func (g *Reader) pastHeads(ctx context.Context, l *Reading) error {
	s, req := &l.Snapshot, &l.Look.Request
	s.Heads = append(s.Heads, l.Memory.Heads...)
	empty := len(req.Files) == 0 && !s.SameTree // a list that the verdict will not believe
	if !req.Complete || empty {
		return nil
	}
	head := headOf(req, s.Now, max(l.Look.ChangedFiles, 0))
	head.Commits = authors.NewCommits(l.Memory.Heads, req.Commits)
	if !l.lastSeen() {
		if err := g.cfg.Notes.Remember(ctx, req.Ref, history.Update{Head: &head, Forget: l.unwanted()}); err != nil {
			return err
		}
	}
	s.Heads = append(s.Heads, head)
	return nil
}

// headOf is what is remembered of a request as it was read now, but for its commits.
func headOf(req *pull.Request, now time.Time, count int) pull.Head {
	head := pull.Head{ID: req.Head, BaseBranch: req.BaseBranch, BaseTip: req.BaseTip, MergeBase: req.MergeBase, SeenAt: now, Complete: true,
		Count: count,
		Moves: len(req.BaseMoves), MovesKnown: req.BaseMovesKnown}
	for _, f := range req.Files {
		head.Files = append(head.Files, f.Content)
		if f.Hidden {
			head.Hidden = append(head.Hidden, f.Path)
		}
	}
	slices.Sort(head.Hidden)
	return head
}

// unwanted names the lists that are kept of heads seen before and need not be: of more
// than maxLists heads, those that nothing that was said names.
func (l *Reading) unwanted() []string {
	named := map[string]bool{}
	for _, s := range l.Memory.Sights {
		named[s.Commit] = true
	}
	for _, t := range l.Memory.Told {
		named[t.Commit] = true
	}
	var starts []string
	for _, c := range l.Look.Request.Comments {
		for _, said := range command.Commanding(c.Body) {
			if said.Commit != "" {
				starts = append(starts, said.Commit)
			}
		}
	}
	kept, old := map[string]bool{}, map[string]bool{}
	for _, h := range slices.Backward(l.Memory.Heads) {
		switch {
		case h.List == "":
		case len(kept) < maxLists || named[h.ID] ||
			slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(strings.ToLower(h.ID), s) }):
			kept[h.List] = true
		default:
			old[h.List] = true
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(old)), func(list string) bool { return kept[list] })
}
