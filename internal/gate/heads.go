package gate

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
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// maxLists is how many lists of files are kept of a pull request's heads, besides those
// of heads that a review or a comment names: what an older head changes is asked of git
// again, in case somebody reviews it yet.
const maxLists = 20

// maxPast is how many commits of heads seen before are told apart, so that it is known
// which files each touched. Of those that come later only their makers are kept, as of
// commits that touch every file: rewriting so many is nobody's day's work.
const maxPast = 20_000

// recorded finds this very moment among the heads seen before. Where the tip of the
// base is another since, the merge base is asked for by the commits' ids.
func (g *Reader) recorded(ctx context.Context, l *loaded) (pull.Head, bool, error) {
	req := &l.look.Request
	var bases []string
	for _, h := range slices.Backward(l.memory.Heads) {
		if h.ID != req.Head || h.BaseBranch != req.BaseBranch || !h.Complete || h.Past || h.BaseTip == "" || l.look.ChangedFiles != seam.Untold && cmp.Or(h.Count, len(h.Files)) != l.look.ChangedFiles {
			continue
		}
		if h.BaseTip == req.BaseTip {
			return g.whole(ctx, req.Ref, h)
		}
		if bases == nil && req.BaseTip != "" {
			var err error
			if bases, err = g.mergeBases(ctx, req); errors.Is(err, pull.ErrTooLarge) {
				break // it is listed anew, and told
			}
			if err != nil {
				return h, false, err
			}
		}
		if len(bases) == 1 && bases[0] == h.MergeBase {
			return g.whole(ctx, req.Ref, h)
		}
	}
	return pull.Head{}, false, nil
}

// whole reads the list of a head that was recalled without; false if it is no longer
// kept.
func (g *Reader) whole(ctx context.Context, ref pull.Ref, h pull.Head) (pull.Head, bool, error) {
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
				full, ok, err := g.whole(ctx, ref, *h)
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

// lastSeen tells whether this very moment is the one that was recorded last:
// one that is back again is recorded again, with the time.
func (l *loaded) lastSeen() bool {
	req := &l.look.Request
	for _, h := range slices.Backward(l.memory.Heads) {
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
func (g *Reader) pastHeads(ctx context.Context, l *loaded) error {
	s, req := &l.snapshot, &l.look.Request
	s.Heads = append(s.Heads, l.memory.Heads...)
	empty := len(req.Files) == 0 && !s.SameTree // a list that the verdict will not believe
	if !req.Complete || empty {
		return nil
	}
	head := headOf(req, s.Now, max(l.look.ChangedFiles, 0))
	head.Commits = newCommits(l.memory.Heads, req.Commits)
	if !l.lastSeen() {
		if err := g.cfg.History.Remember(ctx, req.Ref, history.Facts{Head: &head, Forget: l.unwanted()}); err != nil {
			return err
		}
	}
	s.Heads = append(s.Heads, head)
	return nil
}

// headOf is what is remembered of a request as it was read now, but for its commits.
func headOf(req *pull.Request, now time.Time, count int) pull.Head {
	head := pull.Head{ID: req.Head, BaseBranch: req.BaseBranch, BaseTip: req.BaseTip, MergeBase: req.MergeBase, SeenAt: now, Complete: true, Count: count,
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

// newCommits are those of some commits that no head seen before had, as they are now:
// a forge may come to know the people behind one.
func newCommits(heads []pull.Head, commits []pull.Commit) []pull.Commit {
	now := make(map[string]bool, len(commits))
	for i := range commits {
		now[commits[i].ID] = true
	}
	seen, past := map[string]bool{}, 0
	for i := range heads {
		past += len(heads[i].Commits)
		for j := range heads[i].Commits {
			if c := &heads[i].Commits[j]; now[c.ID] || c.ID == "" {
				seen[c.ID+"\n"+pull.Makers(c.Signed)] = true
			}
		}
	}
	var fresh []pull.Commit
	for _, c := range commits {
		makers := "\n" + pull.Makers(c.Signed)
		if seen[c.ID+makers] {
			continue
		}
		if past >= maxPast {
			c = pull.Commit{Signed: c.Signed, People: c.People, Unknown: c.Unknown}
		}
		if len(c.Signed) == 0 || !seen[c.ID+makers] {
			fresh = append(fresh, c)
		}
		seen[c.ID+makers] = true
	}
	return fresh
}

// unwanted names the lists that are kept of heads seen before and need not be: of more
// than maxLists heads, those that nothing that was said names.
func (l *loaded) unwanted() []string {
	named := map[string]bool{}
	for _, s := range l.memory.Sights {
		named[s.Commit] = true
	}
	for _, t := range l.memory.Told {
		named[t.Commit] = true
	}
	var starts []string
	for _, c := range l.look.Request.Comments {
		for _, said := range command.Commanding(c.Body) {
			if said.Commit != "" {
				starts = append(starts, said.Commit)
			}
		}
	}
	kept, old := map[string]bool{}, map[string]bool{}
	for _, h := range slices.Backward(l.memory.Heads) {
		switch {
		case h.List == "":
		case len(kept) < maxLists || named[h.ID] || slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(strings.ToLower(h.ID), s) }):
			kept[h.List] = true
		default:
			old[h.List] = true
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(old)), func(list string) bool { return kept[list] })
}

// fewerCommits leaves out of heads seen before those commits that say nothing more of
// who wrote which file than others of them do.
func fewerCommits(heads []pull.Head) []pull.Head {
	heads = slices.Clone(heads)
	said, keys := map[string]bool{}, map[*pull.Signature]string{} // commits of one head share their makers
	for i := range heads {
		var commits []pull.Commit
		for _, c := range heads[i].Commits {
			if len(c.Signed) == 0 {
				commits = append(commits, c)
				continue
			}
			key, ok := keys[&c.Signed[0]]
			if !ok {
				key = pull.Makers(c.Signed)
				keys[&c.Signed[0]] = key
			}
			if c.PathsKnown {
				key += "\x00" + strings.Join(c.Paths, "\x00")
			}
			if !said[key] {
				commits = append(commits, c)
			}
			said[key] = true
		}
		heads[i].Commits = commits
	}
	return heads
}
