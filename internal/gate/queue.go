package gate

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// JudgeQueues judges the groups that wait in the merge queues of some branches,
// and has their heads show it. Each member is judged afresh, with policy and
// ownership as they stand at the group's base; and all that the group changes
// must be on the lists of its members. In a group, pending is written as
// failure, for a queue waits for nobody (gate.md §4). A repository without
// queues is asked once; then only after something told of one.
func (g *Gate) JudgeQueues(ctx context.Context, repo pull.Repo, branches []string) error {
	if g.cfg.Queues == nil || !g.cache.askQueue(repo) && !g.cfg.Queues.HasQueue(repo) {
		return nil
	}
	for _, branch := range branches {
		groups, err := g.cfg.Queues.MergeQueue(ctx, repo, branch)
		if err != nil {
			return err
		}
		for i, group := range groups {
			if i > 0 && group.Base != groups[i-1].Head && group.Base == groups[0].Base {
				// It holds those before it as well.
				for _, before := range groups[:i] {
					group.Members = slices.Concat(before.Members, group.Members)
				}
			}
			if err := g.judgeGroup(ctx, repo, branch, group); err != nil {
				return fmt.Errorf("judge the group %s of the merge queue of %s in %s: %w", group.Head, branch, repo, err)
			}
		}
	}
	return nil
}

// judgeGroup judges one group and writes its check, unless it stands already.
func (g *Gate) judgeGroup(ctx context.Context, repo pull.Repo, branch string, group Group) error {
	ref := pull.Ref{Repo: repo} // checks of groups belong to no pull request
	at, err := g.cfg.History.At(ctx, repo, group.Head)
	if err != nil {
		return err
	}
	verdict, gated, err := g.groupVerdict(ctx, repo, branch, group)
	if err != nil || !gated {
		return err
	}
	check := g.cfg.Words.Check(group.Head, verdict)
	for _, c := range at.Checks {
		if c.Name == check.Name && c.Digest == check.Digest && c.Done {
			return nil
		}
	}
	return g.setCheck(ctx, ref, check, nil)
}

// groupVerdict joins the verdicts of a group's members. gated is false where
// the policy at the base gates none of them.
func (g *Gate) groupVerdict(ctx context.Context, repo pull.Repo, branch string, group Group) (v policy.Verdict, gated bool, err error) {
	listed := map[string]bool{}
	var verdicts []policy.Verdict
	for _, m := range group.Members {
		l, err := g.load(ctx, pull.Ref{Repo: repo, Number: m.Number}, group.Base)
		if err != nil {
			return v, false, err
		}
		req := &l.look.Request
		if !l.gated {
			return v, false, nil
		}
		one := policy.Evaluate(l.snapshot)
		if req.Head != m.Head || req.BaseBranch != branch || !req.Open {
			one.Outcome, one.Faults = policy.Failure, append(one.Faults, strictyaml.Fault{Text: fmt.Sprintf("#%d is no longer what was queued", m.Number)})
		}
		for _, f := range l.snapshot.Request.Files {
			for _, p := range f.Paths() {
				listed[p] = true
			}
		}
		verdicts = append(verdicts, one)
	}
	if len(verdicts) == 0 {
		return v, false, nil
	}
	return g.join(ctx, repo, group, verdicts, listed)
}

// join gives the worst of the verdicts, and failure where the group changes
// what no member lists.
func (g *Gate) join(ctx context.Context, repo pull.Repo, group Group, verdicts []policy.Verdict, listed map[string]bool) (policy.Verdict, bool, error) {
	worst := slices.MinFunc(verdicts, func(a, b policy.Verdict) int { return rank(a.Outcome) - rank(b.Outcome) })
	changes, err := g.compareTrees(ctx, repo, group.Base, group.Head)
	if err != nil {
		return worst, false, err
	}
	for _, c := range changes {
		if !listed[c.path] {
			worst.Outcome, worst.Unwarned = policy.Failure, policy.Failure
			worst.Reasons = append(slices.Clip(worst.Reasons), policy.Note{Code: policy.NoteNotInGroup, Path: c.path})
		}
	}
	switch {
	case worst.Mode == policy.Warn && worst.Outcome != policy.Error:
		worst.Outcome = policy.Success
	case worst.Outcome == policy.Pending:
		worst.Outcome = policy.Failure
	}
	return worst, true, nil
}

// rank orders outcomes from the worst to the best.
func rank(o policy.Outcome) int {
	return slices.Index([]policy.Outcome{policy.Error, policy.Failure, policy.Pending, policy.Success}, o)
}

// rebase has a look read policy and ownership at a group's base instead of the
// branch's tip: the policy where the base branch is the one that holds it.
func (g *Gate) rebase(ctx context.Context, look *Look, base string) error {
	repo := look.Request.Ref.Repo
	look.Owned = nil
	look.OwnedAt = base
	if look.Request.BaseBranch != look.DefaultBranch {
		return nil
	}
	above := path.Dir(g.cfg.PolicyPath)
	entries, err := g.cfg.Archive.Entries(ctx, repo, base, []string{g.cfg.PolicyPath, above})
	look.Policy, look.PolicyAbove = entries[g.cfg.PolicyPath], entries[above]
	return err
}
