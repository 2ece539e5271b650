package sources

import (
	"path"
	"slices"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// PlacedFile is a path at which a file is wanted, and what stands there. What a
// symbolic link or a submodule leads to is never read.
type PlacedFile struct {
	path  string
	Entry seam.Entry
	Way   string // the link or submodule, of which entry is, that the path is or lies below
}

// WithParents adds the directories above paths, which may be links.
func WithParents(paths []string) []string {
	all, there := slices.Clone(paths), setOf(paths)
	for _, p := range paths {
		for dir := path.Dir(p); dir != "." && dir != "/" && !there[dir]; dir = path.Dir(dir) {
			there[dir], all = true, append(all, dir)
		}
	}
	return all
}

func setOf(paths []string) map[string]bool {
	set := make(map[string]bool, len(paths))
	for _, p := range paths {
		set[p] = true
	}
	return set
}

// Place finds a file among the entries of a tree. A link above it is found if the
// entries have the directories above.
func Place(entries map[string]seam.Entry, name string) PlacedFile {
	f := PlacedFile{path: name, Entry: entries[name]}
	if f.Entry.IsLink() {
		f.Way = name
	}
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if e := entries[dir]; e.IsLink() {
			f.Entry, f.Way = e, dir
		}
	}
	return f
}

// First finds the first of some paths at which there is anything, or a link in the way; the
// first of all if there is none.
func First(entries map[string]seam.Entry, paths []string) PlacedFile {
	for _, name := range paths {
		if f := Place(entries, name); f.Entry.ID != "" {
			return f
		}
	}
	return PlacedFile{path: paths[0]}
}

// Path is where the file is wanted.
func (f PlacedFile) Path() string { return f.path }

// IsFile reports whether there is a file that can be read.
func (f PlacedFile) IsFile() bool {
	return f.Entry.ID != "" && f.Way == "" && f.Entry.Mode != pull.Directory
}

// Misplaced says what stands in the place of the file; empty if there is a file,
// or nothing.
func (f PlacedFile) Misplaced() string {
	switch {
	case f.Way != "" && f.Entry.Mode == pull.Submodule:
		return formats.Misplaced(f.path, f.Way, formats.Submodule)
	case f.Way != "":
		return formats.Misplaced(f.path, f.Way, formats.SymbolicLink)
	case f.Entry.ID != "" && f.Entry.Mode == pull.Directory:
		return "is a directory; put a file in its place"
	}
	return ""
}
