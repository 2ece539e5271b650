package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersfile"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// sourceFlags say which ownership files to read.
type sourceFlags struct {
	treeFlags
	sources         []string
	people, mailmap string
	dialect, forge  string
}

func (f *sourceFlags) add(cmd *cobra.Command) {
	f.treeFlags.add(cmd)
	cmd.Flags().StringArrayVar(&f.sources, "source", nil, "an ownership file, FORMAT:FILE with one of "+formatList()+"; repeatable. Without: what the policy names, or the conventional files")
	cmd.Flags().StringVar(&f.people, "people", "", "the file that gives people's logins for e-mail addresses")
	cmd.Flags().StringVar(&f.mailmap, "mailmap", "", "a .mailmap to read besides --people")
	cmd.Flags().StringVar(&f.dialect, "dialect", string(formats.GitHub), "whose CODEOWNERS: github, gitlab or gitee")
	cmd.Flags().StringVar(&f.forge, "forge", "github", "the forge whose logins --people gives")
}

func formatList() string {
	var list []string
	for _, name := range formats.Names() {
		list = append(list, string(name))
	}
	return strings.Join(list, ", ")
}

// reading is what sourceFlags make: a map, and the tree if one was named.
type reading struct {
	owners *ownership.Map
	tree   *tree // nil: none is known
}

// read reads the sources, as far as changed paths need them. Warnings go to w.
func (f *sourceFlags) read(cmd *cobra.Command, changed func(*tree) ([]string, error)) (reading, error) {
	if len(f.sources) == 0 && f.local == "" && f.list == "" {
		f.local = "."
	}
	t, err := f.treeFlags.read(cmd.Context())
	if err != nil {
		return reading{}, err
	}
	named, err := f.named(cmd.ErrOrStderr(), f.local)
	if err != nil {
		return reading{}, err
	}
	paths, err := changed(t)
	if err != nil {
		return reading{}, err
	}
	var sources []formats.Source
	for _, n := range named {
		s, err := n.read(f.local, paths)
		if err != nil {
			return reading{}, err
		}
		sources = append(sources, s)
	}
	m, warnings, err := formats.Parse(sources, f.forge)
	if len(paths) > 0 {
		warnings = ownership.Concerning(warnings, paths)
	}
	warn(cmd.ErrOrStderr(), warnings)
	if err != nil {
		return reading{}, err
	}
	if t != nil {
		m = m.In(t.isDir)
	}
	return reading{m, t}, nil
}

// mostWarnings bounds the warnings that are printed.
const mostWarnings = 20

func warn(w io.Writer, warnings []ownership.Warning) {
	for i, warning := range warnings {
		if i == mostWarnings {
			terminal.Fprintf(w, "reviewgate: warning: and %d more\n", len(warnings)-i)
			return
		}
		terminal.Fprintf(w, "reviewgate: warning: %s: %s\n", warning.Pos, warning.Text)
	}
}

// namedSource is a source and where its file is on disk.
type namedSource struct {
	formats.Source
	file     string // as it was given
	optional bool
}

// named gives the sources that the flags name; those of the policy in the root
// or the conventional ones, where they name none.
func (f *sourceFlags) named(w io.Writer, root string) ([]namedSource, error) {
	var list []namedSource
	for _, text := range f.sources {
		format, file, ok := strings.Cut(text, ":")
		if !ok || file == "" || !slices.Contains(formats.Names(), formats.Name(format)) {
			return nil, fmt.Errorf("--source %q: write FORMAT:FILE with one of %s", text, formatList())
		}
		list = append(list, namedSource{Source: formats.Source{Format: formats.Name(format), Path: filepath.ToSlash(file)}, file: file})
	}
	if len(list) == 0 {
		var err error
		if list, err = f.conventional(w, root); err != nil {
			return nil, err
		}
	}
	if _, err := codeowners.ParseDialect(f.dialect); err != nil {
		return nil, fmt.Errorf("--%w", err)
	}
	beside := []namedSource{}
	for i := range list {
		if list[i].Format == formats.Codeowners && list[i].Dialect == "" {
			list[i].Dialect = formats.Dialect(f.dialect)
		}
		if list[i].Format == formats.Maintainers {
			ignore := filepath.Join(filepath.Dir(strings.TrimSuffix(list[i].file, "/")), formats.IgnorePath)
			beside = append(beside, namedSource{Source: formats.Source{Format: formats.Ignore, Path: formats.IgnorePath}, file: ignore, optional: true})
		}
	}
	if f.people != "" {
		beside = append(beside, namedSource{Source: formats.Source{Format: formats.People, Path: f.people}, file: f.people})
	}
	if f.mailmap != "" || f.people != "" {
		file, given := f.mailmap, f.mailmap != ""
		if !given {
			file = formats.MailmapPath
		}
		beside = append(beside, namedSource{Source: formats.Source{Format: formats.Mailmap, Path: file}, file: file, optional: !given})
	}
	return append(list, beside...), nil
}

// conventional gives what the policy of a directory names, or the first file
// that stands where such files do.
func (f *sourceFlags) conventional(w io.Writer, root string) ([]namedSource, error) {
	if root == "" {
		return nil, errors.New("no ownership file is named; name one with --source FORMAT:FILE")
	}
	data, err := readUnlinked(root, filepath.Join(root, github.PolicyPath))
	if err == nil {
		p, err := policy.Parse(github.PolicyPath, data)
		if err != nil {
			return nil, err
		}
		return f.ofPolicy(w, p)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	for _, s := range []formats.Source{
		{Format: formats.Subsystems, Path: yamlmap.DefaultPath},
		{Format: formats.Maintainers, Path: maintainers.DefaultPath},
		{Format: formats.Codeowners, Dialect: formats.Dialect(f.dialect)},
		{Format: formats.OwnersTree, Path: ownersfile.DefaultName},
		{Format: formats.OwnersYAML, Path: "owners.yaml"},
	} {
		for _, p := range s.Needs([]string{"any"}) {
			if _, err := os.Lstat(filepath.Join(root, p)); err == nil {
				if s.Format == formats.Codeowners {
					s.Path = p
				}
				return []namedSource{{Source: s, file: s.Path}}, nil
			}
		}
	}
	return nil, fmt.Errorf("there is no ownership file in %s: no %s, MAINTAINERS, CODEOWNERS, OWNERS or owners.yaml; name one with --source FORMAT:FILE", root, yamlmap.DefaultPath)
}

// ofPolicy gives the sources of a policy that are of the repository itself, and
// tells of the others.
func (f *sourceFlags) ofPolicy(w io.Writer, p policy.Policy) ([]namedSource, error) {
	sources := p.Sources
	if len(sources) == 0 {
		sources = []policy.Source{{Format: formats.Subsystems, Path: yamlmap.DefaultPath}}
	}
	if p.People != nil && f.people == "" {
		sources = append(slices.Clone(sources), *p.People)
	}
	var list []namedSource
	for _, s := range sources {
		switch {
		case s.Repo != "":
			terminal.Fprintf(w, "reviewgate: warning: %s: %s of %s is not read here; name a copy of it with --source\n", s.Pos, s.Path, s.Repo)
		case s.Format == formats.People:
			f.people = s.Path
		default:
			list = append(list, namedSource{Source: formats.Source{Format: s.Format, Dialect: s.Dialect, Path: s.Path, Ignore: s.Ignore}, file: s.Path})
		}
	}
	if len(list) == 0 {
		return nil, errors.New("the policy names only sources of other repositories; name copies of them with --source FORMAT:FILE")
	}
	return list, nil
}

// read reads the files of a source, as far as changed paths need them.
func (n namedSource) read(root string, changed []string) (formats.Source, error) {
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
func (n namedSource) unread(err error) error {
	if n.Format == formats.People || n.Format == formats.Mailmap || n.Format == formats.Ignore {
		return fmt.Errorf("read %s: %w", n.Format, err)
	}
	return fmt.Errorf("read ownership: %w; name the file with --source %s:FILE", err, n.Format)
}

// find gives the place of the file: in the root if it is there, else as given.
func (n namedSource) find(root string) string {
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
func (n namedSource) shown(found string) string {
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
		data, err := readUnlinked(root, filepath.Join(dir, e.Name()))
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
		data, err := readUnlinked(top, filepath.Join(root, p))
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
