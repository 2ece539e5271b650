// Package survey reads what package coverage tells of a repository: its whole tree at a commit, and
// the ownership that holds there.
//
// It promises that it writes nothing, and ends where a tree is larger than is read. When it is done,
// and for whom, is left to the service.
package survey

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/reviewgate/reviewgate/internal/coverage"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// maxTrees is how many directories are read. Linux has some 6,000.
const maxTrees = 30_000

// Read surveys the tree of a commit. What is as it is, and not for us to mend, is why there is no
// survey: coverage.Survey.Why. An error is what may be over at another time.
func Read(ctx context.Context, r *sources.Reader, repo pull.Repo, commit string) (coverage.Survey, error) {
	h, err := r.Holding(ctx, repo)
	switch {
	case err != nil:
		return coverage.Survey{}, err
	case len(h.Faults) > 0:
		return coverage.Survey{Why: coverage.WhyFaults}, nil
	case h.File == "" && !h.OfService:
		return coverage.Survey{Why: coverage.WhyNoPolicy}, nil
	}
	paths, dirs, err := tree(r.Trees(ctx, repo), commit)
	if errors.Is(err, pull.ErrTooLarge) {
		return coverage.Survey{Why: coverage.WhyTooLarge}, nil
	}
	if err != nil {
		return coverage.Survey{}, err
	}
	m, err := r.OwnersAt(ctx, repo, h, commit, concerned(r, h, paths))
	if err != nil {
		return coverage.Survey{}, err
	}
	if len(m.Faults) > 0 || m.Owners == nil {
		return coverage.Survey{Why: coverage.WhyFaults}, nil
	}
	owners := m.Owners.In(func(name string) bool { return dirs[name] }).Approving(h.Policy.Base.ReviewersCount)
	return coverage.Of(owners, paths), nil
}

// tree lists the files of a commit, and its directories.
func tree(read gittree.Reader, commit string) (paths []string, dirs map[string]bool, err error) {
	left, trees := maxTrees, read.Trees
	read.Trees = func(ids []string) (map[string][]gittree.Entry, error) {
		if left -= len(ids); left < 0 {
			return nil, fmt.Errorf("more than %d directories: %w", maxTrees, pull.ErrTooLarge)
		}
		return trees(ids)
	}
	files, err := read.Compare("", commit)
	if err != nil {
		return nil, nil, err
	}
	dirs = map[string]bool{}
	for _, f := range files {
		paths = append(paths, f.Path)
		for dir := path.Dir(f.Path); dir != "." && !dirs[dir]; dir = path.Dir(dir) {
			dirs[dir] = true
		}
	}
	return paths, dirs, nil
}

// concerned are those of all paths by which ownership files are found that stand in directories:
// these files themselves.
func concerned(r *sources.Reader, h sources.Holding, paths []string) []string {
	var out []string
	for _, s := range r.SourcesOf(h.Policy) {
		if s.Format != formats.OwnersTree || s.Repo != "" {
			continue
		}
		for _, p := range paths {
			if p == s.Path || strings.HasSuffix(p, "/"+s.Path) {
				out = append(out, p)
			}
		}
	}
	return out
}
