package fake

import (
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Commit returns a commit by id, or nil.
func (o *Objects) Commit(id plumbing.Hash) *object.Commit {
	if c := o.commits[id]; c != nil {
		return c
	}
	c, err := object.GetCommit(o.store, id)
	if err != nil {
		return nil
	}
	o.commits[id] = c
	return c
}

// Reach returns all commits that can be reached from some, with themselves.
func (o *Objects) Reach(from ...plumbing.Hash) map[plumbing.Hash]bool {
	seen := map[plumbing.Hash]bool{}
	todo := slices.Clone(from)
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		c := o.Commit(id)
		if c == nil || seen[id] {
			continue
		}
		seen[id] = true
		todo = append(todo, c.ParentHashes...)
	}
	return seen
}

// MergeBase returns the best common ancestor, the one that forges name, or
// false for histories that share none.
func (o *Objects) MergeBase(a, b plumbing.Hash) (plumbing.Hash, bool, error) {
	all, err := o.mergeBases(a, b)
	if err != nil || len(all) == 0 {
		return plumbing.ZeroHash, false, err
	}
	return all[0], true, nil
}

// mergeBases returns all best common ancestors, in order of id.
func (o *Objects) mergeBases(a, b plumbing.Hash) ([]plumbing.Hash, error) {
	ca, cb := o.Commit(a), o.Commit(b)
	if ca == nil || cb == nil {
		return nil, nil
	}
	bases, err := ca.MergeBase(cb)
	if err != nil {
		return nil, fmt.Errorf("merge bases of %s and %s: %w", a, b, err)
	}
	ids := make([]plumbing.Hash, len(bases))
	for i, c := range bases {
		ids[i] = c.Hash
	}
	slices.SortFunc(ids, func(x, y plumbing.Hash) int { return slices.Compare(x[:], y[:]) })
	return ids, nil
}

// Between lists the commits that head has and base has not, parents before
// children.
func (o *Objects) Between(base, head plumbing.Hash) []*object.Commit {
	seen := o.Reach(base)
	var out []*object.Commit
	type step struct {
		id   plumbing.Hash
		done bool
	}
	todo := []step{{id: head}}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at.done {
			out = append(out, o.Commit(at.id))
			continue
		}
		c := o.Commit(at.id)
		if c == nil || seen[at.id] {
			continue
		}
		seen[at.id] = true
		todo = append(todo, step{at.id, true})
		for _, p := range slices.Backward(c.ParentHashes) {
			todo = append(todo, step{id: p})
		}
	}
	return out
}

// Log lists the history of a commit, children before parents.
func (o *Objects) Log(from plumbing.Hash) []*object.Commit {
	out := o.Between(plumbing.ZeroHash, from)
	slices.Reverse(out)
	return out
}

// merged returns the tree of a merge of theirs into ours. The merge is by whole
// files: a path that both sides changed in different ways is a conflict, and so
// is one among several merge bases, which are merged first. A file that one side
// renamed as it was is followed, as git does.
func (o *Objects) merged(ours, theirs plumbing.Hash) (root plumbing.Hash, conflict bool, err error) {
	bases, err := o.mergeBases(ours, theirs)
	if err != nil || len(bases) == 0 {
		return plumbing.ZeroHash, true, err
	}
	virtual := bases[0]
	for _, next := range bases[1:] {
		tree, conflict, err := o.merged(virtual, next)
		if err != nil || conflict {
			return plumbing.ZeroHash, true, err
		}
		if virtual, err = o.put(&object.Commit{TreeHash: tree, ParentHashes: []plumbing.Hash{virtual, next}}); err != nil {
			return plumbing.ZeroHash, true, err
		}
	}
	return o.mergedTrees(o.Commit(virtual).TreeHash, o.Commit(ours).TreeHash, o.Commit(theirs).TreeHash)
}

// mergedTrees merges what theirs changed since the base into ours.
func (o *Objects) mergedTrees(base, ours, theirs plumbing.Hash) (root plumbing.Hash, conflict bool, err error) {
	leaves := map[string]*leaf{}
	changes := o.TreeDiff(base, theirs)
	for _, d := range changes {
		path, want := d.Path(), plumbing.ZeroHash
		to := (*leaf)(nil)
		if d.To != nil {
			want, to = d.To.ID, &leaf{mode: d.To.mode, id: d.To.ID}
		}
		now, exists := o.Entry(ours, path)
		unchanged := exists == (d.From != nil) && (!exists || now.Hash == d.From.ID)
		switch {
		case unchanged || exists == (d.To != nil) && now.Hash == want:
			if _, followed := leaves[path]; !followed {
				leaves[path] = to
			}
		case d.From != nil && !exists: // it goes where ours has it now
			at := renamed(o.TreeDiff(base, ours), d.From)
			if _, both := o.Entry(theirs, at); at == "" || both {
				return plumbing.ZeroHash, true, nil
			}
			leaves[at] = to
		case d.From != nil && d.To == nil && renamed(changes, d.From) != "": // ours goes where theirs has it
			leaves[path], leaves[renamed(changes, d.From)] = nil, &leaf{mode: now.Mode, id: now.Hash}
		default:
			return plumbing.ZeroHash, true, nil
		}
	}
	if len(leaves) == 0 {
		return ours, false, nil
	}
	root, err = o.apply(ours, leaves)
	return root, false, err
}

// renamed returns the new path at which changes have a file as it was; empty if
// there is none.
func renamed(changes []Delta, from *Side) string {
	for _, d := range changes {
		if d.From == nil && d.To.ID == from.ID {
			return d.To.Path
		}
	}
	return ""
}
