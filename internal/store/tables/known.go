package tables

import (
	"context"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// queryKnown reads where pull requests stand; where is the rest of the query,
// on known k and repo r.
func queryKnown(ctx context.Context, db DB, where string, args ...any) ([]history.PullState, error) {
	return Collect(ctx, db, func(rows Rows, k *history.PullState) error {
		return rows.Scan(&k.Ref.Repo.Forge, &k.Ref.Repo.Owner, &k.Ref.Repo.Name, &k.Ref.Number,
			&k.Head, &k.BaseBranch, &k.BaseTip, &k.MergeBase, &k.Open, (*store.Micros)(&k.UpdatedAt),
			&k.Check, &k.Outcome, &k.Sources, (*store.Micros)(&k.DueAt))
	}, `SELECT r.forge, r.owner, r.name, k.number, k.head, k.base_branch, k.base_tip, k.merge_base, k.open, k.updated_at,
		k.check_name, k.outcome, k.sources, k.due_at FROM known k JOIN repo r ON r.id = k.repo_id `+where, args...)
}

// rememberKnown notes where a pull request stands.
func (r *Records) rememberKnown(ctx context.Context, tx DB, repo int64, number int, k *history.PullState) error {
	if k == nil {
		return nil
	}
	return Execute(ctx, tx, `INSERT INTO known
		(repo_id, number, head, base_branch, base_tip, merge_base, open, updated_at, check_name, outcome, sources, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (repo_id, number) DO UPDATE SET
		head = $3, base_branch = $4, base_tip = $5, merge_base = $6, open = $7, updated_at = $8, check_name = $9,
		outcome = $10, sources = $11, due_at = $12`,
		repo, number, k.Head, k.BaseBranch, k.BaseTip, k.MergeBase, k.Open, store.Micros(k.UpdatedAt),
		k.Check, k.Outcome, r.d.Text(k.Sources), store.Micros(k.DueAt))
}

// rememberTwin notes what a twin tells of a pull request that still stands where it stood.
func (r *Records) rememberTwin(ctx context.Context, tx DB, repo int64, number int, k *history.PullState) error {
	if k == nil {
		return nil
	}
	return Execute(ctx, tx, `UPDATE known SET check_name = $1, outcome = $2, sources = $3
		WHERE repo_id = $4 AND number = $5 AND head = $6 AND base_branch = $7 AND updated_at = $8 AND open`,
		k.Check, k.Outcome, r.d.Text(k.Sources), repo, number, k.Head, k.BaseBranch, store.Micros(k.UpdatedAt))
}

// Repos returns all repositories that were ever seen, in events or evaluations,
// ordered by forge, owner and name.
func (r *Records) Repos(ctx context.Context) (repos []pull.Repo, err error) {
	repos, err = Collect(ctx, r.db, func(rows Rows, r *pull.Repo) error { return rows.Scan(&r.Forge, &r.Owner, &r.Name) },
		`SELECT forge, owner, name FROM repo ORDER BY forge`+r.d.Bytes+`, `+r.d.byName("owner")+`, `+r.d.byName("name"))
	if err != nil {
		return nil, fmt.Errorf("list repositories: %w", err)
	}
	return repos, nil
}

// OpenKnown returns the pull requests of a repository that were open when they
// were last looked at, ordered by number.
func (r *Records) OpenKnown(ctx context.Context, repo pull.Repo) (known []history.PullState, err error) {
	known, err = queryKnown(ctx, r.db, `WHERE `+r.d.named()+` AND k.open ORDER BY k.number`, repo.Forge, repo.Owner, repo.Name)
	if err != nil {
		return nil, fmt.Errorf("list open pull requests of %s: %w", repo, err)
	}
	return known, nil
}

// ClosedKnown returns the pull requests of a repository that were closed when they were last
// looked at and changed since a time, those that changed last first, so many at the most.
func (r *Records) ClosedKnown(ctx context.Context, repo pull.Repo, since time.Time, most int) (known []history.PullState, err error) {
	known, err = queryKnown(ctx, r.db, `WHERE `+r.d.named()+` AND NOT k.open AND k.updated_at >= $4
		ORDER BY k.updated_at DESC, k.number DESC LIMIT $5`, repo.Forge, repo.Owner, repo.Name, store.Micros(since), most)
	if err != nil {
		return nil, fmt.Errorf("list closed pull requests of %s: %w", repo, err)
	}
	return known, nil
}

// Due returns the open pull requests that must be judged again by now, the one
// longest due first. Those that have work already are not among them: to raise
// them would bring each retry forward, whatever its pause.
func (r *Records) Due(ctx context.Context, now time.Time) (refs []pull.Ref, err error) {
	refs, err = Collect(ctx, r.db, func(rows Rows, r *pull.Ref) error {
		return rows.Scan(&r.Repo.Forge, &r.Repo.Owner, &r.Repo.Name, &r.Number)
	}, `SELECT r.forge, r.owner, r.name, k.number FROM known k JOIN repo r ON r.id = k.repo_id
	WHERE k.open AND k.due_at > 0 AND k.due_at <= $1 AND NOT EXISTS
		(SELECT 1 FROM pr_work w WHERE w.repo_id = k.repo_id AND w.number = k.number AND w.state <> 'dead')
	ORDER BY k.due_at, k.repo_id, k.number`, store.Micros(now))
	if err != nil {
		return nil, fmt.Errorf("list pull requests that are due: %w", err)
	}
	return refs, nil
}

// Postpone has open pull requests judged again by themselves, one after the
// other with a step between them, the first at a time; those that are due
// sooner stay so.
func (r *Records) Postpone(ctx context.Context, refs []pull.Ref, from time.Time, step time.Duration) error {
	err := r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		for i, ref := range refs {
			repo, err := r.AddRepo(ctx, tx, ref.Repo)
			if err != nil {
				return err
			}
			due := store.Micros(from.Add(time.Duration(i) * step))
			if err := Execute(ctx, tx, `UPDATE known SET due_at = $1 WHERE repo_id = $2 AND number = $3 AND open AND (due_at = 0 OR due_at > $1)`,
				due, repo, ref.Number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("postpone: %w", err)
	}
	return nil
}
