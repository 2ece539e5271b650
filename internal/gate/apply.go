package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/mergequeue"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Apply carries a plan out: what must not stand first, then the check. The rest decides
// nothing: if it fails, the run is kept all the same, and what may pass later is tried
// again. The first limit ends it, as what comes after it would only be refused, too.
// Answers come last, as they are asked for the most easily.
func (g *Gate) Apply(ctx context.Context, run Run) error {
	for _, step := range []func(context.Context, *Run) error{g.doubtQueued, g.setChecks, g.overrule} {
		if err := step(ctx, &run); err != nil {
			return err
		}
	}
	var failed error
	for _, step := range []func(context.Context, *Run) error{g.requestReviewers, g.unrequestReviewers, g.comment, g.label, g.answer} {
		if failed = errors.Join(failed, step(ctx, &run)); effects.AtLimit(failed) {
			break
		}
	}
	return errors.Join(g.save(ctx, run), failed)
}

// doubtQueued takes the successes of groups back that would merge what is no longer
// reviewed: judging them anew waits for its turn, and may need what can't be read.
func (g *Gate) doubtQueued(ctx context.Context, run *Run) error {
	if !run.queued || !run.withdrawn && run.Verdict.Outcome == policy.Success {
		return nil
	}
	return g.Queues.Doubt(ctx, run.Ref, run.known.BaseBranch)
}

// setChecks writes the checks, those first that must not stand.
func (g *Gate) setChecks(ctx context.Context, run *Run) error {
	for _, c := range run.Plan.Reset {
		if err := g.yields(ctx, run, g.setCheck(ctx, run.Ref, c, nil)); err != nil {
			return err
		}
	}
	if run.Plan.Check == nil {
		return nil
	}
	still := func(at history.HeadHistory) bool {
		return len(g.waiting(at.Open, run.known)) <= len(run.inputs.Waiting)
	}
	return g.yields(ctx, run, g.setCheck(ctx, run.Ref, *run.Plan.Check, still))
}

// yields takes it for no error that a pull request's check is not written as its
// commit is a group's. The group is judged again then, once it is known what the pull
// request misses: one that goes to another branch, which may ask for no queue, must not
// pass there by the group's success.
func (g *Gate) yields(ctx context.Context, run *Run, err error) error {
	outranked, ok := errors.AsType[*mergequeue.OutrankedError](err)
	if !ok {
		return err
	}
	if run.known.Open && run.known.Outcome != string(policy.Success) && outranked.Branch != run.known.BaseBranch {
		run.queued = true
		return g.Queues.TakeBack(ctx, run.Ref.Repo, run.Head)
	}
	return nil
}

// setCheck writes one check of a pull request, if its commit is no group's; see
// effects.Writer.SetCheck.
func (g *Gate) setCheck(ctx context.Context, ref pull.Ref, c publish.Check, earned func(history.HeadHistory) bool) error {
	return g.writer.SetCheck(ctx, ref, c, earned, func(at history.HeadHistory) error { return g.Queues.Outranked(ctx, ref, c, at) })
}

// requestReviewers asks people, and has others asked for those whom the forge refuses.
// Who is asked is not asked again, so assignees come first.
func (g *Gate) requestReviewers(ctx context.Context, run *Run) error {
	if len(run.Plan.Ask) == 0 {
		return nil
	}
	if err := g.assign(ctx, run); err != nil {
		return err
	}
	var refused []string
	err := g.writer.Carry(ctx, run.Ref, effects.Effect{Lacks: "people not asked", Call: func(answer *history.Update) error {
		done, not, err := g.cfg.Publisher.RequestReviewers(ctx, run.Ref, run.Plan.Ask)
		for _, name := range run.Plan.Ask {
			if no := slices.Contains(not, name); no || slices.Contains(done, name) {
				answer.Asked = append(answer.Asked, requests.Requested{Head: run.Head, Login: name, At: run.At.Truncate(time.Microsecond), Refused: no,
					Why: why(run.Verdict, name)})
			}
		}
		if err == nil {
			refused = not
		}
		return err
	}})
	g.Doubt(refused) // that an account is gone is why some are
	if err != nil || len(refused) == 0 || g.cfg.Raise == nil {
		return err
	}
	for _, a := range run.memory.Asked {
		if a.Refused {
			refused = append(refused, a.Login)
		}
	}
	if len(refused) > mostRefused {
		return nil
	}
	return g.cfg.Raise(ctx, run.Ref)
}

// unrequestReviewers takes back what was asked while the pull request was gated.
func (g *Gate) unrequestReviewers(ctx context.Context, run *Run) error {
	if len(run.Plan.Unask) == 0 {
		return nil
	}
	return g.writer.Carry(ctx, run.Ref, effects.Effect{Lacks: "requests for review not taken back", Call: func(answer *history.Update) error {
		err := g.cfg.Publisher.UnrequestReviewers(ctx, run.Ref, run.Plan.Unask)
		if err == nil || effects.ForGood(err) {
			answer.Asked = requests.TakeBack(run.inputs.AssignInput())
		}
		return err
	}})
}

// mostRefused is after how many refusals nobody is asked in their place at once:
// a map may name hundreds whom the forge does not take.
const mostRefused = 10

// assign makes those who are about to be asked assignees.
func (g *Gate) assign(ctx context.Context, run *Run) error {
	if g.cfg.Marker == nil || len(run.Plan.Assign) == 0 {
		return nil
	}
	return g.writer.Carry(ctx, run.Ref, effects.Effect{Lacks: "people not assigned", Call: func(*history.Update) error {
		return g.cfg.Marker.Assign(ctx, run.Ref, run.Plan.Assign)
	}})
}

// why returns why somebody is asked.
func why(v policy.Verdict, name string) policy.RequestVerdict {
	for _, a := range v.Asked {
		if a.Who == name && !a.ByHand {
			return policy.RequestVerdict{Files: a.Files, Subsystems: a.Subsystems, Load: a.Load, Knows: a.Knows, Helper: a.Helper}
		}
	}
	return policy.RequestVerdict{}
}

func (g *Gate) comment(ctx context.Context, run *Run) error {
	return g.setComment(ctx, run.Ref, run.Plan.Comment, run.memory, nil)
}

// setComment writes the comment of a pull request, in its turn: an evaluation of a twin may
// write it, too. With still, it is written only if that holds of what is remembered then.
func (g *Gate) setComment(ctx context.Context, ref pull.Ref, c *publish.Comment, now history.PullHistory,
	still func(history.PullHistory) bool) error {
	if c == nil {
		return nil
	}
	done, err := g.writer.Turn(ctx, ref.Repo, fmt.Sprintf("#%d", ref.Number), "comment")
	if err != nil {
		return err
	}
	defer done()
	if g.cfg.Turns != nil {
		if now, err = g.cfg.History.Recall(ctx, ref); err != nil {
			return err
		}
	}
	old := now.Comment
	if old.Done && old.Digest == c.Digest || still != nil && !still(now) {
		return nil
	}
	intent := history.CommentRecord{ID: old.ID, Digest: c.Digest}
	return g.writer.Carry(ctx, ref, effects.Effect{Lacks: "comment not written", Intent: history.Update{Comment: &intent},
		Call: func(answer *history.Update) error {
			search := g.cfg.Search || old.ID == "" && old.Digest != "" && !old.Done // it may have become one
			id, err := g.cfg.Publisher.UpsertComment(ctx, ref, c.Body, old.ID, search)
			if old.ID != "" && errors.Is(err, pull.ErrNotFound) {
				answer.Comment = &history.CommentRecord{Done: true, Gone: true} // somebody deleted it
				return nil
			}
			if err == nil {
				answer.Comment = &history.CommentRecord{ID: id, Digest: c.Digest, Done: true}
			}
			return err
		}})
}

// save keeps the run, and has the pull requests judged again whose check
// depends on this one's outcome: in one with what is known of it, as nothing
// would tell them apart from those that were told after an end in between.
func (g *Gate) save(ctx context.Context, run Run) error {
	body, err := Record{Run: run, Inputs: run.inputs}.Encode()
	if err != nil {
		return fmt.Errorf("encode run of %s: %w", run.Ref, err)
	}
	if _, err := g.cfg.History.SaveRun(ctx, saved(&run, body)); err != nil {
		return err
	}
	facts := history.Update{Known: &run.known, Requeue: history.Siblings(&run.memory.Known, &run.known)}
	if run.shared {
		facts.Spare = run.known.BaseBranch // they are told
	}
	if run.activity != nil && run.activity.Mark != run.memory.Activity {
		facts.Activity = run.activity
	}
	if !run.known.Open && !run.memory.Credited {
		if facts.Credits, err = g.credits(ctx, &run.inputs.Snapshot.Request, run.memory.Heads, run.At); err != nil {
			return err
		}
	}
	if err := g.cfg.History.Remember(ctx, run.Ref, facts); err != nil {
		return err
	}
	if g.cfg.Raise == nil {
		return nil
	}
	if g.Sources.Sweeps(run.Ref.Repo) != run.sweeps || run.queued {
		// A sweep compared what was known before this run, or a queue holds it, whose
		// groups have other bases than it has: look at the repository again.
		return g.cfg.Raise(ctx, pull.Ref{Repo: run.Ref.Repo})
	}
	return nil
}

// revokeStaleSuccess takes an earlier success back while a pull request can't be judged:
// what changed meanwhile is not known. It tries once; the queue tries the
// judging again.
func (g *Gate) revokeStaleSuccess(ctx context.Context, ref pull.Ref) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	memory, err := g.cfg.History.Recall(ctx, ref)
	if err != nil || !memory.Known.Open {
		return
	}
	for _, c := range history.ChecksFor(memory.Checks, ref.Number) {
		if c.Head != memory.Known.Head || c.Name != memory.Known.Check || !c.MayPass() {
			continue
		}
		check := g.cfg.Messages.PendingWhileReading(c.Head, c.Name, "")
		if err := g.setCheck(ctx, ref, check, nil); err != nil { // or it is a group's
			g.cfg.Log.WarnContext(ctx, "earlier success not taken back", ref.Fields("head", c.Head, "error", err)...)
		}
	}
	if err := g.distrustBeside(ctx, ref, memory.Known.Check); err != nil {
		g.cfg.Log.WarnContext(ctx, "earlier success on the test merge not taken back", ref.Fields("error", err)...)
	}
	if err := g.Queues.Doubt(ctx, ref, memory.Known.BaseBranch); err != nil {
		g.cfg.Log.WarnContext(ctx, "earlier success of a merge group not taken back", ref.Fields("error", err)...)
	}
}
