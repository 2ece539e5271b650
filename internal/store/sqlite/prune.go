package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/reviewgate/reviewgate/internal/store"
)

// Prune drops what is older than keep allows.
func (s *Store) Prune(ctx context.Context, keep store.Keep, now time.Time) (store.Pruned, error) {
	rows := func(query string) store.Drop {
		return func(before store.Moment, most int64) (int64, error) { return s.drop(ctx, query, before, most) }
	}
	return keep.Prune(now, store.Drops{
		Deliveries: rows(`DELETE FROM delivery WHERE (forge, id) IN
			(SELECT forge, id FROM delivery WHERE received_at < ? LIMIT ?)`),
		Work: rows(`DELETE FROM pr_work WHERE (repo_id, number) IN
			(SELECT repo_id, number FROM pr_work WHERE state = 'dead' AND due_at < ? LIMIT ?)`),
		Runs:  rows(`DELETE FROM run WHERE seq IN (SELECT seq FROM run WHERE at < ? LIMIT ?)`),
		Pulls: func(before store.Moment, most int64) (int64, error) { return s.dropPulls(ctx, before, most) },
	})
}

func (s *Store) drop(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// dropPull drops what is large of pull requests that closed long ago. What is
// small and would be done twice if it were forgotten stays: the comment, answers
// to commands, overrides taken back, credits; and so does what people know.
var dropPull = []string{
	`DELETE FROM run WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM check_record WHERE repo_id = ?1 AND number = ?2 AND NOT EXISTS
		(SELECT 1 FROM known k WHERE k.repo_id = ?1 AND k.head = check_record.head AND k.open)`,
	`DELETE FROM head WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM list WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM sighting WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM sight WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM objection WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM told WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM asked WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM label WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM duty WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM review WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM area WHERE repo_id = ?1 AND number = ?2`,
	`DELETE FROM known WHERE repo_id = ?1 AND number = ?2`,
}

// dropPulls drops some of the closed pull requests that did not change since a
// time. One that is opened again later is nearly a stranger: what its approvals
// saw is then read from the forge, for the heads that it still has.
func (s *Store) dropPulls(ctx context.Context, before store.Moment, most int64) (n int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		old, err := collect(ctx, tx, func(rows *sql.Rows, k *[2]int64) error { return rows.Scan(&k[0], &k[1]) },
			`SELECT k.repo_id, k.number FROM known k WHERE NOT k.open AND k.updated_at < ? AND NOT EXISTS
				(SELECT 1 FROM pr_work w WHERE w.repo_id = k.repo_id AND w.number = k.number) LIMIT ?`, before, most)
		if err != nil {
			return err
		}
		for _, k := range old {
			for _, drop := range dropPull {
				if err := execute(ctx, tx, drop, k[0], k[1]); err != nil {
					return err
				}
			}
		}
		n = int64(len(old))
		return nil
	})
	return n, err
}
