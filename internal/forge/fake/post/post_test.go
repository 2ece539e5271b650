package post_test

import (
	"context"
	"slices"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake/post"
)

// TestOffice holds the order of letters, and what becomes of those that are held back.
func TestOffice(t *testing.T) {
	t.Parallel()
	o := post.New(func(context.Context, string) {})
	check := func(want ...string) {
		t.Helper()
		if err := o.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := o.Sent(); !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
	o.Post("one")
	o.Post("two")
	check("one", "two")
	o.Hold()
	o.Post("three")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Flush(ended); err == nil {
		t.Error("what is held back counts as sent")
	}
	if n := o.Drop(); n != 1 {
		t.Errorf("%d dropped, want 1", n)
	}
	o.Post("four")
	o.Release()
	check("one", "two", "four")
	o.Close()
	o.Post("five")
	check("one", "two", "four")
}
