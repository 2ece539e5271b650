package github

import (
	"path"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// A push event lists so many commits at most, and so many paths of each kind in a
// commit; it tells of neither that it left some out (docs.github.com, "Webhook events
// and payloads"; octo-sts/app#978).
const (
	maxPushed      = 2048
	maxPushedPaths = 3000
)

// pushPayload is a push event's own part.
type pushPayload struct {
	Ref     string `json:"ref"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Created bool   `json:"created"`
	Deleted bool   `json:"deleted"`
	Forced  bool   `json:"forced"`
	Commits []struct {
		Added    []string `json:"added"`
		Removed  []string `json:"removed"`
		Modified []string `json:"modified"`
	} `json:"commits"`
}

// alwaysWatched are the names of files that decide wherever they are.
func alwaysWatched() []string {
	return []string{path.Base(PolicyPath), ".gitattributes", ".mailmap"}
}

// Watch is told of files of a repository that are read elsewhere: a push that touches them
// matters as if they were read here.
func (f *Forge) Watch(repo pull.Repo, paths []string) { f.watch(repo, paths) }

// watch remembers the names of files that a repository's verdicts were read
// from. Names and not paths are kept, so that an OWNERS file which no pull
// request has met yet is watched as soon as another one is.
func (f *Forge) watch(repo pull.Repo, paths []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := strings.ToLower(repo.Slug())
	names := f.watched[key]
	if names == nil {
		names = map[string]bool{}
		for _, name := range alwaysWatched() {
			names[name] = true
		}
		f.watched[key] = names
	}
	for _, p := range paths {
		names[path.Base(p)] = true
	}
}

// pushHint names the branch, unless the push is known to touch nothing that
// verdicts are read from: the files of pull requests stay what they are when
// their base moves on.
func (f *Forge) pushHint(h webhook.Hint, p payload) (webhook.Hint, bool) {
	branch, ok := strings.CutPrefix(p.Ref, "refs/heads/")
	if !ok || p.Deleted || f.idle(h.Repo, p.pushPayload) {
		return h, false
	}
	h.Branch, h.Default, h.Rewritten = branch, branch == p.Repository.DefaultBranch, p.Forced
	return h, true
}

// idle reports whether a push touches no file that is watched. Where the payload
// does not tell all paths, it may.
func (f *Forge) idle(repo pull.Repo, p pushPayload) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	watched := f.watched[strings.ToLower(repo.Slug())]
	if watched == nil || p.Forced || p.Created || len(p.Commits) >= maxPushed || len(p.Commits) == 0 && p.Before != p.After {
		return false
	}
	for _, c := range p.Commits {
		paths := slices.Concat(c.Added, c.Removed, c.Modified)
		if len(paths) == 0 || len(paths) >= maxPushedPaths { // a merge, whose own changes may not be told, or a list that may be cut
			return false
		}
		for _, changed := range paths {
			if watched[path.Base(changed)] || watched[path.Base(path.Dir(changed))] { // a source may be a directory
				return false
			}
		}
	}
	return true
}
