package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// queryKnown reads where pull requests stand; where is the rest of the query,
// on known k and repo r.
func queryKnown(ctx context.Context, db querier, where string, args ...any) ([]gate.Known, error) {
	return collect(ctx, db, func(rows *sql.Rows, k *gate.Known) error {
		return rows.Scan(&k.Ref.Repo.Forge, &k.Ref.Repo.Owner, &k.Ref.Repo.Name, &k.Ref.Number,
			&k.Head, &k.BaseBranch, &k.BaseTip, &k.MergeBase, &k.Open, (*store.Moment)(&k.UpdatedAt),
			&k.Check, &k.Outcome, &k.Sources, (*store.Moment)(&k.DueAt))
	}, `SELECT r.forge, r.owner, r.name, k.number, k.head, k.base_branch, k.base_tip, k.merge_base, k.open, k.updated_at,
		k.check_name, k.outcome, k.sources, k.due_at FROM known k JOIN repo r ON r.id = k.repo_id `+where, args...)
}

func (s *Store) listKnown(ctx context.Context, where string, args ...any) ([]gate.Known, error) {
	return queryKnown(ctx, s.reader, where, args...)
}

// Repos gives all repositories that were ever seen, in events or evaluations,
// ordered by forge, owner and name.
func (s *Store) Repos(ctx context.Context) ([]pull.Repo, error) {
	repos, err := collect(ctx, s.reader, func(rows *sql.Rows, r *pull.Repo) error {
		return rows.Scan(&r.Forge, &r.Owner, &r.Name)
	}, `SELECT forge, owner, name FROM repo ORDER BY forge, owner, name`)
	if err != nil {
		return nil, fmt.Errorf("list repositories: %w", err)
	}
	return repos, nil
}

// OpenKnown gives the pull requests of a repository that were open when they
// were last looked at, ordered by number.
func (s *Store) OpenKnown(ctx context.Context, repo pull.Repo) ([]gate.Known, error) {
	known, err := s.listKnown(ctx, `WHERE r.forge = ? AND r.owner = ? AND r.name = ? AND k.open ORDER BY k.number`,
		repo.Forge, repo.Owner, repo.Name)
	if err != nil {
		return nil, fmt.Errorf("list open pull requests of %s: %w", repo, err)
	}
	return known, nil
}

// Due gives the open pull requests that must be judged again by now, the one
// longest due first. Those that have work already are not among them: to raise
// them would bring each retry forward, whatever its pause.
func (s *Store) Due(ctx context.Context, now time.Time) ([]pull.Ref, error) {
	refs, err := collect(ctx, s.reader, func(rows *sql.Rows, r *pull.Ref) error {
		return rows.Scan(&r.Repo.Forge, &r.Repo.Owner, &r.Repo.Name, &r.Number)
	}, `SELECT r.forge, r.owner, r.name, k.number FROM known k JOIN repo r ON r.id = k.repo_id
		WHERE k.open AND k.due_at > 0 AND k.due_at <= ? AND NOT EXISTS
			(SELECT 1 FROM pr_work w WHERE w.repo_id = k.repo_id AND w.number = k.number AND w.state <> 'dead')
		ORDER BY k.due_at, k.repo_id, k.number`, store.Moment(now))
	if err != nil {
		return nil, fmt.Errorf("list pull requests that are due: %w", err)
	}
	return refs, nil
}

// Postpone has open pull requests judged again by themselves, one after the
// other with a step between them, the first at a time; those that are due
// sooner stay so.
func (s *Store) Postpone(ctx context.Context, refs []pull.Ref, from time.Time, step time.Duration) error {
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for i, ref := range refs {
			repo, err := addRepo(ctx, tx, ref.Repo)
			if err != nil {
				return err
			}
			due := store.Moment(from.Add(time.Duration(i) * step))
			if err := execute(ctx, tx, `UPDATE known SET due_at = ?1 WHERE repo_id = ?2 AND number = ?3 AND open AND (due_at = 0 OR due_at > ?1)`,
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
