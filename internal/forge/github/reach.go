package github

import (
	"context"
	"fmt"
	"net/http"
)

// Reach fails if the forge gives no answer at all. It needs no credential and draws
// on no limit.
func (f *Forge) Reach(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.base()+"/rate_limit", nil)
	if err != nil {
		return fmt.Errorf("reach %s: %w", f.cfg.Name, err) // unreachable: the address was parsed
	}
	res, err := f.cfg.Transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("reach %s: %w", f.cfg.Name, err)
	}
	return res.Body.Close()
}
