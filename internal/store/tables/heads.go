package tables

import (
	"context"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// selectList is a list with the one that it refers to.
const selectList = `SELECT l.digest, l.base, l.body, b.body FROM list l LEFT JOIN list b
	ON b.repo_id = l.repo_id AND b.number = l.number AND b.digest = l.base AND l.base <> '' `

func scanList(rows Rows, l *store.ListRow) error {
	return rows.Scan(&l.Digest, &l.Base, &l.Body, &l.BaseBody)
}

// lists reads lists of a pull request; rest goes on behind what names it.
func (r *Records) lists(ctx context.Context, ref pull.Ref, rest string, args ...any) (rows []store.ListRow, err error) {
	err = r.engine.Read(ctx, func(tx DB) error {
		repo, found, err := r.findRepo(ctx, tx, ref.Repo)
		if err != nil || !found {
			return err
		}
		rows, err = Collect(ctx, tx, scanList, selectList+`WHERE l.repo_id = $1 AND l.number = $2 `+rest,
			append([]any{repo, ref.Number}, args...)...)
		return err
	})
	return rows, err
}

// Lists implements history.Lists.
func (r *Records) Lists(ctx context.Context, ref pull.Ref, digests []string) (map[string]pull.List, error) {
	rows, err := r.lists(ctx, ref, `AND l.digest`+r.d.In("$3"), r.d.List(digests))
	if err != nil {
		return nil, fmt.Errorf("read what heads of %s change: %w", ref, err)
	}
	found := map[string]pull.List{}
	for i := range rows {
		if found[rows[i].Digest], err = rows[i].Unpack(); err != nil {
			return nil, fmt.Errorf("read what heads of %s change: %w", ref, err)
		}
	}
	return found, nil
}

// packedHead reads a head of a column.
type packedHead struct{ *pull.Head }

// Scan implements sql.Scanner.
func (h packedHead) Scan(v any) error {
	packed, ok := v.([]byte)
	if !ok {
		return fmt.Errorf("head: stored as %T", v)
	}
	return store.UnpackHead(packed, h.Head)
}

// headRow makes the rows of a head.
func (r *Records) headRow(ctx context.Context, ref pull.Ref, h *pull.Head) (store.HeadRow, error) {
	return store.NewHeadRow(h, func() (row store.ListRow, ok bool, err error) {
		rows, err := r.lists(ctx, ref, `AND l.base = '' ORDER BY l.seq DESC LIMIT 1`)
		if ok = len(rows) > 0; ok {
			row = rows[0]
		}
		return row, ok, err
	})
}

// rememberHead adds a head and what it changes, and forgets lists that are no longer
// wanted; those that others refer to stay.
func rememberHead(ctx context.Context, tx DB, repo int64, number int, h store.HeadRow, forget []string) error {
	if h.Head == nil {
		return nil
	}
	if err := addList(ctx, tx, repo, number, h.List); err != nil {
		return err
	}
	if err := Execute(ctx, tx, `INSERT INTO head (repo_id, number, id, base_branch, merge_base, seen_at, body, list)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		repo, number, h.ID, h.BaseBranch, h.MergeBase, store.Micros(h.SeenAt), h.Body, h.List.Digest); err != nil {
		return err
	}
	for _, digest := range forget {
		if err := Execute(ctx, tx, `DELETE FROM list WHERE repo_id = $1 AND number = $2 AND digest = $3 AND NOT EXISTS
			(SELECT 1 FROM list d WHERE d.repo_id = $1 AND d.number = $2 AND d.base = $3)`, repo, number, digest); err != nil {
			return fmt.Errorf("old lists: %w", err)
		}
	}
	return nil
}

// addList adds what a head changes, unless the list that it refers to is forgotten.
func addList(ctx context.Context, tx DB, repo int64, number int, l store.PackedList) error {
	if l.Digest == "" {
		return nil
	}
	if err := Execute(ctx, tx, `INSERT INTO list (repo_id, number, digest, seq, base, body)
		SELECT $1, $2, $3, (SELECT coalesce(max(seq), 0) + 1 FROM list WHERE repo_id = $1 AND number = $2), CAST($4 AS TEXT), $5
		WHERE CAST($4 AS TEXT) = '' OR EXISTS (SELECT 1 FROM list WHERE repo_id = $1 AND number = $2 AND digest = CAST($4 AS TEXT))
		ON CONFLICT DO NOTHING`, repo, number, l.Digest, l.Base, l.Body); err != nil {
		return fmt.Errorf("what it changes: %w", err)
	}
	return nil
}

// lighten takes the lists out of some heads of a pull request from before lists were kept
// apart.
func (r *Records) lighten(ctx context.Context, ref pull.Ref) error {
	type inline struct {
		seq  int64
		body []byte
	}
	var heads []inline
	var repo int64
	err := r.engine.Read(ctx, func(tx DB) (err error) {
		if repo, _, err = r.findRepo(ctx, tx, ref.Repo); err != nil {
			return err
		}
		heads, err = Collect(ctx, tx, func(rows Rows, h *inline) error { return rows.Scan(&h.seq, &h.body) },
			`SELECT seq, body FROM head WHERE repo_id = $1 AND number = $2 AND list IS NULL ORDER BY seq LIMIT $3`, repo, ref.Number,
			store.LightenAtOnce)
		return err
	})
	for _, h := range heads {
		var head pull.Head
		if err := store.UnpackHead(h.body, &head); err != nil {
			return err
		}
		row, err := r.headRow(ctx, ref, &head)
		if err != nil {
			return err
		}
		if err := r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
			if err := addList(ctx, tx, repo, ref.Number, row.List); err != nil {
				return err
			}
			return Execute(ctx, tx, `UPDATE head SET body = $1, list = $2 WHERE seq = $3`, row.Body, row.List.Digest, h.seq)
		}); err != nil {
			return err
		}
	}
	return err
}
