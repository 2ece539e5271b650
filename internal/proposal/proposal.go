// Package proposal tries the policy and ownership that a pull request brings itself: what
// is wrong with them, and what the verdicts of open pull requests would become.
//
// It decides nothing, and anybody may write such a version; so it promises bounds, and that
// nothing is read for it that the policy in force does not name.
package proposal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// What one what-if judges at the most: open pull requests, and bytes of what was read
// when they were judged.
const (
	maxWhatIf      = 200
	maxWhatIfBytes = 256 << 20
	maxWhatIfPaths = 50_000 // of all of them together
	whatIfAtOnce   = 50     // at one turn: an event on the pull request waits so long
)

// maxOwnPaths is for how many files a proposal's ownership is looked up, where it lies in
// the directories of what changed, here and in other open pull requests. Beyond it the
// check says so.
const maxOwnPaths = 2000

// keptProposals bounds the proposals of which it is kept what they would bring.
const keptProposals = 256

// Config is what trying proposals needs. Of the forge that is Archive, and where the policy is.
type Config struct {
	seam.Forge
	Sources *sources.Reader
	Runs    history.Runs // nil: nothing is compared
	// Past reads what a pull request was judged by, and the verdict, from the record of a run.
	Past        func(record []byte) (policy.Snapshot, policy.Verdict, error)
	ForcePolicy sources.File // as in gate.Config, as is Minimum
	Minimum     policy.Minimum
	Log         *slog.Logger
}

// Evaluator tries the proposals of one forge's pull requests, one at a time.
type Evaluator struct {
	cfg    Config
	trials trials
	trying chan struct{} // holds a place while one is tried
}

// New makes an evaluator.
func New(cfg Config) *Evaluator { return &Evaluator{cfg: cfg, trying: make(chan struct{}, 1)} }

// tried is what is kept of one: nothing of what was read for it.
type tried struct {
	key    string
	found  policy.WhatIf // without Compared and Would
	judged map[int]judgedBy
	merged *policy.MergedWhatIf // nil until what was merged is judged
}

// judgedBy is the outcome of an open pull request by a proposal.
type judgedBy struct {
	known string // what it was judged by before
	would policy.WouldBe
	left  bool // it can't be judged, or is beyond what one what-if judges
}

// proposal returns what the tried proposal would bring.
func (t *tried) proposal() *policy.WhatIf {
	p := t.found
	if t.merged != nil {
		p.Merged = *t.merged
	}
	for _, j := range t.judged {
		if j.left {
			continue
		}
		if p.Compared++; j.would.Now != j.would.Then {
			p.Would = append(p.Would, j.would)
		}
	}
	slices.SortFunc(p.Would, func(a, b policy.WouldBe) int { return cmp.Compare(a.Number, b.Number) })
	return &p
}

// Note tells what is known of the pull request's own version of policy and ownership,
// if it changes them, and whether that is to be tried (anew). Anybody may write such a
// version, and it decides nothing, so everything else comes before it: but where what is
// in force is broken, this may mend it, and in a merge queue there is no other time.
func (e *Evaluator) Note(ctx context.Context, l *snapshot.Reading) error {
	s := &l.Snapshot
	req := &s.Request
	text := []string{req.Ref.String(), req.BaseBranch, req.MergeBase, l.Look.OwnedAt, l.Sources.String()}
	changes := false
	for _, f := range req.Files {
		text = append(text, f.Path, f.OldPath)
		if slices.ContainsFunc(f.Paths(), func(p string) bool { return slices.Contains(s.PolicyFiles, p) }) {
			changes = true
			text = append(text, string(f.Mode), f.ID)
		}
	}
	if !changes {
		return nil
	}
	l.Proposal = sources.ShortHash(fmt.Sprintf("%q", text))
	s.Proposal = &policy.WhatIf{Waiting: true}
	if kept := e.trials.of(req.Ref); kept != nil && kept.key == l.Proposal {
		s.Proposal = kept.proposal()
		return nil
	}
	if !s.Mendable && l.Look.OwnedAt == "" {
		return nil
	}
	select {
	case e.trying <- struct{}{}:
		defer func() { <-e.trying }()
		_, err := e.Try(ctx, l)
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TryLater is Try for when all that matters is done; show is called in the same turn if
// that brought something new. Where another one is being tried, it is whole if what is
// shown is only a little old.
func (e *Evaluator) TryLater(ctx context.Context, l *snapshot.Reading, show func() error) (whole bool, err error) {
	before := l.Snapshot.Proposal
	select {
	case e.trying <- struct{}{}:
		defer func() { <-e.trying }()
	default:
		return !before.Waiting, nil
	}
	if whole, err = e.Try(ctx, l); err == nil && fmt.Sprint(*before) != fmt.Sprint(*l.Snapshot.Proposal) {
		err = show()
	}
	return whole, err
}

// Try checks the pull request's own version of policy and ownership, and finds
// out what the open pull requests' verdicts would become. It causes no call to a forge
// about anything but its own repository and what the policy at the base names already,
// neither files nor teams (package policy, §7). Where nothing is new since it was tried last, it
// reads nothing; what is new is judged one by one, and only outcomes are kept. It is not
// whole where pull requests are left for another turn.
func (e *Evaluator) Try(ctx context.Context, l *snapshot.Reading) (whole bool, err error) {
	s := &l.Snapshot
	req := &s.Request
	others, err := e.others(ctx, req)
	if err != nil {
		return false, err
	}
	kept := e.trials.of(req.Ref)
	if kept == nil || kept.key != l.Proposal {
		kept = &tried{key: l.Proposal}
	}
	next := &tried{key: l.Proposal, found: kept.found, judged: map[int]judgedBy{}, merged: kept.merged}
	var fresh []history.PullState
	for _, k := range others {
		if j, ok := kept.judged[k.Ref.Number]; ok && j.known == judgedFrom(&k) {
			next.judged[k.Ref.Number] = j
		} else {
			fresh = append(fresh, k)
		}
	}
	faulty := len(kept.found.Faults) > 0 || kept.found.Elsewhere
	whole = faulty || len(fresh) <= whatIfAtOnce
	if kept.judged == nil || len(fresh) > 0 && !faulty {
		if err := e.try(ctx, l, next, fresh[:min(len(fresh), whatIfAtOnce)]); err != nil {
			return false, err
		}
	}
	if next.merged == nil && len(next.found.Faults) == 0 && !next.found.Elsewhere {
		if next.merged, err = e.merged(ctx, l); err != nil {
			return false, err
		}
	}
	e.trials.keep(req.Ref, next)
	s.Proposal = next.proposal()
	return whole || len(next.found.Faults) > 0 || next.found.Elsewhere, nil
}

// judgedFrom tells what a verdict was made of from anything else.
func judgedFrom(k *history.PullState) string {
	return sources.ShortHash(fmt.Sprintf("%q",
		[]string{k.Head, k.BaseBranch, k.BaseTip, k.MergeBase, k.Outcome, k.Sources, k.UpdatedAt.String()}))
}

// try reads a proposal and judges open pull requests by it.
func (e *Evaluator) try(ctx context.Context, l *snapshot.Reading, t *tried, fresh []history.PullState) error {
	req := &l.Snapshot.Request
	changed := sources.ChangedPaths(req.Files)
	for _, k := range fresh {
		t.judged[k.Ref.Number] = judgedBy{known: judgedFrom(&k), left: true} // until it is judged
	}
	fresh, changed, err := e.changedBy(ctx, fresh, changed)
	if err != nil {
		return err
	}
	p, m, err := e.proposed(ctx, l, changed)
	if err != nil {
		return err
	}
	if t.found = (policy.WhatIf{Faults: m.Faults, Elsewhere: m.Elsewhere}); m.Elsewhere || len(m.Faults) > 0 {
		return nil
	}
	owners, err := e.inTree(ctx, l, m.Owners, changed)
	if err != nil {
		return err
	}
	for _, k := range fresh {
		if err := e.whatIf(ctx, l, t, k, p, owners); err != nil {
			return err
		}
	}
	return nil
}

// changedBy adds the paths that open pull requests change, and gives those of them that
// are within what one what-if judges.
func (e *Evaluator) changedBy(ctx context.Context, open []history.PullState, changed []string) ([]history.PullState, []string, error) {
	seen, bytes := map[string]bool{}, 0
	for i, k := range open {
		record, ok, err := e.cfg.Runs.LastRun(ctx, k.Ref)
		if err != nil {
			return nil, nil, err
		}
		if bytes += len(record.Body); bytes > maxWhatIfBytes || len(seen) > maxWhatIfPaths {
			return open[:i], changed, nil
		}
		var files struct {
			Inputs struct {
				Snapshot struct {
					Request struct{ Files []pull.File }
				} `json:"snapshot"`
			} `json:"inputs"`
		}
		if !ok || json.Unmarshal(record.Body, &files) != nil {
			continue
		}
		for _, path := range sources.ChangedPaths(files.Inputs.Snapshot.Request.Files) {
			if !seen[path] {
				seen[path], changed = true, append(changed, path)
			}
		}
	}
	return open, changed, nil
}

// others returns the other open pull requests of a base branch.
func (e *Evaluator) others(ctx context.Context, req *pull.Request) ([]history.PullState, error) {
	if e.cfg.Runs == nil {
		return nil, nil
	}
	known, err := e.cfg.Runs.OpenKnown(ctx, req.Ref.Repo)
	known = slices.DeleteFunc(known, func(k history.PullState) bool { return k.Ref == req.Ref || k.BaseBranch != req.BaseBranch })
	return known[:min(len(known), maxWhatIf)], err
}

// proposedPolicy returns the file of the policy at the head where the base branch is the one that
// holds it, else the one that the pull request is judged by. It is not known where
// the head has none and the one that would hold instead was not read for the base.
func (e *Evaluator) proposedPolicy(ctx context.Context, l *snapshot.Reading) (found sources.Policy, known bool, err error) {
	req := &l.Snapshot.Request
	if req.BaseBranch != l.Look.DefaultBranch || len(e.cfg.ForcePolicy.Data) > 0 {
		return l.Found, true, nil
	}
	entries, err := e.cfg.Archive.Entries(ctx, req.Ref.Repo, req.Head, sources.WithParents(e.cfg.Traits.Policies()))
	if err != nil {
		return sources.Policy{}, false, err
	}
	if own := sources.First(entries, e.cfg.Traits.Policies()); own.Entry.ID != "" {
		found, err = e.cfg.Sources.ReadPolicy(ctx, req.Ref.Repo, own, sources.File{Path: own.Path()})
		return found, true, err
	}
	return l.Found, l.Look.Policy.ID == "", nil
}

// proposed reads policy and ownership at the head, as far as changed paths need it
// and as far as a proposal may cause that to be read.
func (e *Evaluator) proposed(ctx context.Context, l *snapshot.Reading, changed []string) (policy.Policy, *sources.Map, error) {
	req := &l.Snapshot.Request
	repo := req.Ref.Repo
	found, known, err := e.proposedPolicy(ctx, l)
	if err != nil || !known {
		return policy.Policy{}, &sources.Map{Elsewhere: true}, err
	}
	var p policy.Policy
	if !found.None() {
		if p, err = found.Parse(); err != nil {
			return p, &sources.Map{Faults: found.Faults(err)}, nil
		}
	}
	at := sources.CommitTree{Repo: repo, Commit: req.Head, Entries: l.Look.Owned}
	list, others := sources.ReadableBy(e.cfg.Sources.SourcesOf(l.Policy), e.cfg.Sources.SourcesOf(p))
	own := sources.OwnPaths(list, changed)
	if len(own) > maxOwnPaths {
		return p, &sources.Map{Faults: strictyaml.Faults{
			sources.Fault(fmt.Sprintf("the files that this pull request and other open ones change may have their owners from more than the %d "+
				"files in which that is looked for; check the proposal with reviewgate validate", maxOwnPaths))}}, nil
	}
	if len(own) > 0 {
		if at.Entries, err = e.cfg.Archive.Entries(ctx, repo, req.Head, sources.WithAbove(list, own)); err != nil {
			return p, nil, err
		}
	}
	located, err := e.cfg.Sources.Locate(ctx, at, list, changed)
	if err != nil {
		return p, nil, err
	}
	if others {
		m, err := e.cfg.Sources.CheckAlone(ctx, located)
		return p, m, err
	}
	m, err := e.cfg.Sources.CompileProposal(ctx, repo, located, len(p.Sources) == 0)
	return p, m, err
}

// whatIf judges one open pull request by a proposal, from what was read when it
// was last judged.
func (e *Evaluator) whatIf(ctx context.Context, l *snapshot.Reading, t *tried, k history.PullState, p policy.Policy,
	owners *ownership.Map) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	record, ok, err := e.cfg.Runs.LastRun(ctx, k.Ref)
	if err != nil || !ok {
		return err
	}
	s, was, err := e.cfg.Past(record.Body)
	if err != nil {
		e.cfg.Log.WarnContext(ctx, "what-if passes over a run", k.Ref.Fields("error", err)...)
		return nil // it decides nothing
	}
	would := policy.WouldBe{Number: k.Ref.Number, Now: cmp.Or(policy.Outcome(k.Outcome), was.Outcome)}
	would.Then = e.judge(l, s, p, owners).Outcome
	t.judged[k.Ref.Number] = judgedBy{known: judgedFrom(&k), would: would}
	return nil
}

// judge judges what was judged before by a proposal; the zero Verdict where that does not gate it.
func (e *Evaluator) judge(l *snapshot.Reading, s policy.Snapshot, p policy.Policy, owners *ownership.Map) policy.Verdict {
	rules, gated := p.Under(e.cfg.Minimum).For(s.Request.BaseBranch, l.Look.DefaultBranch)
	if !gated || rules.Mode == policy.Off {
		return policy.Verdict{}
	}
	s.Rules, s.Owners, s.Now = rules.AtLeast(e.cfg.Minimum), owners, l.Snapshot.Now
	if s.Mendable {
		s.Faults = nil
	}
	return rule.Evaluate(s)
}

// inTree returns the map of a proposal for the tree that it would be read in.
func (e *Evaluator) inTree(ctx context.Context, l *snapshot.Reading, owners *ownership.Map, changed []string) (*ownership.Map, error) {
	if owners == nil {
		return nil, nil
	}
	req := &l.Snapshot.Request
	found, err := e.cfg.Sources.Directories(ctx, req.Ref.Repo, cmp.Or(l.Look.OwnedAt, req.BaseTip), owners, changed)
	if err != nil {
		return nil, err
	}
	return sources.InTree(owners, found), nil
}
