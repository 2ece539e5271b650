package effects

import (
	"context"
	"errors"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// SetCheck writes one check, in its turn. What stands is recalled in the turn:
// another pull request of the head may have written since the plan was made. With
// earned, a success is written only if that still holds of what stands; with outranked,
// nothing is written where that gives an error.
func (w *Writer) SetCheck(ctx context.Context, ref pull.Ref, c publish.Check, earned func(history.HeadHistory) bool,
	outranked func(history.HeadHistory) error) error {
	done, err := w.Turn(ctx, ref.Repo, c.Head, c.Name)
	if err != nil {
		return err
	}
	defer done()
	at, err := w.cfg.History.At(ctx, ref.Repo, c.Head)
	if err != nil {
		return err
	}
	if earned != nil && c.Outcome == policy.Success && !earned(at) {
		return fmt.Errorf("write check %q on %s of %s: another pull request of this head was judged meanwhile: %w", c.Name, c.Head, ref.Repo,
			snapshot.ErrMoved)
	}
	at = at.For(ref.Number)
	old := at.Check(c.Name)
	if old.Digest == c.Digest && old.Done && !old.Aged(w.cfg.Now()) {
		return nil
	}
	if outranked != nil {
		if err := outranked(at); err != nil {
			return err
		}
	}
	if old.Digest == history.WrittenOver {
		w.cfg.Log.WarnContext(ctx, "check rewritten: somebody else wrote it", About(ref, c)...)
		if err := w.Contest(ctx, ref, c); err != nil {
			return err
		}
	}
	return w.WriteAnyhow(ctx, ref, c, old, w.before(at.Open, c.Name, old))
}

// WriteAnyhow writes one check, where the forge refuses its text in words that any
// forge takes.
func (w *Writer) WriteAnyhow(ctx context.Context, ref pull.Ref, c publish.Check, old history.CheckRecord, before seam.Written) error {
	err := w.writeCheck(ctx, ref, c, old, before)
	if !errors.Is(err, pull.ErrRefused) {
		return err
	}
	w.cfg.Log.ErrorContext(ctx, "the forge refuses the check as it should read; it shows the outcome only",
		append(About(ref, c), "error", err)...)
	w.cfg.Noticed(seam.TextRefused)
	// A new one: what is refused may be any change of the old one.
	err = w.writeCheck(ctx, ref, publish.Bare(c), history.CheckRecord{}, seam.Written{})
	if errors.Is(err, pull.ErrRefused) {
		w.cfg.Log.ErrorContext(ctx, "the forge takes no more checks of this name on this commit; what stands there stays until another "+
			"commit is pushed: choose the app as the check's expected source, so that nobody else can use them up",
			append(About(ref, c), "error", err)...)
	}
	return err
}

// Page is the address of the page that a check of a pull request leads to; empty for none.
func (w *Writer) Page(ref pull.Ref) string {
	if w.cfg.Page == nil {
		return ""
	}
	return w.cfg.Page(ref)
}

// About are the attributes of a log line on a check of a pull request.
func About(ref pull.Ref, c publish.Check) []any {
	return ref.Fields("head", c.Head, "check", c.Name)
}

// before tells the forge's adapter what stands, as far as a record knows.
func (w *Writer) before(open []history.PullState, name string, r history.CheckRecord) seam.Written {
	before := seam.Written{Alone: w.cfg.Alone(open, name), ID: r.ID, Search: w.cfg.Search || r.Digest != "" && !r.Done,
		Anew: r.Digest == history.AskedAnew}
	if !before.Search && !r.Aged(w.cfg.Now()) {
		before.Outcome = seam.Visible(policy.Outcome(r.Outcome))
	}
	return before
}

// writeCheck writes one check.
func (w *Writer) writeCheck(ctx context.Context, ref pull.Ref, c publish.Check, old history.CheckRecord, before seam.Written) error {
	record := history.CheckRecord{Head: c.Head, Name: c.Name, ID: before.ID, Outcome: string(c.Outcome), Digest: c.Digest, At: w.cfg.Now()}
	if w.cfg.PerRequest {
		record.Of = ref.Number
	}
	c.Page = w.Page(ref)
	return w.Carry(ctx, ref, Effect{Intent: history.Update{Check: &record}, Call: func(answer *history.Update) error {
		id, err := w.cfg.Publisher.SetCheck(ctx, ref, c, before)
		if err != nil {
			return err
		}
		written := record
		if written.ID, written.Done = id, true; id == old.ID && id != "" && old.Outcome == record.Outcome {
			written.At = old.At // the same one, as old as before
		}
		answer.Check = &written
		return nil
	}})
}
