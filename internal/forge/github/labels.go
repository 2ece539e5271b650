package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// What a label looks like that the gate creates.
const (
	labelColor = "fbca04"
	labelText  = "Kept by the review gate"
)

// AddLabels implements seam.Marker. A label that the repository lacks is created
// first, so that it says who keeps it; a credential that may not create labels can
// still put on those that are there. GitHub refuses the whole call for one name
// that it does not take, so then each is put on by a call of its own.
func (f *Forge) AddLabels(ctx context.Context, ref pull.Ref, names []string) (put, refusals []string, err error) {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if err := f.createLabel(ctx, cl, ref.Repo, name); err != nil {
			return nil, nil, fmt.Errorf("create label %q in %s: %w", name, ref.Repo, err)
		}
	}
	err = addLabels(ctx, cl, ref, names)
	if errors.Is(err, forge.ErrForbidden) && len(names) > 1 && status(err) == http.StatusUnprocessableEntity {
		for _, name := range names {
			on, off, err := f.AddLabels(ctx, ref, []string{name})
			put, refusals = append(put, on...), append(refusals, off...)
			if err != nil {
				return put, refusals, err
			}
		}
		return put, refusals, nil
	}
	switch {
	case errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound):
		return nil, names, nil
	case err != nil:
		return nil, nil, err
	}
	return names, nil, nil
}

// createLabel creates a label that the repository may lack. That GitHub refuses
// it is no error: it may be there.
func (f *Forge) createLabel(ctx context.Context, cl *client, repo pull.Repo, name string) error {
	if f.knowsLabel(repo, name) {
		return nil
	}
	_, _, err := cl.rest.Issues.CreateLabel(ctx, repo.Owner, repo.Name,
		&github.Label{Name: &name, Color: new(labelColor), Description: new(labelText)})
	if err == nil || alreadyThere(err) {
		f.learnLabel(repo, name)
		return nil
	}
	if err = refused(err); errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound) {
		f.learnLabel(repo, name) // to ask again changes nothing
		return nil
	}
	return err
}

func addLabels(ctx context.Context, cl *client, ref pull.Ref, names []string) error {
	// v60 sends a bare list, which GitHub takes and its description does not.
	req, err := cl.rest.NewRequest(http.MethodPost, fmt.Sprintf("repos/%s/%s/issues/%d/labels", ref.Repo.Owner, ref.Repo.Name, ref.Number),
		map[string][]string{"labels": names})
	if err == nil {
		_, err = cl.rest.Do(ctx, req, nil)
	}
	if err != nil {
		return fmt.Errorf("label %s: %w", ref, refused(err))
	}
	return nil
}

// alreadyThere reports whether a thing could not be created because there is one.
func alreadyThere(err error) bool {
	return status(err) == http.StatusUnprocessableEntity && strings.Contains(err.Error(), "already_exists")
}

// refused returns the kind of an error, to which what GitHub calls not valid
// belongs: asking again changes nothing.
func refused(err error) error {
	if status(err) == http.StatusUnprocessableEntity {
		return fmt.Errorf("%w: %w", forge.ErrForbidden, err)
	}
	return kind(err)
}

// RemoveLabel implements seam.Marker. One that is gone is as good as removed.
func (f *Forge) RemoveLabel(ctx context.Context, ref pull.Ref, name string) error {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return err
	}
	// v60 puts the name into the path as it is.
	_, err = cl.rest.Issues.RemoveLabelForIssue(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number, url.PathEscape(name))
	if err != nil && status(err) != http.StatusNotFound {
		return fmt.Errorf("take label %q off %s: %w", name, ref, refused(err))
	}
	return nil
}

// Assign implements seam.Marker. GitHub passes over those who can't be assigned
// (docs.github.com, "Add assignees to an issue").
func (f *Forge) Assign(ctx context.Context, ref pull.Ref, logins []string) error {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return err
	}
	if _, _, err := cl.rest.Issues.AddAssignees(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number, logins); err != nil {
		return fmt.Errorf("assign people to %s: %w", ref, refused(err))
	}
	return nil
}

// maxLabels bounds the labels that are remembered, of all repositories.
const maxLabels = 10_000

func labelKey(repo pull.Repo, name string) string { return strings.ToLower(repo.Slug() + "\n" + name) }

func (f *Forge) knowsLabel(repo pull.Repo, name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.labels[labelKey(repo, name)]
}

func (f *Forge) learnLabel(repo pull.Repo, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.labels) >= maxLabels {
		clear(f.labels)
	}
	f.labels[labelKey(repo, name)] = true
}
