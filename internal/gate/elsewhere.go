package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// A check shows what it is made of to everybody who sees the pull request, and its
// credential reads more than they may. What follows keeps other repositories'
// secrets (gate.md §7).

// unreadable is what is said of a file in another repository, whatever the reason
// is: what differs would tell what exists there.
const unreadable = "this gate can't read it: there is no such repository, branch or file, or it is not shown to this gate; correct the names, or have the app installed there and given that repository"

// hidden tells whether an error is one of those that must look alike.
func hidden(err error) bool {
	return errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrForbidden) || errors.Is(err, pull.ErrGone)
}

// trusts tells whether repositories of one owner may name files and teams of
// another one: those of a group may name those of the groups around it.
func (g *Reader) trusts(from, to string) bool {
	return pull.Within(from, to) || g.cfg.Trusts != nil && g.cfg.Trusts(from, to)
}

// untrusted says what an administrator can do about a pair of owners.
func untrusted(what, from, to string) string {
	return fmt.Sprintf("%s of %s are not read for repositories of %s; an administrator of this gate can allow it in its configuration: server.trust: [{from: %s, to: %s}]", what, to, from, from, to)
}

// team reads a team, if those of its organisation may be read.
func (g *Reader) team(ctx context.Context, repo pull.Repo, team string) (policy.Team, error) {
	if org, _, _ := strings.Cut(team, "/"); !g.trusts(repo.Owner, org) {
		return policy.Team{Unread: untrusted("teams", repo.Owner, org)}, nil
	}
	return g.cfg.Source.Team(ctx, repo, team)
}

// expandOverride puts the members of teams that only the service itself names, and
// that the repository may not name, in their place: an administrator trusts these
// people, which shows their names to nobody who names the team.
func (g *Reader) expandOverride(ctx context.Context, s *policy.Snapshot) error {
	repo := s.Request.Ref.Repo
	var people []ownership.Owner
	for _, o := range s.ServerOverride {
		org, _, _ := strings.Cut(o.Team, "/")
		if o.Team == "" || g.trusts(repo.Owner, org) {
			people = append(people, o)
			continue
		}
		team, err := g.cfg.Source.Team(ctx, repo, policy.TeamKey(o.Team))
		if err != nil {
			return err
		}
		for _, p := range team.Members {
			people = append(people, ownership.Owner{Login: p.Login, ID: p.ID})
		}
	}
	s.ServerOverride = people
	return nil
}

// sameFile tells whether two sources are one file of another repository, read in
// one way.
func sameFile(a, b policy.Source) bool {
	return strings.EqualFold(a.Repo, b.Repo) && a.Ref == b.Ref && a.Path == b.Path && a.Format == b.Format && a.Dialect == b.Dialect
}

// readableBy divides the sources of a proposal: those that may be read for it, which
// are of its own repository or named by the policy that the pull request is judged
// by, and whether there are others.
func readableBy(base, proposed []policy.Source) (may []policy.Source, others bool) {
	for _, s := range proposed {
		if s.Repo == "" || slices.ContainsFunc(base, func(b policy.Source) bool { return sameFile(b, s) }) {
			may = append(may, s)
		} else {
			others = true
		}
	}
	return may, others
}

// checkAlone finds the faults that sources have each by itself, where others that
// belong to them are not read.
func (g *Reader) checkAlone(ctx context.Context, sources []source) (*parsedMap, error) {
	texts, err := g.texts(ctx, sources, inProposal)
	if errors.Is(err, pull.ErrTooLarge) {
		return &parsedMap{faults: inProposal.exceeded()}, nil
	}
	if err != nil {
		return nil, err
	}
	m := &parsedMap{elsewhere: true, faults: formats.Check(texts)}
	m.withhold(sources)
	m.missing(sources, texts)
	return m, nil
}

// withhold takes out of faults and warnings what they quote of files in other
// repositories. It leaves place and kind.
func (m *parsedMap) withhold(sources []source) {
	files := foreignFiles(sources)
	m.faults = slices.Clone(m.faults)
	for i, f := range m.faults {
		for _, file := range files {
			if at, ok := file.fault(f); ok {
				m.faults[i] = withheld(at, file.source)
			}
		}
	}
	m.warnings = slices.Clone(m.warnings)
	for i, w := range m.warnings {
		for _, file := range files {
			if w.Pos.File == file.path {
				m.warnings[i] = ownership.Warning{Pos: ownership.Pos{File: file.source, Line: w.Pos.Line}, Text: "something to correct" + elsewhere, Concerns: w.Concerns}
			}
		}
	}
}

// foreignFile is a file in another repository.
type foreignFile struct {
	path   string // as faults and warnings name it
	source string // as a check names it: what a directory holds is not told
}

func foreignFiles(sources []source) []foreignFile {
	var files []foreignFile
	for i := range sources {
		s := &sources[i]
		for _, f := range s.files {
			if s.Repo != "" {
				files = append(files, foreignFile{s.shown(f.path), s.shown(s.Path)})
			}
		}
	}
	return files
}

// fault tells whether a fault is of the file, and gives it with its line. Those that
// concern several sources have their place in the text.
func (file foreignFile) fault(f strictyaml.Fault) (strictyaml.Fault, bool) {
	if f.File != "" {
		return f, f.File == file.path
	}
	rest, ok := strings.CutPrefix(f.Text, file.path+":")
	line, text, placed := strings.Cut(rest, ": ")
	number, err := strconv.Atoi(line)
	if !ok || !placed || err != nil {
		return f, false
	}
	return strictyaml.Fault{File: file.path, Line: number, Text: text}, true
}

// withheld is a fault of a file in another repository as a check may show it.
func withheld(f strictyaml.Fault, file string) strictyaml.Fault {
	return strictyaml.Fault{File: file, Line: f.Line, Text: f.Kind() + elsewhere}
}

const elsewhere = "; the file is of another repository, so no more of it is shown here: run reviewgate validate on it there"
