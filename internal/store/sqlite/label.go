package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/store"
)

func queryLabels(ctx context.Context, tx *sql.Tx, repo int64, number int) ([]gate.LabelRecord, error) {
	labels, err := collect(ctx, tx, func(rows *sql.Rows, l *gate.LabelRecord) error {
		return rows.Scan(&l.Name, (*store.Moment)(&l.At), &l.Done, &l.Taken)
	}, `SELECT name, at, done, taken FROM label WHERE repo_id = ? AND number = ? ORDER BY name`, repo, number)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	return labels, nil
}

func rememberLabels(ctx context.Context, tx *sql.Tx, repo int64, number int, labels []gate.LabelRecord) error {
	for _, l := range labels {
		err := error(nil)
		if l.Gone {
			err = execute(ctx, tx, `DELETE FROM label WHERE repo_id = ? AND number = ? AND name = ?`, repo, number, l.Name)
		} else {
			err = execute(ctx, tx, `INSERT OR REPLACE INTO label (repo_id, number, name, at, done, taken) VALUES (?, ?, ?, ?, ?, ?)`,
				repo, number, l.Name, store.Moment(l.At), l.Done, l.Taken)
		}
		if err != nil {
			return fmt.Errorf("label: %w", err)
		}
	}
	return nil
}
