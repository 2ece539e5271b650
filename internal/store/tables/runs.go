package tables

import (
	"context"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Run returns a saved evaluation by its id; false if there is none, or no more.
func (r *Reader) Run(ctx context.Context, id int64) (history.RunRecord, bool, error) {
	run, ok, err := r.queryRun(ctx, `n.seq = $1`, id)
	if err != nil {
		return history.RunRecord{}, false, fmt.Errorf("read run %d: %w", id, err)
	}
	return run, ok, nil
}

// LastRun returns the evaluation of a pull request that was saved last; false if
// there is none.
func (r *Reader) LastRun(ctx context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	run, ok, err := r.queryRun(ctx, r.d.named()+` AND n.number = $4 ORDER BY n.seq DESC LIMIT 1`,
		ref.Repo.Forge, ref.Repo.Owner, ref.Repo.Name, ref.Number)
	if err != nil {
		return history.RunRecord{}, false, fmt.Errorf("last run of %s: %w", ref, err)
	}
	return run, ok, nil
}

// LastJudged returns the evaluation of a pull request with an outcome that was saved last; false
// if there is none.
func (r *Reader) LastJudged(ctx context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	run, ok, err := r.queryRun(ctx, r.d.named()+` AND n.number = $4 AND n.outcome <> '' ORDER BY n.seq DESC LIMIT 1`,
		ref.Repo.Forge, ref.Repo.Owner, ref.Repo.Name, ref.Number)
	if err != nil {
		return history.RunRecord{}, false, fmt.Errorf("last run of %s with an outcome: %w", ref, err)
	}
	return run, ok, nil
}

// RunsOf lists the evaluations of a pull request that are kept, the newest first.
func (r *Reader) RunsOf(ctx context.Context, ref pull.Ref) ([]history.RunSummary, error) {
	runs, err := Collect(ctx, r.db, func(rows Rows, s *history.RunSummary) error {
		return rows.Scan(&s.ID, &s.Head, (*store.Micros)(&s.At), &s.Outcome)
	}, `SELECT n.seq, n.head, n.at, n.outcome FROM run n JOIN repo r ON r.id = n.repo_id WHERE `+r.d.named()+
		` AND n.number = $4 ORDER BY n.seq DESC`, ref.Repo.Forge, ref.Repo.Owner, ref.Repo.Name, ref.Number)
	if err != nil {
		return nil, fmt.Errorf("list the runs of %s: %w", ref, err)
	}
	return runs, nil
}

// queryRun reads one run; where is the rest of the query, on run n and repo r.
func (r *Reader) queryRun(ctx context.Context, where string, args ...any) (run history.RunRecord, ok bool, err error) {
	var body []byte
	ok, err = Row(ctx, r.db, []any{&run.ID, &run.Ref.Repo.Forge, &run.Ref.Repo.Owner, &run.Ref.Repo.Name, &run.Ref.Number,
		&run.Head, (*store.Micros)(&run.At), &run.Outcome, &body},
		`SELECT n.seq, r.forge, r.owner, r.name, n.number, n.head, n.at, n.outcome, n.body
		FROM run n JOIN repo r ON r.id = n.repo_id WHERE `+where, args...)
	if err == nil && ok {
		run.Body, err = store.Unpack(body)
	}
	return run, ok && err == nil, err
}

// Blob returns a file's content that SaveBlob kept; false if it was never kept
// or has been dropped. Each repository has its own, so that nobody reads one
// through a repository that does not have it.
func (r *Reader) Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, bool, error) {
	var data []byte
	ok, err := Row(ctx, r.db, []any{&data}, `SELECT b.data FROM blob b JOIN repo r ON r.id = b.repo_id WHERE `+r.d.named()+` AND b.id = $4`,
		repo.Forge, repo.Owner, repo.Name, id)
	if err != nil {
		return nil, false, fmt.Errorf("read blob %s of %s: %w", id, repo, err)
	}
	return data, ok, nil
}

// Jobs lists the references that have work, the longest unserved first.
func (r *Reader) Jobs(ctx context.Context) ([]queue.Job, error) {
	jobs, err := Collect(ctx, r.db, func(rows Rows, j *queue.Job) error {
		return rows.Scan(&j.Ref.Repo.Forge, &j.Ref.Repo.Owner, &j.Ref.Repo.Name, &j.Ref.Number, &j.State, &j.Running, &j.Failures,
			(*store.Micros)(&j.Since), (*store.Micros)(&j.Due), &j.Err)
	}, `SELECT r.forge, r.owner, r.name, w.number, w.state, w.`+r.d.Running+`, w.failures, w.since, w.due_at, w.error
		FROM pr_work w JOIN repo r ON r.id = w.repo_id
		ORDER BY w.since, w.repo_id, w.number`)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", r.d.Explain(err))
	}
	return jobs, nil
}
