// Package validation checks the files that the gate reads, before it does: policies,
// ownership and people files, and service configurations, with what these name.
//
// It promises that every fault of every file is told in one pass, with its line, and that
// what a valid policy and its owners leave open is told before it stops anybody: nobody
// who may change the policy, areas of one maintainer or none, branches that share a check.
// Finding what a policy or a configuration names is left to others, and teams and people
// to package doctor, which asks the forge.
package validation

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Stdin stands for standard input where a file is named.
const Stdin = "-"

// File is what was found out about one file.
type File struct {
	Path string `json:"file"`
	// Kind is policy, subsystem map, configuration, or the format of another ownership or
	// people file with " file" behind it.
	Kind   string            `json:"kind"`
	Faults strictyaml.Faults `json:"faults"`
	// Advice is what a valid file leaves open; where it has no file, it is about all of it.
	Advice []strictyaml.Fault `json:"advice"`
}

// Checker checks files.
type Checker struct {
	// Dialect is of every CODEOWNERS; empty: what its path says.
	Dialect formats.Dialect
	// Stdin is read for "-", and StdinPath is the path that its kind and dialect are told
	// by; may be empty.
	Stdin     io.Reader
	StdinPath string
	// Config reads a service's configuration, and returns what it lacks and which files
	// it names.
	Config func(file string) (advice []string, names []string, err error)
	// Sources reads the ownership files that a policy at a path of a working tree names.
	Sources func(root, policy string) ([]formats.Source, error)

	files []File
	done  map[string]bool
}

// Check checks files, and what they name, and returns what it found in the order in which
// it was named. A directory stands for the files that have their place in it. The error is
// of what could not be read; the others are checked nevertheless.
func (c *Checker) Check(names []string) ([]File, error) {
	c.files, c.done = nil, map[string]bool{}
	if len(names) == 0 {
		names = []string{"."}
	}
	var unread []error
	for _, name := range names {
		list := []string{name}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			if list, err = conventional(name); err != nil {
				unread = append(unread, err)
			}
		}
		for _, file := range list {
			unread = append(unread, c.check(file))
		}
	}
	return c.files, errors.Join(unread...)
}

// check checks one file and what it names.
func (c *Checker) check(name string) error {
	if c.done[name] {
		return nil
	}
	c.done[name] = true
	var data []byte
	var err error
	shown := filepath.ToSlash(name)
	if name == Stdin {
		data, err = io.ReadAll(io.LimitReader(c.Stdin, maxStdin+1))
		shown = cmp.Or(c.StdinPath, "stdin")
		if err == nil && len(data) > maxStdin {
			err = fmt.Errorf("standard input has more than %d bytes", maxStdin)
		}
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	at := len(c.files)
	c.files = append(c.files, File{Path: shown, Kind: kindOf(shown, data), Faults: strictyaml.Faults{}, Advice: []strictyaml.Fault{}})
	names, err := c.content(&c.files[at], name, data)
	if err != nil {
		c.blame("", at, strictyaml.AsFaults(err))
	}
	for _, named := range names {
		if err := c.check(named); err != nil {
			c.files[at].Faults = append(c.files[at].Faults, strictyaml.Fault{File: shown, Text: err.Error()})
		}
	}
	return nil
}

// maxStdin is the most of standard input that is read, in bytes: the largest of the formats
// has 8 MiB.
const maxStdin = 9 << 20

// content checks what a file says, and returns the files that it names. The error has its
// faults.
func (c *Checker) content(f *File, name string, data []byte) (names []string, err error) {
	switch f.Kind {
	case kindMap:
		set, warnings, err := yamlmap.Parse(f.Path, data)
		if err == nil {
			f.Advice = append(f.Advice, yamlmap.Advise(set, warnings)...)
		}
		return nil, err
	case kindConfig:
		if name == Stdin {
			return nil, errors.New("a configuration names files beside it; name the file itself")
		}
		advice, names, err := c.Config(name)
		for _, text := range advice {
			f.Advice = append(f.Advice, strictyaml.Fault{Text: text})
		}
		return names, err
	case kindPolicy:
		p, err := policyfile.Parse(f.Path, data)
		if err == nil {
			f.Advice = append(f.Advice, policyfile.Advise(p)...)
			c.owners(f.Path, name, p)
		}
		return nil, err
	}
	format := formats.Name(f.Kind)
	f.Kind += fileKind
	_, warnings, err := formats.Parse([]formats.Source{c.source(format, f.Path, data)}, "")
	f.Advice = append(f.Advice, advice(warnings)...)
	return nil, err
}

// owners checks the ownership files that a policy at its place in a working tree names,
// alone and together. shown is the policy's path.
func (c *Checker) owners(shown, name string, p policy.Policy) {
	root, at, ok := inTree(name)
	if !ok || name == Stdin {
		return
	}
	first := slices.IndexFunc(c.files, func(f File) bool { return f.Path == shown })
	elsewhere := slices.ContainsFunc(p.Sources, func(s policy.Source) bool { return s.Repo != "" })
	if elsewhere && !slices.ContainsFunc(p.Sources, func(s policy.Source) bool { return s.Repo == "" }) {
		return
	}
	sources, err := c.Sources(root, at)
	if missing, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) {
		fault := strictyaml.Fault{Text: fmt.Sprintf(
			"there is no %s, where the policy has the owners; write it, or name another file under ownership", filepath.ToSlash(missing.Path))}
		if len(p.Sources) == 0 { // the service's own map may stand in
			c.advise(root, first, []strictyaml.Fault{fault})
			return
		}
		err = strictyaml.Faults{fault}
	}
	if err != nil {
		c.blame(root, first, strictyaml.AsFaults(err))
		return
	}
	for i := range sources {
		if s := &sources[i]; s.Format == formats.Codeowners && c.Dialect != "" {
			s.Dialect = c.Dialect
		}
		for _, file := range sources[i].Files {
			file.Path = path.Join(filepath.ToSlash(root), file.Path)
			c.named(sources[i].Format, file)
		}
	}
	if elsewhere { // what stands there is not at hand
		c.blame(root, first, formats.Check(sources))
		return
	}
	m, warnings, err := formats.Parse(sources, "")
	if err != nil {
		c.blame(root, first, strictyaml.AsFaults(err))
		return
	}
	c.advise(root, first, advice(warnings))
	c.advise(root, first, policy.DeadEnds(m, &p, at))
}

// named adds a file that a policy names.
func (c *Checker) named(format formats.Name, file ownership.File) {
	if c.done[file.Path] {
		return
	}
	c.done[file.Path] = true
	f := File{Path: file.Path, Kind: string(format) + fileKind, Faults: strictyaml.Faults{}, Advice: []strictyaml.Fault{}}
	if format == formats.Subsystems {
		f.Kind = kindMap
		if set, warnings, err := yamlmap.Parse(file.Path, file.Data); err == nil {
			f.Advice = append(f.Advice, yamlmap.Advise(set, warnings)...)
		}
	}
	c.files = append(c.files, f)
}

// blame gives faults below a root to the files that have them, the others to one of them.
func (c *Checker) blame(root string, otherwise int, faults strictyaml.Faults) {
	for _, fault := range faults {
		f := c.of(root, otherwise, &fault)
		f.Faults = append(f.Faults, fault)
	}
}

// advise is blame for advice. What a file was told already is not told again.
func (c *Checker) advise(root string, otherwise int, list []strictyaml.Fault) {
	for _, a := range list {
		if f := c.of(root, otherwise, &a); !slices.Contains(f.Advice, a) {
			f.Advice = append(f.Advice, a)
		}
	}
}

// of returns the file that a fault is of, and writes the fault's path as it has it.
func (c *Checker) of(root string, otherwise int, fault *strictyaml.Fault) *File {
	if fault.File != "" {
		fault.File = path.Join(filepath.ToSlash(root), fault.File)
	}
	if i := slices.IndexFunc(c.files, func(f File) bool { return f.Path == fault.File }); i >= 0 {
		return &c.files[i]
	}
	return &c.files[otherwise]
}

func advice(warnings []ownership.Warning) []strictyaml.Fault {
	list := []strictyaml.Fault{}
	for _, w := range warnings {
		list = append(list, strictyaml.Fault{File: w.Pos.File, Line: w.Pos.Line, Text: w.Text})
	}
	return list
}
