package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Jobs lists the references that have work, the longest unserved first.
func (s *Runs) Jobs(ctx context.Context) ([]queue.Job, error) {
	jobs, err := collect(ctx, s.pool, func(rows pgx.Rows, j *queue.Job) error {
		return rows.Scan(&j.Ref.Repo.Forge, &j.Ref.Repo.Owner, &j.Ref.Repo.Name, &j.Ref.Number, &j.State, &j.Running, &j.Failures,
			(*store.Moment)(&j.Since), (*store.Moment)(&j.Due), &j.Err)
	}, `SELECT r.forge, r.owner, r.name, w.number, w.state, w.holder IS NOT NULL, w.failures, w.since, w.due_at, w.error
		FROM pr_work w JOIN repo r ON r.id = w.repo_id
		ORDER BY w.since, w.repo_id, w.number`)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", explain(err))
	}
	return jobs, nil
}

// Retry has references that have work run at once, or all that were given up
// if none is named, and tells which. The service may be running.
func Retry(ctx context.Context, address string, refs ...pull.Ref) (retried []pull.Ref, err error) {
	pool, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	s := &Store{Runs: Runs{pool}}
	err = s.write(ctx, func(tx pgx.Tx) error {
		retried = nil
		waiting, err := collect(ctx, tx, func(rows pgx.Rows, t *store.Target) error {
			return rows.Scan(&t.Repo, &t.Ref.Repo.Forge, &t.Ref.Repo.Owner, &t.Ref.Repo.Name, &t.Ref.Number)
		}, `SELECT r.id, r.forge, r.owner, r.name, w.number FROM pr_work w JOIN repo r ON r.id = w.repo_id
			WHERE w.state = 'dead' OR $1 ORDER BY w.repo_id, w.number`, len(refs) > 0)
		if err != nil {
			return err
		}
		chosen, err := store.Choose(waiting, refs)
		if err != nil {
			return err
		}
		for _, t := range chosen {
			if err := s.raise(ctx, tx, t, queue.Fresh); err != nil {
				return err
			}
			retried = append(retried, t.Ref)
		}
		return nil
	})
	return retried, err
}
