package fake

import (
	"cmp"
	"slices"
)

// Label is a label of a repository.
type Label struct {
	ID                int64
	Name, Color, Text string
}

// AddLabel makes a label, with the given colour and description or defaults; under the
// lock.
func (r *Repo) AddLabel(name, color, text string) *Label {
	l := &Label{r.forge.NextID(), name, cmp.Or(color, "ededed"), text}
	r.labels = append(r.labels, l)
	return l
}

// FindLabel finds a label by its name, or returns nil; under the lock.
func (r *Repo) FindLabel(name string) *Label {
	for _, l := range r.labels {
		if sameName(l.Name, name) {
			return l
		}
	}
	return nil
}

// AllLabels lists the labels of the repository, oldest first; under the lock.
func (r *Repo) AllLabels() []*Label { return slices.Clone(r.labels) }

// Label puts a label on a pull request, making it where there is none; under the lock.
func (by *Account) Label(p *PullRequest, name string) {
	l := p.repo.FindLabel(name)
	if l == nil {
		l = p.repo.AddLabel(name, "", "")
	}
	if slices.Contains(p.Labelled, l) {
		return
	}
	p.Labelled = append(p.Labelled, l)
	p.Touch()
	p.happen(Event{Kind: Labeled, By: by, Label: l})
}

// Unlabel takes a label off a pull request; under the lock.
func (by *Account) Unlabel(p *PullRequest, name string) error {
	l := p.repo.FindLabel(name)
	if l == nil || !slices.Contains(p.Labelled, l) {
		return refuse(NoLabel, "Label does not exist")
	}
	p.Labelled = slices.DeleteFunc(p.Labelled, func(o *Label) bool { return o == l })
	p.Touch()
	p.happen(Event{Kind: Unlabeled, By: by, Label: l})
	return nil
}

// Assign assigns somebody; under the lock. No event tells.
func (p *PullRequest) Assign(a *Account) {
	p.Assigned = append(p.Assigned, a)
	p.Touch()
}
