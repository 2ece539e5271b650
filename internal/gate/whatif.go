package gate

import (
	"cmp"
	"context"
	"slices"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Runs gives what was judged before, for a what-if.
type Runs interface {
	// OpenKnown gives the pull requests of a repository that were open when
	// they were last looked at, ordered by number.
	OpenKnown(ctx context.Context, repo pull.Repo) ([]Known, error)
	// LastRun gives the last evaluation of a pull request; false if there is
	// none.
	LastRun(ctx context.Context, ref pull.Ref) (RunRecord, bool, error)
}

// maxWhatIf bounds how many open pull requests one what-if judges.
const maxWhatIf = 200

// propose checks the pull request's own version of policy and ownership, if it
// changes them, and finds out what the open pull requests' verdicts would
// become. Anybody may write such a version: it causes no call to a forge about
// anything but its own repository and what the policy at the base names already,
// neither files nor teams (gate.md §7).
func (g *Gate) propose(ctx context.Context, l *loaded) error {
	s := &l.snapshot
	req := &s.Request
	if !slices.ContainsFunc(req.Files, func(f pull.File) bool {
		return slices.ContainsFunc(f.Paths(), func(p string) bool { return slices.Contains(s.PolicyFiles, p) })
	}) {
		return nil
	}
	others, err := g.others(ctx, req)
	if err != nil {
		return err
	}
	changed := changedPaths(req.Files)
	for _, r := range others {
		changed = append(changed, changedPaths(r.Inputs.Snapshot.Request.Files)...)
	}
	p, m, err := g.proposed(ctx, l, changed)
	if err != nil {
		return err
	}
	if m.elsewhere {
		s.Proposal = &policy.Proposal{Faults: m.faults, Elsewhere: true}
		return nil
	}
	owners := m.owners
	if owners != nil {
		found, err := g.directories(ctx, req.Ref.Repo, cmp.Or(l.look.OwnedAt, req.BaseTip), owners.Directories(changed))
		if err != nil {
			return err
		}
		owners = inTree(owners, found)
	}
	s.Proposal = &policy.Proposal{Faults: m.faults}
	if len(m.faults) > 0 {
		return nil
	}
	for _, r := range others {
		g.whatIf(l, r, p, owners)
	}
	return nil
}

// other is an open pull request as it was last judged.
type other struct {
	Record
	outcome policy.Outcome
}

// others gives the last runs of the other open pull requests of a base branch.
func (g *Gate) others(ctx context.Context, req *pull.Request) ([]other, error) {
	if g.cfg.Runs == nil {
		return nil, nil
	}
	known, err := g.cfg.Runs.OpenKnown(ctx, req.Ref.Repo)
	if err != nil {
		return nil, err
	}
	var list []other
	for _, k := range known {
		if k.Ref == req.Ref || k.BaseBranch != req.BaseBranch || len(list) == maxWhatIf {
			continue
		}
		record, ok, err := g.cfg.Runs.LastRun(ctx, k.Ref)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		o := other{outcome: policy.Outcome(k.Outcome)}
		if o.Record, err = decodeRecord(record.Body); err != nil {
			g.cfg.Log.WarnContext(ctx, "what-if passes over a run", "forge", k.Ref.Repo.Forge, "repo", k.Ref.Repo.Slug(), "pr", k.Ref.Number, "error", err)
			continue // it decides nothing
		}
		o.Ref = k.Ref
		list = append(list, o)
	}
	return list, nil
}

// proposedPolicy gives the file of the policy at the head where the base branch is the one that
// holds it, else the one that the pull request is judged by. It is not known where
// the head has none and the one that would hold instead was not read for the base.
func (g *Gate) proposedPolicy(ctx context.Context, l *loaded) (found policyFile, known bool, err error) {
	req := &l.snapshot.Request
	if req.BaseBranch != l.look.DefaultBranch || len(g.cfg.ForcePolicy.Data) > 0 {
		return l.found, true, nil
	}
	entries, err := g.cfg.Archive.Entries(ctx, req.Ref.Repo, req.Head, withParents([]string{g.cfg.PolicyPath}))
	if err != nil {
		return policyFile{}, false, err
	}
	if own := place(entries, g.cfg.PolicyPath); own.entry.ID != "" {
		found, err = g.readPolicy(ctx, req.Ref.Repo, own, File{Path: g.cfg.PolicyPath})
		return found, true, err
	}
	return l.found, l.look.Policy.ID == "", nil
}

// proposed reads policy and ownership at the head, as far as changed paths need it
// and as far as a proposal may cause that to be read.
func (g *Gate) proposed(ctx context.Context, l *loaded, changed []string) (policy.Policy, *parsedMap, error) {
	req := &l.snapshot.Request
	repo := req.Ref.Repo
	found, known, err := g.proposedPolicy(ctx, l)
	if err != nil || !known {
		return policy.Policy{}, &parsedMap{elsewhere: true}, err
	}
	var p policy.Policy
	if !found.none() {
		if p, err = found.parse(); err != nil {
			return p, &parsedMap{faults: found.faults(err)}, nil
		}
	}
	at := &loaded{look: l.look, sources: basis{}}
	list, others := readableBy(g.sourcesOf(l.policy), g.sourcesOf(p))
	if own := ownPaths(list, changed); len(own) > 0 {
		if at.look.Owned, err = g.cfg.Archive.Entries(ctx, repo, req.Head, withAbove(list, own)); err != nil {
			return p, nil, err
		}
	}
	sources, err := g.locate(ctx, at, list, req.Head, changed)
	if err != nil {
		return p, nil, err
	}
	if others {
		m, err := g.checkAlone(ctx, sources)
		return p, m, err
	}
	m, err := g.compileMap(ctx, repo, sources, len(p.Sources) == 0)
	return p, m, err
}

// whatIf judges one open pull request by a proposal, from what was read when it
// was last judged.
func (g *Gate) whatIf(l *loaded, r other, p policy.Policy, owners *ownership.Map) {
	r.refill()
	s := r.Inputs.Snapshot
	rules, gated := p.Under(g.cfg.Minimum).For(s.Request.BaseBranch, l.look.DefaultBranch)
	s.Rules, s.Owners, s.Now = rules.AtLeast(g.cfg.Minimum), owners, l.snapshot.Now
	if s.Mendable {
		s.Faults = nil
	}
	would := policy.WouldBe{Number: r.Ref.Number, Now: cmp.Or(r.outcome, r.Verdict.Outcome)}
	if gated && rules.Mode != policy.Off {
		would.Then = policy.Evaluate(s).Outcome
	}
	proposal := l.snapshot.Proposal
	proposal.Compared++
	if would.Now != would.Then {
		proposal.Would = append(proposal.Would, would)
	}
}
