package gate

import (
	"context"
	"errors"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// shownBy is when a forge surely shows a label that was put on.
const shownBy = 5 * time.Minute

// ownLabels gives the gate's own labels.
func ownLabels(records []history.LabelRecord, now time.Time) []publish.OwnLabel {
	var own []publish.OwnLabel
	for _, r := range records {
		own = append(own, publish.OwnLabel{Name: r.Name, Taken: r.Taken, Sure: r.Done && !now.Before(r.At.Add(shownBy))})
	}
	return own
}

// label puts labels on and takes them off. What is put on is remembered before.
func (g *Gate) label(ctx context.Context, run Run) error {
	l := run.Plan.Labels
	if g.cfg.Marker == nil || l.Empty() {
		return nil
	}
	remember := func(names []string, r history.LabelRecord) error {
		if len(names) == 0 {
			return nil
		}
		var records []history.LabelRecord
		for _, name := range names {
			r.Name, r.At = name, run.At
			records = append(records, r)
		}
		return g.cfg.History.Remember(ctx, run.Ref, history.Facts{Labels: records})
	}
	if err := errors.Join(remember(l.Forget, history.LabelRecord{Gone: true}), remember(l.Taken, history.LabelRecord{Done: true, Taken: true})); err != nil {
		return err
	}
	if err := g.addLabels(ctx, run, remember); err != nil {
		return err
	}
	// A label whose removal was begun is put back if it is true again.
	if err := remember(l.Remove, history.LabelRecord{}); err != nil {
		return err
	}
	for _, name := range l.Remove {
		err := g.cfg.Marker.RemoveLabel(ctx, run.Ref, name)
		refused := errors.Is(err, pull.ErrForbidden)
		if err != nil && !refused {
			return err
		}
		// What can't be removed is left to people.
		if err := errors.Join(remember([]string{name}, history.LabelRecord{Gone: true}), err); err != nil {
			return err
		}
	}
	return nil
}

// addLabels puts labels on; those that the forge refuses are not tried again
// while they are true.
func (g *Gate) addLabels(ctx context.Context, run Run, remember func([]string, history.LabelRecord) error) error {
	add := run.Plan.Labels.Add
	if len(add) == 0 {
		return nil
	}
	if err := remember(add, history.LabelRecord{}); err != nil {
		return err
	}
	put, refused, failed := g.cfg.Marker.AddLabels(ctx, run.Ref, add)
	if len(refused) > 0 {
		g.cfg.Log.WarnContext(ctx, "labels refused", run.Ref.Fields("labels", refused)...)
	}
	return errors.Join(failed, remember(put, history.LabelRecord{Done: true}), remember(refused, history.LabelRecord{Done: true, Taken: true}))
}

// assign makes those who are about to be asked assignees.
func (g *Gate) assign(ctx context.Context, run Run) error {
	if g.cfg.Marker == nil || len(run.Plan.Assign) == 0 {
		return nil
	}
	return g.cfg.Marker.Assign(ctx, run.Ref, run.Plan.Assign)
}
