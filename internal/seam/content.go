package seam

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Content is what git holds of a repository, as a clone has it: what adapters stand on that
// know no other way.
type Content interface {
	Trees
	Changes
	Objects
}

// Changes tells what heads change; both sides of each file are whole.
type Changes interface {
	Files(ctx context.Context, look Look) (Change, error)
	HeadAt(ctx context.Context, look Look, commit string) (pull.Head, error)
}

// Objects reads files; see Archive.
type Objects interface {
	Blob(ctx context.Context, repo pull.Repo, id string, most int) ([]byte, error)
	Entries(ctx context.Context, repo pull.Repo, commit string, paths []string) (map[string]Entry, error)
}
