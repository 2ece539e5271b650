package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// absentFor is how long it is believed that an owner has no installation: a policy that
// names one is read for each pull request of its repository. An event of a new
// installation ends it at once. maxAbsent bounds the owners that are remembered, some 100
// bytes each; beyond it they are all asked for again.
const (
	absentFor = time.Minute
	maxAbsent = 10_000
)

// installation looks the App's installation of an owner up: by a repository, unless its
// name is empty, and by the owner, who may have left that repository out. The error is
// forge.ErrGone where there is none, or it is suspended.
func (f *Forge) installation(ctx context.Context, owner, name string) (int64, error) {
	key := strings.ToLower(owner)
	f.mu.Lock()
	absent := f.cfg.Now().Before(f.absent[key])
	f.mu.Unlock()
	if absent {
		return 0, fmt.Errorf("%w: the app is not installed in %s, or suspended there", forge.ErrGone, owner)
	}
	found, err := f.findInstallation(ctx, owner, name)
	switch {
	case status(err) == http.StatusNotFound || err == nil && found.SuspendedAt != nil:
		f.mu.Lock()
		if len(f.absent) >= maxAbsent {
			clear(f.absent)
		}
		f.absent[key] = f.cfg.Now().Add(absentFor)
		f.mu.Unlock()
		return 0, fmt.Errorf("%w: the app is not installed in %s, or suspended there", forge.ErrGone, owner)
	case err != nil:
		return 0, kind(err)
	case found.GetID() == 0:
		return 0, errIncomplete
	}
	f.learn(owner, found.GetID())
	return found.GetID(), nil
}

func (f *Forge) findInstallation(ctx context.Context, owner, name string) (found *github.Installation, err error) {
	apps := f.asApp().Apps
	if name != "" {
		if found, _, err = apps.FindRepositoryInstallation(ctx, owner, name); status(err) != http.StatusNotFound {
			return found, err
		}
	}
	if found, _, err = apps.FindOrganizationInstallation(ctx, owner); status(err) != http.StatusNotFound {
		return found, err
	}
	found, _, err = apps.FindUserInstallation(ctx, owner)
	return found, err
}
