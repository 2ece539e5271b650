package gitee

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// labelColor is that of the labels that the gate creates.
const labelColor = "fbca04"

// AddLabels implements seam.Marker. One that the repository lacks is created. Which stand
// afterwards, the pull request tells.
func (f *Forge) AddLabels(ctx context.Context, ref pull.Ref, names []string) (put, refused []string, err error) {
	known, err := f.labelsOf(ctx, ref.Repo)
	if err != nil {
		return nil, nil, fmt.Errorf("list the labels of %s: %w", ref.Repo, err)
	}
	for _, name := range names {
		if !slices.ContainsFunc(known, func(l rest.Label) bool { return string(l.Name) == name }) {
			err = f.createLabel(ctx, ref.Repo, name)
		}
		if err == nil {
			_, err = f.Call(ctx, http.MethodPost, rest.PullPath(ref, "labels"), nil, []string{name}, nil)
		}
		if err != nil && !rest.Declined(err) {
			return nil, nil, fmt.Errorf("put label %q on %s: %w", name, ref, err)
		}
		err = nil
	}
	p, _, err := f.readPull(ctx, ref)
	if err != nil {
		return nil, nil, fmt.Errorf("read the labels of %s: %w", ref, err)
	}
	for _, name := range names {
		if p.HasLabel(name) {
			put = append(put, name)
		} else {
			refused = append(refused, name)
		}
	}
	return put, refused, nil
}

// labelsOf lists the labels of a repository. A Gitee has no pages of them.
func (f *Forge) labelsOf(ctx context.Context, repo pull.Repo) (all rest.Many[rest.Label], err error) {
	path := rest.RepoPath(repo, "labels")
	if f.isGitCode() {
		return rest.List[rest.Label](ctx, f.Client, path, nil)
	}
	err = f.Get(ctx, path, nil, &all)
	return all, err
}

// createLabel creates a label: a GitCode takes a form, and a colour with its sign.
func (f *Forge) createLabel(ctx context.Context, repo pull.Repo, name string) error {
	var body any = map[string]string{"name": name, "color": labelColor}
	if f.isGitCode() {
		body = url.Values{"name": {name}, "color": {"#" + labelColor}}
	}
	var made rest.Label
	if _, err := f.Call(ctx, http.MethodPost, rest.RepoPath(repo, "labels"), nil, body, &made); err != nil {
		return err
	}
	return forge.RequireField(string(made.Name) == name, "the label that was created, or shows another one")
}

// RemoveLabel implements seam.Marker.
func (f *Forge) RemoveLabel(ctx context.Context, ref pull.Ref, name string) error {
	_, err := f.Call(ctx, http.MethodDelete, rest.PullPath(ref, "labels", name), nil, nil, nil)
	if err != nil && !errors.Is(err, forge.ErrNotFound) {
		return fmt.Errorf("take label %q off %s: %w", name, ref, err)
	}
	return nil
}

// Assign implements seam.Marker: by one call and, where that is not taken, each by one of
// their own.
func (f *Forge) Assign(ctx context.Context, ref pull.Ref, logins []string) error {
	err := f.assign(ctx, ref, logins)
	for _, login := range logins {
		if !rest.Declined(err) || len(logins) == 1 {
			break
		}
		if one := f.assign(ctx, ref, []string{login}); !rest.Declined(one) && one != nil {
			err = one
		}
	}
	if err != nil && !rest.Declined(err) {
		return fmt.Errorf("assign %s: %w", ref, err)
	}
	return nil
}

func (f *Forge) assign(ctx context.Context, ref pull.Ref, logins []string) error {
	body := map[string]string{"assignees": strings.Join(logins, ",")}
	_, err := f.Call(ctx, http.MethodPost, rest.PullPath(ref, "assignees"), nil, body, nil)
	return err
}
