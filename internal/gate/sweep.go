package gate

import (
	"context"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Stale gives the pull requests of a repository that must be judged again:
// those whose head, base or time of change differs from what is known, those
// that are no longer listed, and all towards a branch whose policy or ownership
// moved. Where nothing moved, it costs the forge only lists and tips that it
// answers with "not modified".
func (g *Gate) Stale(ctx context.Context, repo pull.Repo, known []Known) ([]pull.Ref, error) {
	listed, err := g.cfg.Lister.OpenRequests(ctx, repo)
	if err != nil {
		return nil, err
	}
	var stale []int
	for _, k := range known {
		if !slices.ContainsFunc(listed, func(l Listed) bool { return l.Number == k.Ref.Number }) {
			stale = append(stale, k.Ref.Number)
		}
	}
	for _, l := range listed {
		i := slices.IndexFunc(known, func(k Known) bool { return k.Ref.Number == l.Number })
		if i < 0 || known[i].Head != l.Head || known[i].BaseBranch != l.BaseBranch || !known[i].UpdatedAt.Equal(l.UpdatedAt) {
			stale = append(stale, l.Number)
		}
	}
	moved, err := g.movedBranches(ctx, repo, listed, known)
	if err != nil {
		return nil, err
	}
	for _, l := range listed {
		if moved[l.BaseBranch] {
			stale = append(stale, l.Number)
		}
	}
	slices.Sort(stale)
	var refs []pull.Ref
	for _, n := range slices.Compact(stale) {
		refs = append(refs, pull.Ref{Repo: repo, Number: n})
	}
	return refs, nil
}

// movedBranches gives the base branches whose policy or ownership are not those
// that their pull requests were judged by.
func (g *Gate) movedBranches(ctx context.Context, repo pull.Repo, listed []Listed, known []Known) (map[string]bool, error) {
	moved := map[string]bool{}
	if len(listed) == 0 {
		return moved, nil
	}
	defaultTip, err := g.cfg.Lister.Tip(ctx, repo, listed[0].DefaultBranch)
	if err != nil {
		return nil, err
	}
	var policyID string
	checked := false
	for _, k := range known {
		branch := k.BaseBranch
		if _, done := moved[branch]; done || !k.Open {
			continue
		}
		tip, err := g.cfg.Lister.Tip(ctx, repo, branch)
		if err != nil {
			return nil, err
		}
		if g.cache.swept(repo, branch, defaultTip, tip) {
			moved[branch] = false
			continue
		}
		if !checked {
			if policyID, err = g.policyID(ctx, repo, defaultTip); err != nil {
				return nil, err
			}
			checked = true
		}
		now, err := g.sourcesAt(ctx, repo, policyID, tip, k.Sources)
		if err != nil {
			return nil, err
		}
		moved[branch] = slices.ContainsFunc(known, func(o Known) bool { return o.BaseBranch == branch && o.Sources != now })
		if !moved[branch] {
			g.cache.sweptAt(repo, branch, defaultTip, tip)
		}
	}
	return moved, nil
}

func (g *Gate) policyID(ctx context.Context, repo pull.Repo, tip string) (string, error) {
	if tip == "" {
		return "", fmt.Errorf("%s has no default branch", repo)
	}
	entries, err := g.cfg.Archive.Entries(ctx, repo, tip, []string{g.cfg.PolicyPath})
	return entries[g.cfg.PolicyPath].ID, err
}

// sourcesAt gives what Known.Sources would be at a tip, for the files that a
// verdict was made with.
func (g *Gate) sourcesAt(ctx context.Context, repo pull.Repo, policyID, tip, before string) (string, error) {
	paths := pathsOf(before)
	if len(paths) == 0 || tip == "" {
		return sourcesOf(policyID, nil, nil), nil
	}
	entries, err := g.cfg.Archive.Entries(ctx, repo, tip, paths)
	if err != nil {
		return "", err
	}
	return sourcesOf(policyID, paths, entries), nil
}
