// Package coverage says how much of a tree an ownership map owns, by folder, and what the map
// lacks.
//
// It is pure, and what it returns is bounded however large the tree is. Reading the tree and the map
// is package survey's.
package coverage

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

// Survey is what was found out of the ownership of a repository's tree.
type Survey struct {
	V      int       `json:"v"`
	At     time.Time `json:"at"`
	Base   string    `json:"base_branch"`
	Commit string    `json:"commit"`
	// Why says why it could not be found out: no_policy, faults, too_large or unread. The rest is
	// empty then.
	Why     string   `json:"why,omitempty"`
	Files   int      `json:"files"`
	Folders []Folder `json:"folders"` // that make up the tree, in order of path
	Lacks   []Lack   `json:"lacks"`   // of each of ownership.HealthKinds, the worst first
}

// The reasons of Survey.Why.
const (
	WhyNoPolicy = "no_policy" // nothing gates the repository
	WhyFaults   = "faults"    // the policy or the map has errors
	WhyTooLarge = "too_large" // the tree has more files or directories than are read
	WhyUnread   = "unread"    // the forge or the clone did not give it
)

// Folder is a part of a tree, by who owns its files. No file is in two.
type Folder struct {
	// Path ends with a slash; empty for the root. Rest tells that folders below it that stand by
	// themselves in the list are not in it.
	Path      string `json:"path"`
	Rest      bool   `json:"rest,omitempty"`
	Owned     int    `json:"owned"`         // files that an area with somebody who can approve owns
	Fallback  int    `json:"fallback_only"` // that only a fallback owns, with somebody who can approve
	Unstaffed int    `json:"unstaffed"`     // of owners of whom nobody can approve
	Unowned   int    `json:"unowned"`       // that nobody owns
}

// Files is how many there are.
func (f Folder) Files() int { return f.Owned + f.Fallback + f.Unstaffed + f.Unowned }

func (f *Folder) add(o Folder) {
	f.Owned, f.Fallback, f.Unstaffed, f.Unowned = f.Owned+o.Owned, f.Fallback+o.Fallback, f.Unstaffed+o.Unstaffed, f.Unowned+o.Unowned
}

// Lack is one kind of what a map lacks.
type Lack struct {
	Kind  string   `json:"kind"` // one of ownership.HealthKinds
	Count int      `json:"count"`
	First []string `json:"first"` // the worst
}

const (
	maxFolders = 60  // in the list
	maxTop     = 40  // folders of the root that stand by themselves
	maxBelow   = 8   // folders of another one that do
	deepest    = 4   // names in a path
	large      = 12  // a folder with more than one file in so many is divided
	maxFirst   = 5   // examples of a kind
	maxExample = 200 // bytes of one
	version    = 1
)

// Of surveys a tree of paths. At, Base and Commit are left to whoever knows them.
func Of(m *ownership.Map, paths []string) Survey {
	s := Survey{V: version, Files: len(paths), Folders: folders(count(m, paths))}
	health := m.Health(paths)
	for _, kind := range ownership.HealthKinds() {
		s.Lacks = append(s.Lacks, Lack{Kind: kind, Count: health.Findings(kind), First: examples(&health, kind)})
	}
	return s
}

// node is a directory of a tree, with all below it.
type node struct {
	Folder

	below map[string]*node
}

// count counts files by directory, as deep as folders are told of.
func count(m *ownership.Map, paths []string) *node {
	root := &node{}
	for _, p := range paths {
		one := ownersOf(m, m.Match(p))
		at := root
		at.add(one)
		names := strings.SplitN(p, "/", deepest+1)
		for i := range min(len(names)-1, deepest) {
			next := at.below[names[i]]
			if next == nil {
				if at.below == nil {
					at.below = map[string]*node{}
				}
				next = &node{Folder: Folder{Path: at.Path + names[i] + "/"}}
				at.below[names[i]] = next
			}
			at = next
			at.add(one)
		}
	}
	return root
}

// ownersOf is a file, as a folder of one.
func ownersOf(m *ownership.Map, owners []*ownership.Subsystem) Folder {
	if len(owners) == 0 {
		return Folder{Unowned: 1}
	}
	if !slices.ContainsFunc(owners, func(s *ownership.Subsystem) bool { return slices.ContainsFunc(m.Approvers(s), ownership.Owner.Known) }) {
		return Folder{Unstaffed: 1}
	}
	if owners[0].Fallback {
		return Folder{Fallback: 1}
	}
	return Folder{Owned: 1}
}

// folders divides a tree into its top-level folders, and those that are large into theirs.
func folders(root *node) []Folder {
	list := root.divide(maxTop)
	for {
		i := -1
		for at, n := range list {
			if len(n.below) > 0 && n.Files()*large > root.Files() && len(list)+maxBelow <= maxFolders && (i < 0 || n.Files() > list[i].Files()) {
				i = at
			}
		}
		if i < 0 {
			break
		}
		list = slices.Concat(list[:i:i], list[i].divide(maxBelow), list[i+1:])
	}
	out := []Folder{}
	for _, n := range list {
		out = append(out, n.Folder)
	}
	slices.SortFunc(out, func(a, b Folder) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// divide returns the largest folders of a directory, so many at most, and what is left of it.
func (n *node) divide(most int) []*node {
	var list []*node
	for _, b := range n.below {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *node) int { return cmp.Or(cmp.Compare(b.Files(), a.Files()), cmp.Compare(a.Path, b.Path)) })
	list = list[:min(len(list), most)]
	rest := &node{Folder: n.Folder}
	for _, b := range list {
		rest.Owned, rest.Fallback = rest.Owned-b.Owned, rest.Fallback-b.Fallback
		rest.Unstaffed, rest.Unowned = rest.Unstaffed-b.Unstaffed, rest.Unowned-b.Unowned
	}
	rest.Rest = len(list) > 0
	if rest.Files() > 0 {
		list = append(list, rest)
	}
	return list
}

// examples are the first of a kind, as one reads them.
func examples(h *ownership.Health, kind string) []string {
	out := []string{}
	add := func(text string) { out = append(out, clip(text)) }
	switch kind {
	case "unowned":
		out = directories(h.Unowned)
	case "fallback_only":
		out = directories(h.Fallback)
	case "unstaffed", "single":
		list := h.Unstaffed
		if kind == "single" {
			list = h.Single
		}
		for _, l := range first(list) {
			add(l.Subsystem + " · " + l.Pos.String())
		}
	case "no_login":
		for _, u := range first(h.NoLogin) {
			add(u.Owner)
		}
	case "dead", "shadowed":
		list := h.Dead
		if kind == "shadowed" {
			list = h.Shadowed
		}
		for _, r := range first(list) {
			add(r.Pattern + " · " + r.Pos.String())
		}
	case "duplicates":
		for _, d := range first(h.Duplicates) {
			add(d.Subsystem + " · " + d.Pos.String() + " · " + d.First.String())
		}
	}
	return out
}

func first[T any](list []T) []T { return list[:min(len(list), maxFirst)] }

// clip keeps the beginning of a text.
func clip(text string) string {
	if len(text) <= maxExample {
		return text
	}
	return strings.ToValidUTF8(text[:maxExample], "") + "…"
}

// directories are those with the most of some paths, the fullest first.
func directories(paths []string) []string {
	counts := map[string]int{}
	for _, p := range paths {
		counts[path.Dir(p)+"/"]++
	}
	dirs := make([]string, 0, len(counts))
	for dir := range counts {
		dirs = append(dirs, dir)
	}
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	dirs = first(dirs)
	for i := range dirs {
		dirs[i] = clip(dirs[i])
	}
	return dirs
}
