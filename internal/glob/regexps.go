package glob

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// regexps are regular expressions on whole paths. One that can't match without
// some text is tried only where the path has that text: an automaton finds all
// such texts in one pass (Aho and Corasick, 1975).
type regexps struct {
	entries []entry
	always  []int32 // places in entries of those that need no text
	needed  []need  // while it is built
	size    int     // states at most

	classes [256]uint8 // of bytes that texts are made of; 0: of none
	width   int32      // number of classes
	next    []int32    // by state and class
	found   [][]int32  // by state: places in entries
}

// hit is added to a state in next where something is found there, so that
// found is looked into only then.
const hit = 1 << 24

// need is one of the texts of which a path must have one, in lower case.
type need struct {
	text  string
	place int32
}

func (r *regexps) add(e entry) {
	place := int32(len(r.entries))
	r.entries = append(r.entries, e)
	re, err := syntax.Parse(e.alt.text, syntax.Perl)
	if err != nil { // unreachable: it was compiled
		r.always = append(r.always, place)
		return
	}
	texts := Required(re.Simplify())
	r.size += min(len(texts), maxTexts+1) * maxText
	if len(texts) == 0 || len(texts) > maxTexts || r.size > maxStates {
		r.always = append(r.always, place)
		return
	}
	for _, text := range texts {
		r.needed = append(r.needed, need{text[:min(len(text), maxText)], place})
	}
}

// Bounds of the automaton: bytes of a text, texts of an expression, states.
const (
	maxText   = 16
	maxTexts  = 64
	maxStates = 1 << 16
)

// Required returns texts of ASCII in lower case, one of which is in everything
// that an expression matches, once that is folded to lower case; nil where none
// are known. Looking for them first spares most of the work.
func Required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		text := strings.ToLower(string(re.Rune))
		if strings.IndexFunc(string(re.Rune), func(r rune) bool { return r >= 0x80 }) >= 0 {
			return nil
		}
		return []string{text}
	case syntax.OpCapture, syntax.OpPlus:
		return Required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return Required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if texts := Required(sub); better(texts, best) {
				best = texts
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			texts := Required(sub)
			if len(texts) == 0 {
				return nil
			}
			all = append(all, texts...)
		}
		return all
	default: // it may be empty, or any of many letters
		return nil
	}
	return nil
}

// better tells which of two sets of texts lets fewer paths through: that with
// the longer shortest text.
func better(a, b []string) bool { return shortest(a) > shortest(b) }

func shortest(texts []string) int {
	n := 0
	for i, text := range texts {
		if i == 0 || len(text) < n {
			n = len(text)
		}
	}
	return n
}

// finish builds the automaton.
func (r *regexps) finish() {
	if len(r.needed) == 0 {
		return
	}
	r.width = 1
	for _, n := range r.needed {
		for i := range len(n.text) {
			if c := n.text[i]; r.classes[c] == 0 {
				r.classes[c] = uint8(r.width)
				r.width++
			}
		}
	}
	r.state()
	for _, n := range r.needed {
		at := int32(0)
		for i := range len(n.text) {
			slot := at*r.width + int32(r.classes[n.text[i]])
			if r.next[slot] == 0 {
				r.next[slot] = r.state()
			}
			at = r.next[slot]
		}
		r.found[at] = append(r.found[at], n.place)
	}
	r.needed = nil
	r.link()
	for slot, to := range r.next {
		if len(r.found[to]) > 0 {
			r.next[slot] += hit
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		r.classes[c] = r.classes[c+'a'-'A']
	}
}

// state adds a state and gives its number.
func (r *regexps) state() int32 {
	r.next = append(r.next, make([]int32, r.width)...)
	r.found = append(r.found, nil)
	return int32(len(r.found) - 1)
}

// link fills in where each state goes on with a byte that its own texts don't
// have: where the longest end of what was read so far would.
func (r *regexps) link() {
	fail := make([]int32, len(r.found))
	queue := []int32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for c := range r.width {
			slot := at*r.width + c
			to := r.next[slot]
			back := int32(0)
			if at != 0 {
				back = r.next[fail[at]*r.width+c]
			}
			if to == 0 {
				r.next[slot] = back
				continue
			}
			fail[to] = back
			r.found[to] = slices.Concat(r.found[to], r.found[back])
			queue = append(queue, to)
		}
	}
}

// match appends the ids of those that match. A path that is not ASCII is held
// against all, because letters of other alphabets can fold to ASCII.
func (r *regexps) match(path string, ids []int32) []int32 {
	if len(r.entries) == 0 {
		return ids
	}
	var buf [8]int32
	var few [16]uint64 // those in places, a bit each
	places, seen, at := buf[:0], few[:], int32(0)
	if len(r.entries) > 64*len(few) {
		seen = make([]uint64, len(r.entries)/64+1)
	}
	for i := range len(path) {
		if path[i] >= 0x80 {
			return r.matchAll(path, ids)
		}
		if len(r.next) == 0 {
			continue
		}
		at = r.next[at*r.width+int32(r.classes[path[i]])]
		if at < hit {
			continue
		}
		at -= hit
		for _, place := range r.found[at] {
			if bit := uint64(1) << (place % 64); seen[place/64]&bit == 0 {
				seen[place/64] |= bit
				places = append(places, place)
			}
		}
	}
	for _, place := range places {
		ids = r.try(place, path, ids)
	}
	for _, place := range r.always {
		ids = r.try(place, path, ids)
	}
	return ids
}

func (r *regexps) matchAll(path string, ids []int32) []int32 {
	for place := range r.entries {
		ids = r.try(int32(place), path, ids)
	}
	return ids
}

func (r *regexps) try(place int32, path string, ids []int32) []int32 {
	if e := r.entries[place]; e.alt.match(path, nil) {
		return append(ids, e.id)
	}
	return ids
}
