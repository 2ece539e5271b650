package gittree

import (
	"cmp"
	"slices"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// dirQuad is a directory in four trees: of the merge base, of both parents, and of
// the merge commit. An empty id is no such directory.
type dirQuad struct {
	prefix string
	ids    [4]string
}

// Unexplained returns the paths at which a merge commit is not what git's clean
// merge of its parents gives, sorted. Renames on one side that meet changes on
// the other count as not clean.
func (r Reader) Unexplained(base, ours, theirs, merged string) ([]string, error) {
	var paths []string
	room := newRoom()
	frontier := []dirQuad{{ids: [4]string{base, ours, theirs, merged}}}
	for len(frontier) > 0 {
		n := max(0, len(frontier)-treesAtOnce/4)
		batch := slices.Clone(frontier[n:])
		frontier = frontier[:n]
		var ids []string
		for _, q := range batch {
			ids = append(ids, q.ids[:]...)
		}
		trees, err := r.read(ids)
		if err != nil {
			return nil, err
		}
		for _, q := range batch {
			for _, e := range byName(trees[q.ids[0]], trees[q.ids[1]], trees[q.ids[2]], trees[q.ids[3]]) {
				name := cmp.Or(e[0].Name, e[1].Name, e[2].Name, e[3].Name)
				below, odd, err := r.Explain(e)
				if err == nil && (below != nil || odd) {
					err = room.take(q.prefix + name)
				}
				if err != nil {
					return nil, err
				}
				if below != nil {
					frontier = append(frontier, dirQuad{q.prefix + name + "/", *below})
				}
				if odd {
					paths = append(paths, q.prefix+name)
				}
			}
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// Explain judges one name in four trees: whether to look below it, and whether
// there is a file that the merge does not explain.
func (r Reader) Explain(e [4]Entry) (below *[4]string, odd bool, err error) {
	base, ours, theirs, merged := e[0], e[1], e[2], e[3]
	want, clear := theirs, base == ours || ours == theirs
	if !clear && base == theirs {
		want, clear = ours, true
	}
	switch {
	case clear && merged == want:
		return nil, false, nil
	case clear:
		// Whatever differs from what is wanted is odd: look for it as if both
		// sides had had it.
		if want.Mode == pull.Directory || merged.Mode == pull.Directory {
			d := want.directory()
			below = &[4]string{d, d, d, merged.directory()}
		}
		return below, want.file() != merged.file(), nil
	case slices.ContainsFunc(e[:], func(t Entry) bool { return t.Mode == pull.Directory }):
		below = &[4]string{base.directory(), ours.directory(), theirs.directory(), merged.directory()}
		files := slices.ContainsFunc(e[:], func(t Entry) bool { return t.file() != Entry{} })
		return below, files, nil
	}
	clean, err := r.cleanEntry(base, ours, theirs, merged)
	return nil, !clean, err
}

// cleanEntry reports whether a file that both sides changed is their clean merge.
func (r Reader) cleanEntry(base, ours, theirs, merged Entry) (bool, error) {
	for _, t := range []Entry{base, ours, theirs, merged} {
		if t.Mode != pull.Regular && t.Mode != pull.Executable {
			return false, nil
		}
	}
	mode := merged.Mode == ours.Mode && (ours.Mode == theirs.Mode || theirs.Mode == base.Mode) || merged.Mode == theirs.Mode &&
		ours.Mode == base.Mode
	if !mode {
		return false, nil
	}
	return r.Clean(base.ID, ours.ID, theirs.ID, merged.ID)
}
