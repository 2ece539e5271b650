// Package past reads what a backtest judges: merged pull requests from a file or a forge, the
// rules to judge them by, and who is in the teams that own something. It judges nothing.
package past

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/backtest"
	"github.com/reviewgate/reviewgate/internal/gitattributes"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/simulate"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Help says what is judged, and how a file is written.
const Help = `They are judged by the map of today, found as by "reviewgate owners", and by the policy of
--policy or of the tree, whose .gitattributes mark generated files; the threshold is tried
from 50% to 100%, with 1 approval for each file and with 2. They come from a forge, or from FILE, packed by gzip or not: a line for each
pull request, such as
{"pr": 1, "author": "alice", "created": 1545147963, "head_time": 1545147999,
 "merged": 1545148963, "files": [["mm/a.c", 3, 1]], "reviewers": ["bob"],
 "approvals": [["bob", 1545148500]]}
with times in seconds since 1970 and "merged": null where it was not. Without "approvals",
whoever reviewed is taken to have approved, and no waits are told. So it is on Gitee and on
GitCode, which tell neither when somebody accepted nor what.

A wait is the time from the last push, or else the opening, to the approval with which enough
files were reviewed. A past does not tell what a push dropped, nor who wrote which commit:
an approval counts for all that was merged, and only the author's own counts for nothing,
and what was given after the merge.`

// Tree is a working tree, or none.
type Tree interface {
	// Policy reads the policy that stands in it; false if there is none.
	Policy() (p policy.Policy, found bool, err error)
	// Known reports whether there is one.
	Known() bool
	// File reads a file; false if there is none.
	File(name string) (data []byte, found bool, err error)
}

// MaxMerged is the most pull requests that are read of a forge.
const MaxMerged = 3000

// File reads pull requests, a line each, packed by gzip or not.
func File(path string) ([]simulate.Pull, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // it was only read
	return simulate.ReadPulls(path, file)
}

// Maintainers reads an ownership file in the format of Linux.
func Maintainers(path string) (*ownership.Map, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	owners, _, err := formats.Parse([]formats.Source{{Format: formats.Maintainers, Path: maintainers.DefaultPath,
		Files: []ownership.File{{Path: path, Data: data}}}}, "github")
	return owners, err
}

// Source is where the pull requests come from: File, or what was merged in Repo since so many
// days, such as 180d.
type Source struct {
	File  string
	Forge seam.Forge
	Repo  pull.Repo
	Since string
}

// Merged reads the pull requests that were merged before a time.
func (s *Source) Merged(ctx context.Context, now time.Time) ([]pull.Merged, error) {
	if s.File != "" {
		pulls, err := File(s.File)
		merged := backtest.FromFile(pulls)
		if err == nil && len(merged) == 0 {
			err = fmt.Errorf(`%s holds no merged pull request; give "merged" the time of the merge, in seconds since 1970`, s.File)
		}
		return merged, err
	}
	days, err := daysOf(s.Since)
	if err != nil {
		return nil, err
	}
	if s.Forge.Merged == nil {
		return nil, fmt.Errorf("merged pull requests of %s can't be listed with their reviews; write them into a file, and give that with --from",
			s.Forge.Traits.Kind)
	}
	merged, err := s.Forge.Merged(ctx, s.Repo, now.AddDate(0, 0, -days), MaxMerged)
	if err == nil && len(merged) == 0 {
		err = fmt.Errorf("nothing was merged in %s in the last %d days; give more days with --since", s.Repo, days)
	}
	return merged, err
}

// daysOf reads a number of days.
func daysOf(text string) (int, error) {
	number, ok := strings.CutSuffix(text, "d")
	days, err := strconv.Atoi(number)
	if !ok || err != nil || days < 1 || days > 36500 {
		return 0, fmt.Errorf("--since %q: write a number of days, such as 180d", text)
	}
	return days, nil
}

// Frame is what pull requests that changed some paths are judged by: a map, the rules of a policy
// file or of a tree, what that marks as generated, and the teams that own something, of which some
// are given. lacking says what is not known of it.
func (s *Source) Frame(ctx context.Context, owners *ownership.Map, file string, tree Tree,
	given map[string][]string, paths []string) (f *backtest.Frame, lacking []string, err error) {
	f = &backtest.Frame{Owners: owners, Protected: protected(owners)}
	if f.Rules, err = rules(file, tree); err != nil {
		return nil, nil, err
	}
	if f.Rules.Generated == policy.GeneratedIgnore {
		if f.Generated, err = generated(tree, paths); err != nil {
			return nil, nil, err
		}
		if !tree.Known() {
			lacking = append(lacking, "the policy leaves generated files out, and which are is not known, so all count; "+
				"name the tree with --local DIR")
		}
	}
	named := f.NamedTeams()
	f.Teams, err = s.teams(ctx, named, given)
	for _, team := range unread(named, f.Teams) {
		lacking = append(lacking, fmt.Sprintf("nobody is known to be in team %s, so nothing of it is reviewed; see --team", team))
	}
	return f, lacking, err
}

// teams returns the members of teams, by policy.TeamKey: those that were given, and the others
// as the forge tells them. One of which nobody is known is missing.
func (s *Source) teams(ctx context.Context, named []string, given map[string][]string) (map[string]policy.Team, error) {
	teams := map[string]policy.Team{}
	for key, logins := range given {
		var team policy.Team
		for _, login := range logins {
			team.Members = append(team.Members, pull.Person{Login: login})
		}
		teams[key] = team
	}
	for _, name := range named {
		key := policy.TeamKey(name)
		if _, known := teams[key]; known || s.Forge.Source == nil {
			continue
		}
		team, err := s.Forge.Source.Team(ctx, s.Repo, name)
		if err != nil {
			return nil, err
		}
		teams[key] = team
	}
	return teams, nil
}

// rules are those of a policy file, or else of the policy of a tree, or else the defaults. Of
// rules for branches none counts: a past does not tell whereto it was merged.
func rules(file string, tree Tree) (policy.Rules, error) {
	p, found, err := tree.Policy()
	if file != "" {
		data, missing := os.ReadFile(file)
		if missing != nil {
			return policy.Rules{}, fmt.Errorf("read policy: %w", missing)
		}
		p, err = policyfile.Parse(file, data)
	} else if !found && err == nil {
		p, err = policyfile.Parse("", []byte("version: 1\n"))
	}
	return p.Base, err
}

// generated tells which of some paths a tree marks as generated, by the .gitattributes of its root
// and of their directories, of which those that are links or lie below one say nothing, as for git.
func generated(tree Tree, paths []string) (func(path string) bool, error) {
	attributes, read := &gitattributes.Attributes{}, map[string]bool{}
	for _, p := range paths {
		for dir := path.Dir(p); fs.ValidPath(dir) && !strings.Contains(dir, "\x00") && !read[dir]; dir = path.Dir(dir) {
			read[dir] = true
			data, found, err := tree.File(path.Join(dir, ".gitattributes"))
			if _, linked := errors.AsType[strictyaml.Faults](err); err != nil && !linked {
				return nil, fmt.Errorf("read which files are generated: %w", err)
			}
			if found {
				attributes.Add(dir, data)
			}
		}
	}
	return attributes.Generated, nil
}

// protected are the paths of policies and of the files that a map is from, which each need
// review, whatever the threshold.
func protected(owners *ownership.Map) []string {
	paths := policyfile.Places()
	for _, s := range owners.Subsystems() {
		paths = append(paths, s.Pos.File)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// unread lists the teams of which nobody is known.
func unread(named []string, teams map[string]policy.Team) []string {
	return slices.DeleteFunc(named, func(name string) bool {
		t, known := teams[policy.TeamKey(name)]
		return known && t.Unread == ""
	})
}
