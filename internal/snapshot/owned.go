package snapshot

import (
	"cmp"
	"context"
	"slices"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// ownership reads what does not depend on the changed files: where the sources
// stand at the base branch's tip and, unless there are sources in the
// directories of changed files, the map.
func (g *Reader) ownership(ctx context.Context, l *Reading, p policy.Policy) error {
	req, s := &l.Look.Request, &l.Snapshot
	if len(s.Faults) > 0 {
		return nil
	}
	if req.BaseTip == "" {
		s.Faults = append(s.Faults, sources.Fault("the base branch "+req.BaseBranch+" is gone; retarget the pull request"))
		return nil
	}
	l.Policy = p
	named := g.Sources.SourcesOf(p)
	own := sources.OwnPaths(named, nil)
	s.PolicyFiles = append(s.PolicyFiles, sources.WithParents(own)...) // a file above them is a link in their way
	if s.Rules.Generated == policy.GeneratedIgnore {
		own = append(own, attributesFile)
	}
	wanted := sources.WithParents(own)
	entries, err := g.entries(ctx, l, wanted)
	if err != nil {
		return err
	}
	g.cache.hints.Keep(req.Ref.Repo, hint{owned: wanted})
	l.Look.Owned = entries
	if slices.ContainsFunc(named, func(s policy.Source) bool { return s.Format == formats.OwnersTree }) {
		l.spread = true
		return nil
	}
	return g.readMap(ctx, l, named, own, nil)
}

// owned reads the map if it depends on the changed files, and what else of the
// tree decides about their owners.
func (g *Reader) owned(ctx context.Context, l *Reading) error {
	req, s := &l.Look.Request, &l.Snapshot
	changed := sources.ChangedPaths(req.Files)
	named := g.Sources.SourcesOf(l.Policy)
	s.PolicyFiles = append(s.PolicyFiles, sources.Deciding(named, changed)...) // whoever mends a fault touches them
	if len(s.Faults) > 0 {
		return nil
	}
	if l.spread {
		own := sources.OwnPaths(named, changed)
		if sources.TooMany(own) {
			s.Faults = append(s.Faults, sources.TooWide("files that say who owns them"))
			return nil
		}
		entries, err := g.cfg.Archive.Entries(ctx, req.Ref.Repo, cmp.Or(l.Look.OwnedAt, req.BaseTip), sources.WithAbove(named, own))
		if err != nil {
			return err
		}
		l.Look.Owned = entries
		if err := g.readMap(ctx, l, named, own, changed); err != nil {
			return err
		}
	}
	if s.Owners == nil {
		return nil
	}
	s.SourceWarnings = ownership.Concerning(s.SourceWarnings, changed)
	found, err := g.Sources.Directories(ctx, req.Ref.Repo, cmp.Or(l.Look.OwnedAt, req.BaseTip), s.Owners, changed)
	if err != nil {
		return err
	}
	l.Sources.SetDirectories(s.Owners.Directories(changed), found)
	l.Inputs.Directories, l.Inputs.Mapped = found, true
	s.Owners = sources.InTree(s.Owners, found)
	return nil
}

// readMap finds the files of sources and reads them into the snapshot's map.
// own are the paths that were looked up, changed those that the sources need
// know of.
func (g *Reader) readMap(ctx context.Context, l *Reading, list []policy.Source, own, changed []string) error {
	s := &l.Snapshot
	for _, path := range own {
		l.Sources.SetPath(path, sources.Place(l.Look.Owned, path).Entry.State())
	}
	at := cmp.Or(l.Look.OwnedAt, l.Look.Request.BaseTip)
	repo := l.Look.Request.Ref.Repo
	found, err := g.Sources.Locate(ctx, sources.CommitTree{Repo: repo, Commit: at, Entries: l.Look.Owned}, list, changed)
	if err != nil {
		return err
	}
	l.Sources.SetSources(found)
	m, err := g.Sources.ReadMap(ctx, repo, found, len(l.Policy.Sources) == 0)
	if err != nil {
		return err
	}
	l.Inputs.Sources = m.Files
	s.Owners, s.SourceWarnings = m.Owners, m.Warnings
	s.Mendable = len(s.Faults) == 0 && len(m.Faults) > 0
	s.Faults = append(s.Faults, m.Faults...)
	return nil
}

// entries returns where files stand at the base branch's tip, from the look if it
// asked for them.
func (g *Reader) entries(ctx context.Context, l *Reading, paths []string) (map[string]seam.Entry, error) {
	if !slices.ContainsFunc(paths, func(p string) bool { _, ok := l.Look.Owned[p]; return !ok }) {
		return l.Look.Owned, nil
	}
	req := &l.Look.Request
	return g.cfg.Archive.Entries(ctx, req.Ref.Repo, cmp.Or(l.Look.OwnedAt, req.BaseTip), paths)
}
