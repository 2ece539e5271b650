package main

import (
	"strings"
	"testing"
)

// TestLongLinesOfInput holds that a line of standard input that is too long to be a path is
// an error that says which, and one that just fits is read.
func TestLongLinesOfInput(t *testing.T) {
	t.Parallel()
	fits := strings.Repeat("a", maxPath-1)
	q, err := readQuestion(strings.NewReader("mm/a.c\n"+fits+"\nmm/b.c\n"), nil, nil)
	check0(t, err)
	if len(q.Asked) != 3 || q.Asked[1] != fits {
		t.Errorf("%d paths are read", len(q.Asked))
	}
	const want = "read paths: line 2 of standard input has more than 1048576 bytes; give one path a line"
	if _, err = readQuestion(strings.NewReader("mm/a.c\n"+fits+"aa\nmm/b.c\n"), nil, nil); err == nil || err.Error() != want {
		t.Errorf("beyond: %v, want %s", err, want)
	}
}
