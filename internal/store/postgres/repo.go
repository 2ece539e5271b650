package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Rename has what is remembered of a repository, and its work, go by another
// name. Where that one is known already, nothing changes.
func (s *Store) Rename(ctx context.Context, from, to pull.Repo) error {
	if err := s.write(ctx, func(tx pgx.Tx) error { return rename(ctx, tx, from, to) }); err != nil {
		return fmt.Errorf("rename %s to %s: %w", from, to, err)
	}
	return nil
}

func rename(ctx context.Context, tx pgx.Tx, from, to pull.Repo) error {
	return execute(ctx, tx, `UPDATE repo r SET owner = $4, name = $5 WHERE `+named+` AND NOT EXISTS
		(SELECT 1 FROM repo o WHERE o.id <> r.id AND o.forge = $1 AND lower(o.owner) = lower($4) AND lower(o.name) = lower($5))`,
		from.Forge, from.Owner, from.Name, to.Owner, to.Name)
}

// Leave takes the pull requests of a repository that is out of reach for
// closed. When it is back, a sweep finds them.
func (s *Store) Leave(ctx context.Context, repo pull.Repo) error {
	err := s.write(ctx, func(tx pgx.Tx) error {
		return execute(ctx, tx, `UPDATE known k SET open = false FROM repo r WHERE r.id = k.repo_id AND k.open AND `+named, repo.Forge, repo.Owner, repo.Name)
	})
	if err != nil {
		return fmt.Errorf("leave %s: %w", repo, err)
	}
	return nil
}

// knowRepo gives the key of a repository that the forge calls by a number. One
// that has another name now is renamed; one that has the name of another that is
// gone starts anew.
func knowRepo(ctx context.Context, tx pgx.Tx, repo pull.Repo, forgeID int64) (int64, error) {
	if forgeID == 0 {
		return addRepo(ctx, tx, repo)
	}
	was := pull.Repo{Forge: repo.Forge}
	var id int64
	err := tx.QueryRow(ctx, `SELECT id, owner, name FROM repo WHERE forge = $1 AND forge_id = $2`, repo.Forge, forgeID).Scan(&id, &was.Owner, &was.Name)
	if err == nil && strings.EqualFold(was.Slug(), repo.Slug()) {
		return id, nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	if err := putAside(ctx, tx, repo, forgeID); err != nil {
		return 0, err
	}
	if err == nil {
		if err := rename(ctx, tx, was, repo); err != nil {
			return 0, err
		}
	}
	if id, err = addRepo(ctx, tx, repo); err != nil {
		return 0, err
	}
	return id, execute(ctx, tx, `UPDATE repo SET forge_id = $1 WHERE id = $2 AND forge_id = 0
		AND NOT EXISTS (SELECT 1 FROM repo o WHERE o.forge = repo.forge AND o.forge_id = $1)`, forgeID, id)
}

// putAside has another repository that had a name before give it up: what is
// remembered of it is of other pull requests.
func putAside(ctx context.Context, tx pgx.Tx, repo pull.Repo, forgeID int64) error {
	id, err := findRepo(ctx, tx, repo)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return execute(ctx, tx, `UPDATE repo SET name = name || '~' || forge_id WHERE id = $1 AND forge_id > 0 AND forge_id <> $2`, id, forgeID)
}

// recallGated reads since when a policy gates the repository.
func recallGated(ctx context.Context, tx pgx.Tx, repo int64, m *gate.Memory) error {
	var at *int64
	if err := tx.QueryRow(ctx, `SELECT gated_at FROM repo WHERE id = $1`, repo).Scan(&at); err != nil {
		return fmt.Errorf("since when it is gated: %w", err)
	}
	if m.Ungated = at == nil; m.Ungated {
		return nil
	}
	return (*store.Moment)(&m.GatedAt).Scan(*at)
}

// rememberGated notes since when a policy gates the repository, once.
func rememberGated(ctx context.Context, tx pgx.Tx, repo int64, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	return execute(ctx, tx, `UPDATE repo SET gated_at = $1 WHERE id = $2 AND gated_at IS NULL`, store.Moment(at), repo)
}
