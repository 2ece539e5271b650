package sqlite

import (
	"context"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store/tables"
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
	err := s.write(ctx, func(ctx context.Context, tx tables.DB) error {
		repo, err := s.AddRepo(ctx, tx, repo)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `INSERT INTO blob (repo_id, id, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, repo, id, data)
		if n == 0 || err != nil {
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
func (s *Store) dropBlobs(ctx context.Context, tx tables.DB, added int64) error {
	var size int64
	if _, err := tables.Row(ctx, tx, []any{&size}, `SELECT bytes FROM blob_size`); err != nil {
		return err
	}
	for size += added; size > s.blobLimit; {
		var dropped int64
		found, err := tables.Row(ctx, tx, []any{&dropped}, `DELETE FROM blob WHERE seq = (SELECT min(seq) FROM blob) RETURNING length(data)`)
		if err != nil {
			return err
		}
		if !found {
			break
		}
		size -= dropped
	}
	return tables.Execute(ctx, tx, `UPDATE blob_size SET bytes = $1`, size)
}
