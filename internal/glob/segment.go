package glob

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
)

// segment is one segment of a pattern.
type segment struct {
	kind   segmentKind
	prefix string   // that a matching segment begins with
	suffix string   // that it ends with
	middle []string // that it has between them, in order
	text   string   // of those that it decides
	kernel *kernel  // of those that it decides
}

type segmentKind byte

const (
	itself   segmentKind = iota // is prefix
	stars                       // prefix, middle and suffix with a * between each
	byText                      // doublestar decides
	byStart                     // kernel decides how it begins
	anyDepth                    // **
)

// key tells a segment from any other.
func (s *segment) key() string {
	return string(rune('a'+s.kind)) + s.prefix + "\x00" + s.suffix + "\x00" + s.text + "\x00" + strings.Join(s.middle, "\x00")
}

// splitSegments divides a pattern without braces. It gives false for those that
// the trie doesn't hold: a class that takes a slash (doublestar's negated ones
// do), a quoted slash, more than one ** (besides one at the end), longer runs of stars, and
// text that is not UTF-8.
func splitSegments(text string) ([]segment, bool) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) || strings.Contains(text, "***") {
		return nil, false
	}
	var list []segment
	depths := 0
	for start, i := 0, 0; i <= len(text); i++ {
		switch {
		case i == len(text) || text[i] == '/':
			s := newSegment(text[start:i])
			if s.kind == anyDepth && i < len(text) {
				depths++
			}
			list = append(list, s)
			start = i + 1
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '/':
			return nil, false
		case text[i] == '\\':
			i++
		case text[i] == '[':
			end := classEnd(text, i)
			if end == i || strings.Contains(text[i:end], "/") || doublestar.MatchUnvalidated(text[i:end+1], "/") {
				return nil, false
			}
			i = end
		}
	}
	twice := len(list) > 1 && list[len(list)-1].kind == anyDepth && list[len(list)-2].kind == anyDepth
	return list, depths <= 1 && !twice
}

// newSegment reads one segment in doublestar's dialect.
func newSegment(text string) segment {
	if text == "**" {
		return segment{kind: anyDepth}
	}
	var parts []string // between stars
	var part []byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '?' || c == '[':
			first := string(part)
			if len(parts) > 0 {
				first = parts[0]
			}
			return segment{kind: byText, prefix: first, text: text}
		case c == '\\' && i+1 < len(text):
			i++
			part = append(part, text[i])
		case c == '*' && i > 0 && text[i-1] == '*' && len(part) == 0 && len(parts) > 0:
			// one star says it
		case c == '*':
			parts = append(parts, string(part))
			part = part[:0]
		default:
			part = append(part, c)
		}
	}
	parts = append(parts, string(part))
	if len(parts) == 1 {
		return segment{kind: itself, prefix: parts[0]}
	}
	return segment{kind: stars, prefix: parts[0], middle: parts[1 : len(parts)-1], suffix: parts[len(parts)-1]}
}

// match reports whether the segment matches one of a path that begins with
// prefix.
func (s *segment) match(text string) bool {
	switch s.kind {
	case itself:
		return text == s.prefix
	case byText:
		return doublestar.MatchUnvalidated(s.text, text)
	case byStart:
		return s.kernel.matchTokens(text)
	case stars, anyDepth: // the latter is no edge
	}
	if len(text) < len(s.prefix)+len(s.suffix) || !strings.HasSuffix(text, s.suffix) {
		return false
	}
	text = text[len(s.prefix) : len(text)-len(s.suffix)]
	for _, m := range s.middle {
		i := strings.Index(text, m)
		if i < 0 {
			return false
		}
		text = text[i+len(m):]
	}
	return true
}

// edge leads on from a node.
type edge struct {
	segment segment
	node    *node   // of edges within the trie
	ids     []int32 // of edges at its end
	whole   []entry // patterns that end so and are asked for the path as a whole
	names   []named // kernel patterns at its end that may name a directory
}

type named struct {
	id   int32
	name string
}

func (e *edge) here(id int32) { e.ids = append(e.ids, id) }

// segments are the edges of a node. Those with a prefix are sorted by it, so
// that one search finds all prefixes of a text: the last one that is not after
// it, and what is shorter.
type segments struct {
	byKey    map[string]*edge // while it is built
	prefixes []prefixed
	suffixed map[string][]*edge // those without a prefix, by suffix
	lengths  []int              // of suffixes
	rest     []*edge            // those with neither
}

// prefixed are the edges with one prefix.
type prefixed struct {
	prefix  string
	edges   []*edge
	shorter int32 // place of the longest prefix of this prefix; -1: none
}

// add returns the edge of a segment.
func (s *segments) add(seg segment) *edge {
	if s.byKey == nil {
		s.byKey = map[string]*edge{}
	}
	key := seg.key()
	e := s.byKey[key]
	if e == nil {
		e = &edge{segment: seg}
		s.byKey[key] = e
	}
	return e
}

// finish sorts what was added.
func (s *segments) finish() {
	edges := slices.Collect(maps.Values(s.byKey))
	slices.SortFunc(edges, func(a, b *edge) int { return cmp.Compare(a.segment.prefix, b.segment.prefix) })
	s.byKey = nil
	for _, e := range edges {
		if e.node != nil {
			e.node.finish()
		}
		switch seg := &e.segment; {
		case seg.prefix != "":
			s.addPrefixed(e)
		case seg.suffix != "":
			if s.suffixed == nil {
				s.suffixed = map[string][]*edge{}
			}
			s.suffixed[seg.suffix] = append(s.suffixed[seg.suffix], e)
			if !slices.Contains(s.lengths, len(seg.suffix)) {
				s.lengths = append(s.lengths, len(seg.suffix))
			}
		default:
			s.rest = append(s.rest, e)
		}
	}
}

// addPrefixed adds an edge whose prefix is not before those added already.
func (s *segments) addPrefixed(e *edge) {
	last := len(s.prefixes) - 1
	if last >= 0 && s.prefixes[last].prefix == e.segment.prefix {
		s.prefixes[last].edges = append(s.prefixes[last].edges, e)
		return
	}
	shorter := int32(last)
	for shorter >= 0 && !strings.HasPrefix(e.segment.prefix, s.prefixes[shorter].prefix) {
		shorter = s.prefixes[shorter].shorter
	}
	s.prefixes = append(s.prefixes, prefixed{e.segment.prefix, []*edge{e}, shorter})
}

// match appends the edges whose segment matches.
func (s *segments) match(text string, found []*edge) []*edge {
	for at := s.notAfter(text); at >= 0; at = s.prefixes[at].shorter {
		p := &s.prefixes[at]
		if strings.HasPrefix(text, p.prefix) {
			found = matching(p.edges, text, found)
		}
	}
	for _, n := range s.lengths {
		if n <= len(text) {
			found = matching(s.suffixed[text[len(text)-n:]], text, found)
		}
	}
	return matching(s.rest, text, found)
}

func matching(edges []*edge, text string, found []*edge) []*edge {
	for _, e := range edges {
		if e.segment.match(text) {
			found = append(found, e)
		}
	}
	return found
}

// notAfter returns the place of the last prefix that is not after a text; -1
// where all are.
func (s *segments) notAfter(text string) int32 {
	lo, hi := 0, len(s.prefixes)
	for lo < hi {
		if mid := (lo + hi) / 2; s.prefixes[mid].prefix <= text {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return int32(lo - 1)
}

// exactly returns the edges whose prefix is a text.
func (s *segments) exactly(text string) []*edge {
	if at := s.notAfter(text); at >= 0 && s.prefixes[at].prefix == text {
		return s.prefixes[at].edges
	}
	return nil
}
