package gate

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
)

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
	g := New(Config{Forge: seam.Forge{Archive: f, Trees: f}, Blobs: &shelf.Kept{}, Log: slog.New(slog.DiscardHandler)})
	if odd, err := g.oddIn(t.Context(), linux, seam.Group{Base: "other", Head: "g"}, &pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "c", BaseTip: "tip"}); odd != nil || err != nil {
		t.Errorf("a group's paths are known: %v, %v", odd, err)
	}
}
