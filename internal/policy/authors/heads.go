package authors

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxPast is how many commits of heads seen before are told apart, so that it is known
// which files each touched. Of those that come later only their makers are kept, as of
// commits that touch every file: rewriting so many is nobody's day's work.
const maxPast = 20_000

// NewCommits are those of some commits that no head seen before had, as they are now:
// a forge may come to know the people behind one.
func NewCommits(heads []pull.Head, commits []pull.Commit) []pull.Commit {
	now := make(map[string]bool, len(commits))
	for i := range commits {
		now[commits[i].ID] = true
	}
	seen, past := map[string]bool{}, 0
	for i := range heads {
		past += len(heads[i].Commits)
		for j := range heads[i].Commits {
			if c := &heads[i].Commits[j]; now[c.ID] || c.ID == "" {
				seen[c.ID+"\n"+pull.Makers(c.Signed)] = true
			}
		}
	}
	var fresh []pull.Commit
	for _, c := range commits {
		makers := "\n" + pull.Makers(c.Signed)
		if seen[c.ID+makers] {
			continue
		}
		if past >= maxPast {
			c = pull.Commit{Signed: c.Signed, People: c.People, Unknown: c.Unknown}
		}
		if len(c.Signed) == 0 || !seen[c.ID+makers] {
			fresh = append(fresh, c)
		}
		seen[c.ID+makers] = true
	}
	return fresh
}

// FewerCommits leaves out of heads seen before those commits that say nothing more of
// who wrote which file than others of them do.
func FewerCommits(heads []pull.Head) []pull.Head {
	heads = slices.Clone(heads)
	said, keys := map[string]bool{}, map[*pull.Signature]string{} // commits of one head share their makers
	for i := range heads {
		var commits []pull.Commit
		for _, c := range heads[i].Commits {
			if len(c.Signed) == 0 {
				commits = append(commits, c)
				continue
			}
			key, ok := keys[&c.Signed[0]]
			if !ok {
				key = pull.Makers(c.Signed)
				keys[&c.Signed[0]] = key
			}
			if c.PathsKnown {
				key += "\x00" + strings.Join(c.Paths, "\x00")
			}
			if !said[key] {
				commits = append(commits, c)
			}
			said[key] = true
		}
		heads[i].Commits = commits
	}
	return heads
}
