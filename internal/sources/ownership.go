package sources

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

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Source is an ownership source and where its files stand.
type Source struct {
	policy.Source
	repo  pull.Repo
	files []PlacedFile
	fault string // why it can't be read; empty if it can
	// unshown tells that the fault came up only when a file was read.
	unshown bool
}

// conventional is the source of a policy that names none.
func (r *Reader) conventional() []policy.Source {
	places := r.cfg.Traits.Maps()
	return []policy.Source{{Format: formats.Subsystems, Path: places[0], Places: places}}
}

// SourcesOf returns the sources of a policy, with the files beside them that
// decide about people.
func (r *Reader) SourcesOf(p policy.Policy) []policy.Source {
	list := slices.Clone(p.Sources)
	if len(list) == 0 {
		list = r.conventional()
	}
	for i := range list {
		if list[i].Format == formats.Codeowners {
			list[i].Dialect = cmp.Or(list[i].Dialect, r.cfg.Traits.Dialect)
		}
	}
	if slices.ContainsFunc(list, func(s policy.Source) bool { return s.Format == formats.Maintainers && s.Repo == "" }) {
		list = append(list, policy.Source{Format: formats.Ignore, Path: formats.IgnorePath})
	}
	list = append(list, p.People...)
	return append(list, policy.Source{Format: formats.Mailmap, Path: formats.MailmapPath})
}

// text returns what formats need to know of a source.
func text(s policy.Source) formats.Source {
	return formats.Source{Format: s.Format, Dialect: s.Dialect, Path: s.Path, Places: s.Places, Ignore: s.Ignore}
}

// WithAbove adds the directories above files of sources, but for those that stand
// in the directories of changed files: below a link there are none.
func WithAbove(sources []policy.Source, own []string) []string {
	all, there := slices.Clone(own), setOf(own)
	for _, p := range WithParents(
		OwnPaths(slices.DeleteFunc(slices.Clone(sources), func(s policy.Source) bool { return s.Format == formats.OwnersTree }), nil)) {
		if !there[p] {
			all = append(all, p)
		}
	}
	return all
}

// OwnPaths lists the files of sources that stand in the repository itself, as
// far as changed paths decide which those are.
func OwnPaths(sources []policy.Source, changed []string) []string {
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

// Directories returns those of the names on which owners of changed paths depend that are
// directories of a commit.
func (r *Reader) Directories(ctx context.Context, repo pull.Repo, commit string, owners *ownership.Map, changed []string) ([]string,
	error) {
	return r.Trees(ctx, repo).Directories(commit, owners.Directories(changed))
}

// isDir is what a basis keeps of a name that may be a directory.
func isDir(found []string, name string) string {
	if slices.Contains(found, name) {
		return "directory"
	}
	return ""
}

// InTree returns a map for a tree in which these are the directories.
func InTree(m *ownership.Map, directories []string) *ownership.Map {
	return m.In(func(name string) bool { return slices.Contains(directories, name) })
}

// ChangedPaths lists the paths of files, old ones of renames among them.
func ChangedPaths(files []pull.File) []string {
	paths := make([]string, 0, len(files))
	for _, f := range files {
		paths = append(paths, f.Paths()...)
	}
	return paths
}

// CommitTree is what was looked up of a commit's tree.
type CommitTree struct {
	Repo    pull.Repo
	Commit  string
	Entries map[string]seam.Entry
}

// Locate finds where the files of sources stand: in the repository, at a commit
// of which at has the entries, or at the tip of a branch of another repository.
func (r *Reader) Locate(ctx context.Context, at CommitTree, list []policy.Source, changed []string) ([]Source, error) {
	sources := make([]Source, len(list))
	for i, named := range list {
		s := Source{Source: named, repo: at.Repo}
		var err error
		switch {
		case named.Repo != "":
			err = r.foreign(ctx, &s)
		case text(s.Source).Directory():
			err = r.listed(ctx, &s, at.Commit)
		default:
			for _, p := range text(named).Needs(changed) {
				s.files = append(s.files, Place(at.Entries, p))
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
func (r *Reader) foreign(ctx context.Context, s *Source) error {
	repo, err := pull.ParseRepo(s.repo.Forge, s.Repo)
	if err != nil {
		return err // unreachable: the policy was checked
	}
	if from := s.repo.Owner; !r.Trusts(from, repo.Owner) {
		s.fault = untrusted("ownership files in repositories", from, repo.Owner)
		return nil
	}
	s.repo = repo
	commit := seam.DefaultTip
	if s.Ref != "" {
		commit, err = r.cfg.Lister.Tip(ctx, repo, s.Ref)
	}
	var entries map[string]seam.Entry
	paths := text(s.Source).Needs(nil)
	switch {
	case err != nil || commit == "":
	case text(s.Source).Directory():
		err = r.listed(ctx, s, commit)
	default:
		entries, err = r.cfg.Archive.Entries(ctx, repo, commit, WithParents(paths))
	}
	switch {
	case err != nil && !hidden(err):
		return err
	case err != nil || commit == "":
		s.fault = unreadable
	}
	if !text(s.Source).Directory() {
		for _, p := range paths {
			s.files = append(s.files, Place(entries, p))
		}
	}
	return nil
}

// listed finds the files of a source that is a directory.
func (r *Reader) listed(ctx context.Context, s *Source, commit string) error {
	dir := strings.TrimSuffix(s.Path, "/")
	root, below := commit, dir
	if commit == seam.DefaultTip { // trees are read by their ids
		at, err := r.cfg.Archive.Entries(ctx, s.repo, commit, WithParents([]string{dir}))
		if err != nil {
			return err
		}
		if place := Place(at, dir); place.Way != "" || place.Entry.Mode != pull.Directory {
			if place.Way != "" {
				s.files = append(s.files, place)
			}
			return nil
		}
		root, below = at[dir].ID, ""
	}
	entries, err := r.Trees(ctx, s.repo).Directory(root, below)
	if err == nil && len(entries) == 0 { // nothing, or a link in its place
		var way map[string]seam.Entry
		if way, err = r.cfg.Archive.Entries(ctx, s.repo, commit, WithParents([]string{dir})); err == nil && Place(way, dir).Way != "" {
			s.files = append(s.files, Place(way, dir))
		}
		return err
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Mode != pull.Directory && e.Mode != pull.Submodule && e.Name[0] != '.' {
			name := dir + "/" + e.Name
			s.files = append(s.files, Place(map[string]seam.Entry{name: {ID: e.ID, Mode: e.Mode}}, name))
		}
	}
	slices.SortFunc(s.files, func(a, b PlacedFile) int { return cmp.Compare(a.path, b.path) })
	return nil
}

// Deciding lists the changed files that are, or would be, part of a source, such
// as an OWNERS file that is new: they are as protected as any other.
func Deciding(sources []policy.Source, changed []string) []string {
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

// ReadMap reads and compiles the sources, once for the same files. conventional
// tells that the policy names none, so that the service's own map may stand in.
func (r *Reader) ReadMap(ctx context.Context, repo pull.Repo, sources []Source, conventional bool) (*Map, error) {
	key := mapKey(repo, sources, conventional)
	if m, ok := r.maps.Get(key); ok {
		return m, nil
	}
	m, err := r.compileMap(ctx, repo, sources, conventional, inForce)
	if err == nil && !m.unsure {
		r.maps.Keep(key, m)
	}
	return m, err
}

// mapKey tells a map from any other by what it is made of.
func mapKey(repo pull.Repo, sources []Source, conventional bool) string {
	sum := sha256.New() // of changed files, whose paths may be long
	fmt.Fprintf(sum, "%s %v", repo, conventional)
	for _, s := range sources {
		fmt.Fprintf(sum, "\n%s %s %q %q", s.Format, s.Dialect, s.key(s.Path), s.fault)
		if s.Repo != "" {
			fmt.Fprintf(sum, " %s", s.Pos) // a fault names it
		}
		for _, f := range s.files {
			fmt.Fprintf(sum, " %q %s %s %q", f.path, f.Entry.ID, f.Entry.Mode, f.Way)
		}
	}
	return string(sum.Sum(nil))
}

// compileMap is readMap without memory: what only a pull request proposes is
// not kept.
func (r *Reader) compileMap(ctx context.Context, repo pull.Repo, sources []Source, conventional bool, most budget) (*Map, error) {
	texts, err := r.texts(ctx, sources, most)
	if errors.Is(err, pull.ErrTooLarge) {
		return &Map{Faults: most.exceeded()}, nil
	}
	if err != nil {
		return nil, err
	}
	for i, s := range sources {
		if s.fault == "" && conventional && s.Format == formats.Subsystems && len(texts[i].Files) == 0 && len(r.cfg.DefaultMap.Data) > 0 {
			texts[i].Files = []ownership.File{{Path: r.cfg.DefaultMap.Path, Data: r.cfg.DefaultMap.Data}}
		}
	}
	m := &Map{}
	m.missing(sources, texts)
	if len(m.Faults) == 0 {
		m.Owners, m.Warnings, err = formats.Forge{Name: repo.Forge, Kind: r.cfg.Traits.Kind}.Parse(texts)
		m.Faults = strictyaml.AsFaults(err)
		m.withhold(sources)
	}
	for i, t := range texts {
		for _, f := range t.Files {
			kept, err := r.Kept(ctx, repo, File{Path: f.Path, Data: f.Data})
			if err != nil {
				return nil, err
			}
			m.Files = append(m.Files, KeptSource{Kept: kept, Format: t.Format, Dialect: t.Dialect, Source: t.Path, Number: i + 1})
		}
	}
	return m, nil
}

// CompileProposal is compileMap within the budget of what anybody may propose.
func (r *Reader) CompileProposal(ctx context.Context, repo pull.Repo, sources []Source, conventional bool) (*Map, error) {
	return r.compileMap(ctx, repo, sources, conventional, inProposal)
}

// texts reads the files that there are. A source in another repository of which one
// is not shown gets that for its fault.
func (r *Reader) texts(ctx context.Context, sources []Source, most budget) ([]formats.Source, error) {
	if files := filesIn(sources); files > most.files {
		return nil, content.TooLarge(most.bytes)
	}
	var read atomic.Int64
	texts := make([]formats.Source, len(sources))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(blobsAtOnce)
	unshown := make([]atomic.Bool, len(sources))
	for i, s := range sources {
		texts[i] = text(s.Source)
		for _, f := range s.files {
			if f.IsFile() {
				texts[i].Files = append(texts[i].Files, ownership.File{Path: s.shown(f.path)})
			}
		}
		at := 0
		for _, f := range s.files {
			if !f.IsFile() {
				continue
			}
			into := &texts[i].Files[at]
			at++
			group.Go(func() (err error) {
				if into.Data, err = r.Blob(ctx, s.repo, f.Entry, min(most.bytes, content.MaxBlob)); s.Repo != "" && hidden(err) {
					unshown[i].Store(true)
					return nil
				}
				if read.Add(int64(len(into.Data))) > int64(most.bytes) {
					return content.TooLarge(most.bytes)
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

// misplaced tells which files of a source are none. Prow passes over an OWNERS
// that is a symbolic link; where a forge looks in several places, the first file
// is the one.
func (s *Source) misplaced() strictyaml.Faults {
	var faults strictyaml.Faults
	for _, f := range s.files {
		if s.Format == formats.OwnersTree && text(s.Source).InDirectory(f.path) {
			continue
		}
		if text(s.Source).Searched() && f.IsFile() {
			break
		}
		if s.Repo != "" && f.Way == "" && f.Entry.Mode == pull.Directory {
			continue // elsewhere that looks as if there were nothing
		}
		why := f.Misplaced()
		if s.Format == formats.Maintainers && f.Way == "" && f.Entry.Mode == pull.Directory {
			why = "is a directory; write it with a slash at its end, to have the files in it read"
		}
		if why != "" {
			faults = append(faults, strictyaml.Fault{File: s.shown(f.path), Text: why})
		}
	}
	return faults
}
