package gate

import (
	"context"
	"errors"
	"slices"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// told is a pull request that a verdict is told that was made of its twin.
type told struct {
	known history.PullState // as it is noted now
	note  history.CommentRecord
	anew  bool // it may be commented on where it was not before
	draft bool
	// cancels are overrides taken back that it does not remember: whoever did so may go,
	// and their pull request with them.
	cancels []policy.Cancel
}

// noteTwins notes a verdict for the twins that it was made with. One that is not as it was
// seen is left out: it is judged by itself.
func (g *Gate) noteTwins(ctx context.Context, l *snapshot.Reading, run *Run) ([]told, error) {
	if !run.Gated || !run.known.Open || run.Verdict.Outcome == "" {
		return nil, nil
	}
	var all []told
	for i := range l.TwinOf {
		if t := &l.TwinOf[i]; t.Memory.Known.Open && isAt(&t.Memory.Known, &run.known) {
			all = append(all, told{known: t.Memory.Known, note: t.Memory.Comment, anew: !g.early(&l.Snapshot, &t.Look.Request, &t.Memory),
				draft: t.Look.Request.Draft, cancels: t.Memory.NewCancels(l.Memory.Cancels)})
		}
	}
	for _, c := range l.Snapshot.Crowd {
		at := slices.IndexFunc(l.At.Open, func(k history.PullState) bool { return k.Ref.Number == c.Number && k.Ref.Number != run.Ref.Number })
		if at < 0 || sameVerdict(&l.At.Open[at], run) {
			continue
		}
		memory, err := g.cfg.History.Recall(ctx, l.At.Open[at].Ref)
		if err != nil {
			return nil, err
		}
		if memory.Known.Open && isAt(&memory.Known, &run.known) {
			all = append(all, told{known: memory.Known, note: memory.Comment})
		}
	}
	var failed []error
	for i := range all {
		k := &all[i].known
		if sameVerdict(k, run) && len(all[i].cancels) == 0 {
			continue
		}
		k.Check, k.Outcome, k.Sources = run.known.Check, run.known.Outcome, run.known.Sources
		failed = append(failed, g.cfg.History.Remember(ctx, k.Ref, history.Update{Twin: k, Cancels: all[i].cancels}))
	}
	return all, errors.Join(failed...)
}

func isAt(k, other *history.PullState) bool {
	return k.Head == other.Head && k.BaseBranch == other.BaseBranch
}

func sameVerdict(k *history.PullState, run *Run) bool {
	return k.Check == run.known.Check && k.Outcome == run.known.Outcome && k.Sources == run.known.Sources
}

// tellTwins writes the comments of twins, and their checks where each has its own: else the
// check is that of the head, and written once.
func (g *Gate) tellTwins(ctx context.Context, twins []told, run *Run) error {
	var failed []error
	for i := range twins {
		failed = append(failed, g.tellTwin(ctx, &twins[i], run))
	}
	return errors.Join(failed...)
}

// tellTwin does nothing where the twin was judged meanwhile.
func (g *Gate) tellTwin(ctx context.Context, t *told, run *Run) error {
	standing, rules := noted(t.note), &run.inputs.Snapshot.Rules
	standing.Deleted = t.note.Gone
	words := g.cfg.Messages.Leading(run.inputs.Links.Of(t.known.Ref, run.known.BaseTip, run.inputs.OwnSources()))
	if g.cfg.Traits.ChecksPerRequest {
		if err := g.setCheck(ctx, t.known.Ref, words.Check(run.Head, run.Verdict), nil); err != nil {
			return err
		}
	}
	comment := words.Comment(standing, publish.Wanted{Head: run.Head, Gated: true, Open: true, Draft: t.draft, Verdict: run.Verdict,
		Comments: rules.Comment && (t.anew || standing.HasComment), Spoken: rules.CommentApprovals, Blocks: run.inputs.Blocks})
	return g.setComment(ctx, t.known.Ref, comment, history.PullHistory{Known: t.known, Comment: t.note},
		func(now history.PullHistory) bool { return now.Known == t.known })
}

// overtaken has a group judged once more where another one of it was judged at the same
// time: what either read may be older than what the other one wrote. Whoever ends last sees
// that, and one of the group, always the same, is judged for all.
func (g *Gate) overtaken(ctx context.Context, l *snapshot.Reading, run *Run) error {
	if !run.shared || g.cfg.Raise == nil {
		return nil
	}
	at, err := g.cfg.History.At(ctx, run.Ref.Repo, run.Head)
	if err != nil {
		return err
	}
	first, moved := run.Ref, false
	for _, k := range at.Open {
		if k.Ref == run.Ref || !isAt(&k, &run.known) {
			continue
		}
		if moved = moved || at.Judged[k.Ref.Number] != l.Judged[k.Ref.Number]; k.Ref.Number < first.Number {
			first = k.Ref
		}
	}
	if !moved {
		return nil
	}
	return g.cfg.Raise(ctx, first)
}
