package model_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/merge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// blobDigits is the length of the model's object ids.
const blobDigits = 40

// modelTree is the files of a commit, by path.
type modelTree map[string]gittree.Entry

// modelCommit is a commit of the model's git.
type modelCommit struct {
	id      string
	number  int
	parents []*modelCommit
	files   modelTree
	author  string
	signed  []pull.Signature
	touches []string // what its author wrote: nothing of a clean merge
	past    past     // all that it descends from, itself among them
}

// past is a set of commits, by number.
type past [8]uint64

func (p *past) add(n int)     { p[n/64] |= 1 << (n % 64) }
func (p past) has(n int) bool { return p[n/64]&(1<<(n%64)) != 0 }

// mostCommits is how many commits one history can have.
const mostCommits = len(past{}) * 64

// modelGit is a repository in memory.
type modelGit struct {
	all   []*modelCommit
	byID  map[string]*modelCommit
	blobs map[string]string
	trees map[string][]gittree.Entry
	sign  func(author string) []pull.Signature
}

func newModelGit() *modelGit {
	return &modelGit{byID: map[string]*modelCommit{}, blobs: map[string]string{}, trees: map[string][]gittree.Entry{}}
}

// blob keeps a text and gives its id.
func (g *modelGit) blob(text string) string {
	id := pull.BlobID([]byte(text))
	g.blobs[id] = text
	return id
}

// commit adds a commit by somebody who wrote what differs from its first parent, or
// else what is told.
func (g *modelGit) commit(author string, files modelTree, touches []string, parents ...*modelCommit) *modelCommit {
	c := &modelCommit{number: len(g.all), parents: parents, files: files, author: author, touches: touches}
	var ids []string
	for _, p := range parents {
		for i, bits := range p.past {
			c.past[i] |= bits
		}
		ids = append(ids, p.id)
	}
	c.past.add(c.number)
	c.signed = g.sign(author)
	entries := g.plant(files)
	c.id = pull.ObjectID("commit", fmt.Append(nil, c.number, author, ids, entries), blobDigits)
	g.trees[c.id] = entries
	g.all, g.byID[c.id] = append(g.all, c), c
	return c
}

// plant makes the trees of some files and gives the root's entries.
func (g *modelGit) plant(files modelTree) []gittree.Entry {
	below := map[string][]gittree.Entry{}
	var root []gittree.Entry
	for _, path := range slices.Sorted(maps.Keys(files)) {
		dir, name, deep := strings.Cut(path, "/")
		e := files[path]
		if !deep {
			e.Name = path
			root = append(root, e)
			continue
		}
		e.Name = name
		below[dir] = append(below[dir], e)
	}
	for _, dir := range slices.Sorted(maps.Keys(below)) {
		id := pull.ObjectID("tree", fmt.Append(nil, below[dir]), blobDigits)
		g.trees[id] = below[dir]
		root = append(root, gittree.Entry{Name: dir, Mode: pull.Directory, ID: id})
	}
	slices.SortFunc(root, func(a, b gittree.Entry) int { return cmp.Compare(a.Name, b.Name) })
	return root
}

// contains reports whether b descends from a, or is it.
func contains(b, a *modelCommit) bool { return b.past.has(a.number) }

// mergeBases returns the best common ancestors, by id.
func (g *modelGit) mergeBases(a, b *modelCommit) []*modelCommit {
	var best []*modelCommit
	for _, c := range slices.Backward(g.all) {
		if contains(a, c) && contains(b, c) && !slices.ContainsFunc(best, func(o *modelCommit) bool { return contains(o, c) }) {
			best = append(best, c)
		}
	}
	slices.SortFunc(best, func(a, b *modelCommit) int { return cmp.Compare(a.id, b.id) })
	return best
}

// mergeBase returns the one merge base; nil where there are several.
func (g *modelGit) mergeBase(a, b *modelCommit) *modelCommit {
	if bases := g.mergeBases(a, b); len(bases) == 1 {
		return bases[0]
	}
	return nil
}

// between returns the commits that a head has and a base has not, oldest first.
func (g *modelGit) between(base, head *modelCommit) []*modelCommit {
	var out []*modelCommit
	for _, c := range g.all {
		if contains(head, c) && !contains(base, c) {
			out = append(out, c)
		}
	}
	return out
}

// diff returns what differs between two commits' files, in order of path.
func diff(a, b *modelCommit) []pull.Content {
	paths := slices.Sorted(maps.Keys(a.files))
	for p := range b.files {
		if _, ok := a.files[p]; !ok {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	var out []pull.Content
	for _, p := range paths {
		was, is := a.files[p], b.files[p]
		if was == is {
			continue
		}
		c := pull.Content{Path: p, Status: pull.Modified, OldMode: was.Mode, OldID: was.ID, Mode: is.Mode, ID: is.ID}
		switch {
		case was.ID == "":
			c.Status = pull.Added
		case is.ID == "":
			c.Status = pull.Removed
		case was.ID == is.ID:
			c.Status = pull.Changed
		}
		out = append(out, c)
	}
	return out
}

func pathsOf(contents []pull.Content) []string {
	var out []string
	for _, c := range contents {
		out = append(out, c.Path)
	}
	return out
}

// merged returns what merging theirs into ours makes of a base's files, and where the
// two conflict; there ours stays.
func (g *modelGit) merged(base, ours, theirs modelTree) (out modelTree, conflicts []string) {
	out = maps.Clone(ours)
	paths := slices.Sorted(maps.Keys(theirs))
	for p := range base {
		if _, ok := theirs[p]; !ok {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	for _, p := range paths {
		b, o, t := base[p], ours[p], theirs[p]
		switch {
		case t == b || t == o:
		case o == b && t.ID == "":
			delete(out, p)
		case o == b:
			out[p] = t
		default:
			e, ok := g.mergedEntry(b, o, t)
			if !ok {
				conflicts = append(conflicts, p)
				continue
			}
			out[p] = e
		}
	}
	return out, conflicts
}

// mergedEntry makes the clean merge of a file that both sides changed.
func (g *modelGit) mergedEntry(base, ours, theirs gittree.Entry) (gittree.Entry, bool) {
	if base.ID == "" || ours.ID == "" || theirs.ID == "" {
		return base, false
	}
	mode := ours.Mode
	if mode == base.Mode {
		mode = theirs.Mode
	}
	text, clean := merge.Clean([]byte(g.blobs[base.ID]), []byte(g.blobs[ours.ID]), []byte(g.blobs[theirs.ID]))
	if !clean || theirs.Mode != base.Mode && theirs.Mode != mode {
		return base, false
	}
	return gittree.Entry{Mode: mode, ID: g.blob(string(text))}, true
}

// carries reports whether what somebody approved of a file is what it is now, or gives
// it by a clean merge with what only the base has changed since.
func (g *modelGit) carries(then, now pull.Content) bool {
	if then == now {
		return true
	}
	was := func(c pull.Content) gittree.Entry { return gittree.Entry{Mode: c.OldMode, ID: c.OldID} }
	is := func(c pull.Content) gittree.Entry { return gittree.Entry{Mode: c.Mode, ID: c.ID} }
	base, ours, theirs := was(then), is(then), was(now)
	if then.Path != now.Path || base.ID == "" || ours.ID == "" || theirs.ID == "" || now.ID == "" {
		return false
	}
	got, ok := g.mergedEntry(base, ours, theirs)
	return ok && got == is(now)
}
