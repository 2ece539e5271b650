package sources

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Basis names what a verdict was made with besides the pull request: this program's
// rules, policy, ownership files and teams, each by what tells it from any other. A
// sweep compares it, so that a verdict whose basis moved is made again.
type Basis map[string]string

// rulesVersion tells how this program reads files and reviews. Raise it where it comes
// to read the same ones in another way, so that no success of the former rules stays.
const rulesVersion = "6"

// NewBasis is the basis of a verdict of which nothing was read yet.
func NewBasis() Basis { return Basis{rulesKey: rulesVersion} }

// The keys of a basis that are not paths of the repository. A path that is none
// for certain, because a control character is in it, is a quotedKey.
const (
	rulesKey     = "\trules"
	policyKey    = "\tpolicy"
	teamKey      = "\tteam "   // and the team
	directoryKey = "\tdir "    // and the directory whose files are a source
	isDirKey     = "\tisdir "  // and a name, of which owners depend on whether it is a directory
	sourceKey    = "\tsource " // and "owner/name@branch:path" in another repository
	quotedKey    = "\tpath "   // and the path, quoted
)

func (b Basis) set(key, value string) { b[key] = value }

// SetPolicy notes where the policy was found.
func (b Basis) SetPolicy(found *Policy) { b.set(policyKey, found.source) }

// SetTeam notes who is of a team.
func (b Basis) SetTeam(name string, t policy.Team) { b.set(teamKey+name, teamState(t)) }

// SetDirectories notes which of some names are directories.
func (b Basis) SetDirectories(names, found []string) {
	for _, name := range names {
		b.set(isDirKey+name, isDir(found, name))
	}
}

// SetSources notes the sources that are no file of the repository itself.
func (b Basis) SetSources(sources []Source) {
	for i := range sources {
		switch s := &sources[i]; {
		case s.Repo != "":
			b.set(sourceKey+s.key(s.Path), s.state())
		case text(s.Source).Directory():
			b.set(directoryKey+s.Path, s.state())
		}
	}
}

// String returns the text that Known.Sources keeps: a line per key, sorted.
func (b Basis) String() string {
	lines := make([]string, 0, len(b))
	for key, value := range b {
		lines = append(lines, key+"="+value)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TeamInput is what Known.Sources holds where a verdict was made with a team,
// "organisation/slug", or with any team of "organisation/".
func TeamInput(team string) string {
	mark := teamKey + policy.TeamKey(team)
	if !strings.HasSuffix(team, "/") {
		mark += "="
	}
	return mark
}

// SourceInput is what Known.Sources holds where a verdict was made with a file of
// another repository.
func SourceInput(repo pull.Repo) string { return sourceKey + repo.Slug() + "@" }

// parseBasis reads what String gives. What is of no rules is of a program that had
// none of their versions.
func parseBasis(text string) Basis {
	b := Basis{rulesKey: ""}
	for line := range strings.SplitSeq(text, "\n") {
		if i := strings.LastIndexByte(line, '='); i > 0 {
			b[line[:i]] = line[i+1:]
		}
	}
	return b
}

// foreignKey reads the key of a source in another repository. A policy takes no
// names in which the dividers stand.
func foreignKey(key string) (s policy.Source, ok bool) {
	rest, ok := strings.CutPrefix(key, sourceKey)
	at, path, _ := strings.Cut(rest, ":")
	s = policy.Source{Format: formats.Subsystems, Path: path}
	s.Repo, s.Ref, _ = strings.Cut(at, "@")
	if strings.HasSuffix(path, "/") {
		s.Format = formats.Maintainers
	}
	return s, ok
}

// SetPath notes a file of the repository itself.
func (b Basis) SetPath(path, id string) {
	if strings.ContainsFunc(path, unicode.IsControl) {
		path = quotedKey + strconv.Quote(path)
	}
	b.set(path, id)
}

// teamState tells a team's members from any others.
func teamState(t policy.Team) string {
	if t.Unread != "" {
		return "unread"
	}
	members := make([]string, 0, len(t.Members))
	for _, p := range t.Members {
		members = append(members, fmt.Sprintf("%s %d %t", strings.ToLower(p.Login), p.ID, p.Bot))
	}
	slices.Sort(members)
	return ShortHash(strings.Join(members, "\n"))
}

// ShortHash tells a text from any other in few characters.
func ShortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// currentFingerprint finds out what the keys of a basis are now. What was found for one
// pull request of a branch is found for all of them.
type currentFingerprint struct {
	reader    *Reader
	repo      pull.Repo
	policyTip string
	baseTip   string
	found     Basis
	// unread are the keys that could not be read, each of which is tried and told of once.
	unread map[string]error
}

// read fills in the keys that are not known yet.
func (n *currentFingerprint) read(ctx context.Context, before Basis) error {
	own := map[string]string{} // key by path
	var problems error
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, done := n.found[key]; done {
			continue
		}
		if _, tried := n.unread[key]; tried {
			continue
		}
		value, err := n.readKey(ctx, key, own)
		if _, limit := errors.AsType[seam.Limited](err); limit {
			return err
		}
		if err != nil {
			problems = errors.Join(problems, n.leave(key, err))
			continue
		}
		n.found[key] = value
	}
	if len(own) == 0 || n.baseTip == "" {
		return problems
	}
	paths := slices.Sorted(maps.Keys(own))
	entries, err := n.reader.cfg.Archive.Entries(ctx, n.repo, n.baseTip, paths)
	if _, limit := errors.AsType[seam.Limited](err); limit {
		return err
	}
	for _, path := range paths {
		if e, read := entries[path]; read {
			n.found[own[path]] = e.State()
		} else if err != nil {
			_ = n.leave(own[path], err) // it is one error
		}
	}
	return errors.Join(problems, err)
}

// leave notes that a key could not be read, and returns why.
func (n *currentFingerprint) leave(key string, err error) error {
	if n.unread == nil {
		n.unread = map[string]error{}
	}
	n.unread[key] = err
	return err
}

// readKey reads what stands alone; paths of the repository itself are put off.
func (n *currentFingerprint) readKey(ctx context.Context, key string, own map[string]string) (string, error) {
	r := n.reader
	if key == rulesKey {
		return rulesVersion, nil
	}
	if key == policyKey {
		entries, err := r.cfg.Archive.Entries(ctx, n.repo, n.policyTip, WithParents(r.cfg.Traits.Policies()))
		if err != nil {
			return "", err
		}
		found, err := r.FindPolicy(ctx, n.repo, First(entries, r.cfg.Traits.Policies()))
		return found.source, err
	}
	if team, ok := strings.CutPrefix(key, teamKey); ok {
		t, err := r.Team(ctx, n.repo, team)
		return teamState(t), err
	}
	if dir, ok := strings.CutPrefix(key, directoryKey); ok {
		s := Source{Source: policy.Source{Format: formats.Maintainers, Path: dir}, repo: n.repo}
		if n.baseTip == "" {
			return "", nil
		}
		err := r.listed(ctx, &s, n.baseTip)
		return s.state(), err
	}
	if named, ok := foreignKey(key); ok {
		s := Source{Source: named, repo: n.repo}
		err := r.foreign(ctx, &s)
		return s.state(), err
	}
	if name, ok := strings.CutPrefix(key, isDirKey); ok {
		if n.baseTip == "" {
			return "", nil
		}
		found, err := r.Trees(ctx, n.repo).Directories(n.baseTip, []string{name})
		return isDir(found, name), err
	}
	path := key
	if quoted, ok := strings.CutPrefix(key, quotedKey); ok {
		var err error
		if path, err = strconv.Unquote(quoted); err != nil {
			return "", nil //nolint:nilerr // of another version: it counts as moved, and is judged again
		}
	}
	own[path] = key
	return "", nil
}

// moved reports whether anything of a basis is no longer what it was, as far as it can be
// read.
func (n *currentFingerprint) moved(ctx context.Context, before Basis) (bool, error) {
	err := n.read(ctx, before)
	for key, value := range before {
		if n.unread[key] == nil && n.found[key] != value {
			return true, err
		}
	}
	return false, err
}
