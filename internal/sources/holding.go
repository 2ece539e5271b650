package sources

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Holding is the policy that holds for a repository just now.
type Holding struct {
	// Policy has what the service's minimum asks for. It is not complete where there are
	// Faults.
	Policy policy.Policy
	File   string // where it is, as a check shows it; empty where there is none
	// OfOrg and OfService tell that it is the organisation's, or the service's own.
	OfOrg, OfService bool
	Faults           strictyaml.Faults
}

// Holding reads the policy of the default branch, as an evaluation does, for no pull
// request.
func (r *Reader) Holding(ctx context.Context, repo pull.Repo) (Holding, error) {
	entries, err := r.cfg.Archive.Entries(ctx, repo, seam.DefaultTip, WithParents(r.cfg.Traits.Policies()))
	if err != nil {
		return Holding{}, err
	}
	found, err := r.FindPolicy(ctx, repo, First(entries, r.cfg.Traits.Policies()))
	if err != nil || found.None() {
		return Holding{}, err
	}
	h := Holding{File: found.File.Path, OfOrg: found.elsewhere, OfService: found.source == noPolicy}
	p, err := found.Parse()
	if err != nil {
		h.Faults = found.Faults(err)
		return h, nil
	}
	h.Policy = p.Under(r.cfg.Minimum)
	return h, nil
}

// Owners reads the ownership that holds on the default branch with a policy, as far as it
// concerns some paths.
func (r *Reader) Owners(ctx context.Context, repo pull.Repo, h Holding, paths []string) (*Map, error) {
	return r.OwnersAt(ctx, repo, h, seam.DefaultTip, paths)
}

// OwnersAt reads the ownership that a commit has with a policy, as far as it concerns some paths.
func (r *Reader) OwnersAt(ctx context.Context, repo pull.Repo, h Holding, commit string, paths []string) (*Map, error) {
	list := r.SourcesOf(h.Policy)
	var needs []string
	for _, s := range list {
		if s.Repo == "" {
			needs = append(needs, text(s).Needs(paths)...)
		}
	}
	entries, err := r.cfg.Archive.Entries(ctx, repo, commit, WithParents(needs))
	if err != nil {
		return nil, err
	}
	located, err := r.Locate(ctx, CommitTree{Repo: repo, Commit: commit, Entries: entries}, list, paths)
	if err != nil {
		return nil, err
	}
	return r.ReadMap(ctx, repo, located, len(h.Policy.Sources) == 0)
}

// Rules are the rules of the policy for a base branch; false where it does not gate it.
func (r *Reader) Rules(h Holding, branch, defaultBranch string) (policy.Rules, bool) {
	rules, gated := h.Policy.For(branch, defaultBranch)
	rules = rules.AtLeast(r.cfg.Minimum)
	return rules, gated && rules.Mode != policy.Off
}
