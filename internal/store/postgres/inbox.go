package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// delivery is one that waits to be stored.
type delivery struct {
	webhook.Delivery
	now    time.Time
	simple bool // as store.Simple says
}

// Accept implements webhook.Inbox.
func (s *Store) Accept(ctx context.Context, d webhook.Delivery) error {
	if err := store.CheckDelivery(d); err != nil {
		return err
	}
	now := time.Now()
	if d.ReceivedAt.IsZero() {
		d.ReceivedAt = now
	}
	if err := s.batch.DoUntil(ctx, &delivery{d, now, store.Simple(d)}); err != nil {
		return fmt.Errorf("accept delivery %s: %w", d.ID, err)
	}
	return nil
}

// acceptOne stores a delivery with whatever hints it has.
func (s *Store) acceptOne(ctx context.Context, tx pgx.Tx, d webhook.Delivery, now time.Time) error {
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
		if err := s.follow(ctx, tx, h, now); err != nil {
			return fmt.Errorf("hint at %s: %w", h.Repo, err)
		}
	}
	return nil
}

// Raise asks for one more evaluation of each reference, as an event would:
// all of them or, on an error, none.
func (s *Store) Raise(ctx context.Context, refs ...pull.Ref) error {
	now := time.Now()
	err := s.write(ctx, func(tx pgx.Tx) error {
		for _, ref := range refs {
			repo, err := addRepo(ctx, tx, ref.Repo)
			if err == nil {
				err = s.raise(ctx, tx, store.Target{Repo: repo, Ref: ref}, now)
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
	return nil
}

// follow raises what a hint means.
func (s *Store) follow(ctx context.Context, tx pgx.Tx, h webhook.Hint, now time.Time) error {
	if h.Team != "" {
		return s.raiseWhere(ctx, tx, now, `r.forge = $1 AND strpos(k.sources, $2) > 0`, h.Repo.Forge, gate.TeamMark(h.Team))
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
	for _, n := range numbers {
		if err := s.raise(ctx, tx, store.Target{Repo: repo, Ref: pull.Ref{Repo: h.Repo, Number: n}}, now); err != nil {
			return err
		}
	}
	if h.Branch == "" {
		return nil
	}
	return s.raiseDependents(ctx, tx, h.Repo, now)
}

// raiseDependents raises the repositories whose verdicts depend on files of
// another one: an ownership source, or an organisation's policy.
func (s *Store) raiseDependents(ctx context.Context, tx pgx.Tx, repo pull.Repo, now time.Time) error {
	if repo.Name == gate.OrgRepo {
		return s.raiseWhere(ctx, tx, now, `r.forge = $1 AND lower(r.owner) = lower($2)`, repo.Forge, repo.Owner)
	}
	return s.raiseWhere(ctx, tx, now, `r.forge = $1 AND strpos(lower(k.sources), lower($2)) > 0`, repo.Forge, gate.SourceMark(repo))
}

// raiseWhere raises the repositories with open pull requests that a condition
// on known k and repo r holds for.
func (s *Store) raiseWhere(ctx context.Context, tx pgx.Tx, now time.Time, where string, args ...any) error {
	targets, err := collect(ctx, tx, func(rows pgx.Rows, t *store.Target) error {
		return rows.Scan(&t.Repo, &t.Ref.Repo.Forge, &t.Ref.Repo.Owner, &t.Ref.Repo.Name)
	}, `SELECT DISTINCT r.id, r.forge, r.owner, r.name FROM known k JOIN repo r ON r.id = k.repo_id WHERE k.open AND `+where+` ORDER BY r.id`, args...)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := s.raise(ctx, tx, t, now); err != nil {
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

// liveJob is the condition on which a River job still comes to run: an
// operator may have deleted or cancelled it, and River gives up a job whose
// end could not be stored.
const liveJob = `j.state IN ('available', 'scheduled', 'retryable', 'pending', 'running')`

// raise notes one more event on a reference, and adds a job where none is
// under way. A retry after an error is brought forward, as the event may be
// what mends it; a sleep until a known time is not.
func (s *Store) raise(ctx context.Context, tx pgx.Tx, t store.Target, now time.Time) error {
	if t.Ref.Number < 0 {
		return errors.New("negative number")
	}
	return s.raiseAll(ctx, tx, []store.Event{{Target: t, Times: 1}}, now)
}

// raiseAll raises references, each of them once in the list. The first
// statement locks their rows, so that the second sees what the end of an
// evaluation has just stored; both go in one trip.
func (s *Store) raiseAll(ctx context.Context, tx pgx.Tx, events []store.Event, now time.Time) error {
	slices.SortFunc(events, func(a, b store.Event) int { // one order for all, against deadlocks
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Ref.Number, b.Ref.Number))
	})
	repos, numbers, times := make([]int64, len(events)), make([]int, len(events)), make([]int, len(events))
	refs := make(map[[2]int64]store.Target, len(events))
	for i, e := range events {
		repos[i], numbers[i], times[i] = e.Repo, e.Ref.Number, e.Times
		refs[[2]int64{e.Repo, int64(e.Ref.Number)}] = e.Target
	}
	type raised struct {
		key   [2]int64
		state queue.State
	}
	var all []raised
	var batch pgx.Batch
	batch.Queue(`INSERT INTO pr_work (repo_id, number, gen, state, since, due_at)
		SELECT *, 'waiting', $4::bigint, $4::bigint FROM unnest($1::bigint[], $2::integer[], $3::integer[])
		ON CONFLICT (repo_id, number) DO UPDATE SET gen = pr_work.gen + excluded.gen`, repos, numbers, times, store.Moment(now))
	batch.Queue(`SELECT w.repo_id, w.number, CASE WHEN j.id IS NULL THEN '' ELSE w.state END
		FROM unnest($1::bigint[], $2::integer[]) AS e (repo_id, number)
		JOIN pr_work w ON w.repo_id = e.repo_id AND w.number = e.number
		LEFT JOIN river_job j ON j.id = w.job_id AND `+liveJob+`
		WHERE j.id IS NULL OR w.state = 'retrying' OR j.scheduled_at > clock_timestamp() + CASE w.state WHEN 'waiting' THEN $3::interval ELSE $4::interval END
		ORDER BY w.repo_id, w.number`, repos, numbers, store.FarWaiting, store.FarSleeping).Query(func(rows pgx.Rows) error {
		var r raised
		_, err := pgx.ForEachRow(rows, []any{&r.key[0], &r.key[1], &r.state}, func() error {
			all = append(all, r)
			return nil
		})
		return err
	})
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return err
	}
	var idle []store.Target
	for _, r := range all {
		if r.state == "" {
			idle = append(idle, refs[r.key])
		} else if err := forward(ctx, tx, refs[r.key], now); err != nil {
			return err
		}
	}
	return s.addJobs(ctx, tx, idle, now)
}

// addJobs gives references that have none their jobs, which run at once.
func (s *Store) addJobs(ctx context.Context, tx pgx.Tx, idle []store.Target, now time.Time) error {
	if len(idle) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(idle))
	for i, t := range idle {
		params[i] = river.InsertManyParams{Args: queue.Args{Ref: t.Ref.String()}}
	}
	jobs, err := s.inserter.InsertManyTx(ctx, tx, params)
	if err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	repos, numbers, ids := make([]int64, len(idle)), make([]int, len(idle)), make([]int64, len(idle))
	for i, t := range idle {
		repos[i], numbers[i], ids[i] = t.Repo, t.Ref.Number, jobs[i].Job.ID
	}
	return execute(ctx, tx, `UPDATE pr_work w SET job_id = e.id, state = 'waiting', failures = 0, due_at = $4, error = '', since = $4
		FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) AS e (repo_id, number, id)
		WHERE w.repo_id = e.repo_id AND w.number = e.number`, repos, numbers, ids, store.Moment(now))
}

// addJob inserts the job that runs a reference next and makes it the one that
// may.
func (s *Store) addJob(ctx context.Context, tx pgx.Tx, t store.Target, step queue.Step, n queue.Note) error {
	res, err := s.inserter.InsertTx(ctx, tx, queue.Args{Ref: t.Ref.String()}, nil)
	if err != nil {
		return fmt.Errorf("insert job: %w", err)
	}
	// A worker takes an available job when its time has come by the database's
	// clock; this replica's may differ.
	if pause := time.Until(step.At); step.State != queue.Waiting && pause > 0 {
		if err := execute(ctx, tx, `UPDATE river_job SET scheduled_at = clock_timestamp() + $2::interval WHERE id = $1`, res.Job.ID, pause); err != nil {
			return fmt.Errorf("insert job: %w", err)
		}
	}
	return execute(ctx, tx, `UPDATE pr_work SET job_id = $1, state = $2, failures = $3, due_at = $4, error = $5, holder = NULL,
		since = CASE WHEN $6::bigint > 0 THEN $6::bigint ELSE since END WHERE repo_id = $7 AND number = $8`,
		res.Job.ID, string(step.State), step.Failures, store.Moment(step.At), text(n.Err), store.Moment(n.Since), t.Repo, t.Ref.Number)
}

// forward lets a job that waits for its retry run now. The failure before it
// is forgiven, so that events cannot use up the attempts of a reference while
// its forge is down.
func forward(ctx context.Context, tx pgx.Tx, t store.Target, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE river_job SET state = 'available', scheduled_at = clock_timestamp()
		WHERE id = (SELECT job_id FROM pr_work WHERE repo_id = $1 AND number = $2)
		AND state <> 'running' AND scheduled_at > clock_timestamp()`, t.Repo, t.Ref.Number)
	if err != nil {
		return fmt.Errorf("bring retry forward: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return execute(ctx, tx, `UPDATE pr_work SET state = 'waiting', failures = greatest(failures - 1, 0), due_at = $1
		WHERE repo_id = $2 AND number = $3`, store.Moment(now), t.Repo, t.Ref.Number)
}
