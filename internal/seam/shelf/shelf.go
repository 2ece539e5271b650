// Package shelf is, for tests, a forge that has files and trees and nothing else.
package shelf

import (
	"context"
	"fmt"
	"sync"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Forge is a forge that has files and trees and nothing else. Every branch has
// the tip "tip".
type Forge struct {
	Files map[string]seam.Entry      // by path
	Dirs  map[string][]gittree.Entry // by object id of a tree or commit
	Texts map[string][]byte          // by object id
}

// Blob is as the seam has it.
func (f *Forge) Blob(_ context.Context, _ pull.Repo, id string, most int) ([]byte, error) {
	if len(f.Texts[id]) > most {
		return nil, fmt.Errorf("%d bytes: %w", len(f.Texts[id]), pull.ErrTooLarge)
	}
	return f.Texts[id], nil
}

// Entries is as the seam has it.
func (f *Forge) Entries(_ context.Context, _ pull.Repo, _ string, paths []string) (map[string]seam.Entry, error) {
	out := map[string]seam.Entry{}
	for _, p := range paths {
		out[p] = f.Files[p]
	}
	return out, nil
}

// HeadAt is as the seam has it.
func (f *Forge) HeadAt(context.Context, seam.Look, string) (pull.Head, error) {
	return pull.Head{}, nil
}

// OpenRequests is as the seam has it.
func (f *Forge) OpenRequests(context.Context, pull.Repo) ([]seam.Listed, error) { return nil, nil }

// Tip is as the seam has it.
func (f *Forge) Tip(context.Context, pull.Repo, string) (string, error) { return "tip", nil }

// MergeBases is as the seam has it.
func (f *Forge) MergeBases(context.Context, pull.Repo, string, string) ([]string, error) {
	return nil, nil
}

// Trees is as the seam has it.
func (f *Forge) Trees(_ context.Context, _ pull.Repo, ids []string) (map[string][]gittree.Entry, error) {
	out := map[string][]gittree.Entry{}
	for _, id := range ids {
		out[id] = f.Dirs[id]
	}
	return out, nil
}

// Kept are files that are kept in memory.
type Kept struct{ all sync.Map }

// Blob is as content.Blobs has it.
func (b *Kept) Blob(_ context.Context, _ pull.Repo, id string) ([]byte, bool, error) {
	if data, ok := b.all.Load(id); ok {
		return data.([]byte), true, nil
	}
	return nil, false, nil
}

// SaveBlob is as content.Blobs has it.
func (b *Kept) SaveBlob(_ context.Context, _ pull.Repo, id string, data []byte) error {
	b.all.Store(id, data)
	return nil
}

// Noted is as the seam has it.
func (*Forge) Noted(context.Context, pull.Repo, string) ([]pull.Proof, error) {
	return nil, nil
}

// Commits is as the seam has it.
func (*Forge) Commits(context.Context, pull.Repo, string, string) ([]pull.Commit, error) {
	return nil, nil
}
