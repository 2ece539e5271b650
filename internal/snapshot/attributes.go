package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/gitattributes"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// attributesFile marks generated files; those in directories below count for
// their directory.
const attributesFile = ".gitattributes"

// maxAttributes is the largest of them that is read, in bytes.
const maxAttributes = 1 << 20

// generated reads which files the base branch declares generated, where the
// policy leaves them out of the count.
func (g *Reader) generated(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	if s.Rules.Generated != policy.GeneratedIgnore || len(s.Faults) > 0 {
		return nil
	}
	return g.attributes(ctx, l)
}

// attributes reads .gitattributes of the root and of every directory on the way
// to a changed file. One that is a symbolic link is a fault; below a link there
// is none, as for git.
func (g *Reader) attributes(ctx context.Context, l *Reading) error {
	req := &l.Snapshot.Request
	files := attributesFiles(req.Files)
	if sources.TooMany(files) {
		l.wide = true
		return nil
	}
	entries, err := g.cfg.Archive.Entries(ctx, req.Ref.Repo, cmp.Or(l.Look.OwnedAt, req.BaseTip), files)
	if err != nil {
		return err
	}
	l.attributes = &gitattributes.Attributes{}
	for _, name := range files {
		f := sources.Place(entries, name)
		l.nested.SetPath(name, f.Entry.State()) // one that comes later may take files back into the count
		if f.Way != "" {
			l.misplaced = append(l.misplaced, strictyaml.Fault{File: name, Text: f.Misplaced()})
		}
		if !f.IsFile() {
			continue
		}
		data, err := g.Content.Blob(ctx, req.Ref.Repo, f.Entry, maxAttributes)
		if errors.Is(err, pull.ErrTooLarge) {
			l.misplaced = append(l.misplaced,
				strictyaml.Fault{File: name, Text: fmt.Sprintf("more than the %d bytes that are read; say it with fewer patterns", maxAttributes)})
			continue
		}
		if err != nil {
			return err
		}
		l.attributes.Add(path.Dir(name), data)
	}
	return nil
}

// attributesFiles lists the files that say something of changed files, those of
// directories above first.
func attributesFiles(changed []pull.File) []string {
	var files []string
	seen := map[string]bool{}
	for _, f := range changed {
		for _, p := range f.Paths() {
			for dir := path.Dir(p); !seen[dir]; dir = path.Dir(dir) { // a directory brings its parents
				seen[dir] = true
				files = append(files, path.Join(dir, attributesFile))
			}
		}
	}
	slices.SortFunc(files, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")), strings.Compare(a, b))
	})
	return files
}

// markGenerated marks the files that are generated; a rename only if both its
// paths are.
func markGenerated(a *gitattributes.Attributes, files []pull.File) {
	for i := range files {
		f := &files[i]
		f.Generated = !slices.ContainsFunc(f.Paths(), func(p string) bool { return !a.Generated(p) })
	}
}

// addMisplaced makes faults of .gitattributes those of the verdict. Whoever mends
// them touches these files.
func (l *Reading) addMisplaced() {
	if l.wide {
		l.Snapshot.Faults = append(l.Snapshot.Faults, sources.TooWide("a "+attributesFile))
	}
	if len(l.misplaced) == 0 {
		return
	}
	s := &l.Snapshot
	s.Mendable = len(s.Faults) == 0
	s.Faults = append(s.Faults, l.misplaced...)
	for _, f := range l.misplaced {
		s.PolicyFiles = append(s.PolicyFiles, f.File)
	}
}
