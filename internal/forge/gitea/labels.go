package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// What a label looks like that the gate creates.
const (
	labelColor = "#fbca04"
	labelText  = "Kept by the review gate"
)

// AddLabels implements seam.Marker. Labels are put on by number: by name, a server adds all
// that have it, and passes over one that it lacks. One that the repository and its owner lack
// is created.
func (f *Forge) AddLabels(ctx context.Context, ref pull.Ref, names []string) (put, refused []string, err error) {
	known, err := f.labelsOf(ctx, ref.Repo)
	if err != nil {
		return nil, nil, fmt.Errorf("list the labels of %s: %w", ref.Repo, err)
	}
	for _, name := range names {
		id := known[name]
		if id == 0 {
			id, err = f.createLabel(ctx, ref.Repo, name)
		}
		if err == nil {
			path := repoPath(ref.Repo, "issues", ref.Number, "labels")
			_, err = f.call(ctx, http.MethodPost, path, nil, map[string][]int64{"labels": {id}}, nil)
		}
		switch {
		case err == nil:
			put = append(put, name)
		case errors.Is(err, pull.ErrRefused) || errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound):
			refused, err = append(refused, name), nil
		default:
			return put, refused, fmt.Errorf("put label %q on %s: %w", name, ref, err)
		}
	}
	return put, refused, nil
}

// labelsOf returns the labels that can be put on in a repository, by name: of two of one
// name the first, so that it is the same each time.
func (f *Forge) labelsOf(ctx context.Context, repo pull.Repo) (map[string]int64, error) {
	own, err := list[labelAnswer](ctx, f, repoPath(repo, "labels"), nil)
	if err != nil {
		return nil, err
	}
	ofOwner, err := list[labelAnswer](ctx, f, orgPath(repo.Owner, "labels"), nil)
	if err != nil && !errors.Is(err, forge.ErrNotFound) && !errors.Is(err, forge.ErrForbidden) { // a person's repository
		return nil, err
	}
	out := map[string]int64{}
	for _, l := range slices.Concat(own, ofOwner) {
		if out[l.Name] == 0 {
			out[l.Name] = l.ID
		}
	}
	return out, nil
}

func (f *Forge) createLabel(ctx context.Context, repo pull.Repo, name string) (int64, error) {
	var made labelAnswer
	body := map[string]string{"name": name, "color": labelColor, "description": labelText}
	if _, err := f.call(ctx, http.MethodPost, repoPath(repo, "labels"), nil, body, &made); err != nil {
		return 0, err
	}
	return made.ID, forge.RequireField(made.ID != 0, "the label that was created")
}

// RemoveLabel implements seam.Marker: all labels of the name.
func (f *Forge) RemoveLabel(ctx context.Context, ref pull.Ref, name string) error {
	path := repoPath(ref.Repo, "issues", ref.Number, "labels")
	var on []labelAnswer
	err := f.get(ctx, path, nil, &on)
	for _, l := range on {
		if err == nil && l.Name == name {
			_, err = f.call(ctx, http.MethodDelete, fmt.Sprintf("%s/%d", path, l.ID), nil, nil, nil)
		}
	}
	if err != nil && !errors.Is(err, forge.ErrNotFound) {
		return fmt.Errorf("take label %q off %s: %w", name, ref, err)
	}
	return nil
}

// Assign implements seam.Marker. A server replaces the whole list, so what stands is read
// first.
func (f *Forge) Assign(ctx context.Context, ref pull.Ref, logins []string) error {
	p, _, err := f.readPull(ctx, ref)
	if err != nil {
		return fmt.Errorf("assign %s: %w", ref, err)
	}
	var all []string
	for _, a := range p.Assignees {
		all = append(all, a.Login)
	}
	for _, login := range logins {
		if !slices.ContainsFunc(all, func(o string) bool { return pull.SameLogin(o, login) }) {
			all = append(all, login)
		}
	}
	_, err = f.call(ctx, http.MethodPatch, repoPath(ref.Repo, "issues", ref.Number), nil, map[string][]string{"assignees": all}, nil)
	if err != nil && !errors.Is(err, pull.ErrRefused) {
		return fmt.Errorf("assign %s: %w", ref, err)
	}
	return nil
}
