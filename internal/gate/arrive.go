package gate

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
func (g *Reader) arrive(ctx context.Context, l *loaded) error {
	if !l.memory.Ungated || g.cfg.Search || l.look.At.IsZero() {
		return nil
	}
	l.memory.Ungated, l.memory.GatedAt = false, l.look.At.Add(-youngFor).UTC()
	return g.cfg.History.Remember(ctx, l.look.Request.Ref, history.Facts{GatedAt: l.memory.GatedAt})
}
