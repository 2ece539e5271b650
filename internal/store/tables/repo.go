package tables

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// findRepo returns the key of a repository, and whether it was ever seen.
func (r *Records) findRepo(ctx context.Context, tx DB, repo pull.Repo) (id int64, found bool, err error) {
	found, err = Row(ctx, tx, []any{&id}, `SELECT r.id FROM repo r WHERE `+r.d.named(), repo.Forge, repo.Owner, repo.Name)
	return id, found, err
}

// AddRepo returns the key of a repository, and adds it if it was never seen.
func (r *Records) AddRepo(ctx context.Context, tx DB, repo pull.Repo) (int64, error) {
	id, found, err := r.findRepo(ctx, tx, repo)
	if err != nil || found {
		return id, err
	}
	if err := store.CheckRepo(repo); err != nil {
		return 0, err
	}
	_, err = Row(ctx, tx, []any{&id}, `INSERT INTO repo (forge, owner, name) VALUES ($1, $2, $3)
		ON CONFLICT (forge, `+r.d.Fold("owner")+`, `+r.d.Fold("name")+`) DO UPDATE SET owner = repo.owner RETURNING id`, repo.Forge, repo.Owner,
		repo.Name)
	return id, err
}

// Rename has what is remembered of a repository, and its work, go by another
// name. Where that one is known already, nothing changes.
func (r *Records) Rename(ctx context.Context, from, to pull.Repo) error {
	if err := r.engine.Write(ctx, func(ctx context.Context, tx DB) error { return r.rename(ctx, tx, from, to) }); err != nil {
		return fmt.Errorf("rename %s to %s: %w", from, to, err)
	}
	return nil
}

func (r *Records) rename(ctx context.Context, tx DB, from, to pull.Repo) error {
	return Execute(ctx, tx, `UPDATE repo AS r SET owner = $4, name = $5 WHERE `+r.d.named()+` AND NOT EXISTS
		(SELECT 1 FROM repo o WHERE o.id <> r.id AND o.forge = $1 AND `+r.d.Fold("o.owner")+` = `+r.d.Fold("$4")+` AND `+r.d.Fold("o.name")+
		` = `+r.d.Fold("$5")+`)`,
		from.Forge, from.Owner, from.Name, to.Owner, to.Name)
}

// Leave takes the pull requests of a repository that is out of reach for
// closed. When it is back, a sweep finds them.
func (r *Records) Leave(ctx context.Context, repo pull.Repo) error {
	err := r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		return Execute(ctx, tx, `UPDATE known SET open = false WHERE open AND repo_id IN (SELECT r.id FROM repo r WHERE `+r.d.named()+`)`,
			repo.Forge, repo.Owner, repo.Name)
	})
	if err != nil {
		return fmt.Errorf("leave %s: %w", repo, err)
	}
	return nil
}

// KnowRepo returns the key of the repository of a hint, which the forge may call by a
// number. One that has another name now is renamed; one that has the name of another that
// is gone starts anew.
func (r *Records) KnowRepo(ctx context.Context, tx DB, h webhook.Hint) (int64, error) {
	repo, forgeID := h.Repo, h.RepoID
	if forgeID == 0 {
		return r.AddRepo(ctx, tx, repo)
	}
	was := pull.Repo{Forge: repo.Forge}
	var id int64
	known, err := Row(ctx, tx, []any{&id, &was.Owner, &was.Name}, `SELECT id, owner, name FROM repo WHERE forge = $1 AND forge_id = $2`,
		repo.Forge, forgeID)
	if err != nil || known && strings.EqualFold(was.Slug(), repo.Slug()) {
		return id, err
	}
	if err := r.putAside(ctx, tx, repo, forgeID); err != nil {
		return 0, err
	}
	if known {
		if err := r.rename(ctx, tx, was, repo); err != nil {
			return 0, err
		}
	}
	if id, err = r.AddRepo(ctx, tx, repo); err != nil {
		return 0, err
	}
	return id, Execute(ctx, tx, `UPDATE repo SET forge_id = $1 WHERE id = $2 AND forge_id = 0
		AND NOT EXISTS (SELECT 1 FROM repo o WHERE o.forge = repo.forge AND o.forge_id = $1)`, forgeID, id)
}

// putAside has another repository that had a name before give it up: what is
// remembered of it is of other pull requests.
func (r *Records) putAside(ctx context.Context, tx DB, repo pull.Repo, forgeID int64) error {
	id, found, err := r.findRepo(ctx, tx, repo)
	if err != nil || !found {
		return err
	}
	return Execute(ctx, tx, `UPDATE repo SET name = name || '~' || forge_id WHERE id = $1 AND forge_id > 0 AND forge_id <> $2`, id, forgeID)
}

// rememberGated notes since when a policy gates the repository, once.
func rememberGated(ctx context.Context, tx DB, repo int64, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	return Execute(ctx, tx, `UPDATE repo SET gated_at = $1 WHERE id = $2 AND gated_at IS NULL`, store.Micros(at), repo)
}
