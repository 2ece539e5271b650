package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
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

// acceptOne stores a delivery with whatever hints it has.
func (s *Store) acceptOne(ctx context.Context, tx pgx.Tx, d webhook.Delivery) error {
	tag, err := tx.Exec(ctx, `INSERT INTO delivery (forge, id, received_at) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, d.Forge, d.ID, store.Moment(d.ReceivedAt))
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	know := func(h webhook.Hint) (int64, error) { return knowRepo(ctx, tx, h.Repo, h.RepoID) }
	if err := tell(ctx, tx, d.Hints, know, d.ReceivedAt); err != nil {
		return err
	}
	for _, h := range d.Hints {
		if err := s.follow(ctx, tx, h); err != nil {
			return fmt.Errorf("hint at %s: %w", h.Repo, err)
		}
	}
	return nil
}

// Raise asks for one more evaluation of each reference, as an event would, or what
// is evaluated in this context: all of them or, on an error, none.
func (s *Store) Raise(ctx context.Context, refs ...pull.Ref) error {
	return s.RaiseAs(ctx, queue.Following(ctx), refs...)
}

// RaiseAs is Raise for what is of another class than an event.
func (s *Store) RaiseAs(ctx context.Context, class queue.Class, refs ...pull.Ref) error {
	err := s.write(ctx, func(tx pgx.Tx) error {
		for _, ref := range refs {
			repo, err := addRepo(ctx, tx, ref.Repo)
			if err == nil {
				err = s.raise(ctx, tx, store.Target{Repo: repo, Ref: ref}, class)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", ref, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("raise: %w", err)
	}
	s.ring()
	return nil
}

// follow raises what a hint means.
func (s *Store) follow(ctx context.Context, tx pgx.Tx, h webhook.Hint) error {
	if h.Team != "" {
		return s.raiseWhere(ctx, tx, `r.forge = $1 AND strpos(k.sources, $2) > 0`, h.Repo.Forge, gate.TeamMark(h.Team))
	}
	repo, err := knowRepo(ctx, tx, h.Repo, h.RepoID)
	if err != nil {
		return err
	}
	if h.Head != "" { // what stands on it is asked for anew, or was overwritten
		tag, err := tx.Exec(ctx, `UPDATE check_record SET done = done AND $5, digest = CASE WHEN $5 THEN digest WHEN $3::text = '' THEN $4 ELSE $6 END
			WHERE repo_id = $1 AND head = $2 AND ($3::text = '' OR lower(name) = lower($3::text))`, repo, h.Head, h.Check, gate.AskedAnew, h.Beside, gate.WrittenOver)
		if err != nil || tag.RowsAffected() == 0 && h.Check != "" {
			return err
		}
	}
	numbers, err := numbersOf(ctx, tx, repo, h)
	if err != nil {
		return err
	}
	class := queue.Fresh
	if h.Rewritten { // and concerns all towards it
		class = queue.Found
	}
	for _, n := range numbers {
		if err := s.raise(ctx, tx, store.Target{Repo: repo, Ref: pull.Ref{Repo: h.Repo, Number: n}}, class); err != nil {
			return err
		}
	}
	if h.Branch == "" {
		return nil
	}
	return s.raiseDependents(ctx, tx, h.Repo)
}

// raiseDependents raises the repositories whose verdicts depend on files of
// another one: an ownership source, or an organisation's policy.
func (s *Store) raiseDependents(ctx context.Context, tx pgx.Tx, repo pull.Repo) error {
	if repo.OfOwner() {
		return s.raiseWhere(ctx, tx, `r.forge = $1 AND lower(r.owner) = lower($2)`, repo.Forge, repo.Owner)
	}
	return s.raiseWhere(ctx, tx, `r.forge = $1 AND strpos(lower(k.sources), lower($2)) > 0`, repo.Forge, gate.SourceMark(repo))
}

// raiseWhere raises the repositories with open pull requests that a condition
// on known k and repo r holds for.
func (s *Store) raiseWhere(ctx context.Context, tx pgx.Tx, where string, args ...any) error {
	targets, err := collect(ctx, tx, func(rows pgx.Rows, t *store.Target) error {
		return rows.Scan(&t.Repo, &t.Ref.Repo.Forge, &t.Ref.Repo.Owner, &t.Ref.Repo.Name)
	}, `SELECT DISTINCT r.id, r.forge, r.owner, r.name FROM known k JOIN repo r ON r.id = k.repo_id WHERE k.open AND `+where+` ORDER BY r.id`, args...)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := s.raise(ctx, tx, t, queue.Found); err != nil {
			return err
		}
	}
	return nil
}

// numbersOf gives the numbers of the references that a hint means; 0 is the
// repository.
func numbersOf(ctx context.Context, tx pgx.Tx, repo int64, h webhook.Hint) ([]int, error) {
	whole := []int{0}
	switch {
	case h.Number != 0:
		return []int{h.Number}, nil
	case h.Head != "":
		numbers, err := collect(ctx, tx, func(rows pgx.Rows, n *int) error { return rows.Scan(n) },
			`SELECT number FROM known WHERE repo_id = $1 AND head = $2 AND open ORDER BY number`, repo, h.Head)
		if err != nil {
			return nil, err
		}
		var groups bool // then its own evaluation is the repository's
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM check_record WHERE repo_id = $1 AND head = $2 AND number = 0)`,
			repo, h.Head).Scan(&groups)
		if len(numbers) == 0 || groups {
			numbers = append(numbers, whole...)
		}
		return numbers, err
	case h.Rewritten:
		numbers, err := collect(ctx, tx, func(rows pgx.Rows, n *int) error { return rows.Scan(n) },
			`SELECT number FROM known WHERE repo_id = $1 AND base_branch = $2 AND open ORDER BY number`, repo, h.Branch)
		if len(numbers) > 0 || h.Default {
			numbers = append(numbers, whole...)
		}
		return numbers, err
	case h.Branch != "" && !h.Default:
		var based bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM known WHERE repo_id = $1 AND base_branch = $2 AND open)`,
			repo, h.Branch).Scan(&based)
		if err != nil || !based {
			return nil, err
		}
	}
	return whole, nil
}

// nowMicros is the database's clock, as store.Moment has it. Due times are by it
// alone: those of replicas differ.
const nowMicros = `(extract(epoch FROM statement_timestamp()) * 1000000)::bigint`

// raise notes one more event on a reference, of a class.
func (s *Store) raise(ctx context.Context, tx pgx.Tx, t store.Target, class queue.Class) error {
	if t.Ref.Number < 0 {
		return errors.New("negative number")
	}
	return s.raiseAll(ctx, tx, []store.Event{{Target: t, Times: 1}}, class)
}

// raiseAll raises references, each of them once in the list. A retry after an error
// is brought forward, as the event may be what mends it, and the failure before it is
// forgiven, so that events cannot use up the attempts of a reference while its forge
// is down; a sleep until a known time is not. What a sweep finds goes by its last
// activity, the most recent first.
func (s *Store) raiseAll(ctx context.Context, tx pgx.Tx, events []store.Event, class queue.Class) error {
	slices.SortFunc(events, func(a, b store.Event) int { // one order for all, against deadlocks
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Ref.Number, b.Ref.Number))
	})
	repos, numbers, times, heads := make([]int64, len(events)), make([]int, len(events)), make([]int, len(events)), make([]string, len(events))
	for i, e := range events {
		repos[i], numbers[i], times[i], heads[i] = e.Repo, e.Ref.Number, e.Times, e.Head
	}
	return execute(ctx, tx, `WITH c AS MATERIALIZED (SELECT `+nowMicros+` AS now)
		INSERT INTO pr_work AS w (repo_id, number, gen, state, class, rank, since, due_at, head)
		SELECT e.repo_id, e.number, e.times, 'waiting', CASE WHEN `+succeeds+` THEN $5::integer ELSE $4::integer END,
			CASE WHEN $6::boolean THEN -coalesce(nullif(k.updated_at, 0), c.now) ELSE c.now END, c.now, c.now, e.head
		FROM c, unnest($1::bigint[], $2::integer[], $3::integer[], $8::text[]) AS e (repo_id, number, times, head)
		LEFT JOIN known k ON k.repo_id = e.repo_id AND k.number = e.number AND k.open
		ORDER BY e.repo_id, e.number
		ON CONFLICT (repo_id, number) DO UPDATE SET gen = w.gen + excluded.gen,
			class = least(w.class, excluded.class),
			rank = CASE WHEN excluded.class < w.class THEN excluded.rank ELSE w.rank END,
			state = CASE WHEN `+startable+` THEN 'waiting' ELSE w.state END,
			failures = CASE WHEN w.state = 'dead' THEN 0 WHEN `+startable+` THEN greatest(w.failures - 1, 0) ELSE w.failures END,
			error = CASE WHEN w.state = 'dead' THEN '' ELSE w.error END,
			since = CASE WHEN w.state = 'dead' THEN excluded.since ELSE w.since END,
			due_at = CASE WHEN `+startable+` THEN excluded.due_at ELSE w.due_at END,
			head = coalesce(nullif(excluded.head, ''), w.head)`,
		repos, numbers, times, class, class.OnSuccess(), class.ByActivity(), store.FarSleeping.Microseconds(), heads)
}

// succeeds is the condition on which a success stands of e, a pull request that k is
// known of, or a repository, of which it is that of a merge group.
const succeeds = `(k.outcome = 'success' OR e.number = 0 AND EXISTS
	(SELECT 1 FROM check_record g WHERE g.repo_id = e.repo_id AND g.number = 0 AND g.outcome = 'success'))`

// startable is the condition on which an event starts a reference w that does not
// wait for a worker: it was given up, it pauses after an error, or it sleeps longer
// than anything may.
const startable = `(w.state = 'dead' OR w.state = 'retrying' OR w.state = 'sleeping' AND w.due_at > excluded.due_at + $7::bigint)`
