package mergequeue

import (
	"context"
	"fmt"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
)

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

// longGroups is a forge on which more lies between commits than is read.
type longGroups struct{ shelf.Forge }

func (*longGroups) MergeBases(context.Context, pull.Repo, string, string) ([]string, error) {
	return nil, fmt.Errorf("compare: %w", pull.ErrTooLarge)
}

// TestGroupOfALongHistory holds that where more history would have to be read than is, a
// group's paths are not known.
func TestGroupOfALongHistory(t *testing.T) {
	t.Parallel()
	f := &longGroups{}
	q := New(Config{Forge: seam.Forge{Trees: f}})
	if odd, err := q.oddIn(t.Context(), linux, seam.Group{Base: "other", Head: "g"},
		&pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "c", BaseTip: "tip"}); odd != nil || err != nil {
		t.Errorf("a group's paths are known: %v, %v", odd, err)
	}
}
