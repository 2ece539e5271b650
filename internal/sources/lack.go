package sources

import (
	"fmt"
	"path"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// missing adds the faults of sources of which no file is there.
func (m *Map) missing(sources []Source, texts []formats.Source) {
	for i := range sources {
		s := &sources[i]
		m.unsure = m.unsure || s.unshown
		misplaced := s.misplaced()
		for _, f := range misplaced {
			if s.Repo != "" && text(s.Source).Directory() {
				f = withheld(f, s.shown(s.Path)) // what the directory holds is not told
			}
			m.Faults = append(m.Faults, f)
		}
		if lack := s.lack(); lack != "" && len(texts[i].Files) == 0 && len(misplaced) == 0 {
			m.Faults = append(m.Faults, s.lacking(lack))
		}
	}
}

// lacking is the fault of a source of which no file is there. What is in another
// repository is corrected where the policy names it.
func (s *Source) lacking(why string) strictyaml.Fault {
	if s.Repo == "" || s.Pos.File == "" {
		return strictyaml.Fault{File: s.shown(s.Path), Text: why}
	}
	return strictyaml.Fault{File: s.Pos.File, Line: s.Pos.Line, Text: s.shown(s.Path) + ": " + why}
}

// lack tells what is wrong with a source of which no file is there; empty where
// it may be absent.
func (s *Source) lack() string {
	switch {
	case s.fault != "":
		return s.fault
	case s.Repo != "":
		return unreadable
	case s.Format == formats.OwnersTree || s.Format == formats.Mailmap || s.Format == formats.Ignore:
		return ""
	case s.Path == "":
		return fmt.Sprintf("there is no CODEOWNERS at the base branch; add one of %s, or name another file under ownership: in the policy",
			strings.Join(text(s.Source).Needs(nil), ", "))
	case text(s.Source).Searched():
		return fmt.Sprintf("there is no such file at the base branch, nor another of %s; add one, or name another file under ownership: in the "+
			"policy", strings.Join(s.Places, ", "))
	case text(s.Source).Directory():
		return "there is no such directory with files at the base branch; add it, or name another one under ownership: in the policy"
	case s.Format.OfPeople():
		return "there is no such file at the base branch; add it, or name another one under people: in the policy"
	}
	return "there is no such file at the base branch; add it, or name another one under ownership: in the policy"
}

// key names a file among those of a repository.
func (s *Source) key(path string) string {
	if s.Repo == "" {
		return path
	}
	return s.Repo + "@" + s.Ref + ":" + path
}

// shown is how messages name a file of the source.
func (s *Source) shown(file string) string {
	if s.Repo == "" {
		return file
	}
	return path.Join(s.Repo, file)
}

// state tells the files of a source from any others.
func (s *Source) state() string {
	state := ""
	for _, f := range s.files {
		state += path.Base(f.path) + ":" + f.Entry.State() + " "
	}
	return ShortHash(state)
}
