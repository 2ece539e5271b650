// Package gittree compares trees of git, and finds out what is in them.
//
// It promises to read no more than it has to: it descends only where ids of directories
// differ, many at a time and few in memory; and to end where few trees stand for more files
// than anybody has, which is ErrTooMany. Where trees come from is its caller's business.
package gittree

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Entry is one entry of one tree. A directory's mode is pull.Directory.
type Entry struct {
	Name string
	Mode pull.Mode
	ID   string
}

// Reader reads what trees name. What is not asked of it may be nil.
type Reader struct {
	// Trees gives the entries of trees, by the id that was asked for: a tree's, or a
	// commit's for its root. One that is missing is an error.
	Trees func(ids []string) (map[string][]Entry, error)
	// AtOnce bounds how many trees are asked for and held at once; 0 for treesAtOnce. With
	// more, fewer are asked for by themselves.
	AtOnce int
	// Text gives a file by its id; one of more bytes than most is pull.ErrTooLarge.
	Text func(id string, most int) ([]byte, error)
	// Clean reports whether a three-way merge of two files is clean and gives exactly its
	// result.
	Clean func(base, ours, theirs, result string) (bool, error)
}

// treesAtOnce bounds how many trees are held in memory at once.
const treesAtOnce = 400

// dirPair is a directory in two trees. An empty id is no such directory. set tells
// spans of several comparisons apart.
type dirPair struct {
	set    int
	prefix string // with a slash at its end; empty for the root
	a, b   string
}

// Change is a file that two trees have differently. The zero Entry stands for no such
// file.
type Change struct {
	Path string
	A, B Entry
}

// Compare returns what differs between two commits or trees, in order of
// path. It descends only where the ids of directories differ.
func (r Reader) Compare(a, b string) ([]Change, error) {
	all, err := r.CompareMany([][2]string{{a, b}})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// CompareMany compares several pairs at once, so that their directories are
// read together. An empty id stands for the empty tree. More than is held in memory is
// ErrTooMany.
func (r Reader) CompareMany(pairs [][2]string) ([][]Change, error) {
	out := make([][]Change, len(pairs))
	var frontier []dirPair
	room := newRoom()
	for i, p := range pairs {
		if p[0] != p[1] {
			frontier = append(frontier, dirPair{set: i, a: p[0], b: p[1]})
		}
	}
	for len(frontier) > 0 {
		// From the end, so that what is held grows with depth and not breadth.
		n := max(0, len(frontier)-cmp.Or(r.AtOnce, treesAtOnce)/2)
		batch := slices.Clone(frontier[n:])
		frontier = frontier[:n]
		trees, err := r.sides(batch)
		if err != nil {
			return nil, err
		}
		for _, s := range batch {
			if frontier, err = s.compare(trees, &out[s.set], frontier, room); err != nil {
				return nil, err
			}
		}
	}
	for _, changes := range out {
		slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	}
	return out, nil
}

// sides reads both sides of some spans.
func (r Reader) sides(batch []dirPair) (map[string][]Entry, error) {
	var ids []string
	for _, s := range batch {
		ids = append(ids, s.a, s.b)
	}
	return r.read(ids)
}

// read reads trees by id; empty ids are left out.
func (r Reader) read(ids []string) (map[string][]Entry, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	trees, err := r.Trees(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, ok := trees[id]; !ok {
			return nil, fmt.Errorf("tree %s was left out", id)
		}
	}
	return trees, nil
}

// compare adds the files that differ to out, and the directories that differ to
// the frontier.
func (s dirPair) compare(trees map[string][]Entry, out *[]Change, frontier []dirPair, room *room) ([]dirPair, error) {
	for _, pair := range byName(trees[s.a], trees[s.b]) {
		a, b := pair[0], pair[1]
		if a == b {
			continue
		}
		path := s.prefix + cmp.Or(a.Name, b.Name)
		if err := room.take(path); err != nil {
			return nil, err
		}
		if a.Mode == pull.Directory || b.Mode == pull.Directory {
			frontier = append(frontier, dirPair{set: s.set, prefix: path + "/", a: a.directory(), b: b.directory()})
		}
		if a, b = a.file(), b.file(); a != b {
			*out = append(*out, Change{path, a, b})
		}
	}
	return frontier, nil
}

// directory returns the id of an entry that is a directory; else none.
func (e Entry) directory() string {
	if e.Mode == pull.Directory {
		return e.ID
	}
	return ""
}

// file returns an entry that is no directory; else the zero Entry.
func (e Entry) file() Entry {
	if e.Mode == pull.Directory {
		return Entry{}
	}
	return e
}

// byName pairs the entries of trees by name, in order of name.
func byName(sides ...[]Entry) [][4]Entry {
	at := map[string]int{}
	var out [][4]Entry
	for i, entries := range sides {
		for _, e := range entries {
			k, ok := at[e.Name]
			if !ok {
				k = len(out)
				at[e.Name] = k
				out = append(out, [4]Entry{})
			}
			out[k][i] = e
		}
	}
	name := func(p [4]Entry) string { return cmp.Or(p[0].Name, p[1].Name, p[2].Name, p[3].Name) }
	slices.SortFunc(out, func(a, b [4]Entry) int { return cmp.Compare(name(a), name(b)) })
	return out
}

// Content returns a change without its neighbours' help: renames look like a
// file removed and another one added.
func (c Change) Content() pull.Content {
	out := pull.Content{Path: c.Path, Status: pull.Modified, OldMode: c.A.Mode, OldID: c.A.ID, Mode: c.B.Mode, ID: c.B.ID}
	switch {
	case c.A == Entry{}:
		out.Status = pull.Added
	case c.B == Entry{}:
		out.Status = pull.Removed
	case c.A.ID == c.B.ID:
		out.Status = pull.Changed
	}
	return out
}
