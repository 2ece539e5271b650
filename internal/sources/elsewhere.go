package sources

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
// secrets (package policy, §7).

// unreadable is what is said of a file in another repository, whatever the reason
// is: what differs would tell what exists there.
const unreadable = "this gate can't read it: there is no such repository, branch or file, or it is not shown to this gate; correct " +
	"the names, or have the app installed there and given that repository"

// hidden reports whether an error is one of those that must look alike.
func hidden(err error) bool {
	return errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrForbidden) || errors.Is(err, pull.ErrGone)
}

// Trusts reports whether repositories of one owner may name files and teams of
// another one: those of a group may name those of the groups around it.
func (r *Reader) Trusts(from, to string) bool {
	return pull.Within(from, to) || r.cfg.Trusts != nil && r.cfg.Trusts(from, to)
}

// untrusted says what an administrator can do about a pair of owners.
func untrusted(what, from, to string) string {
	return fmt.Sprintf("%s of %s are not read for repositories of %s; an administrator of this gate can allow it in its configuration: "+
		"server.trust: [{from: %s, to: %s}]", what, to, from, from, to)
}

// Team reads a team, if those of its organisation may be read.
func (r *Reader) Team(ctx context.Context, repo pull.Repo, team string) (policy.Team, error) {
	if org, _, _ := strings.Cut(team, "/"); !r.Trusts(repo.Owner, org) {
		return policy.Team{Unread: untrusted("teams", repo.Owner, org)}, nil
	}
	return r.cfg.Teams.Team(ctx, repo, team)
}

// sameFile reports whether two sources are one file of another repository, read in
// one way.
func sameFile(a, b policy.Source) bool {
	return strings.EqualFold(a.Repo, b.Repo) && a.Ref == b.Ref && a.Path == b.Path && a.Format == b.Format && a.Dialect == b.Dialect
}

// ReadableBy divides the sources of a proposal: those that may be read for it, which
// are of its own repository or named by the policy that the pull request is judged
// by, and whether there are others.
func ReadableBy(base, proposed []policy.Source) (may []policy.Source, others bool) {
	for _, s := range proposed {
		if s.Repo == "" || slices.ContainsFunc(base, func(b policy.Source) bool { return sameFile(b, s) }) {
			may = append(may, s)
		} else {
			others = true
		}
	}
	return may, others
}

// CheckAlone finds the faults that sources have each by itself, where others that
// belong to them are not read.
func (r *Reader) CheckAlone(ctx context.Context, sources []Source) (*Map, error) {
	texts, err := r.texts(ctx, sources, inProposal)
	if errors.Is(err, pull.ErrTooLarge) {
		return &Map{Faults: inProposal.exceeded()}, nil
	}
	if err != nil {
		return nil, err
	}
	m := &Map{Elsewhere: true, Faults: formats.Check(texts)}
	m.withhold(sources)
	m.missing(sources, texts)
	return m, nil
}

// withhold takes out of faults and warnings what they quote of files in other
// repositories. It leaves place and kind.
func (m *Map) withhold(sources []Source) {
	files := foreignFiles(sources)
	m.Faults = slices.Clone(m.Faults)
	for i, f := range m.Faults {
		for _, file := range files {
			if at, ok := file.fault(f); ok {
				m.Faults[i] = withheld(at, file.source)
			}
		}
	}
	m.Warnings = slices.Clone(m.Warnings)
	for i, w := range m.Warnings {
		for _, file := range files {
			if w.Pos.File == file.path {
				m.Warnings[i] = ownership.Warning{Pos: ownership.Pos{File: file.source, Line: w.Pos.Line}, Text: "something to correct" + elsewhere,
					Concerns: w.Concerns}
			}
		}
	}
}

// foreignFile is a file in another repository.
type foreignFile struct {
	path   string // as faults and warnings name it
	source string // as a check names it: what a directory holds is not told
}

func foreignFiles(sources []Source) []foreignFile {
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

// fault reports whether a fault is of the file, and gives it with its line. Those that
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
