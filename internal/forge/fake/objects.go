package fake

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// File is one file as a commit writes it.
type File struct {
	Content string    // of a symlink its target, of a submodule the commit id
	Mode    pull.Mode // Regular if empty
}

// Objects is the object database of a repository and all its forks: as on
// forges, a commit that reached one of them can be read by id in each. Decoded
// trees and commits are kept, since they never change. The forge's lock guards
// it.
type Objects struct {
	store   *memory.Storage
	trees   map[plumbing.Hash]*Tree
	commits map[plumbing.Hash]*object.Commit
	diffs   map[diffKey][]FileDiff
	lists   map[diffKey][]Delta
	patches map[[2]Side]FileDiff // by what a file was and is
}

// HasTree reports whether there is a tree of an id.
func (o *Objects) HasTree(id plumbing.Hash) bool { return o.trees[id] != nil }

// HasBlob reports whether there is a blob of an id.
func (o *Objects) HasBlob(id plumbing.Hash) bool { return o.store.Blobs[id] != nil }

// Tree is one directory, with an index by name for look-ups by path.
type Tree struct {
	Entries []object.TreeEntry
	byName  map[string]int
}

func newObjects() *Objects {
	return &Objects{
		store:   memory.NewStorage(),
		trees:   map[plumbing.Hash]*Tree{},
		commits: map[plumbing.Hash]*object.Commit{},
		diffs:   map[diffKey][]FileDiff{},
		lists:   map[diffKey][]Delta{},
		patches: map[[2]Side]FileDiff{},
	}
}

func (o *Objects) putBlob(content string) (plumbing.Hash, error) {
	obj := o.store.NewEncodedObject()
	obj.SetType(plumbing.BlobObject)
	w, err := obj.Writer()
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("write blob: %w", err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("write blob: %w", err)
	}
	return o.store.SetEncodedObject(obj)
}

// Blob returns a blob's content; ok is false if there is no such blob.
func (o *Objects) Blob(id plumbing.Hash) (content []byte, ok bool) {
	obj, found := o.store.Blobs[id]
	if !found {
		return nil, false
	}
	r, err := obj.Reader()
	if err != nil {
		return nil, false
	}
	defer r.Close()
	content, err = io.ReadAll(r)
	return content, err == nil
}

// BlobSize is how many bytes a blob has.
func (o *Objects) BlobSize(id plumbing.Hash) int64 {
	obj, ok := o.store.Blobs[id]
	if !ok {
		return 0
	}
	return obj.Size()
}

// encoder is what go-git's trees and commits can do.
type encoder interface {
	Encode(plumbing.EncodedObject) error
}

func (o *Objects) put(e encoder) (plumbing.Hash, error) {
	obj := o.store.NewEncodedObject()
	if err := e.Encode(obj); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("encode git object: %w", err)
	}
	return o.store.SetEncodedObject(obj)
}

func (o *Objects) putTree(entries []object.TreeEntry) (plumbing.Hash, error) {
	sort.Sort(object.TreeEntrySorter(entries))
	id, err := o.put(&object.Tree{Entries: entries})
	if err == nil && o.trees[id] == nil {
		o.trees[id] = newTree(entries)
	}
	return id, err
}

func newTree(entries []object.TreeEntry) *Tree {
	t := &Tree{Entries: entries, byName: make(map[string]int, len(entries))}
	for i, e := range entries {
		t.byName[e.Name] = i
	}
	return t
}

// Tree returns a directory by id. The zero id is the empty tree, as is any id
// that names none: callers only ask for ids that a commit or tree holds.
func (o *Objects) Tree(id plumbing.Hash) *Tree {
	if t := o.trees[id]; t != nil {
		return t
	}
	return &Tree{}
}

func (t *Tree) find(name string) (object.TreeEntry, bool) {
	i, ok := t.byName[name]
	if !ok {
		return object.TreeEntry{}, false
	}
	return t.Entries[i], true
}

// Entry looks a path up below a tree. The empty path is the tree itself.
func (o *Objects) Entry(root plumbing.Hash, path string) (object.TreeEntry, bool) {
	at := object.TreeEntry{Mode: filemode.Dir, Hash: root}
	if path == "" {
		return at, true
	}
	for part := range strings.SplitSeq(path, "/") {
		if at.Mode != filemode.Dir {
			return object.TreeEntry{}, false
		}
		next, ok := o.Tree(at.Hash).find(part)
		if !ok {
			return object.TreeEntry{}, false
		}
		at = next
	}
	return at, true
}

// leaf is what a change puts at a path; nil takes the path away.
type leaf struct {
	mode filemode.FileMode
	id   plumbing.Hash
}

// write stores a file's content and gives its leaf.
func (o *Objects) write(f *File) (*leaf, error) {
	mode, err := filemode.New(string(f.Mode))
	if f.Mode == "" {
		mode, err = filemode.Regular, nil
	}
	if err != nil {
		return nil, fmt.Errorf("mode %q: %w", f.Mode, err)
	}
	if mode == filemode.Submodule {
		return &leaf{mode: mode, id: plumbing.NewHash(f.Content)}, nil
	}
	id, err := o.putBlob(f.Content)
	return &leaf{mode: mode, id: id}, err
}

// apply returns the tree in which the leaves are put at their paths. Only the
// directories on the way to a changed path are written anew; a directory that
// becomes empty goes away, as git has none.
func (o *Objects) apply(root plumbing.Hash, leaves map[string]*leaf) (plumbing.Hash, error) {
	here, below := map[string]*leaf{}, map[string]map[string]*leaf{}
	for path, l := range leaves {
		dir, rest, nested := strings.Cut(path, "/")
		if dir == "" || (nested && rest == "") {
			return plumbing.ZeroHash, fmt.Errorf("path %q: want a relative path without empty parts", path)
		}
		if !nested {
			here[dir] = l
			continue
		}
		if below[dir] == nil {
			below[dir] = map[string]*leaf{}
		}
		below[dir][rest] = l
	}
	old := o.Tree(root)
	kept := make([]object.TreeEntry, 0, len(old.Entries)+len(here)+len(below))
	for _, e := range old.Entries {
		if _, ok := here[e.Name]; !ok && below[e.Name] == nil {
			kept = append(kept, e)
		}
	}
	for name, l := range here {
		if l != nil {
			kept = append(kept, object.TreeEntry{Name: name, Mode: l.mode, Hash: l.id})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(below)) {
		if here[name] != nil {
			if slices.ContainsFunc(slices.Collect(maps.Values(below[name])), func(l *leaf) bool { return l != nil }) {
				return plumbing.ZeroHash, fmt.Errorf("path %q is both a file and a directory", name)
			}
			continue // a file takes the place of a directory, of which all goes
		}
		e, err := o.applyBelow(old, name, below[name])
		if err != nil {
			return plumbing.ZeroHash, fmt.Errorf("%s/%w", name, err)
		}
		if e != nil {
			kept = append(kept, *e)
		}
	}
	return o.putTree(kept)
}

func (o *Objects) applyBelow(old *Tree, name string, leaves map[string]*leaf) (*object.TreeEntry, error) {
	sub := plumbing.ZeroHash
	if e, ok := old.find(name); ok && e.Mode == filemode.Dir {
		sub = e.Hash
	}
	id, err := o.apply(sub, leaves)
	if err != nil {
		return nil, err
	}
	if len(o.Tree(id).Entries) == 0 {
		return nil, nil
	}
	return &object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: id}, nil
}

// Placed is a tree entry with its whole path.
type Placed struct {
	Path string
	object.TreeEntry
}

// Walk lists what is below a tree in git's order, directories before what is
// in them.
func (o *Objects) Walk(root plumbing.Hash, prefix string, recursive bool) []Placed {
	var out []Placed
	for _, e := range o.Tree(root).Entries {
		out = append(out, Placed{Path: prefix + e.Name, TreeEntry: e})
		if recursive && e.Mode == filemode.Dir {
			out = append(out, o.Walk(e.Hash, prefix+e.Name+"/", true)...)
		}
	}
	return out
}

// Octal writes a mode in git's six digits.
func Octal(mode filemode.FileMode) string { return fmt.Sprintf("%06o", uint32(mode)) }

// IsBinary is git's rule: a zero byte in the first 8,000.
func IsBinary(content []byte) bool {
	return slices.Contains(content[:min(len(content), 8000)], 0)
}
