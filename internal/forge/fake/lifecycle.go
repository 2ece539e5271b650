package fake

import (
	"fmt"
	"slices"
)

// Rename returns the repository another owner or name. Its old name is forwarded
// to the new one, as long as no other repository takes it.
func (r *Repo) Rename(owner, name string) error {
	f := r.forge
	f.mu.Lock()
	defer f.mu.Unlock()
	to, err := f.FindAccount(owner)
	if err != nil {
		return fmt.Errorf("rename %s: %w", r.FullName(), err)
	}
	if f.FindRepo(owner, name) != nil {
		return fmt.Errorf("rename %s: %s/%s is there already", r.FullName(), owner, name)
	}
	e := Event{Kind: RepoRenamed, By: to, From: r.Name}
	if to != r.Owner {
		e = Event{Kind: RepoTransferred, By: to, Who: r.Owner}
	}
	f.forwards = append(f.forwards, forward{owner: r.Owner.Login, name: r.Name, to: r})
	r.Owner, r.Name = to, name
	r.tell(e)
	return nil
}

// Delete takes the repository away. Pull requests from it are closed.
func (r *Repo) Delete() {
	f := r.forge
	f.mu.Lock()
	defer f.mu.Unlock()
	r.Deleted = true
	for _, other := range f.Repos {
		for _, p := range other.Pulls {
			if p.HeadRepo == r && other != r {
				p.Remember()
				r.Owner.Close(p)
			}
		}
	}
	r.tell(Event{Kind: RepoDeleted, By: r.Owner})
	f.Repos = slices.DeleteFunc(f.Repos, func(o *Repo) bool { return o == r })
	f.forwards = slices.DeleteFunc(f.forwards, func(w forward) bool { return w.to == r })
}

// forward is a former name of a repository.
type forward struct {
	owner, name string
	to          *Repo
}

// Formerly finds the repository that had a name, or returns nil; under the lock.
func (f *Forge) Formerly(owner, name string) *Repo {
	for _, w := range slices.Backward(f.forwards) {
		if sameName(w.owner, owner) && sameName(w.name, name) {
			return w.to
		}
	}
	return nil
}
