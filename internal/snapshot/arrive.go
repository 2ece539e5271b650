package snapshot

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
)

// youngFor is how long before the first look at a gated repository a pull request may have
// been opened and still be one of the gate's own time: the first look is due to such an
// opening as often as to an installation, and comes minutes later at most.
const youngFor = 10 * time.Minute

// arrive notes since when a policy gates the repository: this look is the first one, by
// the forge's clock. Without a memory nobody can tell.
func (g *Reader) arrive(ctx context.Context, l *Reading) error {
	if !l.Memory.Ungated || g.cfg.Search || l.Look.At.IsZero() {
		return nil
	}
	l.Memory.Ungated, l.Memory.GatedAt = false, l.Look.At.Add(-youngFor).UTC()
	return g.cfg.Notes.Remember(ctx, l.Look.Request.Ref, history.Update{GatedAt: l.Memory.GatedAt})
}
