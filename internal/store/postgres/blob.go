package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// SaveBlob keeps a file's content under its object id. It is a cache of
// 256 MiB, from which Prune drops the oldest; what is larger than all of it is
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
		return tables.Execute(ctx, tx, `INSERT INTO blob (repo_id, id, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, repo, id, data)
	})
	if err != nil {
		return fmt.Errorf("save blob %s of %s: %w", id, repo, err)
	}
	return nil
}

// Prune drops what is older than keep allows.
func (s *Store) Prune(ctx context.Context, keep store.Keep, now time.Time) (store.Pruned, error) {
	p, err := s.Records.Prune(ctx, keep, now)
	if err == nil {
		p.Blobs, err = s.pruneBlobs(ctx)
	}
	return p, err
}

// pruneBlobs drops the oldest files beyond the limit. Between two calls the
// cache may grow beyond it.
func (s *Store) pruneBlobs(ctx context.Context) (n int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx tables.DB) (err error) {
		n, err = tx.Exec(ctx, `DELETE FROM blob WHERE seq IN (SELECT seq FROM
			(SELECT seq, sum(octet_length(data)) OVER (ORDER BY seq DESC) AS bytes FROM blob) AS newest WHERE bytes > $1)`, s.blobLimit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("drop old files: %w", err)
	}
	return n, nil
}
