package tables

import (
	"context"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/store"
)

// How much one transaction drops, so that deliveries need not wait long for
// their turn: rows, and pull requests with all that is of them.
const (
	rowBatch  = 500
	pullBatch = 20
)

// expiredFor is how long sessions that expired are kept: clocks of replicas differ.
const expiredFor = time.Hour

// Prune drops what is older than keep allows.
func (r *Records) Prune(ctx context.Context, keep store.Keep, now time.Time) (p store.Pruned, err error) {
	for _, c := range []struct {
		name  string
		age   time.Duration
		drop  func(ctx context.Context, tx DB, before store.Micros, most int) (int64, error)
		most  int
		count *int64
	}{
		{"deliveries", keep.Deliveries, rows(`DELETE FROM delivery WHERE (forge, id) IN
			(SELECT forge, id FROM delivery WHERE received_at < $1 LIMIT $2)`), rowBatch, &p.Deliveries},
		{"given-up work", keep.Deliveries, rows(`DELETE FROM pr_work WHERE (repo_id, number) IN
			(SELECT repo_id, number FROM pr_work WHERE state = 'dead' AND due_at < $1 LIMIT $2)`), rowBatch, new(int64)},
		{"runs", keep.Runs, rows(`DELETE FROM run WHERE seq IN (SELECT seq FROM run WHERE at < $1 LIMIT $2)`), rowBatch, &p.Runs},
		{"sessions", expiredFor, rows(`DELETE FROM session WHERE key IN (SELECT key FROM session WHERE expires_at < $1 LIMIT $2)`), rowBatch,
			new(int64)},
		{"closed pull requests", keep.Closed, r.dropPulls, pullBatch, &p.Pulls},
	} {
		for more := c.age > 0; more; {
			var n int64
			if err := r.engine.Write(ctx, func(ctx context.Context, tx DB) (err error) {
				n, err = c.drop(ctx, tx, store.Micros(now.Add(-c.age)), c.most)
				return err
			}); err != nil {
				return p, fmt.Errorf("drop old %s: %w", c.name, err)
			}
			*c.count += n
			more = n == int64(c.most)
		}
	}
	return p, nil
}

func rows(query string) func(context.Context, DB, store.Micros, int) (int64, error) {
	return func(ctx context.Context, tx DB, before store.Micros, most int) (int64, error) {
		return tx.Exec(ctx, query, before, most)
	}
}

// dropPull drops what is large of pull requests that closed long ago. What is
// small and would be done twice if it were forgotten stays: the comment, answers
// to commands, overrides taken back, credits; and so does what people know.
var dropPull = []string{
	`DELETE FROM run WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM wait WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM check_record WHERE repo_id = $1 AND number = $2 AND NOT EXISTS
		(SELECT 1 FROM known k WHERE k.repo_id = $1 AND k.head = check_record.head AND k.open)`,
	`DELETE FROM head WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM list WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM sighting WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM sight WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM told WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM duty WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM review WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM area WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM response WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM judged WHERE repo_id = $1 AND number = $2`,
	`DELETE FROM known WHERE repo_id = $1 AND number = $2`,
}

// dropPulls drops some of the closed pull requests that did not change since a
// time. One that is opened again later is nearly a stranger: what its approvals
// saw is then read from the forge, for the heads that it still has.
func (r *Records) dropPulls(ctx context.Context, tx DB, before store.Micros, most int) (n int64, err error) {
	old, err := Collect(ctx, tx, func(rows Rows, k *[2]int64) error { return rows.Scan(&k[0], &k[1]) },
		`SELECT k.repo_id, k.number FROM known k WHERE NOT k.open AND k.updated_at < $1 AND NOT EXISTS
			(SELECT 1 FROM pr_work w WHERE w.repo_id = k.repo_id AND w.number = k.number) LIMIT $2`, before, most)
	if err != nil {
		return 0, err
	}
	passing := r.d.List(kindsWhere(func(k *kind) bool { return k.passes }))
	for _, k := range old {
		for _, drop := range dropPull {
			if err := Execute(ctx, tx, drop, k[0], k[1]); err != nil {
				return 0, err
			}
		}
		if err := Execute(ctx, tx, `DELETE FROM fact WHERE repo_id = $1 AND number = $2 AND kind`+r.d.In("$3"), k[0], k[1], passing); err != nil {
			return 0, err
		}
	}
	return int64(len(old)), nil
}
