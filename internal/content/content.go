// Package content reads what git holds of a repository, by object id and through any
// forge: files, trees, which merges of text are clean, what commits touch, and whether a
// forge's list of changed files is whole. What an id names never changes, so much of it is
// kept.
package content

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/merge"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// Blobs keeps files by object id, so that each is read once.
type Blobs interface {
	Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, bool, error)
	SaveBlob(ctx context.Context, repo pull.Repo, id string, data []byte) error
}

// Files reads files by object id; see seam.Archive.
type Files interface {
	Blob(ctx context.Context, repo pull.Repo, id string, most int) ([]byte, error)
}

// Config is what a Reader works with.
type Config struct {
	Files Files
	Trees seam.Trees
	Blobs Blobs
	// Noticed is told of what a forge should not do; may be nil.
	Noticed func(seam.Oddity)
	Log     *slog.Logger
}

// Reader reads content. It is safe for concurrent use.
type Reader struct {
	cfg    Config
	merges turns.Kept[sight.Merge, bool] // whether each that was made is clean
	asked  turns.Asked
}

// keptMerges bounds the outcomes of merges that are kept, some 250 bytes each.
const keptMerges = 20_000

// New makes a reader.
func New(cfg Config) *Reader {
	return &Reader{cfg: cfg, merges: turns.Kept[sight.Merge, bool]{Most: keptMerges}}
}

// MaxBlob is the largest file that is read, in bytes. Anybody can have larger ones in a
// fork, forges take some of 100 MB.
const MaxBlob = 8 << 20

// TooLarge is the error of a file of more bytes than are read.
func TooLarge(most int) error {
	return fmt.Errorf("more than the %d bytes that are read: %w", most, pull.ErrTooLarge)
}

// Blob reads a file once per id.
func (r *Reader) Blob(ctx context.Context, repo pull.Repo, e seam.Entry, most int) ([]byte, error) {
	data, ok, err := r.cfg.Blobs.Blob(ctx, repo, e.ID)
	if err == nil && len(data) > most {
		return nil, TooLarge(most)
	}
	if err != nil || ok {
		return data, err
	}
	if data = e.Text; len(data) > most {
		return nil, TooLarge(most)
	}
	if data == nil {
		if data, err = r.cfg.Files.Blob(ctx, repo, e.ID, most); err != nil {
			return nil, err
		}
	}
	return data, r.cfg.Blobs.SaveBlob(ctx, repo, e.ID, data)
}

// Keep keeps a text among the files, and gives its object id.
func (r *Reader) Keep(ctx context.Context, repo pull.Repo, data []byte) (string, error) {
	id := pull.BlobID(data)
	_, ok, err := r.cfg.Blobs.Blob(ctx, repo, id)
	if err == nil && !ok {
		err = r.cfg.Blobs.SaveBlob(ctx, repo, id, data)
	}
	return id, err
}

// Trees reads the trees of a repository.
func (r *Reader) Trees(ctx context.Context, repo pull.Repo) gittree.Reader {
	return gittree.Reader{
		Trees: func(ids []string) (map[string][]gittree.Entry, error) {
			trees, err := r.cfg.Trees.Trees(ctx, repo, ids)
			if err != nil {
				return nil, fmt.Errorf("read trees of %s: %w", repo, err)
			}
			return trees, nil
		},
		Text: func(id string, most int) ([]byte, error) { return r.Blob(ctx, repo, seam.Entry{ID: id}, most) },
		Clean: func(base, ours, theirs, result string) (bool, error) {
			return r.clean(ctx, repo, sight.Merge{Base: base, Ours: ours, Theirs: theirs, Result: result})
		},
	}
}

// maxMerges is how many merges of text one evaluation makes at most, besides those that
// were made before; what is beyond waits for the next one.
const maxMerges = 500

// mergesAtOnce bounds the files that are in memory for merges, three for each.
const mergesAtOnce = 8

// CleanOf returns those of some merges that are known to be clean.
func (r *Reader) CleanOf(ctx context.Context, repo pull.Repo, needed []sight.Merge) ([]sight.Merge, error) {
	is := make(map[sight.Merge]bool, len(needed))
	var left []sight.Merge
	for _, m := range needed {
		clean, known := r.merges.Get(m)
		if is[m] = clean; !known {
			left = append(left, m)
		}
	}
	left = turns.Next(&r.asked, left, maxMerges)
	clean := make([]bool, len(left))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(mergesAtOnce)
	for i, m := range left {
		group.Go(func() (err error) { clean[i], err = r.clean(ctx, repo, m); return err })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, m := range left {
		is[m] = clean[i]
	}
	var all []sight.Merge
	for _, m := range needed {
		if is[m] {
			all = append(all, m)
		}
	}
	return all, nil
}

// clean reports whether a three-way merge of text is clean and gives exactly its
// result. Large files are never clean.
func (r *Reader) clean(ctx context.Context, repo pull.Repo, m sight.Merge) (bool, error) {
	if clean, known := r.merges.Get(m); known {
		return clean, nil
	}
	var sides [3][]byte
	group, groupCtx := errgroup.WithContext(ctx)
	for i, id := range []string{m.Base, m.Ours, m.Theirs} {
		group.Go(func() (err error) {
			sides[i], err = r.Blob(groupCtx, repo, seam.Entry{ID: id}, MaxBlob)
			return err
		})
	}
	err := group.Wait()
	if errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrTooLarge) {
		return false, nil // git no longer gives it, so nothing is known
	}
	if err != nil {
		return false, fmt.Errorf("read the sides of a merge: %w", err)
	}
	merged, clean := merge.Clean(sides[0], sides[1], sides[2])
	clean = clean && pull.ObjectID("blob", merged, len(m.Result)) == m.Result
	r.merges.Keep(m, clean)
	return clean, nil
}
