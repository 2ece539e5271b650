// Package merged finds the evaluations with which pull requests were merged: the last ones that
// judged them, where a later one saw them merged. It judges nothing, and bounds what it reads.
package merged

import (
	"context"
	"encoding/json"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Runs are the evaluations that are kept.
type Runs interface {
	history.Closed
	// LastRun returns the last evaluation of a pull request; false if there is none.
	LastRun(ctx context.Context, ref pull.Ref) (history.RunRecord, bool, error)
}

// Limits bound what is read: how long ago pull requests changed last, how many there are, and
// how many bytes their evaluations have together.
type Limits struct {
	Since time.Time
	Most  int
	Bytes int
}

// Each tells of each merged pull request's evaluation, the one that changed last first, until
// there is no more or a limit is reached.
func Each(ctx context.Context, runs Runs, repo pull.Repo, l Limits, tell func(history.RunRecord) error) error {
	closed, err := runs.ClosedKnown(ctx, repo, l.Since, l.Most)
	if err != nil {
		return err
	}
	bytes := 0
	for _, k := range closed {
		record, found, err := lastOf(ctx, runs, k.Ref)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if bytes += len(record.Body); bytes > l.Bytes {
			return nil
		}
		if err := tell(record); err != nil {
			return err
		}
	}
	return nil
}

// lastOf returns the evaluation with which a pull request was merged; false if it was not, or
// none is kept that can be read.
func lastOf(ctx context.Context, runs Runs, ref pull.Ref) (history.RunRecord, bool, error) {
	last, found, err := runs.LastRun(ctx, ref)
	if err != nil || !found {
		return history.RunRecord{}, false, err
	}
	if !sawMerged(last.Body) {
		return history.RunRecord{}, false, nil
	}
	return runs.LastJudged(ctx, ref)
}

// sawMerged reports whether a record is of a pull request that was merged.
func sawMerged(record []byte) bool {
	var seen struct {
		Inputs struct {
			Snapshot struct {
				Request struct{ Merged bool }
			} `json:"snapshot"`
		} `json:"inputs"`
	}
	return json.Unmarshal(record, &seen) == nil && seen.Inputs.Snapshot.Request.Merged
}
