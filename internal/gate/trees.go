package gate

import (
	"context"
	"errors"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/merge"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// trees reads the trees of a repository.
func (g *Reader) trees(ctx context.Context, repo pull.Repo) gittree.Reader {
	return gittree.Reader{
		Trees: func(ids []string) (map[string][]gittree.Entry, error) {
			trees, err := g.cfg.Trees.Trees(ctx, repo, ids)
			if err != nil {
				return nil, fmt.Errorf("read trees of %s: %w", repo, err)
			}
			return trees, nil
		},
		Text: func(id string, most int) ([]byte, error) { return g.blob(ctx, repo, seam.Entry{ID: id}, most) },
		Clean: func(base, ours, theirs, result string) (bool, error) {
			return g.clean(ctx, repo, sight.Merge{Base: base, Ours: ours, Theirs: theirs, Result: result})
		},
	}
}

// clean tells whether a three-way merge of text is clean and gives exactly its
// result. Large files are never clean.
func (g *Reader) clean(ctx context.Context, repo pull.Repo, m sight.Merge) (bool, error) {
	if clean, known := g.cache.merged(m); known {
		return clean, nil
	}
	var sides [3][]byte
	err := together(ctx,
		func(ctx context.Context) (err error) {
			sides[0], err = g.blob(ctx, repo, seam.Entry{ID: m.Base}, maxBlob)
			return err
		},
		func(ctx context.Context) (err error) {
			sides[1], err = g.blob(ctx, repo, seam.Entry{ID: m.Ours}, maxBlob)
			return err
		},
		func(ctx context.Context) (err error) {
			sides[2], err = g.blob(ctx, repo, seam.Entry{ID: m.Theirs}, maxBlob)
			return err
		},
	)
	if errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrTooLarge) {
		return false, nil // git no longer gives it, so nothing is known
	}
	if err != nil {
		return false, fmt.Errorf("read the sides of a merge: %w", err)
	}
	merged, clean := merge.Clean(sides[0], sides[1], sides[2])
	clean = clean && pull.ObjectID("blob", merged, len(m.Result)) == m.Result
	g.cache.keepMerge(m, clean)
	return clean, nil
}
