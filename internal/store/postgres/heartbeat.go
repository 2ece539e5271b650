package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/tables"
)

// How replicas know of each other. One that is silent is taken for dead; it
// gives its own work up sooner than that, should it be alive.
const (
	beatEvery = 5 * time.Second
	beatAgain = time.Second      // after one that was not heard
	silence   = 15 * time.Second // then its work is put back
	fuse      = 12 * time.Second // then it cuts its own work
	leadFor   = 15 * time.Second // that a leader stays one without a beat
)

// heartbeat tells the other replicas that this one is alive, which of its claims it
// runs, and which forges it can't reach; it takes over the work of those that are
// silent, and stands for election.
type heartbeat struct {
	store     *Store
	unreached func() []string // forges
	now       func() time.Time
	quit      chan struct{}
	loops     sync.WaitGroup

	mu     sync.Mutex
	joined bool          // it has beaten once
	last   time.Time     // that it was heard, by our clock; from before the call
	leader time.Time     // until when it leads, by our clock
	alive  int           // replicas, at the last beat
	skew   time.Duration // of the database's clock to ours, at the last beat
	others []string      // forges that this one can't reach and another one can, at the last beat
}

func newPulse(s *Store, o queue.Options) *heartbeat {
	return &heartbeat{store: s, unreached: o.Unreached, now: o.Now, quit: make(chan struct{})}
}

// start beats until stop. The runner's work is cut when this replica may have been
// taken for dead.
func (p *heartbeat) start(runner *queue.Runner) {
	p.loops.Go(func() {
		p.each(beatAgain, func(ctx context.Context) {
			if p.due() {
				p.beatOnce(ctx, runner.CutAll)
			}
		})
	})
	p.loops.Go(func() {
		p.each(time.Second, func(context.Context) {
			p.mu.Lock()
			late := time.Since(p.last) > fuse
			p.mu.Unlock()
			if late {
				runner.CutAll()
			}
		})
	})
}

// due reports whether it is time for a beat: another one, or one in the place of one
// that was not heard.
func (p *heartbeat) due() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.last) > beatEvery-beatAgain/2
}

// yields names the forges whose work is left to the other replicas.
func (p *heartbeat) yields() []string {
	p.mu.Lock()
	others := p.others
	p.mu.Unlock()
	if len(others) == 0 {
		return nil
	}
	now := p.unreached()
	return slices.DeleteFunc(slices.Clone(others), func(forge string) bool { return !slices.Contains(now, forge) })
}

// each calls f at intervals until stop.
func (p *heartbeat) each(interval time.Duration, f func(context.Context)) {
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

func (p *heartbeat) beatOnce(ctx context.Context, cut func()) {
	err := p.beat(ctx)
	if errors.Is(err, errDeclaredDead) {
		cut()
		err = p.beat(ctx)
	}
	if err != nil && ctx.Err() == nil {
		// Connections that hang would each be tried in turn.
		p.store.pool.Reset()
		p.store.log.Error("heartbeat failed; if this continues, other replicas take over this one's work", "error", err)
	}
}

// errDeclaredDead says that another replica has taken this one for dead.
var errDeclaredDead = errors.New("this replica was taken for dead")

// heard is what a beat learns.
type heard struct {
	leads  bool
	alive  int
	others []string
	clock  time.Time // the database's
}

// beat tells that this replica is alive, and looks after the others.
func (p *heartbeat) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	start := time.Now()
	p.mu.Lock()
	joined := p.joined
	p.joined = false // a beat that finds itself declared dead joins anew
	p.mu.Unlock()
	var h heard
	err := p.store.write(ctx, func(ctx context.Context, tx tables.DB) (err error) {
		h, err = p.tell(ctx, tx, joined)
		return err
	})
	p.mu.Lock()
	p.joined = joined && !errors.Is(err, errDeclaredDead) || err == nil
	if err == nil {
		p.last, p.alive, p.others, p.skew = start, h.alive, h.others, h.clock.Sub(p.now())
		if p.leader = (time.Time{}); h.leads {
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

// tell is what a beat does.
func (p *heartbeat) tell(ctx context.Context, tx tables.DB, joined bool) (h heard, err error) {
	me := p.store.replica
	mine := append([]string{}, p.unreached()...)
	n, err := tx.Exec(ctx, `UPDATE replica SET beat_at = clock_timestamp(), unreached = $2 WHERE id = $1`, me, mine)
	if err != nil {
		return h, err
	}
	if n == 0 {
		if joined {
			return h, errDeclaredDead
		}
		if err := tables.Execute(ctx, tx, `INSERT INTO replica (id, beat_at, unreached) VALUES ($1, clock_timestamp(), $2)`, me,
			mine); err != nil {
			return h, err
		}
	}
	if r := p.store.runner.Load(); r != nil {
		if err := p.store.free(ctx, tx, r.Known()); err != nil {
			return h, err
		}
	}
	if h.leads, err = elect(ctx, tx, me, mine); err != nil {
		return h, err
	}
	_, err = tables.Row(ctx, tx, []any{&h.clock, &h.alive, &h.others},
		`WITH live AS (SELECT * FROM replica WHERE beat_at > clock_timestamp() - $1::interval)
		SELECT clock_timestamp(), (SELECT count(*) FROM live), coalesce((SELECT array_agg(f ORDER BY f) FROM unnest($2::text[]) f
			WHERE EXISTS (SELECT 1 FROM live WHERE f <> ALL (unreached))), '{}')`, silence, mine)
	return h, err
}

// elect makes this replica the leader if there is none. One that can't reach forges
// leads only while no other one reaches more of them.
func elect(ctx context.Context, tx tables.DB, replica string, unreached []string) (bool, error) {
	if len(unreached) > 0 {
		n, err := tx.Exec(ctx, `DELETE FROM leader USING replica p WHERE leader.holder = $1 AND p.id <> $1
			AND p.beat_at > clock_timestamp() - $2::interval AND cardinality(p.unreached) < $3`, replica, silence, len(unreached))
		if err != nil || n > 0 {
			return false, err
		}
	}
	n, err := tx.Exec(ctx, `INSERT INTO leader (duty, holder, until) SELECT 'sweep', $1, clock_timestamp() + $2::interval
		WHERE NOT EXISTS (SELECT 1 FROM replica p WHERE p.id <> $1
			AND p.beat_at > clock_timestamp() - $3::interval AND cardinality(p.unreached) < $4)
		ON CONFLICT (duty) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE leader.holder = excluded.holder OR leader.until < clock_timestamp()`, replica, leadFor, silence, len(unreached))
	return n > 0, err
}

func (p *heartbeat) leads() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.leader)
}

func (p *heartbeat) skewed() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.skew
}

func (p *heartbeat) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.alive, 1)
}

// stop leaves the other replicas, once no work runs any more.
func (p *heartbeat) stop(ctx context.Context) error {
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
	err := p.store.write(ctx, func(ctx context.Context, tx tables.DB) error {
		if err := tables.Execute(ctx, tx, `DELETE FROM leader WHERE holder = $1`, p.store.replica); err != nil {
			return err
		}
		return tables.Execute(ctx, tx, `DELETE FROM replica WHERE id = $1`, p.store.replica)
	})
	if err != nil {
		return fmt.Errorf("leave the other replicas: %w", err)
	}
	return nil
}

// takeOver puts back what silent replicas ran. An interruption counts as a failure, or
// one pull request that kills its process would kill them all for ever.
func (s *Store) takeOver(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx tables.DB) error {
		if err := tables.Execute(ctx, tx, `DELETE FROM replica WHERE beat_at < clock_timestamp() - $1::interval`, silence); err != nil {
			return err
		}
		return tables.Execute(ctx, tx,
			`UPDATE pr_work SET failures = failures + 1, state = 'waiting', error = 'interrupted', holder = NULL, lease = lease + 1,
			class = least(class, $1)
			WHERE (repo_id, number) IN (SELECT w.repo_id, w.number FROM pr_work w WHERE w.holder IS NOT NULL AND NOT EXISTS
				(SELECT 1 FROM replica p WHERE p.id = w.holder) ORDER BY 1, 2 FOR UPDATE SKIP LOCKED)`, queue.Fresh)
	})
}
