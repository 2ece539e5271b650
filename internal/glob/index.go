package glob

import (
	"slices"
	"strings"
)

// Index matches one path against many patterns of all dialects at once. It is
// a trie of path segments, so that a path meets only the patterns written for
// its own directories; segments with wildcards are found by how they begin or
// end, and regular expressions by a text that they need. It is safe for
// concurrent use once built.
type Index struct {
	patterns []Pattern
	root     node
	regexps  regexps
}

// node is a place in the trie, after some segments of a pattern.
type node struct {
	next  map[string]*node // by a segment that is itself
	wild  *segments        // by segments with wildcards, to nodes
	deep  *node            // after a **: here and at every depth below
	last  *segments        // after a **, a single segment: the path's last one
	open  *segments        // the path's last segment begins so
	here  []int32          // patterns that end at this node
	below []int32          // patterns of everything deeper
	self  []entry          // of those, patterns that may take the directory's own name, too
	whole []entry          // patterns that are asked for the path as a whole
}

type entry struct {
	id  int32
	alt *alternative
}

// NewIndex compiles patterns into an index. The id of a pattern is its place
// in the list.
func NewIndex(patterns []Pattern) *Index {
	x := &Index{patterns: patterns}
	for id, p := range patterns {
		for i := range p.alts {
			x.add(int32(id), &p.alts[i])
		}
	}
	x.root.finish()
	x.regexps.finish()
	return x
}

func (x *Index) add(id int32, alt *alternative) {
	switch alt.kind {
	case regexpKind:
		x.regexps.add(entry{id, alt})
	case kernelKind:
		x.addKernel(id, alt)
	default:
		x.addGlob(id, alt)
	}
}

// addGlob files a pattern of doublestar's dialect.
func (x *Index) addGlob(id int32, alt *alternative) {
	parts, ok := splitSegments(alt.text)
	if !ok {
		n := x.root.down(alt.prefix)
		n.whole = append(n.whole, entry{id, alt})
		return
	}
	n := &x.root
	for i, part := range parts {
		switch {
		case part.kind == anyDepth && i == len(parts)-1:
			n.below = append(n.below, id)
			if i > 0 {
				n.self = append(n.self, entry{id, alt})
			}
			return
		case part.kind == anyDepth && i == len(parts)-2:
			if n.last == nil {
				n.last = &segments{}
			}
			n.last.add(parts[i+1]).here(id)
			return
		case part.kind == anyDepth:
			if n.deep == nil {
				n.deep = &node{}
			}
			n = n.deep
		default:
			n = n.step(part)
		}
	}
	n.here = append(n.here, id)
}

// addKernel files a pattern of MAINTAINERS.
func (x *Index) addKernel(id int32, alt *alternative) {
	dir, below := strings.CutSuffix(alt.text, "/")
	parts, ok := kernelSegments(alt)
	switch {
	case below && dir != "" && !strings.ContainsAny(dir, kernelOperators):
		n := x.root.down(dir)
		n.below = append(n.below, id)
		return
	case below || !ok:
		n := x.root.down(alt.prefix)
		n.whole = append(n.whole, entry{id, alt})
		return
	}
	n := &x.root
	for _, part := range parts[:len(parts)-1] {
		n = n.step(part)
	}
	if n.open == nil {
		n.open = &segments{}
	}
	e := n.open.add(parts[len(parts)-1])
	if name := alt.kernel.name; name != "" {
		e.names = append(e.names, named{id, name})
	} else {
		e.here(id)
	}
}

// down gives the node of a literal directory; the root for none.
func (n *node) down(dir string) *node {
	if dir == "" {
		return n
	}
	for part := range strings.SplitSeq(dir, "/") {
		n = n.step(segment{kind: itself, prefix: part})
	}
	return n
}

// step gives the node after one more segment.
func (n *node) step(s segment) *node {
	if s.kind == itself {
		next := n.next[s.prefix]
		if next == nil {
			if n.next == nil {
				n.next = map[string]*node{}
			}
			next = &node{}
			n.next[s.prefix] = next
		}
		return next
	}
	if n.wild == nil {
		n.wild = &segments{}
	}
	e := n.wild.add(s)
	if e.node == nil {
		e.node = &node{}
	}
	return e.node
}

// finish sorts what was added.
func (n *node) finish() {
	for _, next := range n.next {
		next.finish()
	}
	if n.deep != nil {
		n.deep.finish()
	}
	for _, s := range []*segments{n.wild, n.last, n.open} {
		if s != nil {
			s.finish()
		}
	}
}

// Match appends the ids of all patterns that match the path to ids, in rising
// order and each once, and gives the result.
func (x *Index) Match(path string, dirs Directories, ids []int32) []int32 {
	if path == "" || path[0] == '/' || path[len(path)-1] == '/' || strings.Contains(path, "//") {
		return x.askAll(path, dirs, ids) // no path of a tree
	}
	w := walk{path: path, dirs: dirs, ids: ids}
	w.visit(&x.root, path, true)
	w.ids = x.regexps.match(path, w.ids)
	found := w.ids[len(ids):]
	if len(found) > 1 {
		slices.Sort(found)
		found = slices.Compact(found)
	}
	return w.ids[:len(ids)+len(found)]
}

// askAll asks each pattern.
func (x *Index) askAll(path string, dirs Directories, ids []int32) []int32 {
	for id, p := range x.patterns {
		if p.MatchIn(path, dirs) {
			ids = append(ids, int32(id))
		}
	}
	return ids
}

// walk is one path on its way through the trie.
type walk struct {
	path string
	dirs Directories
	ids  []int32
}

// visit collects the patterns at a node and below. rest is what of the path
// lies below the node; without more, the path ends there.
func (w *walk) visit(n *node, rest string, more bool) {
	if !more {
		w.ids = append(w.ids, n.here...)
		w.ask(n.self)
		return
	}
	w.ids = append(w.ids, n.below...)
	w.ask(n.whole)
	if n.last != nil {
		n.last.match(rest[strings.LastIndexByte(rest, '/')+1:], w.take)
	}
	if n.deep != nil {
		w.descend(n.deep, rest)
	}
	head, tail, more := strings.Cut(rest, "/")
	if next := n.next[head]; next != nil {
		w.visit(next, tail, more)
	}
	if n.wild != nil {
		n.wild.match(head, func(e *edge) { w.visit(e.node, tail, more) })
	}
	if n.open != nil {
		if more {
			w.below(n.open.exactly(head))
		} else {
			n.open.match(head, w.open)
		}
	}
}

// descend visits the node after a ** at each depth.
func (w *walk) descend(n *node, rest string) {
	for more := true; more; {
		w.visit(n, rest, true)
		_, rest, more = strings.Cut(rest, "/")
	}
}

// ask takes the patterns that match the path as a whole.
func (w *walk) ask(entries []entry) {
	for _, e := range entries {
		if e.alt.match(w.path, w.dirs) {
			w.ids = append(w.ids, e.id)
		}
	}
}

func (w *walk) take(e *edge) { w.ids = append(w.ids, e.ids...) }

// below takes the names that the path proves directories by lying below them.
func (w *walk) below(edges []*edge) {
	for _, e := range edges {
		for _, n := range e.names {
			w.ids = append(w.ids, n.id)
		}
	}
}

// open takes the patterns of an edge whose text the last segment begins with;
// not those that name a directory of the tree.
func (w *walk) open(e *edge) {
	w.take(e)
	for _, n := range e.names {
		if !w.dirs.has(n.name) {
			w.ids = append(w.ids, n.id)
		}
	}
}
