package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Apply carries a plan out: what must not stand first, then the check, the
// people asked and the comment. Checks and comment are remembered as intents
// before the forge is called; to ask somebody twice is to ask once.
func (g *Gate) Apply(ctx context.Context, run Run) error {
	if run.queued && (run.withdrawn || run.Verdict.Outcome != policy.Success) {
		// Judging them anew waits for its turn, and may need what can't be read.
		if err := g.doubtGroups(ctx, run.Ref, run.known.BaseBranch); err != nil {
			return err
		}
	}
	for _, c := range run.Plan.Reset {
		if err := g.yields(ctx, &run, g.setCheck(ctx, run.Ref, c, nil)); err != nil {
			return err
		}
	}
	if run.Plan.Check != nil {
		still := func(at history.HeadMemory) bool { return len(waiting(at.Open, run.known)) <= len(run.inputs.Waiting) }
		if err := g.yields(ctx, &run, g.setCheck(ctx, run.Ref, *run.Plan.Check, still)); err != nil {
			return err
		}
	}
	if err := g.overrule(ctx, &run); err != nil {
		return err
	}
	rest := g.applyRest(ctx, run)
	return errors.Join(g.save(ctx, run), rest)
}

// applyRest carries out what decides nothing: where it fails, the run is kept all the
// same, and what may pass later is tried again. The first limit ends it: what comes after
// it would only be refused, too. Answers come last, as they are asked for the most easily.
func (g *Gate) applyRest(ctx context.Context, run Run) error {
	var failed error
	for _, part := range []struct {
		lacks string
		do    func(context.Context, Run) error
	}{
		{"people not asked", g.requestReviewers},
		{"comment not written", g.comment},
		{"labels not set", g.label},
		{"commands not answered", g.answer},
	} {
		err := g.passing(ctx, run, part.lacks, part.do(ctx, run))
		failed = errors.Join(failed, err)
		if _, limit := errors.AsType[seam.Limited](err); limit {
			break
		}
	}
	return failed
}

// passing gives an error that may pass; what the forge refuses for good, such
// as a comment where the conversation is locked, is logged.
func (g *Gate) passing(ctx context.Context, run Run, what string, err error) error {
	if !forGood(err) {
		return err
	}
	g.cfg.Log.WarnContext(ctx, what, run.Ref.Fields("error", err)...)
	return nil
}

// forGood tells whether a forge refuses something however often it is asked.
func forGood(err error) bool {
	return errors.Is(err, pull.ErrForbidden) || errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrRefused)
}

func (g *Gate) requestReviewers(ctx context.Context, run Run) error {
	if len(run.Plan.Ask) == 0 {
		return nil
	}
	// Who is asked is not asked again, so assignees come first.
	if err := g.passing(ctx, run, "people not assigned", g.assign(ctx, run)); err != nil {
		return err
	}
	done, refused, failed := g.cfg.Publisher.RequestReviewers(ctx, run.Ref, run.Plan.Ask)
	var asked []requests.Asked
	for _, name := range run.Plan.Ask {
		if no := slices.Contains(refused, name); no || slices.Contains(done, name) {
			asked = append(asked, requests.Asked{Head: run.Head, Login: name, At: run.At.Truncate(time.Microsecond), Refused: no, Why: why(run.Verdict, name)})
		}
	}
	if len(asked) > 0 {
		if err := g.cfg.History.Remember(ctx, run.Ref, history.Facts{Asked: asked}); err != nil {
			return errors.Join(failed, err)
		}
	}
	if failed != nil || len(refused) == 0 || g.cfg.Raise == nil {
		return failed
	}
	for _, a := range run.memory.Asked {
		if a.Refused {
			refused = append(refused, a.Login)
		}
	}
	if len(refused) > mostRefused {
		return nil
	}
	return g.cfg.Raise(ctx, run.Ref) // somebody else may be asked instead
}

// mostRefused is after how many refusals nobody is asked in their place at once:
// a map may name hundreds whom the forge does not take.
const mostRefused = 10

// why gives why somebody is asked.
func why(v policy.Verdict, name string) policy.AskedVerdict {
	for _, a := range v.Asked {
		if a.Who == name && !a.ByHand {
			return policy.AskedVerdict{Files: a.Files, Subsystems: a.Subsystems, Load: a.Load, Knows: a.Knows, Helper: a.Helper}
		}
	}
	return policy.AskedVerdict{}
}

func (g *Gate) comment(ctx context.Context, run Run) error {
	return g.commentWhere(ctx, run, func(*history.Memory) bool { return true })
}

// commentWhere is comment where that is right by what is remembered when its turn comes.
func (g *Gate) commentWhere(ctx context.Context, run Run, still func(*history.Memory) bool) error {
	c := run.Plan.Comment
	if c == nil {
		return nil
	}
	done, now, err := g.turnToComment(ctx, run.Ref, run.memory)
	if err != nil {
		return err
	}
	defer done()
	old := now.Comment
	if old.Done && old.Digest == c.Digest || !still(&now) {
		return nil
	}
	record := history.CommentRecord{ID: old.ID, Digest: c.Digest}
	// An intent without an answer may have become a comment.
	search := g.cfg.Search || old.ID == "" && old.Digest != "" && !old.Done
	if err := g.cfg.History.Remember(ctx, run.Ref, history.Facts{Comment: &record}); err != nil {
		return err
	}
	id, err := g.cfg.Publisher.UpsertComment(ctx, run.Ref, c.Body, old.ID, search)
	if err != nil {
		return err
	}
	record.ID, record.Done = id, true
	return g.cfg.History.Remember(ctx, run.Ref, history.Facts{Comment: &record})
}

// turnToComment waits until nobody else writes the comment of a pull request, and gives
// what is remembered of it then: an evaluation of a twin may write it, too.
func (g *Gate) turnToComment(ctx context.Context, ref pull.Ref, known history.Memory) (done func(), now history.Memory, err error) {
	if g.cfg.Turns == nil {
		return func() {}, known, nil
	}
	if done, err = g.cfg.Turns.Turn(ctx, ref.Repo, fmt.Sprintf("#%d", ref.Number), "comment"); err != nil {
		return nil, now, fmt.Errorf("wait to comment on %s: %w", ref, err)
	}
	if now, err = g.cfg.History.Recall(ctx, ref); err != nil {
		done()
		return nil, now, err
	}
	return done, now, nil
}

// save keeps the run, and has the pull requests judged again whose check
// depends on this one's outcome: in one with what is known of it, as nothing
// would tell them apart from those that were told after an end in between.
func (g *Gate) save(ctx context.Context, run Run) error {
	body, err := Record{Run: run, Inputs: run.inputs}.Encode()
	if err != nil {
		return fmt.Errorf("encode run of %s: %w", run.Ref, err)
	}
	if _, err := g.cfg.History.SaveRun(ctx, history.RunRecord{Ref: run.Ref, Head: run.Head, At: run.At, Outcome: string(run.Verdict.Outcome), Body: body}); err != nil {
		return err
	}
	facts := history.Facts{Known: &run.known, Wake: history.Siblings(&run.memory.Known, &run.known)}
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

// distrust takes an earlier success back while a pull request can't be judged:
// what changed meanwhile is not known. It tries once; the queue tries the
// judging again.
func (g *Gate) distrust(ctx context.Context, ref pull.Ref) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	memory, err := g.cfg.History.Recall(ctx, ref)
	if err != nil || !memory.Known.Open {
		return
	}
	for _, c := range memory.Checks {
		if c.Head != memory.Known.Head || c.Name != memory.Known.Check || c.Done && c.Outcome != string(policy.Success) {
			continue
		}
		check := g.cfg.Words.Rereading(c.Head, c.Name, policy.DefaultLanguage)
		if err := g.setCheck(ctx, ref, check, nil); err != nil { // or it is a group's
			g.cfg.Log.WarnContext(ctx, "earlier success not taken back", ref.Fields("head", c.Head, "error", err)...)
		}
	}
	if err := g.distrustBeside(ctx, ref, memory.Known.Check); err != nil {
		g.cfg.Log.WarnContext(ctx, "earlier success on the test merge not taken back", ref.Fields("error", err)...)
	}
	if err := g.doubtGroups(ctx, ref, memory.Known.BaseBranch); err != nil {
		g.cfg.Log.WarnContext(ctx, "earlier success of a merge group not taken back", ref.Fields("error", err)...)
	}
}
