package gate

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Ungated says why a pull request is not gated.
type Ungated string

// The reasons.
const (
	Closed   Ungated = "closed"    // the pull request
	NoPolicy Ungated = "no policy" // anywhere
	Unclear  Ungated = "unclear"   // the policy can't be read, so what it gates is not known
	ModeOff  Ungated = "mode off"
	NoRule   Ungated = "no rule" // of the policy is for the base branch
)

// Ungated says why the pull request is not gated; empty if it is.
func (r *Run) Ungated() Ungated {
	in := &r.inputs
	switch {
	case !in.Snapshot.Request.Open:
		return Closed
	case in.Gated:
		return ""
	case in.Broken != "":
		return Unclear
	case in.Policy.ID == "":
		return NoPolicy
	case in.Off:
		return ModeOff
	}
	return NoRule
}

// Missing says where no policy was found.
type Missing struct {
	Commit string   // of the repository that was looked at
	Branch string   // of which that is the tip
	Paths  []string // at that commit
	Org    string   // the organisation's repository that was looked at as well; may be empty
	Others []string // paths there
	// Near are files of the commit that look as if one was meant for a policy.
	Near []string
}

// Missing finds out where a policy was looked for, for a run that is not gated for the
// lack of one. That files with similar names could not be looked for is no error.
func (g *Gate) Missing(ctx context.Context, run *Run) Missing {
	m := Missing{Commit: run.policyTip, Branch: run.inputs.DefaultBranch, Paths: g.cfg.Traits.PolicyPaths}
	if len(m.Paths) == 0 {
		m.Paths = []string{g.cfg.Traits.PolicyPath}
	}
	repo := run.Ref.Repo
	if g.cfg.Traits.OrgPolicies != nil && repo.Name != g.cfg.Traits.OrgRepo {
		m.Org, m.Others = repo.Owner+"/"+g.cfg.Traits.OrgRepo, g.cfg.Traits.OrgPolicies
	}
	for _, dir := range nearby(m.Paths) {
		entries, err := g.Content.Trees(ctx, repo).Directory(m.Commit, dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if file := path.Join(dir, e.Name); looksLikePolicy(e.Name) && !slices.Contains(m.Paths, file) {
				m.Near = append(m.Near, file)
			}
		}
	}
	slices.Sort(m.Near)
	return m
}

// nearby are the directories in which somebody may have put a policy instead of at some
// paths: the tree's root, theirs and those of workflows there.
func nearby(paths []string) []string {
	dirs := []string{""}
	for _, p := range paths {
		if dir := path.Dir(p); dir != "." && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir, path.Join(dir, "workflows"))
		}
	}
	return dirs
}

// looksLikePolicy reports whether a file's name is nearly that of a policy: other signs
// and capitals, another ending, or up to two letters that are wrong.
func looksLikePolicy(name string) bool {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
	for _, ending := range []string{"yml", "yaml", "txt", "json", "bak"} {
		letters = strings.TrimSuffix(letters, ending)
	}
	const want = "reviewgate"
	if len(letters) < len(want)-2 || len(letters) > len(want)+2 {
		return false
	}
	return levenshtein.ComputeDistance(letters, want) <= 2
}
