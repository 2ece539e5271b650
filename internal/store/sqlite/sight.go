package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// rememberSights adds a sighting and what was first seen of reviews. A sighting
// whose number is taken is an error: somebody else looked meanwhile.
func rememberSights(ctx context.Context, tx *sql.Tx, repo int64, number int, facts gate.Facts) error {
	if s := facts.Sighting; s != nil {
		text, err := store.Document(*s)
		if err != nil {
			return fmt.Errorf("sighting: %w", err)
		}
		if err := execute(ctx, tx, `INSERT INTO sighting (repo_id, number, seq, body) VALUES (?, ?, ?, ?)`, repo, number, s.Number, text); err != nil {
			return fmt.Errorf("sighting: %w", err)
		}
		if err := execute(ctx, tx, `DELETE FROM sighting WHERE repo_id = ?1 AND number = ?2 AND seq > 1 AND seq < ?3 AND NOT EXISTS
			(SELECT 1 FROM sight s WHERE s.repo_id = ?1 AND s.number = ?2 AND sighting.seq BETWEEN s.since AND s.till)`,
			repo, number, s.Number-store.KeepSightings); err != nil {
			return fmt.Errorf("old sightings: %w", err)
		}
	}
	for _, s := range facts.Sights {
		text, err := store.Document(s)
		if err != nil {
			return fmt.Errorf("sight of a review: %w", err)
		}
		if err := execute(ctx, tx, `INSERT INTO sight (repo_id, number, review, state, since, till, body) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, repo, number, s.Review, string(s.State), s.Since, s.In, text); err != nil {
			return fmt.Errorf("sight of a review: %w", err)
		}
	}
	return rememberObjections(ctx, tx, repo, number, facts.Objections)
}

// rememberObjections keeps requests for changes as they were last read.
func rememberObjections(ctx context.Context, tx *sql.Tx, repo int64, number int, objections []pull.Objection) error {
	for _, o := range objections {
		text, err := store.Document(o)
		if err != nil {
			return fmt.Errorf("objection: %w", err)
		}
		if err := execute(ctx, tx, `INSERT INTO objection (repo_id, number, review, spoken, body) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (repo_id, number, review, spoken) DO UPDATE SET body = excluded.body`, repo, number, o.Review, o.Spoken, text); err != nil {
			return fmt.Errorf("objection: %w", err)
		}
	}
	return nil
}

// recallSights reads what rememberSights and tell wrote.
func recallSights(ctx context.Context, tx *sql.Tx, repo int64, number int, m *gate.Memory) (err error) {
	m.Sightings, err = collect(ctx, tx, func(rows *sql.Rows, s *pull.Sighting) error { return rows.Scan(store.Column[pull.Sighting]{Value: s}) },
		`SELECT body FROM sighting WHERE repo_id = ? AND number = ? ORDER BY seq`, repo, number)
	if err != nil {
		return fmt.Errorf("sightings: %w", err)
	}
	m.Sights, err = collect(ctx, tx, func(rows *sql.Rows, s *pull.Sight) error { return rows.Scan(store.Column[pull.Sight]{Value: s}) },
		`SELECT body FROM sight WHERE repo_id = ? AND number = ? ORDER BY review, state`, repo, number)
	if err != nil {
		return fmt.Errorf("sights of reviews: %w", err)
	}
	m.Objections, err = collect(ctx, tx, func(rows *sql.Rows, o *pull.Objection) error {
		return rows.Scan(store.Column[pull.Objection]{Value: o})
	},
		`SELECT body FROM objection WHERE repo_id = ? AND number = ? ORDER BY review, spoken`, repo, number)
	if err != nil {
		return fmt.Errorf("objections: %w", err)
	}
	m.Told, err = collect(ctx, tx, func(rows *sql.Rows, t *pull.Told) error {
		var dismissed bool
		var received store.Moment
		err := rows.Scan(store.Column[pull.Told]{Value: t}, &dismissed, &received)
		t.Dismissed, t.ReceivedAt = dismissed, time.Time(received)
		return err
	}, `SELECT body, dismissed, received_at FROM told WHERE repo_id = ? AND number = ? AND review <> 0 ORDER BY review`, repo, number)
	if err != nil {
		return fmt.Errorf("told reviews: %w", err)
	}
	err = tx.QueryRowContext(ctx, `SELECT updated_at, received_at FROM told WHERE repo_id = ? AND number = ? AND review = 0`, repo, number).
		Scan((*store.Moment)(&m.ToldNew), (*store.Moment)(&m.ToldAt))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("how new it is: %w", err)
	}
	return nil
}

// tell keeps what signed deliveries told of pull requests, besides that they are
// to be looked at. know gives the keys of repositories.
func tell(ctx context.Context, tx *sql.Tx, hints []webhook.Hint, know func(webhook.Hint) (int64, error), now time.Time) error {
	text, err := store.ToldJSON(hints, know, now)
	if err != nil || text == "" {
		return err
	}
	return execute(ctx, tx, `INSERT INTO told (repo_id, number, review, dismissed, body, updated_at, received_at)
		SELECT value ->> 'repo', value ->> 'number', value ->> 'review', value ->> 'dismissed', value ->> 'body', value ->> 'updated_at', value ->> 'received_at'
		FROM json_each(?) WHERE true
		ON CONFLICT (repo_id, number, review) DO UPDATE SET dismissed = max(dismissed, excluded.dismissed),
			body = CASE excluded.dismissed WHEN 0 THEN excluded.body ELSE body END,
			received_at = CASE WHEN excluded.updated_at > updated_at OR excluded.dismissed > dismissed THEN excluded.received_at ELSE received_at END,
			updated_at = max(updated_at, excluded.updated_at)`, text)
}
