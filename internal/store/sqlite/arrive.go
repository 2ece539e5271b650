package sqlite

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// arrive stores simple deliveries together, in as many statements as for one.
func (s *Store) arrive(ctx context.Context, tx tables.DB, all []*webhook.Delivery) error {
	fresh, err := noteDeliveries(ctx, tx, all)
	if err != nil || len(fresh) == 0 {
		return err
	}
	var hints []webhook.Hint
	for _, d := range fresh {
		hints = append(hints, d.Hints...)
	}
	know := s.knowOnce(ctx, tx)
	events, err := store.Events(hints, know)
	if err != nil {
		return err
	}
	if err := s.Tell(ctx, tx, hints, know, fresh[0].ReceivedAt); err != nil {
		return err
	}
	return s.RaiseAll(ctx, tx, events, queue.Fresh)
}

// knowOnce is KnowRepo, asked once for each repository of a transaction.
func (s *Store) knowOnce(ctx context.Context, tx tables.DB) func(webhook.Hint) (int64, error) {
	type name struct {
		forge, slug string
		forgeID     int64
	}
	keys := map[name]int64{}
	return func(h webhook.Hint) (int64, error) {
		n := name{h.Repo.Forge, strings.ToLower(h.Repo.Slug()), h.RepoID}
		if id := keys[n]; id != 0 {
			return id, nil
		}
		id, err := s.KnowRepo(ctx, tx, h)
		if err == nil {
			keys[n] = id
		}
		return id, err
	}
}

// noteDeliveries returns those that were not known.
func noteDeliveries(ctx context.Context, tx tables.DB, all []*webhook.Delivery) ([]*webhook.Delivery, error) {
	type key struct{ forge, id string }
	rows := make([][3]any, len(all))
	by := make(map[key]*webhook.Delivery, len(all))
	for i, d := range all {
		rows[i] = [3]any{d.Forge, d.ID, d.ReceivedAt.UnixMicro()}
		by[key{d.Forge, d.ID}] = d
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	return tables.Collect(ctx, tx, func(rows tables.Rows, d **webhook.Delivery) error {
		var k key
		err := rows.Scan(&k.forge, &k.id)
		*d = by[k]
		return err
	}, `INSERT INTO delivery (forge, id, received_at)
		SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1) WHERE true
		ON CONFLICT DO NOTHING RETURNING forge, id`, string(text))
}
