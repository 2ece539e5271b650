package mirror

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Over returns a forge of which content is read from clones, and all else by its API as
// before. What stands at the tip of a default branch is still asked of the API: an owner's
// or somebody else's repository is not cloned to find out whether it has a file. So is who
// made commits where a list of them is not to be trusted: the forge knows whose addresses
// are. watch is
// told which files of a repository are looked up; may be nil.
func (m *Mirror) Over(f seam.Forge, watch func(repo pull.Repo, paths []string)) seam.Forge {
	f.Source = source{f.Source, m}
	f.Archive = archive{f.Archive, m, watch}
	f.Trees = trees{m, f.Trees}
	return m.Below(f)
}

// Below returns a forge of which content is read from clones, as it is by an adapter that
// knows no other way, with what else they give: patches. In turn they hear which pull
// requests are open.
func (m *Mirror) Below(f seam.Forge) seam.Forge {
	f.Patches, f.Lister = m, lister{f.Lister, m}
	return f
}

// source lists files by git.
type source struct {
	seam.Source
	mirror *Mirror
}

// Files implements seam.Source.
func (s source) Files(ctx context.Context, look seam.Look) (seam.Change, error) {
	return s.mirror.Files(ctx, look)
}

// Sides implements seam.Source. Files told both sides already; all that it read, it read by
// the ids of the look, so that nothing of it can have moved since.
func (source) Sides(_ context.Context, look seam.Look, c *seam.Change) error {
	c.After = look.Revision()
	return nil
}

// archive reads objects by git.
type archive struct {
	seam.Archive
	mirror *Mirror
	watch  func(repo pull.Repo, paths []string)
}

// Blob implements seam.Archive.
func (a archive) Blob(ctx context.Context, repo pull.Repo, id string, most int) ([]byte, error) {
	return a.mirror.Blob(ctx, repo, id, most)
}

// Entries implements seam.Archive.
func (a archive) Entries(ctx context.Context, repo pull.Repo, commit string, paths []string) (map[string]seam.Entry, error) {
	if commit == seam.DefaultTip {
		return a.Archive.Entries(ctx, repo, commit, paths)
	}
	if a.watch != nil {
		a.watch(repo, paths)
	}
	return a.mirror.Entries(ctx, repo, commit, paths)
}

// HeadAt implements seam.Archive.
func (a archive) HeadAt(ctx context.Context, look seam.Look, commit string) (pull.Head, error) {
	return a.mirror.HeadAt(ctx, look, commit)
}

// trees reads trees and merge bases by git.
type trees struct {
	*Mirror
	api seam.Trees
}

// Commits implements seam.Trees.
func (t trees) Commits(ctx context.Context, repo pull.Repo, base, head string) ([]pull.Commit, error) {
	return t.api.Commits(ctx, repo, base, head)
}

// lister tells the clones which pull requests are open: of the others no head need be kept.
type lister struct {
	seam.Lister
	mirror *Mirror
}

// OpenRequests implements seam.Lister.
func (l lister) OpenRequests(ctx context.Context, repo pull.Repo) ([]seam.Listed, error) {
	list, err := l.Lister.OpenRequests(ctx, repo)
	if err == nil {
		l.mirror.listed(repo, list)
	}
	return list, err
}

var (
	_ seam.Source  = source{}
	_ seam.Archive = archive{}
	_ seam.Lister  = lister{}
	_ seam.Trees   = (*Mirror)(nil)
	_ seam.Patches = (*Mirror)(nil)
)
