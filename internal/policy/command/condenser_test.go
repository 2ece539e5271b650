package command

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
)

// TestCondenserIsBounded fills what is remembered of long bodies with more than it may
// hold: it holds no more, and still what came last.
func TestCondenserIsBounded(t *testing.T) {
	t.Parallel()
	c := NewCondenser()
	body := func(i int) string { return fmt.Sprint("/recheck\n", strings.Repeat("and words\n", longBody/10), i) }
	for i := range maxCondensed + 10 {
		if got := c.Condense(body(i)); !got.Gives || len(got.Text) > longBody/10 {
			t.Fatalf("%d: %+v", i, got)
		}
	}
	for i, want := range map[int]bool{0: false, maxCondensed + 9: true} {
		if _, kept := c.long.Get(sha256.Sum256([]byte(body(i)))); kept != want {
			t.Errorf("%d: kept %v, want %v", i, kept, want)
		}
	}
}
