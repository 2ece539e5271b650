package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

const (
	seenFor  = time.Minute // that what a forge said of a repository is believed
	maxKnown = 10_000      // repositories of which it is
)

// known is what a forge said of a repository.
type known struct {
	public bool
	at     time.Time
}

// visible remembers which repositories everybody may read.
type visible struct {
	forges map[string]Visibility
	now    func() time.Time

	mu    sync.Mutex
	known map[pull.Repo]known
}

// public reports whether everybody may read a repository. What the forge does not say is no.
func (v *visible) public(ctx context.Context, repo pull.Repo) (bool, error) {
	forge := v.forges[repo.Forge]
	if forge == nil {
		return false, nil
	}
	now := v.now()
	v.mu.Lock()
	k, found := v.known[repo]
	v.mu.Unlock()
	if found && now.Sub(k.at) < seenFor {
		return k.public, nil
	}
	public, err := forge.Public(ctx, repo)
	if errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrForbidden) {
		public, err = false, nil
	}
	if err != nil {
		return false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= maxKnown {
		clear(v.known)
	}
	v.known[repo] = known{public, now}
	return public, nil
}
