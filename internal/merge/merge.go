// Package merge makes three-way merges of text by the rules of git merge-file.
//
// It promises that what it calls clean, git merges without a conflict and to
// the same bytes; where the work grows beyond a bound it gives up and calls it
// not clean. Reading files is left to the callers.
package merge

import (
	"bytes"
	"slices"
)

// Limits on one merge. What is beyond is not clean.
const (
	maxBytes = 8 << 20 // of each side
	sniff    = 8000    // bytes in which a NUL makes a file binary, as in git
)

// Clean merges what ours and theirs made of base. clean tells that git
// merge-file would find no conflict; merged is then what it writes. Binary
// files merge only where one side is as it was, or both are the same.
func Clean(base, ours, theirs []byte) (merged []byte, clean bool) {
	switch {
	case bytes.Equal(ours, theirs), bytes.Equal(theirs, base):
		return ours, true
	case bytes.Equal(ours, base):
		return theirs, true
	}
	for _, side := range [][]byte{base, ours, theirs} {
		if len(side) > maxBytes || bytes.IndexByte(side[:min(len(side), sniff)], 0) >= 0 {
			return nil, false
		}
	}
	b, o, t := split(base), split(ours), split(theirs)
	left, ok := diff(b, o)
	if !ok {
		return nil, false
	}
	right, ok := diff(b, t)
	if !ok {
		return nil, false
	}
	return join(b, o, t, left, right)
}

// split cuts a text into lines, each with its line break.
func split(text []byte) []string {
	var lines []string
	for line := range bytes.Lines(text) {
		lines = append(lines, string(line))
	}
	return lines
}

// hunk says that lines [a, a+n) of the base became lines [b, b+m) of a side.
type hunk struct{ a, n, b, m int }

// join applies both sides' hunks to the base. Hunks with no line of the base
// between them are taken together; what both sides make of that stretch must be
// the same.
func join(base, ours, theirs []string, left, right []hunk) ([]byte, bool) {
	var out bytes.Buffer
	copied := 0 // lines of the base that are behind us
	write := func(lines []string) {
		for _, l := range lines {
			out.WriteString(l)
		}
	}
	for len(left) > 0 || len(right) > 0 {
		start, l, r := cluster(left, right)
		end := start
		for _, h := range slices.Concat(left[:l], right[:r]) {
			end = max(end, h.a+h.n)
		}
		write(base[copied:start])
		mine, other := view(ours, left[:l], base, start, end), view(theirs, right[:r], base, start, end)
		switch {
		case r == 0, l > 0 && slices.Equal(mine, other):
			write(mine)
		case l == 0:
			write(other)
		default:
			return nil, false
		}
		left, right, copied = left[l:], right[r:], end
	}
	write(base[copied:])
	return out.Bytes(), true
}

// cluster counts the hunks of both sides at the front that touch each other,
// and gives the line of the base at which they start. Hunks touch across the
// sides only: those of one side always have a line between them.
func cluster(left, right []hunk) (start, l, r int) {
	switch {
	case len(right) == 0 || len(left) > 0 && left[0].a+left[0].n < right[0].a:
		return left[0].a, 1, 0
	case len(left) == 0 || right[0].a+right[0].n < left[0].a:
		return right[0].a, 0, 1
	}
	start = min(left[0].a, right[0].a)
	l, r = 1, 1
	endLeft, endRight := left[0].a+left[0].n, right[0].a+right[0].n
	for {
		switch {
		case l < len(left) && left[l].a <= endRight:
			endLeft = left[l].a + left[l].n
			l++
		case r < len(right) && right[r].a <= endLeft:
			endRight = right[r].a + right[r].n
			r++
		default:
			return start, l, r
		}
	}
}

// view returns what a side made of lines [start, end) of the base.
func view(side []string, hunks []hunk, base []string, start, end int) []string {
	if len(hunks) == 0 {
		return base[start:end]
	}
	first, last := hunks[0], hunks[len(hunks)-1]
	return side[first.b-(first.a-start) : last.b+last.m+(end-last.a-last.n)]
}
