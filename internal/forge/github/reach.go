package github

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// Reach fails if the forge gives no answer at all. It needs no credential and draws
// on no limit.
func (f *Forge) Reach(ctx context.Context) error {
	return forge.Reach(ctx, f.cfg.Transport, f.cfg.Name, f.base()+"/rate_limit")
}
