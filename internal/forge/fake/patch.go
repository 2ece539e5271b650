package fake

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/utils/diff"
	"github.com/sergi/go-diff/diffmatchpatch"
)

// maxEdits bounds the work of a line diff: two texts whose differing parts
// have more lines than this, multiplied, count as replaced.
const maxEdits = 4_000_000

// contextLines is how much a hunk shows around a change.
const contextLines = 3

// FileDiff is a changed file with its lines counted.
type FileDiff struct {
	Delta
	Additions, Deletions int
	Lines                int    // of the patch
	Patch                string // empty where there are no lines to show
}

// FileDiffs returns the changed files between two trees with their patches.
func (o *Objects) FileDiffs(a, b plumbing.Hash) []FileDiff {
	key := diffKey{a, b}
	if got, ok := o.diffs[key]; ok {
		return got
	}
	deltas := o.changes(a, b)
	out := make([]FileDiff, len(deltas))
	for i, d := range deltas {
		out[i] = o.fileDiff(d)
	}
	o.diffs[key] = out
	return out
}

// fileDiff computes each change of a file once: heads that follow one another have most
// of them in common.
func (o *Objects) fileDiff(d Delta) FileDiff {
	var key [2]Side
	for i, s := range []*Side{d.From, d.To} {
		if s != nil {
			key[i] = *s
		}
	}
	f, known := o.patches[key]
	if !known {
		f = o.patch(d)
		o.patches[key] = f
	}
	f.Delta = d
	return f
}

// patch computes all but the delta.
func (o *Objects) patch(d Delta) (f FileDiff) {
	before, binaryBefore := o.text(d.From)
	after, binaryAfter := o.text(d.To)
	if binaryBefore || binaryAfter || before == after {
		return f
	}
	lines := diffLines(before, after)
	for _, l := range lines {
		switch l.op {
		case '+':
			f.Additions++
		case '-':
			f.Deletions++
		}
	}
	f.Patch, f.Lines = hunks(lines)
	return f
}

// text is a side's content as git diffs it; a submodule is one line.
func (o *Objects) text(s *Side) (text string, binary bool) {
	switch {
	case s == nil:
		return "", false
	case s.mode == filemode.Submodule:
		return "Subproject commit " + s.ID.String() + "\n", false
	}
	content, _ := o.Blob(s.ID)
	return string(content), IsBinary(content)
}

// line is a line of a diff with its newline, if it has one.
type line struct {
	op   byte // ' ', '+' or '-'
	text string
}

// diffLines returns all lines of both texts in the order of a diff.
func diffLines(before, after string) []line {
	a, b := splitLines(before), splitLines(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	out := appendLines(make([]line, 0, max(len(a), len(b))), ' ', a[:head])
	midA, midB := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(midA) == 0 || len(midB) == 0 || len(midA)*len(midB) > maxEdits {
		out = appendLines(appendLines(out, '-', midA), '+', midB)
	} else {
		for _, d := range diff.Do(strings.Join(midA, ""), strings.Join(midB, "")) {
			out = appendLines(out, opOf(d.Type), splitLines(d.Text))
		}
	}
	return appendLines(out, ' ', a[len(a)-tail:])
}

func opOf(t diffmatchpatch.Operation) byte {
	switch t {
	case diffmatchpatch.DiffInsert:
		return '+'
	case diffmatchpatch.DiffDelete:
		return '-'
	default:
		return ' '
	}
}

func splitLines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		out = append(out, l)
	}
	return out
}

func appendLines(out []line, op byte, texts []string) []line {
	for _, t := range texts {
		out = append(out, line{op, t})
	}
	return out
}

// hunks writes lines as a unified diff without file headers and without a newline at its
// end. It also counts the lines of the diff.
func hunks(lines []line) (patch string, count int) {
	var b strings.Builder
	oldAt, newAt := 1, 1
	for i := 0; i < len(lines); {
		if lines[i].op == ' ' {
			oldAt, newAt, i = oldAt+1, newAt+1, i+1
			continue
		}
		start := max(0, i-contextLines)
		end := hunkEnd(lines, i)
		oldStart, newStart := oldAt-(i-start), newAt-(i-start)
		var body strings.Builder
		oldLen, newLen := 0, 0
		for _, l := range lines[start:end] {
			oldLen += boolToInt(l.op != '+')
			newLen += boolToInt(l.op != '-')
			body.WriteByte(l.op)
			body.WriteString(strings.TrimSuffix(l.text, "\n"))
			body.WriteByte('\n')
			if !strings.HasSuffix(l.text, "\n") {
				body.WriteString("\\ No newline at end of file\n")
			}
		}
		fmt.Fprintf(&b, "@@ -%s +%s @@\n%s", span(oldStart, oldLen), span(newStart, newLen), body.String())
		count += end - start + 1
		oldAt, newAt, i = oldStart+oldLen, newStart+newLen, end
	}
	return strings.TrimSuffix(b.String(), "\n"), count
}

// hunkEnd returns the end of the hunk that holds the change at i: changes with
// at most two contexts of lines between them share a hunk.
func hunkEnd(lines []line, i int) int {
	last := i
	for j := i; j < len(lines) && j-last <= 2*contextLines+1; j++ {
		if lines[j].op != ' ' {
			last = j
		}
	}
	return min(len(lines), last+1+contextLines)
}

func span(start, length int) string {
	switch length {
	case 0:
		return fmt.Sprintf("%d,0", start-1)
	case 1:
		return fmt.Sprint(start)
	}
	return fmt.Sprintf("%d,%d", start, length)
}

// FileStatus is what became of a file.
type FileStatus string

// What becomes of files.
const (
	Added       FileStatus = "added"
	Removed     FileStatus = "removed"
	Renamed     FileStatus = "renamed"
	ModeChanged FileStatus = "mode changed" // or its type
	Modified    FileStatus = "modified"
)

// Status is what became of the file.
func (d Delta) Status() FileStatus {
	switch {
	case d.From == nil:
		return Added
	case d.To == nil:
		return Removed
	case d.From.Path != d.To.Path:
		return Renamed
	case d.From.ID == d.To.ID, !sameType(d.From.mode, d.To.mode):
		return ModeChanged
	}
	return Modified
}
