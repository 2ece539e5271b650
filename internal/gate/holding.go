package gate

import (
	"context"
	"path"

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
func (g *Reader) Holding(ctx context.Context, repo pull.Repo) (Holding, error) {
	entries, err := g.cfg.Archive.Entries(ctx, repo, seam.DefaultTip, withParents([]string{g.cfg.Traits.PolicyPath}))
	if err != nil {
		return Holding{}, err
	}
	own := g.ownPolicy(&seam.Look{Policy: entries[g.cfg.Traits.PolicyPath], PolicyAbove: entries[path.Dir(g.cfg.Traits.PolicyPath)]})
	found, err := g.findPolicy(ctx, repo, own)
	if err != nil || found.none() {
		return Holding{}, err
	}
	h := Holding{File: found.file.Path, OfOrg: found.elsewhere, OfService: found.source == noPolicy}
	p, err := found.parse()
	if err != nil {
		h.Faults = found.faults(err)
		return h, nil
	}
	h.Policy = p.Under(g.cfg.Minimum)
	return h, nil
}

// Rules are the rules of the policy for a base branch; false where it does not gate it.
func (g *Reader) Rules(h Holding, branch, defaultBranch string) (policy.Rules, bool) {
	rules, gated := h.Policy.For(branch, defaultBranch)
	rules = rules.AtLeast(g.cfg.Minimum)
	return rules, gated && rules.Mode != policy.Off
}
