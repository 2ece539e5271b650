package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// SaveBlob keeps a file's content under its object id. It is a cache of
// 256 MiB: the oldest are dropped for it, and what is larger than all of it is
// not kept.
func (s *Store) SaveBlob(ctx context.Context, repo pull.Repo, id string, data []byte) error {
	if int64(len(data)) > s.blobLimit {
		return nil
	}
	if data == nil {
		data = []byte{} // nil would be stored as NULL
	}
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		repo, err := addRepo(ctx, tx, repo)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO blob (repo_id, id, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, repo, id, data)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); n == 0 || err != nil {
			return err
		}
		return s.dropBlobs(ctx, tx, int64(len(data)))
	})
	if err != nil {
		return fmt.Errorf("save blob %s of %s: %w", id, repo, err)
	}
	return nil
}

// dropBlobs counts what was added and drops the oldest blobs beyond the limit.
func (s *Store) dropBlobs(ctx context.Context, tx *sql.Tx, added int64) error {
	var size int64
	if err := tx.QueryRowContext(ctx, `SELECT bytes FROM blob_size`).Scan(&size); err != nil {
		return err
	}
	for size += added; size > s.blobLimit; {
		var dropped int64
		if err := tx.QueryRowContext(ctx, `DELETE FROM blob WHERE seq = (SELECT min(seq) FROM blob) RETURNING length(data)`).
			Scan(&dropped); err != nil {
			return err
		}
		size -= dropped
	}
	return execute(ctx, tx, `UPDATE blob_size SET bytes = ?`, size)
}
