package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// treesAtOnce bounds how many trees are held in memory at once.
const treesAtOnce = 400

// span is a directory in two trees. An empty id is no such directory. set tells
// spans of several comparisons apart.
type span struct {
	set    int
	prefix string // with a slash at its end; empty for the root
	a, b   string
}

// treeChange is a file that two trees have differently. The zero TreeEntry
// stands for no such file.
type treeChange struct {
	path string
	a, b TreeEntry
}

// compareTrees gives what differs between two commits or trees, in order of
// path. It descends only where the ids of directories differ.
func (g *Gate) compareTrees(ctx context.Context, repo pull.Repo, a, b string) ([]treeChange, error) {
	all, err := g.compareMany(ctx, repo, [][2]string{{a, b}})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// compareMany compares several pairs at once, so that their directories are
// read together. An empty id stands for the empty tree.
func (g *Gate) compareMany(ctx context.Context, repo pull.Repo, pairs [][2]string) ([][]treeChange, error) {
	out := make([][]treeChange, len(pairs))
	var frontier []span
	for i, p := range pairs {
		if p[0] != p[1] {
			frontier = append(frontier, span{set: i, a: p[0], b: p[1]})
		}
	}
	for len(frontier) > 0 {
		// From the end, so that what is held grows with depth and not breadth.
		n := max(0, len(frontier)-treesAtOnce/2)
		batch := slices.Clone(frontier[n:])
		frontier = frontier[:n]
		trees, err := g.trees(ctx, repo, batch)
		if err != nil {
			return nil, err
		}
		for _, s := range batch {
			frontier = s.compare(trees, &out[s.set], frontier)
		}
	}
	for _, changes := range out {
		slices.SortFunc(changes, func(a, b treeChange) int { return cmp.Compare(a.path, b.path) })
	}
	return out, nil
}

// trees reads both sides of some spans.
func (g *Gate) trees(ctx context.Context, repo pull.Repo, batch []span) (map[string][]TreeEntry, error) {
	var ids []string
	for _, s := range batch {
		ids = append(ids, s.a, s.b)
	}
	return g.readTrees(ctx, repo, ids)
}

// readTrees reads trees by id; empty ids are left out.
func (g *Gate) readTrees(ctx context.Context, repo pull.Repo, ids []string) (map[string][]TreeEntry, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	trees, err := g.cfg.Trees.Trees(ctx, repo, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, ok := trees[id]; !ok {
			return nil, fmt.Errorf("tree %s of %s was left out", id, repo)
		}
	}
	return trees, nil
}

// compare adds the files that differ to out, and the directories that differ to
// the frontier.
func (s span) compare(trees map[string][]TreeEntry, out *[]treeChange, frontier []span) []span {
	for _, pair := range byName(trees[s.a], trees[s.b]) {
		a, b := pair[0], pair[1]
		if a == b {
			continue
		}
		path := s.prefix + cmp.Or(a.Name, b.Name)
		if a.Mode == pull.Directory || b.Mode == pull.Directory {
			frontier = append(frontier, span{set: s.set, prefix: path + "/", a: a.directory(), b: b.directory()})
		}
		if a, b = a.file(), b.file(); a != b {
			*out = append(*out, treeChange{path, a, b})
		}
	}
	return frontier
}

// directory gives the id of an entry that is a directory; else none.
func (e TreeEntry) directory() string {
	if e.Mode == pull.Directory {
		return e.ID
	}
	return ""
}

// file gives an entry that is no directory; else the zero TreeEntry.
func (e TreeEntry) file() TreeEntry {
	if e.Mode == pull.Directory {
		return TreeEntry{}
	}
	return e
}

// byName pairs the entries of trees by name, in order of name.
func byName(sides ...[]TreeEntry) [][4]TreeEntry {
	at := map[string]int{}
	var out [][4]TreeEntry
	for i, entries := range sides {
		for _, e := range entries {
			k, ok := at[e.Name]
			if !ok {
				k = len(out)
				at[e.Name] = k
				out = append(out, [4]TreeEntry{})
			}
			out[k][i] = e
		}
	}
	name := func(p [4]TreeEntry) string { return cmp.Or(p[0].Name, p[1].Name, p[2].Name, p[3].Name) }
	slices.SortFunc(out, func(a, b [4]TreeEntry) int { return cmp.Compare(name(a), name(b)) })
	return out
}

// content gives a change without its neighbours' help: renames look like a
// file removed and another one added.
func (c treeChange) content() pull.Content {
	out := pull.Content{Path: c.path, Status: pull.Modified, OldMode: c.a.Mode, OldID: c.a.ID, Mode: c.b.Mode, ID: c.b.ID}
	switch {
	case c.a == TreeEntry{}:
		out.Status = pull.Added
	case c.b == TreeEntry{}:
		out.Status = pull.Removed
	case c.a.ID == c.b.ID:
		out.Status = pull.Changed
	}
	return out
}

// directory gives the entries of a directory of a commit; none where there is no
// such directory.
func (g *Gate) directory(ctx context.Context, repo pull.Repo, commit, dir string) ([]TreeEntry, error) {
	id := commit
	for name := range strings.SplitSeq(dir+"/", "/") {
		trees, err := g.readTrees(ctx, repo, []string{id})
		if err != nil || name == "" {
			return trees[id], err
		}
		i := slices.IndexFunc(trees[id], func(e TreeEntry) bool { return e.Name == name })
		if i < 0 || trees[id][i].Mode != pull.Directory {
			return nil, nil
		}
		id = trees[id][i].ID
	}
	return nil, nil // unreachable: the last name is empty
}

// directories gives those of some names that are directories of a commit:
// submodules are, and symbolic links to a directory, as the kernel's script asks
// the file system.
func (g *Gate) directories(ctx context.Context, repo pull.Repo, commit string, names []string) ([]string, error) {
	var found []string
	trees := map[string][]TreeEntry{}
	for _, name := range names {
		dir, base := path.Split(name)
		dir = strings.TrimSuffix(dir, "/")
		entries, ok := trees[dir]
		if !ok {
			var err error
			if entries, err = g.directory(ctx, repo, commit, dir); err != nil {
				return nil, err
			}
			trees[dir] = entries
		}
		i := slices.IndexFunc(entries, func(e TreeEntry) bool { return e.Name == base })
		if i < 0 {
			continue
		}
		is := entries[i].Mode == pull.Directory || entries[i].Mode == pull.Submodule
		if entries[i].Mode == pull.Symlink {
			var err error
			if is, err = g.linksToDirectory(ctx, repo, commit, dir, entries[i].ID); err != nil {
				return nil, err
			}
		}
		if is {
			found = append(found, name)
		}
	}
	return found, nil
}

// maxLink is the longest path that a symbolic link leads to (PATH_MAX of Linux).
const maxLink = 4096

// linksToDirectory tells whether a symbolic link in a directory leads to one of
// the same tree. A link to a link does not count.
func (g *Gate) linksToDirectory(ctx context.Context, repo pull.Repo, commit, dir, id string) (bool, error) {
	target, err := g.blob(ctx, repo, Entry{ID: id}, maxLink)
	if errors.Is(err, pull.ErrTooLarge) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	to := path.Join(dir, string(target))
	if path.IsAbs(string(target)) || to == "." || strings.HasPrefix(to, "../") {
		return false, nil
	}
	entries, err := g.directory(ctx, repo, commit, to)
	return len(entries) > 0, err
}
