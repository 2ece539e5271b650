package tables

import (
	"encoding/json"
	"time"

	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// toldRow is what deliveries told of a review, or, with Review 0, of how new a pull
// request is. Times are in microseconds, 0 for none.
type toldRow struct {
	Repo       int64  `json:"repo"`
	Number     int    `json:"number"`
	Review     int64  `json:"review"`
	Dismissed  int    `json:"dismissed"` // 1 if it was
	Body       string `json:"body"`      // store.Document of a pull.Told
	UpdatedAt  int64  `json:"updated_at"`
	ReceivedAt int64  `json:"received_at"`
}

// toldJSON returns what hints at pull requests tell as a JSON list of toldRows, one for
// each pull request and each review; empty if they tell nothing. key gives the store's
// key of a hint's repository.
func toldJSON(hints []webhook.Hint, key func(webhook.Hint) (int64, error), now time.Time) (string, error) {
	rows, err := toldRows(hints, key, now)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	text, err := json.Marshal(rows)
	return string(text), err
}

func toldRows(hints []webhook.Hint, key func(webhook.Hint) (int64, error), now time.Time) ([]toldRow, error) {
	var rows []toldRow
	for _, h := range hints {
		if h.Number <= 0 || h.UpdatedAt.IsZero() && h.Review == nil {
			continue
		}
		repo, err := key(h)
		if err != nil {
			return nil, err
		}
		if !h.UpdatedAt.IsZero() {
			rows = join(rows, toldRow{Repo: repo, Number: h.Number, UpdatedAt: h.UpdatedAt.UnixMicro(), ReceivedAt: now.UnixMicro()})
		}
		if h.Review != nil {
			text, err := store.Document(*h.Review)
			if err != nil {
				return nil, err
			}
			row := toldRow{Repo: repo, Number: h.Number, Review: h.Review.Review, Body: text, ReceivedAt: now.UnixMicro()}
			if h.Review.Dismissed {
				row.Dismissed = 1
			}
			rows = join(rows, row)
		}
	}
	return rows, nil
}

// join adds a row, or what it says to one of the same review.
func join(rows []toldRow, r toldRow) []toldRow {
	for i := range rows {
		old := &rows[i]
		if old.Repo != r.Repo || old.Number != r.Number || old.Review != r.Review {
			continue
		}
		if r.Dismissed == 0 {
			old.Body = r.Body // what it said is not known from its dismissal
		}
		old.Dismissed = max(old.Dismissed, r.Dismissed)
		old.UpdatedAt = max(old.UpdatedAt, r.UpdatedAt)
		return rows
	}
	return append(rows, r)
}
