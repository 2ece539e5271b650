package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
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
// become.
func (g *Gate) propose(ctx context.Context, l *loaded) error {
	s := &l.snapshot
	req := &s.Request
	if !slices.ContainsFunc(req.Files, func(f pull.File) bool {
		return slices.ContainsFunc(f.Paths(), func(p string) bool { return slices.Contains(s.PolicyFiles, p) })
	}) {
		return nil
	}
	p, m, err := g.proposed(ctx, l)
	if err != nil {
		return err
	}
	s.Proposal = &policy.Proposal{Faults: m.faults}
	if len(m.faults) > 0 || g.cfg.Runs == nil {
		return nil
	}
	known, err := g.cfg.Runs.OpenKnown(ctx, req.Ref.Repo)
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.Ref == req.Ref || k.BaseBranch != req.BaseBranch || s.Proposal.Compared == maxWhatIf {
			continue
		}
		if err := g.whatIf(ctx, l, k, p, m); err != nil {
			return err
		}
	}
	return nil
}

// proposed reads policy and ownership at the head: the policy where the base
// branch is the one that holds it.
func (g *Gate) proposed(ctx context.Context, l *loaded) (policy.Policy, *parsedMap, error) {
	req := &l.snapshot.Request
	repo := req.Ref.Repo
	entry := l.look.Policy
	if req.BaseBranch == l.look.DefaultBranch {
		entries, err := g.cfg.Archive.Entries(ctx, repo, req.Head, []string{g.cfg.PolicyPath})
		if err != nil {
			return policy.Policy{}, nil, err
		}
		entry = entries[g.cfg.PolicyPath]
	}
	found, err := g.findPolicy(ctx, repo, entry)
	if err != nil {
		return policy.Policy{}, nil, err
	}
	var p policy.Policy
	if len(found.file.Data) > 0 {
		if p, err = policy.Parse(found.file.Path, found.file.Data); err != nil {
			return p, &parsedMap{faults: strictyaml.AsFaults(err)}, nil
		}
	}
	sources := p.Sources
	if len(sources) == 0 {
		sources = conventional()
	}
	at := &loaded{look: l.look, sources: basis{}}
	var own []string
	for _, source := range sources {
		if source.Repo == "" {
			own = append(own, source.Path)
		}
	}
	if len(own) > 0 {
		if at.look.Owned, err = g.cfg.Archive.Entries(ctx, repo, req.Head, own); err != nil {
			return p, nil, err
		}
	}
	files, err := g.sourceFiles(ctx, at, sources)
	if err != nil {
		return p, nil, err
	}
	m, err := g.parseMap(ctx, repo, files, len(p.Sources) == 0)
	return p, m, err
}

// whatIf judges one open pull request by a proposal, from what was read when it
// was last judged.
func (g *Gate) whatIf(ctx context.Context, l *loaded, k Known, p policy.Policy, m *parsedMap) error {
	record, ok, err := g.cfg.Runs.LastRun(ctx, k.Ref)
	if err != nil || !ok {
		return err
	}
	var r Record
	if err := json.Unmarshal(record.Body, &r); err != nil {
		return fmt.Errorf("read the last run of %s: %w", k.Ref, err)
	}
	r.Inputs.refill()
	s := r.Inputs.Snapshot
	rules, gated := p.For(k.BaseBranch, l.look.DefaultBranch)
	s.Rules, s.Owners, s.Now = rules.AtLeast(g.cfg.Minimum), m.owners, l.snapshot.Now
	if s.Mendable {
		s.Faults = nil
	}
	would := policy.WouldBe{Number: k.Ref.Number, Now: cmp.Or(policy.Outcome(k.Outcome), r.Verdict.Outcome)}
	if gated && rules.Mode != policy.Off {
		would.Then = policy.Evaluate(s).Outcome
	}
	proposal := l.snapshot.Proposal
	proposal.Compared++
	if would.Now != would.Then {
		proposal.Would = append(proposal.Would, would)
	}
	return nil
}
