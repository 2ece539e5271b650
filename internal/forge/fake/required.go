package fake

import (
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// RequiredCheck is a check that a branch requires before anything is merged
// into it: the name of check runs, or the context of statuses. Names are
// compared without case.
type RequiredCheck struct {
	Name string
	// App is the slug of the app that must have written it, its expected source;
	// empty for anybody.
	App string
}

// Protect requires checks of a branch, by the names of check runs or the
// contexts of statuses, before a pull request may be merged into it. Without
// checks the protection goes away.
func (r *Repo) Protect(branch string, checks ...string) {
	required := make([]RequiredCheck, len(checks))
	for i, name := range checks {
		required[i].Name = name
	}
	r.Require(branch, required...)
}

// Require is Protect with expected sources.
func (r *Repo) Require(branch string, checks ...RequiredCheck) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	if delete(r.Required, branch); len(checks) > 0 {
		r.Required[branch] = checks
	}
}

// Passes reports whether the pull request has passed a check, as if its base
// branch required it.
func (p *PullRequest) Passes(check RequiredCheck) (bool, error) {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	return p.passes(check)
}

// Obstacle says what keeps the pull request from being merged now, if its base
// branch also required some checks; empty if nothing does.
func (p *PullRequest) Obstacle(checks ...RequiredCheck) (string, error) {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	switch {
	case !p.IsOpen:
		return "it is not open", nil
	case p.Draft:
		return "it is a draft", nil
	case !p.Mergeable():
		return "it has conflicts", nil
	}
	for _, c := range slices.Concat(p.repo.Required[p.BaseBranch], checks) {
		if ok, err := p.passes(c); err != nil || !ok {
			return "required status check \"" + c.Name + "\" is expected", err
		}
	}
	return "", nil
}

// TestMerge is the commit that merging the pull request now would give; empty
// where it can't be merged.
func (p *PullRequest) TestMerge() (string, error) {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	id, err := p.TestMergeID()
	if err != nil || id.IsZero() {
		return "", err
	}
	return id.String(), nil
}

// passes holds a check against the pull request. Where the test merge has a
// status of the name, that one decides and not the head's.
func (p *PullRequest) passes(check RequiredCheck) (bool, error) {
	merge, err := p.TestMergeID()
	if err != nil {
		return false, err
	}
	if s := p.repo.newestStatus(merge, check); s != nil {
		return s.State == StatusSuccess, nil
	}
	return p.repo.passed(p.HeadID, check), nil
}

// passed reports whether a commit has passed a check: its newest run of the name
// and its newest status must, if there are any of the kind.
func (r *Repo) passed(commit plumbing.Hash, check RequiredCheck) bool {
	run, s := r.newestRun(commit, check), r.newestStatus(commit, check)
	if run != nil && !run.passed() || s != nil && s.State != StatusSuccess {
		return false
	}
	return run != nil || s != nil
}

// failed reports whether a required check says no.
func (r *Repo) failed(commit plumbing.Hash, check RequiredCheck) bool {
	if run := r.newestRun(commit, check); run != nil && run.Conclusion != "" && !run.passed() {
		return true
	}
	s := r.newestStatus(commit, check)
	return s != nil && (s.State == StatusFailure || s.State == StatusError)
}

// passed goes by the conclusion, whatever the status says.
func (c *CheckRecord) passed() bool {
	return slices.Contains([]Conclusion{Success, Neutral, Skipped}, c.Conclusion)
}

// newestRun finds the run of a name with the greatest id, over all suites.
func (r *Repo) newestRun(commit plumbing.Hash, check RequiredCheck) *CheckRecord {
	var newest *CheckRecord
	for _, c := range r.Checks {
		if c.Head == commit && sameName(c.Name, check.Name) && (check.App == "" || r.forge.isApp(c.Suite.App, check.App)) &&
			(newest == nil || c.ID > newest.ID) {
			newest = c
		}
	}
	return newest
}

func (r *Repo) newestStatus(commit plumbing.Hash, check RequiredCheck) *StatusRecord {
	for _, s := range slices.Backward(r.StatusList) {
		if s.Head == commit && sameName(s.Context, check.Name) && (check.App == "" || r.forge.isApp(s.Creator, check.App)) {
			return s
		}
	}
	return nil
}
