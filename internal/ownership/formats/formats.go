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
	"github.com/reviewgate/reviewgate/internal/ownership/committers"
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
	Committers  Name = "committers"
	People      Name = "people"
	SigInfo     Name = "sig-info"
	PeopleTable Name = "people-table" // what a table of committers says of who is who, and no more
	Mailmap     Name = "mailmap"
	Ignore      Name = "ignore"
)

// Names lists the formats of ownership, in order of preference.
func Names() []Name {
	return []Name{Subsystems, Maintainers, Codeowners, OwnersTree, OwnersYAML, Committers}
}

// OfPeople reports whether a file of a format says who is who, and not who owns what.
func (n Name) OfPeople() bool { return n == People || n == SigInfo || n == PeopleTable }

// PeopleAt is the format of a file of people by its path.
func PeopleAt(file string) Name {
	switch {
	case path.Base(file) == people.SigInfoName:
		return SigInfo
	case strings.HasSuffix(strings.ToLower(file), ".md"):
		return PeopleTable
	}
	return People
}

// MapPlaces returns where a map stands by convention, the place that counts before others first:
// in the directories in which policies stand, and at the last in that of yamlmap.DefaultPath.
func MapPlaces(policies ...string) []string {
	var places []string
	for _, p := range append(policies, yamlmap.DefaultPath) {
		dir := path.Dir(p)
		if at := path.Join(dir, path.Base(yamlmap.DefaultPath)); len(dir) > 1 && !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	return places
}

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
	// Places are the paths at which a map is looked for by convention, of which the first counts
	// that there is; nil: Path.
	Places []string
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
	case s.Places != nil:
		return s.Places
	}
	return []string{s.Path}
}

// Searched reports whether the file is looked for in several places, of which the first counts
// that there is.
func (s Source) Searched() bool { return s.Format == Codeowners && s.Path == "" || len(s.Places) > 1 }

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
	if len(s.Files) > 0 && (s.Format == Codeowners || s.Searched()) {
		s.Files = s.Files[:1]
	}
	if s.Places != nil && len(s.Files) > 0 {
		s.Path = s.Files[0].Path
	}
	return s
}

func (s Source) dialect() codeowners.Dialect {
	if s.Dialect == "" {
		return codeowners.GitHub
	}
	return codeowners.Dialect(s.Dialect)
}

// Forge is where logins are meant.
type Forge ownership.Forge

// Parse is Forge.Parse for a forge of which the name is known.
func Parse(sources []Source, forge string) (*ownership.Map, []ownership.Warning, error) {
	return Forge{Name: forge}.Parse(sources)
}

// Parse reads sources into one map. The forge's name is that under which people.yml
// has the logins of this forge. Sources without files say nothing. The error is
// strictyaml.Faults: everything that leaves unsure who owns what.
func (f Forge) Parse(sources []Source) (*ownership.Map, []ownership.Warning, error) {
	forge := f.Name
	b, sets, warnings, faults := read(sources, ownership.Forge(f))
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
	_, _, _, faults := read(sources, ownership.Forge{})
	return faults
}

// read reads each source by itself.
func read(sources []Source, forge ownership.Forge) (b beside, sets []ownership.Ruleset, warnings []ownership.Warning,
	faults strictyaml.Faults) {
	b, faults = besides(sources, forge)
	for _, s := range sources {
		if len(s.Files) == 0 {
			continue
		}
		set, more, err := s.parse(b.ignore, forge)
		faults = append(faults, strictyaml.AsFaults(err)...)
		warnings = append(warnings, more...)
		sets = append(sets, set)
	}
	b.warnings = slices.DeleteFunc(b.warnings, func(w ownership.Warning) bool { return slices.Contains(warnings, w) }) // of one file
	return b, sets, append(b.warnings, warnings...), faults
}

// parse reads one source.
func (s Source) parse(ignore []byte, forge ownership.Forge) (ownership.Ruleset, []ownership.Warning, error) {
	switch s.Format {
	case Maintainers:
		return maintainers.Parse(s.Files, ignore)
	case Codeowners:
		return codeowners.Parse(s.Files[0], s.dialect())
	case OwnersTree:
		return ownersfile.Parse(s.Path, s.Files)
	case OwnersYAML:
		return ownersyaml.Parse(s.Files[0], forge.Name)
	case Subsystems:
		return yamlmap.Parse(s.Files[0].Path, s.Files[0].Data)
	case Committers:
		set, _, warnings, err := committers.Parse(s.Files[0], forge)
		if err == nil && len(set.Subsystems) == 0 {
			err = strictyaml.Faults{{File: s.Files[0].Path, Text: "no row has a path, so that nobody owns anything; want a table with headings " +
				"such as | path | committer | (目录、维护者)"}}
		}
		return set, warnings, err
	case People, SigInfo, PeopleTable, Mailmap, Ignore: // they stand beside the sources
	}
	return ownership.Ruleset{}, nil, nil
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
