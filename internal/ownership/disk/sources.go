package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersfile"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Formats lists the formats of sources, for people.
func Formats() string {
	var list []string
	for _, name := range formats.Names() {
		list = append(list, string(name))
	}
	return strings.Join(list, ", ")
}

// Source is an ownership source and where its file is on disk.
type Source struct {
	formats.Source
	file     string // as it was given
	optional bool
}

// Search finds ownership files.
type Search struct {
	Root       string   // directory of a working tree; empty where there is none
	PolicyPath string   // where a policy stands in it by convention
	People     []string // files besides what the sources name; they add up
	Mailmap    string   // another one; may be empty
	Dialect    string   // of CODEOWNERS where nothing else says
	Warn       func(text string)

	listed []Source // of people
}

// Sources gives the sources that somebody named, each as FORMAT:FILE; those of the policy
// in the root or the conventional ones, where none is.
func (f *Search) Sources(given []string) ([]Source, error) {
	var list []Source
	for _, text := range given {
		format, file, ok := strings.Cut(text, ":")
		if !ok || file == "" || !slices.Contains(formats.Names(), formats.Name(format)) {
			return nil, fmt.Errorf("--source %q: write FORMAT:FILE with one of %s", text, Formats())
		}
		list = append(list, Source{Source: formats.Source{Format: formats.Name(format), Path: filepath.ToSlash(file)}, file: file})
	}
	if len(list) == 0 {
		var err error
		if list, err = f.conventional(); err != nil {
			return nil, err
		}
	}
	if _, err := codeowners.ParseDialect(f.Dialect); err != nil {
		return nil, fmt.Errorf("--%w", err)
	}
	beside := []Source{}
	for i := range list {
		if list[i].Format == formats.Codeowners && list[i].Dialect == "" {
			list[i].Dialect = formats.Dialect(f.Dialect)
		}
		if list[i].Format == formats.Maintainers {
			ignore := filepath.Join(filepath.Dir(strings.TrimSuffix(list[i].file, "/")), formats.IgnorePath)
			beside = append(beside, Source{Source: formats.Source{Format: formats.Ignore, Path: formats.IgnorePath}, file: ignore, optional: true})
		}
	}
	if len(f.People) > 0 {
		f.listed = nil // in place of those of the policy
	}
	for _, file := range f.People {
		f.listed = append(f.listed, Source{Source: formats.Source{Format: formats.PeopleAt(file), Path: file}, file: file})
	}
	beside = append(beside, f.listed...)
	if f.Mailmap != "" || len(f.listed) > 0 {
		file, given := f.Mailmap, f.Mailmap != ""
		if !given {
			file = formats.MailmapPath
		}
		beside = append(beside, Source{Source: formats.Source{Format: formats.Mailmap, Path: file}, file: file, optional: !given})
	}
	return append(list, beside...), nil
}

// Policy reads the policy of the root, from the first place where there is one; false if there
// is none.
func (f *Search) Policy() (p policy.Policy, found bool, err error) {
	if f.Root == "" {
		return p, false, nil
	}
	for _, at := range append([]string{f.PolicyPath}, policyfile.Places()...) {
		data, there, err := f.File(at)
		if err != nil {
			return p, false, fmt.Errorf("read the policy: %w", err)
		}
		if !there {
			continue
		}
		p, err = policyfile.Parse(at, data)
		return p, err == nil, err
	}
	return p, false, nil
}

// Health holds a map against all paths of a tree, by the policy of the root, where there is one: it
// tells whether reviewers are people who can approve.
func (f *Search) Health(m *ownership.Map, paths []string) (ownership.Health, error) {
	p, _, err := f.Policy()
	if err != nil {
		return ownership.Health{}, err
	}
	return m.Approving(p.Base.ReviewersCount).Health(paths), nil
}

// Known reports whether there is a root.
func (f *Search) Known() bool { return f.Root != "" }

// File reads a file of the root; false if there is none, or no root.
func (f *Search) File(name string) (data []byte, found bool, err error) {
	if f.Root == "" {
		return nil, false, nil
	}
	data, err = ReadUnlinked(f.Root, filepath.Join(f.Root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// conventional gives what the policy of a directory names, or the first file
// that stands where such files do.
func (f *Search) conventional() ([]Source, error) {
	root := f.Root
	if root == "" {
		return nil, errors.New("no ownership file is named; name one with --source FORMAT:FILE")
	}
	if p, found, err := f.Policy(); found || err != nil {
		if err != nil {
			return nil, err
		}
		return f.ofPolicy(p)
	}
	maps := formats.MapPlaces(policyfile.Places()...)
	for _, s := range []formats.Source{
		{Format: formats.Subsystems, Path: yamlmap.DefaultPath, Places: maps},
		{Format: formats.Maintainers, Path: maintainers.DefaultPath},
		{Format: formats.Codeowners, Dialect: formats.Dialect(f.Dialect)},
		{Format: formats.OwnersTree, Path: ownersfile.DefaultName},
		{Format: formats.OwnersYAML, Path: "owners.yaml"},
	} {
		for _, p := range s.Needs([]string{"any"}) {
			if _, err := os.Lstat(filepath.Join(root, p)); err == nil {
				if s.Searched() {
					s.Path, s.Places = p, nil
				}
				return []Source{{Source: s, file: s.Path}}, nil
			}
		}
	}
	return nil, fmt.Errorf("there is no ownership file in %s: no %s, MAINTAINERS, CODEOWNERS, OWNERS or owners.yaml; name one with "+
		"--source FORMAT:FILE", root, yamlmap.DefaultPath)
}

// ofPolicy gives the sources of a policy that are of the repository itself, and
// tells of the others.
func (f *Search) ofPolicy(p policy.Policy) ([]Source, error) {
	sources := p.Sources
	if len(sources) == 0 {
		sources = []policy.Source{{Format: formats.Subsystems, Path: f.mapAt(p.File)}}
	}
	if len(f.People) == 0 {
		sources = slices.Concat(sources, p.People)
	}
	var list []Source
	for _, s := range sources {
		switch {
		case s.Repo != "":
			f.Warn(fmt.Sprintf("%s: %s of %s is not read here; name a copy of it with --source", s.Pos, s.Path, s.Repo))
		case s.Format.OfPeople():
			f.listed = append(f.listed, Source{Source: formats.Source{Format: s.Format, Path: s.Path}, file: s.Path})
		default:
			list = append(list, Source{Source: formats.Source{Format: s.Format, Dialect: s.Dialect, Path: s.Path, Ignore: s.Ignore}, file: s.Path})
		}
	}
	if len(list) == 0 {
		return nil, errors.New("the policy names only sources of other repositories; name copies of them with --source FORMAT:FILE")
	}
	return list, nil
}

// mapAt is where the map of a policy that names none stands: the first of its places where there
// is any.
func (f *Search) mapAt(policyFile string) string {
	places := formats.MapPlaces(append([]string{policyFile}, policyfile.Places()...)...)
	for _, at := range places {
		if _, err := os.Lstat(filepath.Join(f.Root, at)); err == nil {
			return at
		}
	}
	return places[0]
}

// ReadAll reads the files of sources below a root, as far as changed paths need them.
func ReadAll(list []Source, root string, changed []string) (sources []formats.Source, err error) {
	for _, n := range list {
		s, err := n.Read(root, changed)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// Read reads the files of a source below a root, as far as changed paths need them.
func (n Source) Read(root string, changed []string) (formats.Source, error) {
	s := n.Source
	dir := n.find(root)
	info, err := os.Stat(dir)
	why := linkAt(root, dir)
	switch {
	case why != "" && s.Format != formats.OwnersTree:
		return s, strictyaml.Faults{{File: filepath.ToSlash(n.shown(dir)), Text: why}}
	case s.Format == formats.OwnersTree:
		return readOwnersTree(s, root, dir, info, changed)
	case errors.Is(err, fs.ErrNotExist) && n.optional:
		return s, nil
	case errors.Is(err, fs.ErrNotExist) && s.Format == formats.Codeowners && s.Path == "":
		return s, errors.New("there is no CODEOWNERS; name one with --source codeowners:FILE")
	case err != nil:
		return s, n.unread(err)
	case info.IsDir() && s.Format == formats.Maintainers:
		return readFiles(s, root, dir)
	}
	data, err := os.ReadFile(dir)
	if err != nil {
		return s, n.unread(err)
	}
	s.Files = []ownership.File{{Path: filepath.ToSlash(n.shown(dir)), Data: data}}
	return s, nil
}

// unread says how to name a file that could not be read.
func (n Source) unread(err error) error {
	if n.Format.OfPeople() || n.Format == formats.Mailmap || n.Format == formats.Ignore {
		return fmt.Errorf("read %s: %w", n.Format, err)
	}
	return fmt.Errorf("read ownership: %w; name the file with --source %s:FILE", err, n.Format)
}

// find gives the place of the file: in the root if it is there, else as given.
func (n Source) find(root string) string {
	file := n.file
	if file == "" { // where the forge looks for a CODEOWNERS
		for _, p := range n.Needs(nil) {
			if at := filepath.Join(root, p); exists(at) || linkAt(root, at) != "" {
				return at
			}
		}
	}
	if root == "" || filepath.IsAbs(file) {
		return file
	}
	if at := filepath.Join(root, file); exists(at) || !exists(file) {
		return at
	}
	return file
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// shown is how messages name the file.
func (n Source) shown(found string) string {
	if n.file == "" {
		return found
	}
	return n.file
}

// readFiles reads a directory of MAINTAINERS files.
func readFiles(s formats.Source, root, dir string) (formats.Source, error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
			continue
		}
		data, err := ReadUnlinked(root, filepath.Join(dir, e.Name()))
		if err != nil {
			return s, fmt.Errorf("read ownership: %w", err)
		}
		s.Files = append(s.Files, ownership.File{Path: strings.TrimSuffix(s.Path, "/") + "/" + e.Name(), Data: data})
	}
	if err == nil && len(s.Files) == 0 {
		err = fmt.Errorf("%s has no files", dir)
	}
	if err != nil {
		return s, fmt.Errorf("read ownership: %w", err)
	}
	return s, nil
}

// readOwnersTree reads the OWNERS files that changed paths need. place is one of
// them, or the directory that they begin in. As in Prow, one that is a link says
// nothing.
func readOwnersTree(s formats.Source, top, place string, info fs.FileInfo, changed []string) (formats.Source, error) {
	root := place
	s.Path = ownersfile.DefaultName
	if info == nil || !info.IsDir() {
		root, s.Path = filepath.Dir(place), filepath.Base(place)
	}
	for _, p := range s.Needs(changed) {
		if s.InDirectory(p) && linkAt(cmp.Or(top, root), filepath.Join(root, p)) != "" {
			continue
		}
		data, err := ReadUnlinked(top, filepath.Join(root, p))
		if errors.Is(err, fs.ErrNotExist) || err != nil && !exists(filepath.Join(root, p)) {
			continue
		}
		if err != nil {
			return s, fmt.Errorf("read ownership: %w", err)
		}
		s.Files = append(s.Files, ownership.File{Path: p, Data: data})
	}
	if len(s.Files) == 0 && !exists(root) {
		return s, fmt.Errorf("read ownership: there is no %s; name the files with --source owners:DIR/OWNERS", root)
	}
	return s, nil
}
