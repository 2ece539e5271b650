package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// delivery is one that waits to be stored.
type delivery struct {
	webhook.Delivery
	simple bool // as store.Simple says
}

// Accept implements webhook.Inbox.
func (s *Store) Accept(ctx context.Context, d webhook.Delivery) error {
	if err := store.CheckDelivery(d); err != nil {
		return err
	}
	if d.ReceivedAt.IsZero() {
		d.ReceivedAt = time.Now()
	}
	if err := s.batch.DoUntil(ctx, &delivery{d, store.Simple(d)}); err != nil {
		return fmt.Errorf("accept delivery %s: %w", d.ID, err)
	}
	s.ring()
	return nil
}

// commitTimeout bounds what a delivery waits for the server, so that one that hangs does
// not hold deliveries for ever: they are refused, and the forge keeps them.
const commitTimeout = 8 * time.Second

// commit stores a batch of deliveries in one transaction and says of each how it
// ended. Where it fails for what one of them holds, or waits for a lock that somebody
// else has, each is stored by itself, and the next batch does not wait for them.
func (s *Store) commit(batch []*store.Item[*delivery]) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	var together, alone []*store.Item[*delivery]
	for _, o := range batch {
		switch o.Err = o.Ctx.Err(); {
		case o.Err != nil:
		case s.aside.locked(o.Value):
			alone = append(alone, o)
		default:
			together = append(together, o)
		}
	}
	err := s.storeAll(ctx, together, quickly)
	switch {
	case err == nil:
	case ctx.Err() != nil || unreachable(err):
		for _, o := range together {
			o.Err = err
		}
	default:
		alone = append(alone, together...)
	}
	for _, o := range alone {
		s.storeAside(o)
	}
}

// unreachable tells that there was no connection to a server.
func unreachable(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// Transactions of intake give up soon where somebody else holds a lock; only that one
// is late then.
const (
	quickly   = "BEGIN; SET LOCAL lock_timeout = '100ms'"
	patiently = "BEGIN"
)

func (s *Store) storeAll(ctx context.Context, batch []*store.Item[*delivery], begin string) error {
	if len(batch) == 0 {
		return nil
	}
	return s.writeAfter(ctx, begin, func(tx conn) error {
		var simple []*delivery
		for _, o := range batch {
			if d := o.Value; d.simple {
				simple = append(simple, d)
			} else if err := s.AcceptOne(ctx, tx, &d.Delivery, repoKeys{}.of(ctx, tx, s)); err != nil {
				return err
			}
		}
		return s.arrive(ctx, tx, simple)
	})
}

// arrive stores simple deliveries together, in as many statements as for one.
func (s *Store) arrive(ctx context.Context, tx conn, all []*delivery) error {
	if len(all) == 0 {
		return nil
	}
	keys, fresh, err := noteDeliveries(ctx, tx, all)
	if err != nil || len(fresh) == 0 {
		return err
	}
	var hints []webhook.Hint
	for _, d := range fresh {
		hints = append(hints, d.Hints...)
	}
	know := keys.of(ctx, tx, s)
	events, err := store.Events(hints, know)
	if err != nil {
		return err
	}
	if err := s.Tell(ctx, tx, hints, know, fresh[0].ReceivedAt); err != nil {
		return err
	}
	return s.RaiseAll(ctx, tx, events, queue.Fresh)
}

// repoName is what a hint calls a repository.
type repoName struct {
	forge, slug string // slug in lower case
	forgeID     int64
}

func nameOf(h webhook.Hint) repoName {
	return repoName{h.Repo.Forge, strings.ToLower(h.Repo.Slug()), h.RepoID}
}

// repoKeys are the keys of repositories that one transaction has looked up.
type repoKeys map[repoName]int64

// of is KnowRepo, asked once for each repository.
func (k repoKeys) of(ctx context.Context, tx conn, s *Store) func(webhook.Hint) (int64, error) {
	return func(h webhook.Hint) (int64, error) {
		name := nameOf(h)
		if id := k[name]; id != 0 {
			return id, nil
		}
		id, err := s.KnowRepo(ctx, tx, h)
		if err == nil {
			k[name] = id
		}
		return id, err
	}
}

// keysOf asks for all repositories that hints name and that are known by just these
// names.
func keysOf(all []*delivery) (query string, args []any) {
	var forges, owners, names []string
	var ids []int64
	asked := map[repoName]bool{}
	for _, d := range all {
		for _, h := range d.Hints {
			if name := nameOf(h); !asked[name] {
				asked[name] = true
				forges, owners, names, ids = append(forges, h.Repo.Forge), append(owners, h.Repo.Owner), append(names, h.Repo.Name),
					append(ids, h.RepoID)
			}
		}
	}
	return `SELECT u.forge, lower(u.owner || '/' || u.name), u.forge_id, r.id
		FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS u (forge, owner, name, forge_id)
		JOIN repo r ON r.forge = u.forge AND lower(r.owner) = lower(u.owner) AND lower(r.name) = lower(u.name) AND u.forge_id IN (0, r.forge_id)`,
		[]any{forges, owners, names, ids}
}

// noteDeliveries returns those that were not known, and the keys of the repositories
// that are.
func noteDeliveries(ctx context.Context, tx conn, all []*delivery) (repoKeys, []*delivery, error) {
	type key struct{ forge, id string }
	by := make(map[key]*delivery, len(all))
	forges, ids, times := make([]string, len(all)), make([]string, len(all)), make([]int64, len(all))
	for i, d := range all {
		forges[i], ids[i], times[i] = d.Forge, d.ID, d.ReceivedAt.UnixMicro()
		by[key{d.Forge, d.ID}] = d
	}
	keys := repoKeys{}
	var fresh []*delivery
	var batch pgx.Batch
	query, args := keysOf(all)
	batch.Queue(query, args...).Query(func(rows pgx.Rows) error {
		var name repoName
		var id int64
		_, err := pgx.ForEachRow(rows, []any{&name.forge, &name.slug, &name.forgeID, &id}, func() error {
			keys[name] = id
			return nil
		})
		return err
	})
	batch.Queue(`INSERT INTO delivery (forge, id, received_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) ORDER BY 1, 2
		ON CONFLICT DO NOTHING RETURNING forge, id`, forges, ids, times).Query(func(rows pgx.Rows) error {
		var k key
		_, err := pgx.ForEachRow(rows, []any{&k.forge, &k.id}, func() error {
			fresh = append(fresh, by[k])
			return nil
		})
		return err
	})
	err := tx.SendBatch(ctx, &batch).Close()
	return keys, fresh, err
}
