package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// The digests of a check that somebody asked for anew, on the forge's page, and of one
// that somebody else wrote: what stands there is not what was written.
const (
	AskedAnew   = "asked for anew"
	WrittenOver = "written over"
)

// setCheck writes one check, in its turn. What stands is recalled in the turn:
// another pull request of the head may have written since the plan was made. With
// earned, a success is written only if that still holds of what stands.
func (g *Gate) setCheck(ctx context.Context, ref pull.Ref, c publish.Check, earned func(history.HeadMemory) bool) error {
	done, err := g.turn(ctx, ref.Repo, c.Head, c.Name)
	if err != nil {
		return err
	}
	defer done()
	at, err := g.cfg.History.At(ctx, ref.Repo, c.Head)
	if err != nil {
		return err
	}
	if earned != nil && c.Outcome == policy.Success && !earned(at) {
		return fmt.Errorf("write check %q on %s of %s: another pull request of this head was judged meanwhile: %w", c.Name, c.Head, ref.Repo, snapshot.ErrMoved)
	}
	old := lastWritten(at.Checks, c)
	if old.Digest == c.Digest && old.Done && !old.Aged(g.cfg.Now()) {
		return nil
	}
	if err := g.outranked(ctx, ref, c, at); err != nil {
		return err
	}
	if old.Digest == WrittenOver {
		g.cfg.Log.WarnContext(ctx, "check rewritten: somebody else wrote it", about(ref, c)...)
		if err := g.contest(ctx, ref, c); err != nil {
			return err
		}
	}
	return g.writeAnyhow(ctx, ref, c, old, g.before(at.Open, c.Name, old))
}

// writeAnyhow writes one check, where the forge refuses its text in words that any
// forge takes.
func (g *Gate) writeAnyhow(ctx context.Context, ref pull.Ref, c publish.Check, old history.CheckRecord, before seam.Written) error {
	err := g.writeCheck(ctx, ref, c, old, before)
	if !errors.Is(err, pull.ErrRefused) {
		return err
	}
	g.cfg.Log.ErrorContext(ctx, "the forge refuses the check as it should read; it shows the outcome only", append(about(ref, c), "error", err)...)
	g.Noticed(seam.TextRefused)
	// A new one: what is refused may be any change of the old one.
	err = g.writeCheck(ctx, ref, publish.Bare(c), history.CheckRecord{}, seam.Written{})
	if errors.Is(err, pull.ErrRefused) {
		g.cfg.Log.ErrorContext(ctx, "the forge takes no more checks of this name on this commit; what stands there stays until another commit is pushed: choose the app as the check's expected source, so that nobody else can use them up",
			append(about(ref, c), "error", err)...)
	}
	return err
}

func about(ref pull.Ref, c publish.Check) []any {
	return ref.Fields("head", c.Head, "check", c.Name)
}

// lastWritten gives the record of the check before; the zero record if there is
// none.
func lastWritten(records []history.CheckRecord, c publish.Check) history.CheckRecord {
	i := slices.IndexFunc(records, func(r history.CheckRecord) bool { return r.Head == c.Head && r.Name == c.Name })
	if i < 0 {
		return history.CheckRecord{}
	}
	return records[i]
}

// before tells the forge's adapter what stands, as far as a record knows.
func (g *Gate) before(open []history.Known, name string, r history.CheckRecord) seam.Written {
	w := seam.Written{Alone: g.Alone(open, name), ID: r.ID, Search: g.cfg.Search || r.Digest != "" && !r.Done, Anew: r.Digest == AskedAnew}
	if !w.Search && !r.Aged(g.cfg.Now()) {
		w.Outcome = seam.Visible(policy.Outcome(r.Outcome))
	}
	return w
}

// writeCheck writes one check.
func (g *Gate) writeCheck(ctx context.Context, ref pull.Ref, c publish.Check, old history.CheckRecord, before seam.Written) error {
	record := history.CheckRecord{Head: c.Head, Name: c.Name, ID: before.ID, Outcome: string(c.Outcome), Digest: c.Digest, At: g.cfg.Now()}
	return g.carry(ctx, ref, effect{intent: history.Facts{Check: &record}, call: func(answer *history.Facts) error {
		id, err := g.cfg.Publisher.SetCheck(ctx, ref, c, before)
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
