package mirror

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestAgree holds that what git lists and what the trees have is the same, renames seen or not,
// or is an error.
func TestAgree(t *testing.T) {
	t.Parallel()
	list := []gittree.Change{{Path: "a"}, {Path: "b"}, {Path: "c"}}
	content := func(status pull.FileStatus, old, path string) pull.Content {
		return pull.Content{Status: status, OldPath: old, Path: path}
	}
	removed, renamed := content(pull.Removed, "", "a"), content(pull.Renamed, "a", "b")
	added, changed, other := content(pull.Added, "", "b"), content(pull.Modified, "", "c"), content(pull.Modified, "", "d")
	for _, contents := range [][]pull.Content{{renamed, changed}, {removed, added, changed}} {
		if err := agree(contents, list); err != nil {
			t.Error(err)
		}
	}
	for _, contents := range [][]pull.Content{{renamed}, {added, changed}, {renamed, changed, other}, {renamed, changed, changed}, nil} {
		if err := agree(contents, list); err == nil {
			t.Errorf("%+v passes for what the trees have", contents)
		}
	}
}
