package tables

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// AcceptOne stores a delivery with whatever hints it has; know gives the keys of
// repositories.
func (r *Records) AcceptOne(ctx context.Context, tx DB, d *webhook.Delivery, know func(webhook.Hint) (int64, error)) error {
	n, err := tx.Exec(ctx, `INSERT INTO delivery (forge, id, received_at) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, d.Forge, d.ID, store.Micros(d.ReceivedAt))
	if err != nil || n == 0 {
		return err
	}
	if err := r.Tell(ctx, tx, d.Hints, know, d.ReceivedAt); err != nil {
		return err
	}
	for _, h := range d.Hints {
		if err := r.follow(ctx, tx, h); err != nil {
			return fmt.Errorf("hint at %s: %w", h.Repo, err)
		}
	}
	return nil
}

// Raise asks for one more evaluation of each reference, as an event would, or what
// is evaluated in this context: all of them or, on an error, none.
func (r *Records) Raise(ctx context.Context, refs ...pull.Ref) error {
	return r.RaiseAs(ctx, queue.Following(ctx), refs...)
}

// RaiseAs is Raise for what is of another class than an event.
func (r *Records) RaiseAs(ctx context.Context, class queue.Class, refs ...pull.Ref) error {
	err := r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		for _, ref := range refs {
			repo, err := r.AddRepo(ctx, tx, ref.Repo)
			if err == nil {
				err = r.raise(ctx, tx, store.Target{Repo: repo, Ref: ref}, class)
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
	r.engine.Ring()
	return nil
}

// follow raises what a hint means.
func (r *Records) follow(ctx context.Context, tx DB, h webhook.Hint) error {
	if h.Team != "" {
		return r.raiseWhere(ctx, tx, `r.forge = $1 AND `+r.d.Position+`(k.sources, $2) > 0`, h.Repo.Forge, sources.TeamInput(h.Team))
	}
	repo, err := r.KnowRepo(ctx, tx, h)
	if err != nil {
		return err
	}
	if h.Head != "" { // what stands on it is asked for anew, or was overwritten
		n, err := tx.Exec(ctx, `UPDATE check_record SET done = CASE WHEN $5 THEN done ELSE false END,
			digest = CASE WHEN $5 THEN digest WHEN CAST($3 AS TEXT) = '' THEN $4 ELSE $6 END
			WHERE repo_id = $1 AND head = $2 AND (CAST($3 AS TEXT) = '' OR lower(name) = lower(CAST($3 AS TEXT)))`,
			repo, h.Head, h.Check, history.AskedAnew, h.Beside, history.WrittenOver)
		if err != nil || n == 0 && h.Check != "" {
			return err
		}
	}
	numbers, err := numbersOf(ctx, tx, repo, h)
	if err != nil {
		return err
	}
	class := queue.Fresh
	if h.Rewritten { // and concerns all towards it
		class = queue.Found
	}
	for _, n := range numbers {
		if err := r.raise(ctx, tx, store.Target{Repo: repo, Ref: pull.Ref{Repo: h.Repo, Number: n}}, class); err != nil {
			return err
		}
	}
	if h.Branch == "" {
		return nil
	}
	return r.raiseDependents(ctx, tx, h.Repo)
}

// raiseDependents raises the repositories whose verdicts depend on files of
// another one: an ownership source, or an organisation's policy.
func (r *Records) raiseDependents(ctx context.Context, tx DB, repo pull.Repo) error {
	if repo.OfOwner() {
		return r.raiseWhere(ctx, tx, `r.forge = $1 AND `+r.d.Fold("r.owner")+` = `+r.d.Fold("$2"), repo.Forge, repo.Owner)
	}
	return r.raiseWhere(ctx, tx, `r.forge = $1 AND `+r.d.Position+`(lower(k.sources), lower($2)) > 0`, repo.Forge, sources.SourceInput(repo))
}

// raiseWhere raises the repositories with open pull requests that a condition
// on known k and repo r holds for.
func (r *Records) raiseWhere(ctx context.Context, tx DB, where string, args ...any) error {
	targets, err := Collect(ctx, tx, scanTarget,
		`SELECT DISTINCT r.id, r.forge, r.owner, r.name, 0 FROM known k JOIN repo r ON r.id = k.repo_id WHERE k.open AND `+where+
			` ORDER BY r.id`, args...)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := r.raise(ctx, tx, t, queue.Found); err != nil {
			return err
		}
	}
	return nil
}

// numbersOf returns the numbers of the references that a hint means; 0 is the
// repository.
func numbersOf(ctx context.Context, tx DB, repo int64, h webhook.Hint) ([]int, error) {
	whole := []int{0}
	switch {
	case h.Number != 0:
		return []int{h.Number}, nil
	case h.Head != "":
		numbers, err := Values[int](ctx, tx, `SELECT number FROM known WHERE repo_id = $1 AND head = $2 AND open ORDER BY number`, repo, h.Head)
		if err != nil {
			return nil, err
		}
		var groups bool // then its own evaluation is the repository's
		_, err = Row(ctx, tx, []any{&groups}, `SELECT EXISTS (SELECT 1 FROM check_record WHERE repo_id = $1 AND head = $2 AND number = 0)`,
			repo, h.Head)
		if len(numbers) == 0 || groups {
			numbers = append(numbers, whole...)
		}
		return numbers, err
	case h.Rewritten:
		numbers, err := Values[int](ctx, tx, `SELECT number FROM known WHERE repo_id = $1 AND base_branch = $2 AND open ORDER BY number`, repo,
			h.Branch)
		if len(numbers) > 0 || h.Default {
			numbers = append(numbers, whole...)
		}
		return numbers, err
	case h.Branch != "" && !h.Default:
		var based bool
		_, err := Row(ctx, tx, []any{&based}, `SELECT EXISTS (SELECT 1 FROM known WHERE repo_id = $1 AND base_branch = $2 AND open)`, repo,
			h.Branch)
		if err != nil || !based {
			return nil, err
		}
	}
	return whole, nil
}

// raise notes one more event on a reference, of a class.
func (r *Records) raise(ctx context.Context, tx DB, t store.Target, class queue.Class) error {
	if t.Ref.Number < 0 {
		return errors.New("negative number")
	}
	return r.RaiseAll(ctx, tx, []store.Event{{Target: t, Times: 1}}, class)
}

// RaiseAll raises references, each of them once in the list. A retry after an error
// is brought forward, as the event may be what mends it, and the failure before it is
// forgiven, so that events cannot use up the attempts of a reference while its forge
// is down; a sleep until a known time is not. What a sweep finds goes by its last
// activity, the most recent first.
func (r *Records) RaiseAll(ctx context.Context, tx DB, events []store.Event, class queue.Class) error {
	slices.SortFunc(events, func(a, b store.Event) int { // one order for all, against deadlocks
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Ref.Number, b.Ref.Number))
	})
	type row struct {
		Repo   int64  `json:"repo_id"`
		Number int    `json:"number"`
		Times  int    `json:"times"`
		Head   string `json:"head"`
	}
	rows := make([]row, len(events))
	for i, e := range events {
		rows[i] = row{e.Repo, e.Ref.Number, e.Times, e.Head}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return Execute(ctx, tx, r.event, string(text), class, class.OnSuccess(), class.ByActivity(), store.FarSleeping.Microseconds())
}

// startable is the condition on which an event starts a reference w that does not
// wait for a worker: it was given up, it pauses after an error, or it sleeps longer
// than anything may.
const startable = `(w.state = 'dead' OR w.state = 'retrying' OR w.state = 'sleeping' AND w.due_at > excluded.due_at + CAST($5 AS BIGINT))`

// eventStatement notes events, $1, of class $2, or $3 where a success stands: of the pull
// request, which k is known of, or of the repository, a merge group's. $4 is whether the
// last activity decides.
func eventStatement(d *Dialect) string {
	return `WITH c AS MATERIALIZED (SELECT ` + d.Now + ` AS now)
		INSERT INTO pr_work AS w (repo_id, number, gen, state, class, rank, since, due_at, head)
		SELECT e.repo_id, e.number, e.times, 'waiting',
			CASE WHEN k.outcome = 'success' OR e.number = 0 AND EXISTS
				(SELECT 1 FROM check_record g WHERE g.repo_id = e.repo_id AND g.number = 0 AND g.outcome = 'success')
			THEN CAST($3 AS INTEGER) ELSE CAST($2 AS INTEGER) END,
			CASE WHEN CAST($4 AS BOOLEAN) THEN -coalesce(nullif(k.updated_at, 0), c.now) ELSE c.now END, c.now, c.now, e.head
		FROM c CROSS JOIN ` + d.Table("$1", "repo_id BIGINT", "number INTEGER", "times INTEGER", "head TEXT") + `
		LEFT JOIN known k ON k.repo_id = e.repo_id AND k.number = e.number AND k.open WHERE true
		ORDER BY e.repo_id, e.number
		ON CONFLICT (repo_id, number) DO UPDATE SET gen = w.gen + excluded.gen,
			class = ` + d.Least + `(w.class, excluded.class),
			rank = CASE WHEN excluded.class < w.class THEN excluded.rank ELSE w.rank END,
			state = CASE WHEN ` + startable + ` THEN 'waiting' ELSE w.state END,
			failures = CASE WHEN w.state = 'dead' THEN 0 WHEN ` + startable + ` THEN ` + d.Greatest + `(w.failures - 1, 0) ELSE w.failures END,
			error = CASE WHEN w.state = 'dead' THEN '' ELSE w.error END,
			since = CASE WHEN w.state = 'dead' THEN excluded.since ELSE w.since END,
			due_at = CASE WHEN ` + startable + ` THEN excluded.due_at ELSE w.due_at END,
			head = coalesce(nullif(excluded.head, ''), w.head)`
}

// Retry has references that have work run at once, or all that were given up if none is
// named, and tells which.
func (r *Records) Retry(ctx context.Context, refs []pull.Ref) (retried []pull.Ref, err error) {
	err = r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		retried = nil
		waiting, err := Collect(ctx, tx, scanTarget,
			`SELECT r.id, r.forge, r.owner, r.name, w.number FROM pr_work w JOIN repo r ON r.id = w.repo_id
			WHERE w.state = 'dead' OR $1 ORDER BY w.repo_id, w.number`, len(refs) > 0)
		if err != nil {
			return err
		}
		chosen, err := choose(waiting, refs)
		if err != nil {
			return err
		}
		for _, t := range chosen {
			if err := r.raise(ctx, tx, t, queue.Fresh); err != nil {
				return err
			}
			retried = append(retried, t.Ref)
		}
		return nil
	})
	return retried, err
}

func scanTarget(rows Rows, t *store.Target) error {
	return rows.Scan(&t.Repo, &t.Ref.Repo.Forge, &t.Ref.Repo.Owner, &t.Ref.Repo.Name, &t.Ref.Number)
}

// Settle writes what becomes of a reference.
func (r *Records) Settle(ctx context.Context, tx DB, c queue.Claim, step queue.Transition, n queue.JobNote) error {
	if step.Idle {
		return Execute(ctx, tx, `DELETE FROM pr_work WHERE repo_id = $1 AND number = $2`, c.Repo, c.Ref.Number)
	}
	least := r.d.Least + `(class, CAST($7 AS INTEGER))`
	return Execute(ctx, tx, `UPDATE pr_work SET state = $3, failures = $4, due_at = `+r.d.Now+` + $5, error = $6, `+r.d.Free+`,
		class = CASE WHEN `+least+` = $8 AND EXISTS
			(SELECT 1 FROM known k WHERE k.repo_id = $1 AND k.number = $2 AND k.open AND k.outcome = 'success') THEN $9 ELSE `+least+` END,
		since = CASE WHEN CAST($10 AS BOOLEAN) THEN `+r.d.Now+` ELSE since END WHERE repo_id = $1 AND number = $2`,
		c.Repo, c.Ref.Number, string(step.State), step.Failures, n.Pause.Microseconds(), r.d.Text(n.Err),
		cmp.Or(step.Class, queue.Unasked), queue.Fresh, queue.Revoke, n.Served)
}

// others returns one event for each of some pull requests of a target's repository.
func others(t store.Target, numbers []int) []store.Event {
	events := make([]store.Event, len(numbers))
	for i, n := range numbers {
		t.Ref.Number = n
		events[i] = store.Event{Target: t, Times: 1}
	}
	return events
}

// choose returns those of the references with work that are named, or all where
// none is. One that is named and has no work is an error.
func choose(working []store.Target, named []pull.Ref) ([]store.Target, error) {
	if len(named) == 0 {
		return working, nil
	}
	chosen := make([]store.Target, 0, len(named))
	for _, ref := range named {
		i := slices.IndexFunc(working, func(t store.Target) bool { return strings.EqualFold(t.Ref.String(), ref.String()) })
		if i < 0 {
			return nil, fmt.Errorf("%s has no work; nothing is to be tried again", ref)
		}
		chosen = append(chosen, working[i])
	}
	return chosen, nil
}
