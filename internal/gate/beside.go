package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// overrule writes the check as a status where somebody wrote another one of its name: on
// the commit that merging would give, where it would decide, and, where the gate writes
// runs, on the head, where a run and a status of one name must both pass.
func (g *Gate) overrule(ctx context.Context, run *Run) error {
	if g.cfg.Beside == nil || run.known.Check == "" || run.Verdict.Outcome == "" {
		return nil
	}
	places := []seam.TestMerge{run.testMerge}
	if g.cfg.Traits.WritesRuns {
		places = append(places, seam.TestMerge{Commit: run.Head, Shows: run.statuses})
	}
	var problems []error
	for _, at := range places {
		problems = append(problems, g.overruleOn(ctx, run, at))
	}
	return errors.Join(problems...)
}

func (g *Gate) overruleOn(ctx context.Context, run *Run, at seam.TestMerge) error {
	c := g.cfg.Messages.Check(run.Head, run.Verdict)
	shows, there := at.Shows[strings.ToLower(c.Name)]
	c.Head, c.Page = at.Commit, g.writer.Page(run.Ref)
	if !there || shows == seam.Visible(c.Outcome) || run.inputs.Snapshot.Requirement == policy.RequiredFromUs {
		return nil
	}
	g.cfg.Log.WarnContext(ctx, "somebody else wrote a status of the check's name, which decides, too; it is written over",
		append(effects.About(run.Ref, c), "shows", shows)...)
	if err := g.writer.Contest(ctx, run.Ref, c); err != nil {
		return err
	}
	err := g.cfg.Beside.SetStatus(ctx, run.Ref.Repo, c)
	if errors.Is(err, pull.ErrForbidden) {
		g.cfg.Log.ErrorContext(ctx, "the app may write no statuses, so what somebody else wrote decides; choose the app as the check's "+
			"expected source, or let it write statuses", append(effects.About(run.Ref, c), "error", err)...)
		return nil
	}
	if err != nil {
		return fmt.Errorf("write check %q as a status on %s for %s: %w", c.Name, c.Head, run.Ref, err)
	}
	return nil
}

// distrustBeside takes back a success on the commit that merging would give, which
// would decide whatever the head shows.
func (g *Gate) distrustBeside(ctx context.Context, ref pull.Ref, name string) error {
	if g.cfg.Beside == nil || name == "" {
		return nil
	}
	merges, err := g.cfg.Beside.TestMerges(ctx, ref.Repo, []int{ref.Number})
	if err != nil {
		return err
	}
	merge := merges[ref.Number]
	if merge.Shows[strings.ToLower(name)] != policy.Success {
		return nil
	}
	return g.cfg.Beside.SetStatus(ctx, ref.Repo, g.cfg.Messages.PendingWhileReading(merge.Commit, name, ""))
}
