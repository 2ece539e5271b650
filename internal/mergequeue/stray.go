package mergequeue

import (
	"context"
	"errors"
	"path"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// mostStrays is how many files are told of one group.
const mostStrays = 20

// stray finds what a group changes otherwise than merging its members would.
type stray struct {
	looks   []*snapshot.Reading
	changes map[string]gittree.Change // that the group makes
	order   []string                  // their paths
	odd     []map[string]bool         // by member: paths at which its clean merge is not what the group has
	told    map[string]bool           // paths that need no more words
	notes   [][]policy.Note           // by member
}

// strays gives, for each member, the files of a group that are not what merging it
// onto the group's base gives by a clean merge of each file: paths on no member's list
// and other content. git follows renames: where a file that a member changes has
// another name at the base, its change lands where nobody reviewed it.
func (q *Queues) strays(ctx context.Context, repo pull.Repo, s seam.Group, looks []*snapshot.Reading) ([][]policy.Note, error) {
	x := &stray{looks: looks, changes: map[string]gittree.Change{}, told: map[string]bool{}, notes: make([][]policy.Note, len(looks)),
		odd: make([]map[string]bool, len(looks))}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		changes, err := q.cfg.Content.Trees(groupCtx, repo).Compare(s.Base, s.Head)
		for _, c := range changes {
			x.changes[c.Path], x.order = c, append(x.order, c.Path)
		}
		return err
	})
	for i := range looks {
		group.Go(func() (err error) {
			x.odd[i], err = q.oddIn(groupCtx, repo, s, &looks[i].Snapshot.Request)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range looks {
		if x.odd[i] == nil {
			x.note(i, policy.Note{Code: policy.NoteCrossed})
			continue
		}
		if err := x.renames(ctx, q, repo, i); err != nil {
			return nil, err
		}
	}
	x.compare()
	return x.notes, nil
}

// oddIn returns the paths at which a group is not what merging one pull request onto the
// group's base gives; nil where there is no one merge base.
func (q *Queues) oddIn(ctx context.Context, repo pull.Repo, s seam.Group, req *pull.Request) (map[string]bool, error) {
	bases := []string{req.MergeBase}
	if s.Base != req.BaseTip || req.MergeBase == "" {
		var err error
		bases, err = q.cfg.Trees.MergeBases(ctx, repo, s.Base, req.Head)
		if err != nil && !errors.Is(err, pull.ErrTooLarge) {
			return nil, err
		}
	}
	if len(bases) != 1 {
		return nil, nil
	}
	paths, err := q.cfg.Content.Trees(ctx, repo).Unexplained(bases[0], s.Base, req.Head, s.Head)
	odd := make(map[string]bool, len(paths))
	for _, p := range paths {
		odd[p] = true
	}
	return odd, err
}

func (x *stray) note(member int, n policy.Note) {
	if len(x.notes[member]) < mostStrays {
		x.notes[member] = append(x.notes[member], n)
	}
}

// renames settles the renames of one member: what was changed before it in the queue
// at the old path is at the new one by a clean merge.
func (x *stray) renames(ctx context.Context, q *Queues, repo pull.Repo, member int) error {
	for _, f := range x.looks[member].Snapshot.Request.Files {
		from, to := x.changes[f.OldPath], x.changes[f.Path]
		if f.Status != pull.Renamed || !x.odd[member][f.Path] || (from.B != gittree.Entry{} || to.A != gittree.Entry{}) {
			continue
		}
		_, odd, err := q.cfg.Content.Trees(ctx,
			repo).Explain([4]gittree.Entry{{Mode: f.OldMode, ID: f.OldID}, unnamed(from.A), {Mode: f.Mode, ID: f.ID}, unnamed(to.B)})
		if err != nil {
			return err
		}
		if !odd {
			x.told[f.OldPath], x.told[f.Path] = true, true
		}
	}
	return nil
}

// unnamed is an entry wherever it stands.
func unnamed(e gittree.Entry) gittree.Entry {
	e.Name = ""
	return e
}

// compare tells of each file that is not explained, once. Where several members list a
// path, what each made of it can't be told apart.
func (x *stray) compare() {
	listers := map[string][]int{}
	for i, l := range x.looks {
		for _, f := range l.Snapshot.Request.Files {
			for _, p := range f.Paths() {
				listers[p] = append(listers[p], i)
			}
		}
	}
	for i, l := range x.looks {
		for _, f := range l.Snapshot.Request.Files {
			for _, p := range f.Paths() {
				if len(listers[p]) == 1 && x.odd[i][p] && !x.told[p] {
					x.told[p] = true
					x.note(i, x.otherwise(f, p, listers))
				}
			}
		}
	}
	for _, p := range x.order {
		if len(listers[p]) == 0 && !x.told[p] {
			x.note(0, policy.Note{Code: policy.NoteNotInGroup, Path: p})
		}
	}
}

// otherwise says what became of a member's file: it landed at another path, which no
// member lists, or it has other content.
func (x *stray) otherwise(f pull.File, at string, listers map[string][]int) policy.Note {
	i := slices.IndexFunc(x.order, func(p string) bool {
		c := x.changes[p]
		same := f.OldID != "" && c.A.ID == f.OldID || f.ID != "" && c.B.ID == f.ID || path.Base(p) == path.Base(at)
		return len(listers[p]) == 0 && !x.told[p] && same
	})
	if _, here := x.changes[at]; i < 0 || here {
		return policy.Note{Code: policy.NoteOtherContent, Path: at}
	}
	x.told[x.order[i]] = true
	return policy.Note{Code: policy.NoteRenamedAhead, Path: at, Text: x.order[i]}
}
