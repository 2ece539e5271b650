package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/store"
)

func queryLabels(ctx context.Context, tx pgx.Tx, repo int64, number int) ([]gate.LabelRecord, error) {
	labels, err := collect(ctx, tx, func(rows pgx.Rows, l *gate.LabelRecord) error {
		return rows.Scan(&l.Name, (*store.Moment)(&l.At), &l.Done, &l.Taken)
	}, `SELECT name, at, done, taken FROM label WHERE repo_id = $1 AND number = $2 ORDER BY lower(name) COLLATE "C"`, repo, number)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	return labels, nil
}

func rememberLabels(ctx context.Context, tx pgx.Tx, repo int64, number int, labels []gate.LabelRecord) error {
	for _, l := range labels {
		err := error(nil)
		if l.Gone {
			err = execute(ctx, tx, `DELETE FROM label WHERE repo_id = $1 AND number = $2 AND lower(name) = lower($3)`, repo, number, l.Name)
		} else {
			err = execute(ctx, tx, `INSERT INTO label (repo_id, number, name, at, done, taken) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (repo_id, number, md5(lower(name))) DO UPDATE SET name = $3, at = $4, done = $5, taken = $6`,
				repo, number, l.Name, store.Moment(l.At), l.Done, l.Taken)
		}
		if err != nil {
			return fmt.Errorf("label: %w", err)
		}
	}
	return nil
}
