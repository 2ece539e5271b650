package snapshot

import (
	"cmp"
	"context"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// policy reads the policy and the rules for the base branch. A broken policy is
// a fault of the verdict, not an error.
func (g *Reader) policy(ctx context.Context, l *Reading) (policy.Policy, error) {
	req, s := &l.Look.Request, &l.Snapshot
	s.PolicyFiles = sources.WithParents(g.cfg.Traits.Policies()) // a file above it is a link in its way
	if req.Ref.Repo.Name == g.cfg.Traits.OrgRepo {
		s.PolicyFiles = append(s.PolicyFiles, g.cfg.Traits.OrgPolicies...)
	}
	s.ServerOverride = g.cfg.ServerOverride
	if l.Look.DefaultTip == "" {
		s.Faults = append(s.Faults, sources.Fault("the repository has no default branch to read the policy from"))
		l.Gated = true
		s.Rules, l.Inputs.Language = broken(g.cfg.Language), g.cfg.Language
		l.Inputs.Broken = s.Rules.Check
		return policy.Policy{}, nil
	}
	own := g.Sources.OwnPolicy(&l.Look)
	found, err := g.Sources.FindPolicy(ctx, req.Ref.Repo, own)
	if err != nil {
		return policy.Policy{}, err
	}
	l.Found = found
	l.Sources.SetPolicy(&found)
	l.Inputs.Policy, err = g.Sources.Kept(ctx, req.Ref.Repo, found.File)
	if err != nil {
		return policy.Policy{}, err
	}
	if found.None() {
		l.Off, l.none = true, true
		return policy.Policy{}, nil // no policy anywhere
	}
	p, err := found.Parse()
	if err != nil {
		s.Faults, s.Mendable = append(s.Faults, found.Faults(err)...), true
		s.PolicyFiles = append(s.PolicyFiles, g.cfg.Traits.Maps()...)
		// Which branches a broken policy gates is not known: the default one
		// surely, and any that was gated before.
		l.Gated = req.BaseBranch == l.Look.DefaultBranch || l.Memory.Known.Check != ""
		s.Rules, l.Inputs.Language = broken(g.cfg.Language), g.cfg.Language
		s.Rules.Check = cmp.Or(l.Memory.Known.Check, s.Rules.Check)
		l.Inputs.Broken = s.Rules.Check
		return policy.Policy{}, nil
	}
	s.Rules, l.Gated = p.Under(g.cfg.Minimum).For(req.BaseBranch, l.Look.DefaultBranch)
	s.Rules = s.Rules.AtLeast(g.cfg.Minimum)
	l.Off = l.Gated && s.Rules.Mode == policy.Off
	l.Gated = l.Gated && !l.Off
	return p, nil
}

// broken are the rules while a policy can't be read: they only carry the names and
// the language in which the error is shown.
func broken(language string) policy.Rules {
	return policy.Rules{Mode: policy.Enforce, Check: policy.DefaultCheck, Language: cmp.Or(language, policy.DefaultLanguage), Comment: true,
		MinApprovals: 1}
}
