package gitcmd

import (
	"slices"
	"strings"
	"testing"
)

// TestCommitHeaders holds that a commit says what git takes it to say: the tree of its first
// line, and the parents of the lines right behind that. Whoever else is named as a maker is one.
func TestCommitHeaders(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	const who = " Dave <dave@example.org> 1 +0000\n"
	begin, makers, more := "tree "+a+"\nparent "+a+"\nparent "+b+"\n", "author"+who+"committer"+who, "tree "+b+"\nparent "+b+"\n"
	for name, text := range map[string]string{
		"plain":                    begin + makers + "\n" + more,
		"later headers":            begin + makers + more + "\nx",
		"headers behind the first": begin + more + makers + "\nx",
	} {
		if c := parseCommit("1", []byte(text)); c.Tree != a || !slices.Equal(c.Parents, []string{a, b}) || len(c.Signed) != 2 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := parseCommit("1", []byte("author"+who+"tree "+a+"\n\nx")); c.Tree == a {
		t.Error("a tree that is not in the first line is taken")
	}
}
