package gate

import (
	"path"
	"slices"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// sourceFile is a path at which a file is wanted, and what stands there. What a
// symbolic link or a submodule leads to is never read.
type sourceFile struct {
	path  string
	entry seam.Entry
	way   string // the link or submodule, of which entry is, that the path is or lies below
}

// withParents adds the directories above paths, which may be links.
func withParents(paths []string) []string {
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

// place finds a file among the entries of a tree. A link above it is found if the
// entries have the directories above.
func place(entries map[string]seam.Entry, name string) sourceFile {
	f := sourceFile{path: name, entry: entries[name]}
	if f.entry.IsLink() {
		f.way = name
	}
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if e := entries[dir]; e.IsLink() {
			f.entry, f.way = e, dir
		}
	}
	return f
}

// isFile reports whether there is a file that can be read.
func (f sourceFile) isFile() bool {
	return f.entry.ID != "" && f.way == "" && f.entry.Mode != pull.Directory
}

// misplaced says what stands in the place of the file; empty if there is a file,
// or nothing.
func (f sourceFile) misplaced() string {
	switch {
	case f.way != "" && f.entry.Mode == pull.Submodule:
		return formats.Misplaced(f.path, f.way, formats.Submodule)
	case f.way != "":
		return formats.Misplaced(f.path, f.way, formats.SymbolicLink)
	case f.entry.ID != "" && f.entry.Mode == pull.Directory:
		return "is a directory; put a file in its place"
	}
	return ""
}
