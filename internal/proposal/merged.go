package proposal

import (
	"context"
	"errors"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/history/merged"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// What of what was merged one what-if judges at the most: pull requests, bytes of what was
// read when they were judged, and their paths. Beyond it are the older ones.
const (
	maxMerged      = 100
	maxMergedBytes = 16 << 20
	maxMergedPaths = 20_000
	maxClosed      = 300 // pull requests among which they are looked for
)

// errEnough means that no more are looked for.
var errEnough = errors.New("enough")

// past is what a merged pull request was judged by, and whether it passed.
type past struct {
	snapshot policy.Snapshot
	passed   bool
}

// merged judges what was merged last into the base branch by a proposal. Where the paths of
// all that would have more read than is read for a proposal, nothing is told.
func (e *Evaluator) merged(ctx context.Context, l *snapshot.Reading) (*policy.MergedWhatIf, error) {
	out := &policy.MergedWhatIf{}
	list, paths, err := e.lastMerged(ctx, l)
	if err != nil || len(list) == 0 {
		return out, err
	}
	p, m, err := e.proposed(ctx, l, paths)
	if err != nil || m.Elsewhere || len(m.Faults) > 0 {
		return out, err
	}
	owners, err := e.inTree(ctx, l, m.Owners, paths)
	if err != nil {
		return out, err
	}
	for _, was := range list {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out.Count++
		if was.passed {
			out.Before++
		}
		if then := e.judge(l, was.snapshot, p, owners).Unwarned; then == "" || then == policy.Success {
			out.Then++
		}
	}
	return out, nil
}

// lastMerged returns what was merged last into the base branch, and the paths of all that.
func (e *Evaluator) lastMerged(ctx context.Context, l *snapshot.Reading) (list []past, paths []string, err error) {
	if e.cfg.Runs == nil {
		return nil, nil, nil
	}
	req, seen := &l.Snapshot.Request, map[string]bool{}
	limits := merged.Limits{Most: maxClosed, Bytes: maxMergedBytes}
	err = merged.Each(ctx, e.cfg.Runs, req.Ref.Repo, limits, func(r history.RunRecord) error {
		s, was, err := e.cfg.Past(r.Body)
		if err != nil {
			e.cfg.Log.WarnContext(ctx, "what-if passes over a run", r.Ref.Fields("error", err)...)
			return nil // it decides nothing
		}
		if s.Request.BaseBranch != req.BaseBranch || was.Unwarned == "" {
			return nil
		}
		if len(list) == maxMerged || len(seen) > maxMergedPaths {
			return errEnough
		}
		list = append(list, past{s, was.Unwarned == policy.Success})
		for _, path := range sources.ChangedPaths(s.Request.Files) {
			if !seen[path] {
				seen[path], paths = true, append(paths, path)
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, paths, err
}
