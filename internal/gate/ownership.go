package gate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// source is an ownership source and where its files stand.
type source struct {
	policy.Source
	repo  pull.Repo
	files []sourceFile
	fault string // why it can't be read; empty if it can
	// unshown tells that the fault came up only when a file was read.
	unshown bool
}

// conventional is the source of a policy that names none.
func conventional() []policy.Source {
	return []policy.Source{{Format: formats.Subsystems, Path: yamlmap.DefaultPath}}
}

// sourcesOf gives the sources of a policy, with the files beside them that
// decide about people.
func (g *Reader) sourcesOf(p policy.Policy) []policy.Source {
	list := slices.Clone(p.Sources)
	if len(list) == 0 {
		list = conventional()
	}
	for i := range list {
		if list[i].Format == formats.Codeowners {
			list[i].Dialect = cmp.Or(list[i].Dialect, g.cfg.Traits.Dialect)
		}
	}
	if slices.ContainsFunc(list, func(s policy.Source) bool { return s.Format == formats.Maintainers && s.Repo == "" }) {
		list = append(list, policy.Source{Format: formats.Ignore, Path: formats.IgnorePath})
	}
	if p.People != nil {
		list = append(list, *p.People)
	}
	return append(list, policy.Source{Format: formats.Mailmap, Path: formats.MailmapPath})
}

// text gives what formats need to know of a source.
func text(s policy.Source) formats.Source {
	return formats.Source{Format: s.Format, Dialect: s.Dialect, Path: s.Path, Ignore: s.Ignore}
}

// withAbove adds the directories above files of sources, but for those that stand
// in the directories of changed files: below a link there are none.
func withAbove(sources []policy.Source, own []string) []string {
	all, there := slices.Clone(own), setOf(own)
	for _, p := range withParents(ownPaths(slices.DeleteFunc(slices.Clone(sources), func(s policy.Source) bool { return s.Format == formats.OwnersTree }), nil)) {
		if !there[p] {
			all = append(all, p)
		}
	}
	return all
}

// ownPaths lists the files of sources that stand in the repository itself, as
// far as changed paths decide which those are.
func ownPaths(sources []policy.Source, changed []string) []string {
	var own []string
	there := map[string]bool{}
	for _, s := range sources {
		if s.Repo != "" {
			continue
		}
		paths := text(s).Needs(changed)
		if text(s).Directory() { // so that a push that changes a file in it is noticed
			paths = []string{strings.TrimSuffix(s.Path, "/")}
		}
		for _, p := range paths {
			if !there[p] {
				there[p], own = true, append(own, p)
			}
		}
	}
	return own
}

// ownership reads what does not depend on the changed files: where the sources
// stand at the base branch's tip and, unless there are sources in the
// directories of changed files, the map.
func (g *Reader) ownership(ctx context.Context, l *loaded, p policy.Policy) error {
	req, s := &l.look.Request, &l.snapshot
	if len(s.Faults) > 0 {
		return nil
	}
	if req.BaseTip == "" {
		s.Faults = append(s.Faults, fault("the base branch "+req.BaseBranch+" is gone; retarget the pull request"))
		return nil
	}
	l.policy = p
	sources := g.sourcesOf(p)
	own := ownPaths(sources, nil)
	s.PolicyFiles = append(s.PolicyFiles, withParents(own)...) // a file above them is a link in their way
	if s.Rules.Generated == policy.GeneratedIgnore {
		own = append(own, attributesFile)
	}
	wanted := withParents(own)
	entries, err := g.entries(ctx, l, wanted)
	if err != nil {
		return err
	}
	g.cache.learn(req.Ref.Repo, wanted)
	l.look.Owned = entries
	if slices.ContainsFunc(sources, func(s policy.Source) bool { return s.Format == formats.OwnersTree }) {
		l.spread = true
		return nil
	}
	return g.readMap(ctx, l, sources, own, nil)
}

// owned reads the map if it depends on the changed files, and what else of the
// tree decides about their owners.
func (g *Reader) owned(ctx context.Context, l *loaded) error {
	req, s := &l.look.Request, &l.snapshot
	changed := changedPaths(req.Files)
	sources := g.sourcesOf(l.policy)
	s.PolicyFiles = append(s.PolicyFiles, deciding(sources, changed)...) // whoever mends a fault touches them
	if len(s.Faults) > 0 {
		return nil
	}
	if l.spread {
		own := ownPaths(sources, changed)
		if inDirectories.exceededBy(own) {
			s.Faults = append(s.Faults, tooWide("files that say who owns them"))
			return nil
		}
		entries, err := g.cfg.Archive.Entries(ctx, req.Ref.Repo, cmp.Or(l.look.OwnedAt, req.BaseTip), withAbove(sources, own))
		if err != nil {
			return err
		}
		l.look.Owned = entries
		if err := g.readMap(ctx, l, sources, own, changed); err != nil {
			return err
		}
	}
	if s.Owners == nil {
		return nil
	}
	s.SourceWarnings = ownership.Concerning(s.SourceWarnings, changed)
	names := s.Owners.Directories(changed)
	found, err := g.trees(ctx, req.Ref.Repo).Directories(cmp.Or(l.look.OwnedAt, req.BaseTip), names)
	if err != nil {
		return err
	}
	for _, name := range names {
		l.sources.set(isDirKey+name, isDir(found, name))
	}
	l.inputs.Directories, l.inputs.Mapped = found, true
	s.Owners = inTree(s.Owners, found)
	return nil
}

// isDir is what a basis keeps of a name that may be a directory.
func isDir(found []string, name string) string {
	if slices.Contains(found, name) {
		return "directory"
	}
	return ""
}

// inTree gives a map for a tree in which these are the directories.
func inTree(m *ownership.Map, directories []string) *ownership.Map {
	return m.In(func(name string) bool { return slices.Contains(directories, name) })
}

func changedPaths(files []pull.File) []string {
	paths := make([]string, 0, len(files))
	for _, f := range files {
		paths = append(paths, f.Paths()...)
	}
	return paths
}

// deciding lists the changed files that are, or would be, part of a source, such
// as an OWNERS file that is new: they are as protected as any other.
func deciding(sources []policy.Source, changed []string) []string {
	var paths []string
	listed := map[string]bool{}
	for _, s := range sources {
		for _, p := range changed {
			if s.Repo == "" && !listed[p] && text(s).Has(p) {
				listed[p], paths = true, append(paths, p)
			}
		}
	}
	return paths
}

// readMap finds the files of sources and reads them into the snapshot's map.
// own are the paths that were looked up, changed those that the sources need
// know of.
func (g *Reader) readMap(ctx context.Context, l *loaded, list []policy.Source, own, changed []string) error {
	s := &l.snapshot
	for _, path := range own {
		l.sources.setPath(path, place(l.look.Owned, path).entry.State())
	}
	at := cmp.Or(l.look.OwnedAt, l.look.Request.BaseTip)
	sources, err := g.locate(ctx, l, list, at, changed)
	if err != nil {
		return err
	}
	m, err := g.parseMap(ctx, l.look.Request.Ref.Repo, sources, len(l.policy.Sources) == 0)
	if err != nil {
		return err
	}
	l.inputs.Sources = m.files
	s.Owners, s.SourceWarnings = m.owners, m.warnings
	s.Mendable = len(s.Faults) == 0 && len(m.faults) > 0
	s.Faults = append(s.Faults, m.faults...)
	return nil
}

// locate finds where the files of sources stand: in the repository, at a commit
// of which look.Owned has the entries, or at the tip of a branch of another
// repository.
func (g *Reader) locate(ctx context.Context, l *loaded, list []policy.Source, commit string, changed []string) ([]source, error) {
	sources := make([]source, len(list))
	for i, named := range list {
		s := source{Source: named, repo: l.look.Request.Ref.Repo}
		var err error
		switch {
		case named.Repo != "":
			err = g.foreign(ctx, &s)
			l.sources.set(sourceKey+s.key(s.Path), s.state())
		case text(s.Source).Directory():
			err = g.listed(ctx, &s, commit)
			l.sources.set(directoryKey+s.Path, s.state())
		default:
			for _, p := range text(named).Needs(changed) {
				s.files = append(s.files, place(l.look.Owned, p))
			}
		}
		if err != nil {
			return nil, err
		}
		sources[i] = s
	}
	return sources, nil
}

// foreign finds a source in another repository, if those of its owner may be read.
func (g *Reader) foreign(ctx context.Context, s *source) error {
	repo, err := pull.ParseRepo(s.repo.Forge, s.Repo)
	if err != nil {
		return err // unreachable: the policy was checked
	}
	if from := s.repo.Owner; !g.trusts(from, repo.Owner) {
		s.fault = untrusted("ownership files in repositories", from, repo.Owner)
		return nil
	}
	s.repo = repo
	commit := seam.DefaultTip
	if s.Ref != "" {
		commit, err = g.cfg.Lister.Tip(ctx, repo, s.Ref)
	}
	var entries map[string]seam.Entry
	paths := text(s.Source).Needs(nil)
	switch {
	case err != nil || commit == "":
	case text(s.Source).Directory():
		err = g.listed(ctx, s, commit)
	default:
		entries, err = g.cfg.Archive.Entries(ctx, repo, commit, withParents(paths))
	}
	switch {
	case err != nil && !hidden(err):
		return err
	case err != nil || commit == "":
		s.fault = unreadable
	}
	if !text(s.Source).Directory() {
		for _, p := range paths {
			s.files = append(s.files, place(entries, p))
		}
	}
	return nil
}

// listed finds the files of a source that is a directory.
func (g *Reader) listed(ctx context.Context, s *source, commit string) error {
	dir := strings.TrimSuffix(s.Path, "/")
	entries, err := g.trees(ctx, s.repo).Directory(commit, dir)
	if err == nil && len(entries) == 0 { // nothing, or a link in its place
		var way map[string]seam.Entry
		if way, err = g.cfg.Archive.Entries(ctx, s.repo, commit, withParents([]string{dir})); err == nil && place(way, dir).way != "" {
			s.files = append(s.files, place(way, dir))
		}
		return err
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Mode != pull.Directory && e.Mode != pull.Submodule && e.Name[0] != '.' {
			name := dir + "/" + e.Name
			s.files = append(s.files, place(map[string]seam.Entry{name: {ID: e.ID, Mode: e.Mode}}, name))
		}
	}
	slices.SortFunc(s.files, func(a, b sourceFile) int { return cmp.Compare(a.path, b.path) })
	return nil
}

// entries gives where files stand at the base branch's tip, from the look if it
// asked for them.
func (g *Reader) entries(ctx context.Context, l *loaded, paths []string) (map[string]seam.Entry, error) {
	if !slices.ContainsFunc(paths, func(p string) bool { _, ok := l.look.Owned[p]; return !ok }) {
		return l.look.Owned, nil
	}
	req := &l.look.Request
	return g.cfg.Archive.Entries(ctx, req.Ref.Repo, cmp.Or(l.look.OwnedAt, req.BaseTip), paths)
}

// parseMap reads and compiles the sources, once for the same files. conventional
// tells that the policy names none, so that the service's own map may stand in.
func (g *Reader) parseMap(ctx context.Context, repo pull.Repo, sources []source, conventional bool) (*parsedMap, error) {
	key := mapKey(repo, sources, conventional)
	if m := g.cache.parsed(key); m != nil {
		return m, nil
	}
	m, err := g.compileMap(ctx, repo, sources, conventional, inForce)
	if err == nil && !m.unsure {
		g.cache.keep(key, m)
	}
	return m, err
}

// mapKey tells a map from any other by what it is made of.
func mapKey(repo pull.Repo, sources []source, conventional bool) string {
	sum := sha256.New() // of changed files, whose paths may be long
	fmt.Fprintf(sum, "%s %v", repo, conventional)
	for _, s := range sources {
		fmt.Fprintf(sum, "\n%s %s %q %q", s.Format, s.Dialect, s.key(s.Path), s.fault)
		if s.Repo != "" {
			fmt.Fprintf(sum, " %s", s.Pos) // a fault names it
		}
		for _, f := range s.files {
			fmt.Fprintf(sum, " %q %s %s %q", f.path, f.entry.ID, f.entry.Mode, f.way)
		}
	}
	return string(sum.Sum(nil))
}

// compileMap is parseMap without memory: what only a pull request proposes is
// not kept.
func (g *Reader) compileMap(ctx context.Context, repo pull.Repo, sources []source, conventional bool, most budget) (*parsedMap, error) {
	texts, err := g.texts(ctx, sources, most)
	if errors.Is(err, pull.ErrTooLarge) {
		return &parsedMap{faults: most.exceeded()}, nil
	}
	if err != nil {
		return nil, err
	}
	for i, s := range sources {
		if s.fault == "" && conventional && s.Format == formats.Subsystems && len(texts[i].Files) == 0 && len(g.cfg.DefaultMap.Data) > 0 {
			texts[i].Files = []ownership.File{{Path: g.cfg.DefaultMap.Path, Data: g.cfg.DefaultMap.Data}}
		}
	}
	m := &parsedMap{}
	m.missing(sources, texts)
	if len(m.faults) == 0 {
		m.parse(texts, repo.Forge)
		m.withhold(sources)
	}
	for i, t := range texts {
		for _, f := range t.Files {
			kept, err := g.kept(ctx, repo, File{Path: f.Path, Data: f.Data})
			if err != nil {
				return nil, err
			}
			m.files = append(m.files, KeptSource{Kept: kept, Format: t.Format, Dialect: t.Dialect, Source: t.Path, Number: i + 1})
		}
	}
	return m, nil
}

// texts reads the files that there are. A source in another repository of which one
// is not shown gets that for its fault.
func (g *Reader) texts(ctx context.Context, sources []source, most budget) ([]formats.Source, error) {
	if files := filesIn(sources); files > most.files {
		return nil, tooLarge(most.bytes)
	}
	var read atomic.Int64
	texts := make([]formats.Source, len(sources))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(blobsAtOnce)
	unshown := make([]atomic.Bool, len(sources))
	for i, s := range sources {
		texts[i] = text(s.Source)
		for _, f := range s.files {
			if f.isFile() {
				texts[i].Files = append(texts[i].Files, ownership.File{Path: s.shown(f.path)})
			}
		}
		at := 0
		for _, f := range s.files {
			if !f.isFile() {
				continue
			}
			into := &texts[i].Files[at]
			at++
			group.Go(func() (err error) {
				if into.Data, err = g.blob(ctx, s.repo, f.entry, min(most.bytes, maxBlob)); s.Repo != "" && hidden(err) {
					unshown[i].Store(true)
					return nil
				}
				if read.Add(int64(len(into.Data))) > int64(most.bytes) {
					return tooLarge(most.bytes)
				}
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range texts {
		if unshown[i].Load() {
			sources[i].fault, sources[i].unshown, texts[i].Files = unreadable, true, nil
		}
		texts[i] = texts[i].Preferred()
	}
	return texts, nil
}

// blobsAtOnce bounds how many ownership files are read side by side.
const blobsAtOnce = 16

// parse reads texts into one map.
func (m *parsedMap) parse(texts []formats.Source, forge string) {
	var err error
	m.owners, m.warnings, err = formats.Parse(texts, forge)
	m.faults = strictyaml.AsFaults(err)
}

// misplaced tells which files of a source are none. Prow passes over an OWNERS
// that is a symbolic link; where a forge looks in several places, the first file
// is the one.
func (s *source) misplaced() strictyaml.Faults {
	var faults strictyaml.Faults
	for _, f := range s.files {
		if s.Format == formats.OwnersTree && text(s.Source).InDirectory(f.path) {
			continue
		}
		if s.Format == formats.Codeowners && s.Path == "" && f.isFile() {
			break
		}
		if s.Repo != "" && f.way == "" && f.entry.Mode == pull.Directory {
			continue // elsewhere that looks as if there were nothing
		}
		why := f.misplaced()
		if s.Format == formats.Maintainers && f.way == "" && f.entry.Mode == pull.Directory {
			why = "is a directory; write it with a slash at its end, to have the files in it read"
		}
		if why != "" {
			faults = append(faults, strictyaml.Fault{File: s.shown(f.path), Text: why})
		}
	}
	return faults
}
