package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

// How replicas know of each other. One that is silent is taken for dead; it
// gives its own work up sooner than that, should it be alive.
const (
	beatEvery = 5 * time.Second
	silence   = 15 * time.Second // then its work is put back
	fuse      = 12 * time.Second // then it cuts its own work
	leadFor   = 15 * time.Second // that a leader stays one without a beat
)

// pulse tells the other replicas that this one is alive, takes over the work of
// those that are not, and stands for election.
type pulse struct {
	store *Store
	quit  chan struct{}
	loops sync.WaitGroup

	mu     sync.Mutex
	joined bool      // it has beaten once
	last   time.Time // that it was heard, by our clock; from before the call
	leader time.Time // until when it leads, by our clock
	alive  int       // replicas, at the last beat
}

func newPulse(s *Store) *pulse { return &pulse{store: s, quit: make(chan struct{})} }

// start beats until stop. cut is called when this replica may have been taken
// for dead.
func (p *pulse) start(cut func()) {
	p.loops.Go(func() { p.each(beatEvery, func(ctx context.Context) { p.beatOnce(ctx, cut) }) })
	p.loops.Go(func() {
		p.each(time.Second, func(context.Context) {
			p.mu.Lock()
			late := time.Since(p.last) > fuse
			p.mu.Unlock()
			if late {
				cut()
			}
		})
	})
}

// each calls f at intervals until stop.
func (p *pulse) each(interval time.Duration, f func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-p.quit:
			cancel()
		case <-ctx.Done():
		}
	}()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			f(ctx)
		case <-p.quit:
			return
		}
	}
}

func (p *pulse) beatOnce(ctx context.Context, cut func()) {
	err := p.beat(ctx)
	if errors.Is(err, errBuried) {
		cut()
		err = p.beat(ctx)
	}
	if err != nil && ctx.Err() == nil {
		p.store.log.Error("the other replicas don't hear of this one; its work is cut and run elsewhere if this lasts", "err", err)
	}
}

// errBuried says that another replica has taken this one for dead.
var errBuried = errors.New("this replica was taken for dead")

// beat tells that this replica is alive, and looks after the others.
func (p *pulse) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	start := time.Now()
	p.mu.Lock()
	joined := p.joined
	p.joined = false // a beat that finds itself buried joins anew
	p.mu.Unlock()
	var leads bool
	var alive int
	err := p.store.write(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE replica SET beat_at = clock_timestamp() WHERE id = $1`, p.store.replica)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			if joined {
				return errBuried
			}
			if err := execute(ctx, tx, `INSERT INTO replica (id, beat_at) VALUES ($1, clock_timestamp())`, p.store.replica); err != nil {
				return err
			}
		}
		if leads, err = elect(ctx, tx, p.store.replica); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT count(*) FROM replica WHERE beat_at > clock_timestamp() - $1::interval`, silence).Scan(&alive)
	})
	p.mu.Lock()
	p.joined = joined && !errors.Is(err, errBuried) || err == nil
	if err == nil {
		p.last, p.alive = start, alive
		if p.leader = (time.Time{}); leads {
			p.leader = start.Add(leadFor)
		}
	}
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("beat: %w", err)
	}
	if err := p.store.takeOver(ctx); err != nil {
		return fmt.Errorf("take over the work of silent replicas: %w", err)
	}
	return nil
}

// elect makes this replica the leader if there is none.
func elect(ctx context.Context, tx pgx.Tx, replica string) (bool, error) {
	tag, err := tx.Exec(ctx, `INSERT INTO leader (duty, holder, until) VALUES ('sweep', $1, clock_timestamp() + $2::interval)
		ON CONFLICT (duty) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE leader.holder = excluded.holder OR leader.until < clock_timestamp()`, replica, leadFor)
	return tag.RowsAffected() > 0, err
}

func (p *pulse) leads() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.leader)
}

func (p *pulse) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.alive, 1)
}

// stop leaves the other replicas, once no work runs any more.
func (p *pulse) stop(ctx context.Context) error {
	select {
	case <-p.quit:
		return nil
	default:
		close(p.quit)
	}
	p.loops.Wait()
	p.mu.Lock()
	p.leader = time.Time{}
	p.mu.Unlock()
	err := p.store.write(ctx, func(tx pgx.Tx) error {
		if err := execute(ctx, tx, `DELETE FROM leader WHERE holder = $1`, p.store.replica); err != nil {
			return err
		}
		return execute(ctx, tx, `DELETE FROM replica WHERE id = $1`, p.store.replica)
	})
	if err != nil {
		return fmt.Errorf("leave the other replicas: %w", err)
	}
	return nil
}

// takeOver puts back what silent replicas ran, and gives references whose job
// is gone a new one. An interruption counts as a failure, or one pull request
// that kills its process would kill them all for ever.
func (s *Store) takeOver(ctx context.Context) error {
	return s.write(ctx, func(tx pgx.Tx) error {
		if err := execute(ctx, tx, `DELETE FROM replica WHERE beat_at < clock_timestamp() - $1::interval`, silence); err != nil {
			return err
		}
		if err := execute(ctx, tx, `UPDATE pr_work SET failures = failures + 1, state = 'waiting', error = 'interrupted', holder = NULL, lease = lease + 1
			WHERE (repo_id, number) IN (SELECT w.repo_id, w.number FROM pr_work w WHERE w.holder IS NOT NULL AND NOT EXISTS
				(SELECT 1 FROM replica p WHERE p.id = w.holder) ORDER BY 1, 2 FOR UPDATE SKIP LOCKED)`); err != nil {
			return err
		}
		// Whoever River says runs a job has claimed it, or is about to: only of
		// a replica that is no more it can be said that it will not.
		if err := execute(ctx, tx, `UPDATE river_job SET state = 'available' WHERE id IN (SELECT j.id FROM river_job j
			WHERE j.state = 'running' AND NOT EXISTS (SELECT 1 FROM replica p WHERE p.id = j.attempted_by[cardinality(j.attempted_by)])
			ORDER BY j.id FOR UPDATE SKIP LOCKED)`); err != nil {
			return err
		}
		return s.replaceLost(ctx, tx)
	})
}

// replaceLost gives references whose job is gone a new one. The rows are locked
// first, so that what an evaluation's end has just stored is seen.
func (s *Store) replaceLost(ctx context.Context, tx pgx.Tx) error {
	const lost = ` w.state <> 'dead' AND w.holder IS NULL AND NOT EXISTS (SELECT 1 FROM river_job j WHERE j.id = w.job_id AND ` + liveJob + `)`
	locked, err := collect(ctx, tx, func(rows pgx.Rows, k *[2]int64) error { return rows.Scan(&k[0], &k[1]) },
		`SELECT w.repo_id, w.number FROM pr_work w WHERE`+lost+` ORDER BY 1, 2 FOR UPDATE SKIP LOCKED`)
	if err != nil || len(locked) == 0 {
		return err
	}
	repos, numbers := make([]int64, len(locked)), make([]int64, len(locked))
	for i, k := range locked {
		repos[i], numbers[i] = k[0], k[1]
	}
	orphans, err := collect(ctx, tx, func(rows pgx.Rows, t *store.Target) error {
		return rows.Scan(&t.Repo, &t.Ref.Repo.Forge, &t.Ref.Repo.Owner, &t.Ref.Repo.Name, &t.Ref.Number)
	}, `SELECT r.id, r.forge, r.owner, r.name, w.number FROM pr_work w JOIN repo r ON r.id = w.repo_id
		WHERE (w.repo_id, w.number) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[])) AND`+lost+` ORDER BY 1, 5`, repos, numbers)
	if err != nil {
		return err
	}
	for _, t := range orphans {
		if err := s.addJob(ctx, tx, t, queue.Step{State: queue.Waiting, At: time.Now()}, queue.Note{}); err != nil {
			return err
		}
	}
	return nil
}
