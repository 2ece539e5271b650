package tables

import (
	"context"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// rememberSighting adds a sighting. One whose number is taken is an error: somebody else
// looked meanwhile.
func rememberSighting(ctx context.Context, tx DB, repo int64, number int, s *pull.Sighting) error {
	if s == nil {
		return nil
	}
	text, err := store.Document(*s)
	if err != nil {
		return err
	}
	if err := Execute(ctx, tx, `INSERT INTO sighting (repo_id, number, seq, body) VALUES ($1, $2, $3, $4)`, repo, number, s.Number,
		text); err != nil {
		return err
	}
	return Execute(ctx, tx, `DELETE FROM sighting WHERE repo_id = $1 AND number = $2 AND seq > 1 AND seq < $3 AND NOT EXISTS
		(SELECT 1 FROM sight s WHERE s.repo_id = $1 AND s.number = $2 AND sighting.seq BETWEEN s.since AND s.till)`,
		repo, number, s.Number-store.KeepSightings)
}

// rememberSights adds what was first seen of reviews.
func rememberSights(ctx context.Context, tx DB, repo int64, number int, sights []pull.Sight) error {
	args := make([][]any, len(sights))
	for i, s := range sights {
		text, err := store.Document(s)
		if err != nil {
			return err
		}
		args[i] = []any{repo, number, s.Review, string(s.State), s.Since, s.In, text}
	}
	return tx.Each(ctx, `INSERT INTO sight (repo_id, number, review, state, since, till, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`, args)
}

// recallSights reads what rememberSighting, rememberSights and Tell wrote.
func recallSights(ctx context.Context, tx DB, repo int64, number int, m *history.PullHistory) (err error) {
	m.Sightings, err = Collect(ctx, tx, func(rows Rows, s *pull.Sighting) error { return rows.Scan(store.Column[pull.Sighting]{Value: s}) },
		`SELECT body FROM sighting WHERE repo_id = $1 AND number = $2 ORDER BY seq`, repo, number)
	if err != nil {
		return fmt.Errorf("sightings: %w", err)
	}
	m.Sights, err = Collect(ctx, tx, func(rows Rows, s *pull.Sight) error { return rows.Scan(store.Column[pull.Sight]{Value: s}) },
		`SELECT body FROM sight WHERE repo_id = $1 AND number = $2 ORDER BY review, state`, repo, number)
	if err != nil {
		return fmt.Errorf("sights of reviews: %w", err)
	}
	told, err := Collect(ctx, tx, func(rows Rows, t *toldRow) error {
		return rows.Scan(&t.Review, &t.Dismissed, &t.Body, &t.UpdatedAt, &t.ReceivedAt)
	}, `SELECT review, dismissed, body, updated_at, received_at FROM told WHERE repo_id = $1 AND number = $2 ORDER BY review`, repo, number)
	if err != nil {
		return fmt.Errorf("told reviews: %w", err)
	}
	for i := range told {
		if err := told[i].recall(m); err != nil {
			return fmt.Errorf("told reviews: %w", err)
		}
	}
	return nil
}

// recall adds what was told to what is recalled.
func (t *toldRow) recall(m *history.PullHistory) error {
	var received time.Time
	if err := (*store.Micros)(&received).Scan(t.ReceivedAt); err != nil {
		return err
	}
	if t.Review == 0 {
		m.ToldAt = received
		return (*store.Micros)(&m.ToldNew).Scan(t.UpdatedAt)
	}
	var told pull.Told
	if err := (store.Column[pull.Told]{Value: &told}).Scan(t.Body); err != nil {
		return err
	}
	told.Dismissed, told.ReceivedAt = t.Dismissed != 0, received
	m.Told = append(m.Told, told)
	return nil
}

// Tell keeps what signed deliveries told of pull requests, besides that they are
// to be looked at. know gives the keys of repositories.
func (r *Records) Tell(ctx context.Context, tx DB, hints []webhook.Hint, know func(webhook.Hint) (int64, error), now time.Time) error {
	text, err := toldJSON(hints, know, now)
	if err != nil || text == "" {
		return err
	}
	return Execute(ctx, tx, r.told, text)
}

func toldStatement(d *Dialect) string {
	return `INSERT INTO told (repo_id, number, review, dismissed, body, updated_at, received_at)
		SELECT e.repo, e.number, e.review, e.dismissed, e.body, e.updated_at, e.received_at
		FROM ` + d.Table("$1", "repo BIGINT", "number INTEGER", "review BIGINT", "dismissed INTEGER", "body TEXT", "updated_at BIGINT",
		"received_at BIGINT") + ` WHERE true ORDER BY 1, 2, 3
		ON CONFLICT (repo_id, number, review) DO UPDATE SET dismissed = ` + d.Greatest + `(told.dismissed, excluded.dismissed),
			body = CASE excluded.dismissed WHEN 0 THEN excluded.body ELSE told.body END,
			received_at = CASE WHEN excluded.updated_at > told.updated_at OR excluded.dismissed > told.dismissed
				THEN excluded.received_at ELSE told.received_at END,
			updated_at = ` + d.Greatest + `(told.updated_at, excluded.updated_at)`
}
