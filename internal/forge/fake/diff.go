package fake

import (
	"cmp"
	"hash/maphash"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// renameLimit is git's default diff.renameLimit: with more candidates only
// renames without any change of content are found.
const renameLimit = 1000

// minSimilarity is git's threshold of a rename, in percent.
const minSimilarity = 50

// Side is a file on one side of a diff.
type Side struct {
	Path string
	mode filemode.FileMode
	ID   plumbing.Hash
}

// Mode is git's mode of the file.
func (s *Side) Mode() filemode.FileMode { return s.mode }

// Delta is a changed file: From is nil if it was added, To if it was removed.
type Delta struct{ From, To *Side }

// Path is where the file is, or was.
func (d Delta) Path() string {
	if d.To != nil {
		return d.To.Path
	}
	return d.From.Path
}

type diffKey struct{ from, to plumbing.Hash }

// TreeDiff lists the files in which two trees differ, in order of path,
// without looking for renames.
func (o *Objects) TreeDiff(a, b plumbing.Hash) []Delta {
	var out []Delta
	o.diffInto(a, b, "", &out)
	slices.SortFunc(out, func(x, y Delta) int {
		return cmp.Or(cmp.Compare(x.Path(), y.Path()), boolToInt(x.To != nil)-boolToInt(y.To != nil))
	})
	return out
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (o *Objects) diffInto(a, b plumbing.Hash, prefix string, out *[]Delta) {
	if a == b {
		return
	}
	before, after := o.Tree(a), o.Tree(b)
	for _, x := range before.Entries {
		y, ok := after.find(x.Name)
		switch {
		case !ok:
			o.oneSide(x, prefix, true, out)
		case x.Hash == y.Hash && x.Mode == y.Mode:
		case x.Mode == filemode.Dir && y.Mode == filemode.Dir:
			o.diffInto(x.Hash, y.Hash, prefix+x.Name+"/", out)
		case x.Mode == filemode.Dir || y.Mode == filemode.Dir:
			o.oneSide(x, prefix, true, out)
			o.oneSide(y, prefix, false, out)
		default:
			p := prefix + x.Name
			*out = append(*out, Delta{&Side{p, x.Mode, x.Hash}, &Side{p, y.Mode, y.Hash}})
		}
	}
	for _, y := range after.Entries {
		if _, ok := before.find(y.Name); !ok {
			o.oneSide(y, prefix, false, out)
		}
	}
}

// oneSide adds an entry that only one side has, and all that is below it.
func (o *Objects) oneSide(e object.TreeEntry, prefix string, removed bool, out *[]Delta) {
	files := []Placed{{Path: prefix + e.Name, TreeEntry: e}}
	if e.Mode == filemode.Dir {
		files = o.Walk(e.Hash, prefix+e.Name+"/", true)
	}
	for _, f := range files {
		if f.Mode == filemode.Dir {
			continue
		}
		s := &Side{f.Path, f.Mode, f.Hash}
		if removed {
			*out = append(*out, Delta{From: s})
		} else {
			*out = append(*out, Delta{To: s})
		}
	}
}

// changes lists the files in which two trees differ, with renames found as git
// finds them.
func (o *Objects) changes(a, b plumbing.Hash) []Delta {
	key := diffKey{a, b}
	if got, ok := o.lists[key]; ok {
		return got
	}
	r := renames{objects: o}
	for _, d := range o.TreeDiff(a, b) {
		switch {
		case d.From == nil:
			r.added = append(r.added, d.To)
		case d.To == nil:
			r.removed = append(r.removed, d.From)
		default:
			r.out = append(r.out, d)
		}
	}
	r.exact()
	r.similar()
	for _, s := range r.added {
		r.out = append(r.out, Delta{To: s})
	}
	for _, s := range r.removed {
		r.out = append(r.out, Delta{From: s})
	}
	slices.SortFunc(r.out, func(x, y Delta) int {
		return cmp.Or(cmp.Compare(x.Path(), y.Path()), boolToInt(x.To != nil)-boolToInt(y.To != nil))
	})
	o.lists[key] = r.out
	return r.out
}

// renames pairs removed files with added ones.
type renames struct {
	objects        *Objects
	added, removed []*Side
	out            []Delta
}

// exact pairs files of one content, those of one name first.
func (r *renames) exact() {
	byID := map[plumbing.Hash][]*Side{}
	for _, s := range r.removed {
		byID[s.ID] = append(byID[s.ID], s)
	}
	for _, sameName := range []bool{true, false} {
		r.added = slices.DeleteFunc(r.added, func(to *Side) bool {
			i := slices.IndexFunc(byID[to.ID], func(from *Side) bool {
				return sameType(from.mode, to.mode) && (!sameName || path.Base(from.Path) == path.Base(to.Path))
			})
			if i < 0 {
				return false
			}
			from := byID[to.ID][i]
			byID[to.ID] = slices.Delete(byID[to.ID], i, i+1)
			r.pair(from, to)
			return true
		})
	}
}

func (r *renames) pair(from, to *Side) {
	r.out = append(r.out, Delta{from, to})
	r.removed = slices.DeleteFunc(r.removed, func(s *Side) bool { return s == from })
}

func sameType(a, b filemode.FileMode) bool { return a == b || isText(a) && isText(b) }

func isText(m filemode.FileMode) bool {
	return m == filemode.Regular || m == filemode.Executable || m == filemode.Deprecated
}

// similar pairs the regular files that share at least half of their lines, the
// most alike first.
func (r *renames) similar() {
	if len(r.added)*len(r.removed) > renameLimit*renameLimit {
		return
	}
	type match struct{ from, to, score int }
	var found []match
	lines := r.fingerprints()
	for i, from := range r.removed {
		for j, to := range r.added {
			if !isText(from.mode) || !isText(to.mode) {
				continue
			}
			if score := lines[from.ID].score(lines[to.ID]); score >= minSimilarity {
				score = 2*score + boolToInt(path.Base(from.Path) == path.Base(to.Path))
				found = append(found, match{i, j, score})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(b.score, a.score) })
	removed, added := slices.Clone(r.removed), slices.Clone(r.added)
	for _, m := range found {
		if removed[m.from] == nil || added[m.to] == nil {
			continue
		}
		to := added[m.to]
		r.pair(removed[m.from], to)
		r.added = slices.DeleteFunc(r.added, func(s *Side) bool { return s == to })
		removed[m.from], added[m.to] = nil, nil
	}
}

// fingerprint counts the bytes of each line of a file.
type fingerprint struct {
	size  int
	lines map[uint64]int
}

func (r *renames) fingerprints() map[plumbing.Hash]fingerprint {
	out := map[plumbing.Hash]fingerprint{}
	if len(r.added) == 0 || len(r.removed) == 0 {
		return out
	}
	seed := maphash.MakeSeed()
	for _, s := range slices.Concat(r.added, r.removed) {
		content, _ := r.objects.Blob(s.ID)
		f := fingerprint{size: len(content), lines: map[uint64]int{}}
		for line := range strings.Lines(string(content)) {
			f.lines[maphash.String(seed, line)] += len(line)
		}
		out[s.ID] = f
	}
	return out
}

// score is the share of the larger file that both have, in percent.
func (f fingerprint) score(g fingerprint) int {
	small, large := min(f.size, g.size), max(f.size, g.size)
	if small == 0 || small*100 < large*minSimilarity {
		return 0
	}
	if len(f.lines) > len(g.lines) {
		f, g = g, f
	}
	common := 0
	for line, n := range f.lines {
		common += min(n, g.lines[line])
	}
	return common * 100 / large
}
