package fake

import (
	"path"
	"slices"
)

// RestrictCreation lets not everybody create branches of a pattern. It is only told.
func (r *Repo) RestrictCreation(pattern string) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	r.closed = append(r.closed, pattern)
}

// MayCreate reports whether everybody who may write may create a branch; under the lock.
func (r *Repo) MayCreate(branch string) bool {
	return !slices.ContainsFunc(r.closed, func(pattern string) bool {
		ok, err := path.Match(pattern, branch)
		return ok && err == nil
	})
}

// ProtectReviews has a branch's own protection dismiss stale approvals, which only
// those are told who administrate. It is only told; Behaviour has what is done.
func (r *Repo) ProtectReviews(branch string) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	r.Dismisses = append(r.Dismisses, branch)
}
