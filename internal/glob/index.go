package glob

import "slices"

// Index matches one path against many patterns. It finds candidates by their
// literal directory prefix, so that a path meets only the patterns written for
// its own directories. It is safe for concurrent use once built.
type Index struct {
	byPrefix map[string][]entry
}

type entry struct {
	id  int
	alt *alternative
}

// NewIndex compiles patterns into an index. The id of a pattern is its place
// in the list.
func NewIndex(patterns []Pattern) *Index {
	x := &Index{byPrefix: make(map[string][]entry, len(patterns))}
	for id, p := range patterns {
		for i := range p.alts {
			alt := &p.alts[i]
			x.byPrefix[alt.prefix] = append(x.byPrefix[alt.prefix], entry{id, alt})
		}
	}
	return x
}

// Match appends the ids of all patterns that match the path to ids, in rising
// order and each once, and gives the result.
func (x *Index) Match(path string, dirs Directories, ids []int) []int {
	start := len(ids)
	ids = x.collect("", path, dirs, ids)
	for i := 0; i < len(path); i++ {
		if path[i] == '/' {
			ids = x.collect(path[:i], path, dirs, ids)
		}
	}
	ids = x.collect(path, path, dirs, ids)
	found := ids[start:]
	slices.Sort(found)
	return ids[:start+len(slices.Compact(found))]
}

func (x *Index) collect(prefix, path string, dirs Directories, ids []int) []int {
	for _, e := range x.byPrefix[prefix] {
		if e.alt.match(path, dirs) {
			ids = append(ids, e.id)
		}
	}
	return ids
}
