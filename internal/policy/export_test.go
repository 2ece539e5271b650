package policy

import (
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Ignores is ignores, for tests that read policies.
func (r Rules) Ignores(path string) bool { return r.ignores(path) }

// Floor is floor, for them.
func (r Rules) Floor(s *ownership.Subsystem) share.Threshold { return r.floor(s) }
