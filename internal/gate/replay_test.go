package gate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestFilesKeptOnce holds that a record leaves out the files of a twin's head only if one
// of the request's own says the same, whole.
func TestFilesKeptOnce(t *testing.T) {
	t.Parallel()
	files := []pull.Content{{Path: "a.c", ID: "1"}}
	head := pull.Head{ID: "h", MergeBase: "m", Complete: true, Files: files}
	for name, c := range map[string]struct {
		own  func(*pull.Head)
		want []pull.Content
	}{
		"the same":           {func(*pull.Head) {}, nil},
		"another commit":     {func(h *pull.Head) { h.ID = "i" }, files},
		"another merge base": {func(h *pull.Head) { h.MergeBase = "n" }, files},
		"not the whole list": {func(h *pull.Head) { h.Complete = false }, files},
		"a list kept apart":  {func(h *pull.Head) { h.List, h.Files = "l", nil }, files},
	} {
		own, twins := head, [][]pull.Head{{head}}
		c.own(&own)
		if diff := cmp.Diff(c.want, withoutOwn(twins, []pull.Head{own})[0][0].Files); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff([][]pull.Head{{head}}, twins); diff != "" {
			t.Errorf("%s changes what it was given: %s", name, diff)
		}
	}
}
