package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// Accept implements webhook.Inbox.
func (s *Store) Accept(ctx context.Context, d webhook.Delivery) error {
	if err := store.CheckDelivery(d); err != nil {
		return err
	}
	if d.ReceivedAt.IsZero() {
		d.ReceivedAt = time.Now()
	}
	o := op{arrival: &d, arrives: true}
	if !store.Simple(d) {
		o = op{arrives: true, do: func(ctx context.Context, tx *sql.Tx) error { return s.acceptOne(ctx, tx, d) }}
	}
	if err := s.batch.DoUntil(ctx, o); err != nil {
		return fmt.Errorf("accept delivery %s: %w", d.ID, err)
	}
	s.ring()
	return nil
}

// acceptOne stores a delivery with whatever hints it has.
func (s *Store) acceptOne(ctx context.Context, tx *sql.Tx, d webhook.Delivery) error {
	res, err := tx.ExecContext(ctx, `INSERT INTO delivery (forge, id, received_at) VALUES (?, ?, ?)
		ON CONFLICT DO NOTHING`, d.Forge, d.ID, store.Moment(d.ReceivedAt))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); n == 0 || err != nil {
		return err
	}
	if err := tell(ctx, tx, d.Hints, knowOnce(ctx, tx), d.ReceivedAt); err != nil {
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
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
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
func (s *Store) follow(ctx context.Context, tx *sql.Tx, h webhook.Hint) error {
	if h.Team != "" {
		return s.raiseWhere(ctx, tx, `r.forge = ? AND instr(k.sources, ?) > 0`, h.Repo.Forge, gate.TeamMark(h.Team))
	}
	repo, err := knowRepo(ctx, tx, h.Repo, h.RepoID)
	if err != nil {
		return err
	}
	if h.Head != "" { // what stands on it is asked for anew, or was overwritten
		res, err := tx.ExecContext(ctx, `UPDATE check_record SET done = CASE WHEN ?5 THEN done ELSE 0 END, digest = CASE WHEN ?5 THEN digest WHEN ?3 = '' THEN ?4 ELSE ?6 END
			WHERE repo_id = ?1 AND head = ?2 AND (?3 = '' OR lower(name) = lower(?3))`, repo, h.Head, h.Check, gate.AskedAnew, h.Beside, gate.WrittenOver)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 && h.Check != "" {
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
func (s *Store) raiseDependents(ctx context.Context, tx *sql.Tx, repo pull.Repo) error {
	if repo.OfOwner() {
		return s.raiseWhere(ctx, tx, `r.forge = ? AND r.owner = ?`, repo.Forge, repo.Owner)
	}
	return s.raiseWhere(ctx, tx, `r.forge = ? AND instr(lower(k.sources), lower(?)) > 0`, repo.Forge, gate.SourceMark(repo))
}

// raiseWhere raises the repositories with open pull requests that a condition
// on known k and repo r holds for.
func (s *Store) raiseWhere(ctx context.Context, tx *sql.Tx, where string, args ...any) error {
	targets, err := collect(ctx, tx, func(rows *sql.Rows, t *store.Target) error {
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
func numbersOf(ctx context.Context, tx *sql.Tx, repo int64, h webhook.Hint) ([]int, error) {
	whole := []int{0}
	switch {
	case h.Number != 0:
		return []int{h.Number}, nil
	case h.Head != "":
		numbers, err := collect(ctx, tx, func(rows *sql.Rows, n *int) error { return rows.Scan(n) },
			`SELECT number FROM known WHERE repo_id = ? AND head = ? AND open ORDER BY number`, repo, h.Head)
		if err != nil {
			return nil, err
		}
		var groups bool // then its own evaluation is the repository's
		err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM check_record WHERE repo_id = ? AND head = ? AND number = 0)`,
			repo, h.Head).Scan(&groups)
		if len(numbers) == 0 || groups {
			numbers = append(numbers, whole...)
		}
		return numbers, err
	case h.Rewritten:
		numbers, err := collect(ctx, tx, func(rows *sql.Rows, n *int) error { return rows.Scan(n) },
			`SELECT number FROM known WHERE repo_id = ? AND base_branch = ? AND open ORDER BY number`, repo, h.Branch)
		if len(numbers) > 0 || h.Default {
			numbers = append(numbers, whole...)
		}
		return numbers, err
	case h.Branch != "" && !h.Default:
		var based bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM known WHERE repo_id = ? AND base_branch = ? AND open)`,
			repo, h.Branch).Scan(&based)
		if err != nil || !based {
			return nil, err
		}
	}
	return whole, nil
}

// raise notes one more event on a reference, of a class.
func (s *Store) raise(ctx context.Context, tx *sql.Tx, t store.Target, class queue.Class) error {
	if t.Ref.Number < 0 {
		return errors.New("negative number")
	}
	return raiseAll(ctx, tx, []store.Event{{Target: t, Times: 1}}, class)
}
