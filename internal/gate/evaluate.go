package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// Run judges a pull request and brings the forge to show it.
func (g *Gate) Run(ctx context.Context, ref pull.Ref) (Run, error) {
	stop := effects.Hurry(func() { g.revokeStaleSuccess(ctx, ref) })
	l, err := g.load(ctx, ref, "")
	if stop() {
		err = errors.Join(err, g.refresh(ctx, l))
	}
	if behind, ok := errors.AsType[*snapshot.BehindError](err); ok && !behind.Long {
		return Run{}, err
	}
	if err != nil {
		g.revokeStaleSuccess(ctx, ref)
		return Run{}, err
	}
	run, err := g.publish(ctx, l)
	if err == nil && l.Proposal != "" {
		run, err = g.tryAndPublish(ctx, l, run)
	}
	return run, errors.Join(err, g.Queues.CompareMerged(ctx, &l.Look))
}

// ProposalError means that a pull request's own policy and ownership are still to be
// tried, or tried on more: others come before it. Everything else is done.
type ProposalError struct{ Ref pull.Ref }

func (e *ProposalError) Error() string {
	return fmt.Sprintf("%s: its own policy and ownership wait to be tried", e.Ref)
}

// tryAndPublish tries the pull request's own version when all that matters is done, one
// at a time, and shows what it would bring.
func (g *Gate) tryAndPublish(ctx context.Context, l *snapshot.Reading, run Run) (Run, error) {
	whole, err := g.proposals.TryLater(ctx, l, func() (err error) {
		if err = g.refresh(ctx, l); err == nil {
			run, err = g.publish(ctx, l)
		}
		return err
	})
	if err == nil && !whole {
		err = &ProposalError{Ref: run.Ref}
	}
	return run, err
}

// publish judges what was read and brings the forge to show it.
func (g *Gate) publish(ctx context.Context, l *snapshot.Reading) (Run, error) {
	run, err := g.plan(ctx, l)
	if err != nil {
		return Run{}, err
	}
	// What a check says is noted before somebody can merge by it, and what is taken back
	// is taken back first.
	if run.Verdict.Outcome != policy.Success {
		if err := g.Apply(ctx, run); err != nil {
			return run, err
		}
	}
	twins, err := g.noteTwins(ctx, l, &run)
	if err != nil {
		return run, err
	}
	if run.Verdict.Outcome == policy.Success {
		if err := g.Apply(ctx, run); err != nil {
			return run, err
		}
	}
	return run, errors.Join(g.tellTwins(ctx, twins, &run), g.overtaken(ctx, l, &run))
}

// refresh recalls what revokeStaleSuccess wrote meanwhile.
func (g *Gate) refresh(ctx context.Context, l *snapshot.Reading) (err error) {
	if l == nil {
		return nil
	}
	req := &l.Look.Request
	if l.Memory, err = g.cfg.History.Recall(ctx, req.Ref); err != nil {
		return err
	}
	l.At, err = g.cfg.History.At(ctx, req.Ref.Repo, req.Head)
	return err
}

// Judge judges a pull request and plans what to write. It writes nothing to
// the forge; it does remember what it saw.
func (g *Gate) Judge(ctx context.Context, ref pull.Ref) (Run, error) {
	l, err := g.load(ctx, ref, "")
	for whole := err != nil || l.Proposal == ""; !whole && err == nil; {
		whole, err = g.proposals.Try(ctx, l)
	}
	if err != nil {
		return Run{}, err
	}
	return g.plan(ctx, l)
}

// plan evaluates what was read and compares it with what stands now.
func (g *Gate) plan(ctx context.Context, l *snapshot.Reading) (Run, error) {
	s, req := &l.Snapshot, &l.Look.Request
	if !l.Gated || !req.Open {
		s.Request = *req
	}
	run := Run{Ref: req.Ref, Head: req.Head, At: s.Now, Gated: l.Gated, memory: l.Memory, sweeps: l.Sweeps, policyTip: l.Look.DefaultTip,
		testMerge: l.Look.TestMerge, statuses: l.Look.Statuses}
	run.known = history.PullState{Ref: req.Ref, Head: req.Head, BaseBranch: req.BaseBranch, BaseTip: req.BaseTip, MergeBase: req.MergeBase,
		Open:      req.Open,
		UpdatedAt: req.UpdatedAt, Sources: l.Sources.String()}
	run.withdrawn = l.Withdrawn
	run.queued = l.Look.Queued || g.Queues.Holds(req.Ref, req.BaseBranch)
	if req.Open && !run.queued {
		g.Queues.Forget(req.Ref)
	}
	in := &l.Inputs
	in.Crowded = l.Crowded
	in.DefaultBranch, in.Minimum, in.Limits, in.Gated, in.Off = l.Look.DefaultBranch, g.cfg.Minimum, g.cfg.Traits.Limits, l.Gated, l.Off
	in.Links, in.Defaults, in.Blocks = g.cfg.Traits.Links, g.cfg.Traits.Defaults(), l.Look.Blocks
	if in.Kind = g.cfg.Traits.Kind; in.Kind == req.Ref.Repo.Forge {
		in.Kind = ""
	}
	in.Moved = l.Memory.Known.BaseBranch != "" && l.Memory.Known.BaseBranch != req.BaseBranch
	in.Snapshot = *s
	if l.Gated && req.Open {
		run.known.Check = s.Rules.Check
		in.Waiting = g.waiting(l.At.Open, run.known)
	}
	var err error
	if in.Current, err = g.currentState(ctx, &run, l.At); err != nil {
		return Run{}, err
	}
	if req.Merged {
		in.Current.Checks = nil // what was merged keeps the check that it was merged by (package policy, §4)
	}
	in.Current.Deleted = l.Memory.Comment.Gone && l.Memory.Known.Outcome != string(policy.Success)
	in.Current.Labels, in.Current.Assignees = req.Labels, req.Assignees
	in.Current.Own, in.Marks = ownLabels(l.Memory.Labels, s.Now), g.cfg.Marker != nil && req.Labels != nil
	in.Early = l.Gated && req.Open && g.early(s, &s.Request, &l.Memory)
	v, own := judge(in)
	if err := g.readReviewers(ctx, l, &v); err != nil {
		return Run{}, err
	}
	if err := g.objections(ctx, l, &v); err != nil {
		return Run{}, err
	}
	run.Verdict, run.Plan = settle(g.cfg.Messages, in, v)
	run.shared = len(in.Snapshot.Twins)+len(in.Snapshot.Crowd) > 0
	if in.Gated && req.Open || l.Memory.Activity != "" {
		run.activity = activity(in, &run.Verdict)
	}
	run.known.Outcome, run.known.DueAt = string(own), due(&run, l.At.For(req.Ref.Number))
	run.inputs = *in
	return run, nil
}

// greenFor is how long a success is believed to need no other look, whatever the
// forge tells: nowhere does it say that a dismissal or an edited review shows in a
// pull request's time of change.
const greenFor = 6 * time.Hour

// due returns when a pull request is to be judged again at the latest; zero: never.
func due(run *Run, at history.HeadHistory) time.Time {
	next := run.Verdict.DueAt
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	switch run.Verdict.Outcome {
	case policy.Success:
		sooner(run.At.Add(greenFor))
	case policy.Pending:
		written := run.At
		for _, c := range at.Checks {
			if run.Plan.Check == nil && c.Name == run.known.Check && !c.At.IsZero() {
				written = c.At
			}
		}
		sooner(written.Add(history.FreshFor + time.Minute))
	case policy.Failure, policy.Error:
	}
	return next
}
