package web

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// Evaluations that are kept once they were read, as many look at the same ones. An evaluation
// does not change; one of 3,000 files has some 1.5 MB of text, and takes twice that when it is read.
const (
	maxShown     = 16
	maxShownText = 2 << 20 // bytes
)

// evaluations reads evaluations, and keeps those that were read last.
type evaluations struct {
	runs Runs
	kept turns.Kept[int64, gate.Shown] // by number; shared by those who look, who change nothing in it
}

// read returns an evaluation as it is shown; false if there is none of this number.
func (e *evaluations) read(ctx context.Context, id int64) (shown gate.Shown, found bool, err error) {
	if shown, found = e.kept.Get(id); found {
		return shown, true, nil
	}
	var record history.RunRecord
	if record, found, err = e.runs.Run(ctx, id); err != nil || !found {
		return gate.Shown{}, false, err
	}
	if shown, err = gate.Show(record.Body); err != nil {
		return gate.Shown{}, false, err
	}
	if len(record.Body) <= maxShownText {
		e.kept.Keep(id, shown)
	}
	return shown, true, nil
}
