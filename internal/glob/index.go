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
	last  *segments        // by the path's last segment, however deep
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
	case lookKind:
		x.root.whole = append(x.root.whole, entry{id, alt})
	case kernelKind:
		x.addKernel(id, alt)
	default:
		x.addGlob(id, alt)
	}
}

// addGlob files a pattern of doublestar's dialect.
func (x *Index) addGlob(id int32, alt *alternative) {
	parts, ok := splitSegments(alt.text)
	n := &x.root
	if !ok {
		prefix := alt.prefix
		if alt.kind == literal || alt.kind == below { // it may be the path itself
			prefix = prefix[:max(strings.LastIndexByte(prefix, '/'), 0)]
		}
		n = n.down(prefix)
		if len(parts) > 0 && parts[len(parts)-1].kind != anyDepth { // asked only for paths that end so
			e := n.atEnd(parts[len(parts)-1])
			e.whole = append(e.whole, entry{id, alt})
		} else {
			n.whole = append(n.whole, entry{id, alt})
		}
		return
	}
	for i, part := range parts {
		switch {
		case part.kind == anyDepth && i == len(parts)-1:
			n.below = append(n.below, id)
			if i > 0 {
				n.self = append(n.self, entry{id, alt})
			}
			return
		case part.kind == anyDepth && i == len(parts)-2:
			n.atEnd(parts[i+1]).here(id)
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

// down returns the node of a literal directory; the root for none.
func (n *node) down(dir string) *node {
	if dir == "" {
		return n
	}
	for part := range strings.SplitSeq(dir, "/") {
		n = n.step(segment{kind: itself, prefix: part})
	}
	return n
}

// atEnd returns the edge of a segment that is the path's last one.
func (n *node) atEnd(s segment) *edge {
	if n.last == nil {
		n.last = &segments{}
	}
	return n.last.add(s)
}

// step returns the node after one more segment.
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
	if path == "" || path[0] == '/' || path[len(path)-1] == '/' || strings.Contains(path, "//") || strings.IndexByte(path, '\n') >= 0 {
		return x.askAll(path, dirs, ids) // no path of a tree, or one that wildcards treat otherwise
	}
	start := len(ids)
	var buf [8]visit
	todo := append(buf[:0], visit{&x.root, path, true})
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		ids, todo = v.match(path, dirs, ids, todo[:len(todo)-1])
	}
	ids = x.regexps.match(path, ids)
	found := ids[start:]
	if len(found) > 1 {
		slices.Sort(found)
		found = slices.Compact(found)
	}
	return ids[:start+len(found)]
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

// visit is a path that came to a node. rest is what of it lies below the node;
// without more, it ends there.
type visit struct {
	node *node
	rest string
	more bool
}

// match appends the patterns that the visit finds, and the nodes that the path
// goes on to. It does not call itself, so that no list need be on the heap.
func (v visit) match(path string, dirs Directories, ids []int32, todo []visit) ([]int32, []visit) {
	n := v.node
	if !v.more {
		return ask(n.self, path, dirs, append(ids, n.here...)), todo
	}
	ids = ask(n.whole, path, dirs, append(ids, n.below...))
	var buf [4]*edge
	if n.last != nil {
		for _, e := range n.last.match(v.rest[strings.LastIndexByte(v.rest, '/')+1:], buf[:0]) {
			ids = ask(e.whole, path, dirs, append(ids, e.ids...))
		}
	}
	if n.deep != nil { // at each depth
		for rest, more := v.rest, true; more; {
			todo = append(todo, visit{n.deep, rest, true})
			_, rest, more = strings.Cut(rest, "/")
		}
	}
	head, tail, more := strings.Cut(v.rest, "/")
	if next := n.next[head]; next != nil {
		todo = append(todo, visit{next, tail, more})
	}
	if n.wild != nil {
		for _, e := range n.wild.match(head, buf[:0]) {
			todo = append(todo, visit{e.node, tail, more})
		}
	}
	switch {
	case n.open == nil:
	case more:
		ids = proved(n.open.exactly(head), ids)
	default:
		ids = open(n.open.match(head, buf[:0]), path, dirs, ids)
	}
	return ids, todo
}

// ask appends the patterns that match the path as a whole.
func ask(entries []entry, path string, dirs Directories, ids []int32) []int32 {
	for _, e := range entries {
		if e.alt.match(path, dirs) {
			ids = append(ids, e.id)
		}
	}
	return ids
}

// proved appends the names that a path proves directories by lying below them.
func proved(edges []*edge, ids []int32) []int32 {
	for _, e := range edges {
		for _, n := range e.names {
			ids = append(ids, n.id)
		}
	}
	return ids
}

// open appends the patterns of edges whose text the last segment begins with;
// not those that name a directory of the tree.
func open(edges []*edge, path string, dirs Directories, ids []int32) []int32 {
	for _, e := range edges {
		ids = append(ids, e.ids...)
		for _, n := range e.names {
			if n.name == path || !dirs.has(n.name) {
				ids = append(ids, n.id)
			}
		}
	}
	return ids
}
