package gate

import (
	"context"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/publish"
)

// shownBy is when a forge surely shows a label that was put on.
const shownBy = 5 * time.Minute

// ownLabels returns the gate's own labels.
func ownLabels(records []history.LabelRecord, now time.Time) []publish.OwnLabel {
	var own []publish.OwnLabel
	for _, r := range records {
		own = append(own, publish.OwnLabel{Name: r.Name, Taken: r.Taken, Sure: r.Done && !now.Before(r.At.Add(shownBy))})
	}
	return own
}

// label puts labels on and takes them off. A label whose removal was begun is put back if
// it is true again.
func (g *Gate) label(ctx context.Context, run *Run) error {
	l := run.Plan.Labels
	if g.cfg.Marker == nil || l.Empty() {
		return nil
	}
	known := slices.Concat(
		labelRecords(run, history.LabelRecord{Gone: true}, l.Forget...),
		labelRecords(run, history.LabelRecord{Done: true, Taken: true}, l.Taken...),
		labelRecords(run, history.LabelRecord{}, l.Add...),
		labelRecords(run, history.LabelRecord{}, l.Remove...))
	return g.writer.Carry(ctx, run.Ref,
		effects.Effect{Lacks: "labels not set", Intent: history.Update{Labels: known}, Call: func(answer *history.Update) (err error) {
			answer.Labels, err = g.setLabels(ctx, run)
			return err
		}})
}

// setLabels changes labels until that fails. Those that the forge refuses to put on are
// not tried again while they are true, those that it refuses to take off are left to people.
func (g *Gate) setLabels(ctx context.Context, run *Run) (answer []history.LabelRecord, err error) {
	if add := run.Plan.Labels.Add; len(add) > 0 {
		put, refused, err := g.cfg.Marker.AddLabels(ctx, run.Ref, add)
		if len(refused) > 0 {
			g.cfg.Log.WarnContext(ctx, "labels refused", run.Ref.Fields("labels", refused)...)
		}
		answer = slices.Concat(labelRecords(run, history.LabelRecord{Done: true}, put...),
			labelRecords(run, history.LabelRecord{Done: true, Taken: true}, refused...))
		if err != nil {
			return answer, err
		}
	}
	for _, name := range run.Plan.Labels.Remove {
		err := g.cfg.Marker.RemoveLabel(ctx, run.Ref, name)
		if err == nil || effects.ForGood(err) {
			answer = append(answer, labelRecords(run, history.LabelRecord{Gone: true}, name)...)
		}
		if err != nil {
			return answer, err
		}
	}
	return answer, nil
}

// labelRecords are some labels as they are remembered.
func labelRecords(run *Run, as history.LabelRecord, names ...string) []history.LabelRecord {
	var records []history.LabelRecord
	for _, name := range names {
		as.Name, as.At = name, run.At
		records = append(records, as)
	}
	return records
}
