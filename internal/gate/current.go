package gate

import (
	"context"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// waiting names the other open pull requests of the same head and check whose
// own verdict is not success: the check belongs to the commit, so it can't be
// green while one of them is not.
func (g *Gate) waiting(siblings []history.PullState, self history.PullState) []string {
	if g.cfg.Traits.ChecksPerRequest {
		return nil
	}
	var refs []string
	for _, s := range siblings {
		if s.Ref != self.Ref && s.Check == self.Check && s.BaseBranch != self.BaseBranch && s.Outcome != string(policy.Success) {
			refs = append(refs, fmt.Sprintf("#%d to %s", s.Ref.Number, s.BaseBranch))
		}
	}
	return refs
}

// currentState returns what the gate wrote and has not taken back.
func (g *Gate) currentState(ctx context.Context, run *Run, at history.HeadHistory) (publish.Current, error) {
	for _, c := range at.Checks {
		run.memory.Put(c)
	}
	now := noted(run.memory.Comment)
	run.memory.Checks = history.ChecksFor(run.memory.Checks, run.Ref.Number)
	for _, c := range run.memory.Checks {
		s := publish.StandingCheck{Head: c.Head, Name: c.Name, Outcome: policy.Outcome(c.Outcome), Digest: c.Digest}
		if c.MayPass() {
			s.Outcome = policy.Success
		}
		if !c.Done || c.Aged(run.At) {
			s.Digest = ""
		}
		if s.Outcome == policy.Success && (c.Head != run.Head || c.Name != run.known.Check || !run.known.Open) {
			shared, err := g.shared(ctx, run.Ref, c)
			if err != nil {
				return now, err
			}
			s.Shared = shared
		}
		if c.Of == 0 && s.Outcome != policy.Success && run.known.Open && !run.Gated && c.Head == run.Head { // it would be retired
			s.Shared = slices.ContainsFunc(at.Open, func(k history.PullState) bool { return k.Ref.Number != run.Ref.Number && k.Check == c.Name })
		}
		now.Checks = append(now.Checks, s)
	}
	return now, nil
}

// shared reports whether another open pull request of a check's head earns it.
func (g *Gate) shared(ctx context.Context, ref pull.Ref, c history.CheckRecord) (bool, error) {
	if g.cfg.Traits.ChecksPerRequest {
		return false, nil
	}
	at, err := g.cfg.History.At(ctx, ref.Repo, c.Head)
	if err != nil {
		return false, err
	}
	for _, k := range at.Open {
		if k.Ref.Number != ref.Number && k.Check == c.Name && k.Outcome == string(policy.Success) {
			return true, nil
		}
	}
	return false, nil
}

// noted is what is known of a comment. An unanswered write may have become one, of which
// it is not known what it says.
func noted(c history.CommentRecord) publish.Current {
	s := publish.Current{HasComment: c.ID != "" || c.Digest != ""}
	if c.Done {
		s.Comment = c.Digest
	}
	return s
}
