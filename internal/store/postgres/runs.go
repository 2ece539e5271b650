package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Runs reads what is saved: evaluations, the files that they name, and work.
type Runs struct{ pool *pgxpool.Pool }

// OpenRuns connects to a database to read only what is saved. It changes no
// tables. Close it after use.
func OpenRuns(ctx context.Context, address string) (*Runs, error) {
	pool, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	return &Runs{pool}, nil
}

// CloseRuns closes what OpenRuns opened.
func (s *Runs) CloseRuns() error {
	s.pool.Close()
	return nil
}

// Run gives a saved evaluation by its id; false if there is none, or no more.
func (s *Runs) Run(ctx context.Context, id int64) (gate.RunRecord, bool, error) {
	run, ok, err := s.queryRun(ctx, `n.seq = $1`, id)
	if err != nil {
		return gate.RunRecord{}, false, fmt.Errorf("read run %d: %w", id, err)
	}
	return run, ok, nil
}

// LastRun gives the evaluation of a pull request that was saved last; false if
// there is none.
func (s *Runs) LastRun(ctx context.Context, ref pull.Ref) (gate.RunRecord, bool, error) {
	run, ok, err := s.queryRun(ctx, named+` AND n.number = $4 ORDER BY n.seq DESC LIMIT 1`,
		ref.Repo.Forge, ref.Repo.Owner, ref.Repo.Name, ref.Number)
	if err != nil {
		return gate.RunRecord{}, false, fmt.Errorf("last run of %s: %w", ref, err)
	}
	return run, ok, nil
}

// queryRun reads one run; where is the rest of the query, on run n and repo r.
func (s *Runs) queryRun(ctx context.Context, where string, args ...any) (run gate.RunRecord, ok bool, err error) {
	var body []byte
	err = s.pool.QueryRow(ctx, `SELECT n.seq, r.forge, r.owner, r.name, n.number, n.head, n.at, n.outcome, n.body
		FROM run n JOIN repo r ON r.id = n.repo_id WHERE `+where, args...).
		Scan(&run.ID, &run.Ref.Repo.Forge, &run.Ref.Repo.Owner, &run.Ref.Repo.Name, &run.Ref.Number,
			&run.Head, (*store.Moment)(&run.At), &run.Outcome, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return run, false, nil
	}
	if err == nil {
		run.Body, err = store.Unpack(body)
	}
	return run, err == nil, err
}

// Blob gives a file's content that SaveBlob kept; false if it was never kept
// or has been dropped. Each repository has its own, so that nobody reads one
// through a repository that does not have it.
func (s *Runs) Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, bool, error) {
	var data []byte
	err := s.pool.QueryRow(ctx, `SELECT b.data FROM blob b JOIN repo r ON r.id = b.repo_id
		WHERE `+named+` AND b.id = $4`,
		repo.Forge, repo.Owner, repo.Name, id).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read blob %s of %s: %w", id, repo, err)
	}
	return data, true, nil
}
