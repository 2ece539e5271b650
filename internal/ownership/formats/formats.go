// Package formats is the table of ownership formats, in order of preference. It
// tells which files a source needs and reads the sources of a project into one
// map: what each says, the people that e-mail addresses stand for, and the
// overlays. Finding the files is left to others.
package formats

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersfile"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersyaml"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Name is how an ownership file is written, as policies and command lines name
// it.
type Name string

// The formats of ownership files, and those of the files beside them.
const (
	Subsystems  Name = "subsystems"
	Maintainers Name = "maintainers"
	Codeowners  Name = "codeowners"
	OwnersTree  Name = "owners"
	OwnersYAML  Name = "owners-yaml"
	People      Name = "people"
	Mailmap     Name = "mailmap"
	Ignore      Name = "ignore"
)

// Names lists the formats of ownership, in order of preference.
func Names() []Name { return []Name{Subsystems, Maintainers, Codeowners, OwnersTree, OwnersYAML} }

// Where the files beside an ownership source stand.
const (
	MailmapPath = people.MailmapPath
	IgnorePath  = maintainers.IgnorePath
)

// Dialect is whose CODEOWNERS a file is.
type Dialect string

// The dialects of CODEOWNERS.
const (
	GitHub  Dialect = Dialect(codeowners.GitHub)
	GitLab  Dialect = Dialect(codeowners.GitLab)
	Gitee   Dialect = Dialect(codeowners.Gitee)
	GitCode Dialect = Dialect(codeowners.GitCode)
	Gitea   Dialect = Dialect(codeowners.Gitea)
)

// Source is one ownership source.
type Source struct {
	Format  Name
	Dialect Dialect // of CODEOWNERS; empty: GitHub's
	// Path is the file; of OWNERS trees the name of the files, of a directory of
	// MAINTAINERS files one with a slash at its end. Empty for a CODEOWNERS where
	// the forge looks for it.
	Path string
	// Ignore says in which directories OWNERS files say nothing, besides those that
	// Prow passes over by itself.
	Ignore ownersfile.Ignore
	Files  []ownership.File // in order of Needs; those that are there
}

// Directory tells that the source is all files of a directory.
func (s Source) Directory() bool {
	return s.Format == Maintainers && strings.HasSuffix(s.Path, "/")
}

// Needs lists the paths of the files that the source may have and that the
// owners of changed paths depend on; the files of a Directory are not known.
func (s Source) Needs(changed []string) []string {
	switch {
	case s.Directory():
		return nil
	case s.Format == OwnersTree:
		return ownersfile.Files(s.Path, changed, s.Ignore)
	case s.Format == Codeowners && s.Path == "":
		return codeowners.Places(s.dialect())
	}
	return []string{s.Path}
}

// Has tells whether a path of the repository is a file of the source, whether
// or not it is there now.
func (s Source) Has(p string) bool {
	switch {
	case s.Directory():
		return path.Dir(p) == strings.TrimSuffix(s.Path, "/")
	case s.Format == OwnersTree:
		return s.InDirectory(p) && !s.Ignore.Has(path.Dir(p)) || p == ownersfile.AliasesName(s.Path)
	}
	return slices.Contains(s.Needs(nil), p)
}

// InDirectory reports whether a path is that of an OWNERS file, of which each
// directory may have one.
func (s Source) InDirectory(p string) bool {
	return s.Format == OwnersTree && path.Base(p) == s.Path
}

// Preferred gives the source with the one file that counts, where the forge
// looks in several places.
func (s Source) Preferred() Source {
	if s.Format == Codeowners && len(s.Files) > 1 {
		s.Files = s.Files[:1]
	}
	return s
}

func (s Source) dialect() codeowners.Dialect {
	if s.Dialect == "" {
		return codeowners.GitHub
	}
	return codeowners.Dialect(s.Dialect)
}

// Parse reads sources into one map. forge is the name under which people.yml
// has the logins of this forge. Sources without files say nothing. The error is
// strictyaml.Faults: everything that leaves unsure who owns what.
func Parse(sources []Source, forge string) (*ownership.Map, []ownership.Warning, error) {
	b, sets, warnings, faults := read(sources, forge)
	if len(faults) > 0 {
		return nil, warnings, faults
	}
	for i := range sets {
		b.resolve(&sets[i], forge)
	}
	m, err := ownership.New(sets...)
	if err != nil {
		return nil, warnings, strictyaml.AsFaults(err)
	}
	m = m.With(func(login string, at time.Time) bool { return b.people.Absent(login, forge, at) })
	m = m.Listing(func(team string) ([]string, bool) { return b.people.Team(team, forge) })
	return m.Addressed(b.addresses(sets, forge)), warnings, nil
}

// Check gives the faults that each of some sources has by itself: others, to which
// overlays among them may belong, are not at hand.
func Check(sources []Source) strictyaml.Faults {
	_, _, _, faults := read(sources, "")
	return faults
}

// read reads each source by itself.
func read(sources []Source, forge string) (b beside, sets []ownership.Ruleset, warnings []ownership.Warning, faults strictyaml.Faults) {
	b, faults = besides(sources)
	warnings = b.warnings
	for _, s := range sources {
		if len(s.Files) == 0 {
			continue
		}
		set, more, err := s.parse(b.ignore, forge)
		faults = append(faults, strictyaml.AsFaults(err)...)
		warnings = append(warnings, more...)
		sets = append(sets, set)
	}
	return b, sets, warnings, faults
}

// parse reads one source.
func (s Source) parse(ignore []byte, forge string) (ownership.Ruleset, []ownership.Warning, error) {
	switch s.Format {
	case Maintainers:
		return maintainers.Parse(s.Files, ignore)
	case Codeowners:
		return codeowners.Parse(s.Files[0], s.dialect())
	case OwnersTree:
		return ownersfile.Parse(s.Path, s.Files)
	case OwnersYAML:
		return ownersyaml.Parse(s.Files[0], forge)
	case Subsystems:
		return yamlmap.Parse(s.Files[0].Path, s.Files[0].Data)
	case People, Mailmap, Ignore: // they stand beside the sources
	}
	return ownership.Ruleset{}, nil, nil
}

// beside is what the files beside the sources say.
type beside struct {
	people   people.People
	mailmap  people.Mailmap
	ignore   []byte
	warnings []ownership.Warning
}

func besides(sources []Source) (b beside, faults strictyaml.Faults) {
	for _, s := range sources {
		if len(s.Files) == 0 {
			continue
		}
		var warnings []ownership.Warning
		var err error
		switch s.Format {
		case People:
			b.people, warnings, err = people.Parse(s.Files[0])
		case Mailmap:
			b.mailmap, warnings = people.ParseMailmap(s.Files[0])
		case Ignore:
			b.ignore = slices.Concat(b.ignore, s.Files[0].Data, []byte("\n"))
		default: // a source
		}
		b.warnings = append(b.warnings, warnings...)
		faults = append(faults, strictyaml.AsFaults(err)...)
	}
	return b, faults
}

// resolve gives owners that are known by e-mail the logins that they have on a
// forge.
func (b *beside) resolve(set *ownership.Ruleset, forge string) {
	for i := range set.Subsystems {
		s := &set.Subsystems[i]
		for _, owners := range [][]ownership.Owner{s.Maintainers, s.Reviewers} {
			for j, o := range owners {
				owners[j] = b.people.Resolve(o, forge, b.mailmap)
			}
		}
	}
}
