package tables

import (
	"context"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Recall implements history.Store.
func (r *Records) Recall(ctx context.Context, ref pull.Ref) (m history.PullHistory, err error) {
	m.Ungated = true
	err = r.engine.Read(ctx, func(tx DB) error {
		var repo int64
		var gatedAt *int64
		found, err := Row(ctx, tx, []any{&repo, &gatedAt}, `SELECT r.id, r.gated_at FROM repo r WHERE `+r.d.named(), ref.Repo.Forge,
			ref.Repo.Owner, ref.Repo.Name)
		if err != nil || !found {
			return err
		}
		if gatedAt != nil {
			m.Ungated = false
			if err := (*store.Micros)(&m.GatedAt).Scan(*gatedAt); err != nil {
				return err
			}
		}
		return r.recall(ctx, tx, repo, ref.Number, &m)
	})
	if err != nil {
		return history.PullHistory{}, fmt.Errorf("recall %s: %w", ref, err)
	}
	return m, nil
}

func (r *Records) recall(ctx context.Context, tx DB, repo int64, number int, m *history.PullHistory) error {
	known, err := queryKnown(ctx, tx, `WHERE k.repo_id = $1 AND k.number = $2`, repo, number)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		m.Known = known[0]
	}
	if m.Heads, err = queryHeads(ctx, tx, repo, number); err != nil {
		return fmt.Errorf("heads: %w", err)
	}
	m.Checks, err = queryChecks(ctx, tx, `WHERE repo_id = $1 AND (number = $2 OR head IN
		(SELECT id FROM head WHERE repo_id = $1 AND number = $2))`, repo, number)
	if err != nil {
		return fmt.Errorf("checks: %w", err)
	}
	if err := r.recallFacts(ctx, tx, repo, number, m); err != nil {
		return fmt.Errorf("facts: %w", err)
	}
	if err := recallSights(ctx, tx, repo, number, m); err != nil {
		return err
	}
	_, err = Row(ctx, tx, []any{&m.Activity, &m.Credited}, `SELECT mark, credited FROM activity WHERE repo_id = $1 AND number = $2`, repo,
		number)
	if err != nil {
		return fmt.Errorf("activity: %w", err)
	}
	return nil
}

func queryHeads(ctx context.Context, tx DB, repo int64, number int) ([]pull.Head, error) {
	return Collect(ctx, tx, func(rows Rows, h *pull.Head) error { return rows.Scan(packedHead{h}) },
		`SELECT body FROM head WHERE repo_id = $1 AND number = $2 ORDER BY seq`, repo, number)
}

func queryChecks(ctx context.Context, tx DB, where string, args ...any) ([]history.CheckRecord, error) {
	return Collect(ctx, tx, func(rows Rows, c *history.CheckRecord) error {
		return rows.Scan(&c.Head, &c.Name, &c.ID, &c.Outcome, &c.Digest, &c.Done, (*store.Micros)(&c.At), &c.Of, &c.Group)
	}, `SELECT head, name, forge_id, outcome, digest, done, at, of_number, number = 0 FROM check_record `+where+` ORDER BY seq`, args...)
}

// At implements history.Store.
func (r *Records) At(ctx context.Context, repo pull.Repo, head string) (m history.HeadHistory, err error) {
	err = r.engine.Read(ctx, func(tx DB) error {
		id, found, err := r.findRepo(ctx, tx, repo)
		if err != nil || !found {
			return err
		}
		if m.Open, err = queryKnown(ctx, tx, `WHERE k.repo_id = $1 AND k.head = $2 AND k.open ORDER BY k.number`, id, head); err != nil {
			return err
		}
		if m.Checks, err = queryChecks(ctx, tx, `WHERE repo_id = $1 AND head = $2`, id, head); err != nil || len(m.Open) < 2 {
			return err
		}
		newest, err := Collect(ctx, tx, func(rows Rows, r *[2]int64) error { return rows.Scan(&r[0], &r[1]) },
			`SELECT k.number, max(r.seq) FROM known k JOIN run r ON r.repo_id = k.repo_id AND r.number = k.number
			WHERE k.repo_id = $1 AND k.head = $2 AND k.open GROUP BY k.number`, id, head)
		for _, r := range newest {
			if m.Judged == nil {
				m.Judged = map[int]int64{}
			}
			m.Judged[int(r[0])] = r[1]
		}
		return err
	})
	if err != nil {
		return history.HeadHistory{}, fmt.Errorf("recall %s in %s: %w", head, repo, err)
	}
	return m, nil
}

// Remember implements history.Store.
func (r *Records) Remember(ctx context.Context, ref pull.Ref, facts history.Update) error {
	head, err := r.headRow(ctx, ref, facts.Head)
	if err != nil {
		return fmt.Errorf("remember %s: %w", ref, err)
	}
	claim, claimed := queue.Claimed(ctx)
	class := queue.Following(ctx)
	err = r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		repo, err := r.AddRepo(ctx, tx, ref.Repo)
		if err != nil {
			return err
		}
		if claimed {
			if err := r.fence(ctx, tx, claim, repo, ref.Number); err != nil {
				return err
			}
		}
		if len(facts.Requeue) > 0 && r.d.LockRepo != "" { // see wake
			if err := Execute(ctx, tx, r.d.LockRepo, repo); err != nil {
				return err
			}
		}
		if err := r.remember(ctx, tx, repo, ref.Number, &facts, head); err != nil {
			return err
		}
		return r.wake(ctx, tx, store.Target{Repo: repo, Ref: ref}, &facts, class)
	})
	if err != nil {
		return fmt.Errorf("remember %s: %w", ref, err)
	}
	if len(facts.Requeue) > 0 {
		r.engine.Ring()
	}
	if facts.Head == nil {
		return nil
	}
	if err := r.lighten(ctx, ref); err != nil {
		return fmt.Errorf("remember %s: %w", ref, err)
	}
	return nil
}

// fence fails with queue.ErrSuperseded if the evaluation that a context belongs
// to has lost its claim on a reference.
func (r *Records) fence(ctx context.Context, tx DB, c queue.Claim, repo int64, number int) error {
	if c.Repo != repo || c.Ref.Number != number {
		return nil
	}
	column, value := r.d.Holds(c)
	holds, err := Row(ctx, tx, []any{new(int)}, `SELECT 1 FROM pr_work WHERE repo_id = $1 AND number = $2 AND `+column+` = $3`, c.Repo,
		c.Ref.Number, value)
	if err == nil && !holds {
		return queue.ErrSuperseded
	}
	return err
}

// wake raises the other open pull requests of some heads. Two of them that are
// remembered at once see one another: the later waits for the earlier.
func (r *Records) wake(ctx context.Context, tx DB, t store.Target, facts *history.Update, class queue.Class) error {
	if len(facts.Requeue) == 0 {
		return nil
	}
	var spared string // head of the base branch that is
	if facts.Known != nil && facts.Spare != "" {
		spared = facts.Known.Head
	}
	numbers, err := Values[int](ctx, tx, `SELECT min(number) FROM known WHERE repo_id = $1 AND number <> $2 AND head`+r.d.In("$3")+` AND open
			AND NOT (head = $4 AND base_branch = $5) GROUP BY head, base_branch ORDER BY 1`, t.Repo, t.Ref.Number, r.d.List(facts.Requeue), spared,
		facts.Spare)
	if err != nil {
		return fmt.Errorf("siblings: %w", err)
	}
	if len(numbers) == 0 {
		return nil
	}
	return r.RaiseAll(ctx, tx, others(t, numbers), class)
}

func (r *Records) remember(ctx context.Context, tx DB, repo int64, number int, facts *history.Update, head store.HeadRow) error {
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"since when it is gated", func() error { return rememberGated(ctx, tx, repo, facts.GatedAt) }},
		{"where it stands", func() error { return r.rememberKnown(ctx, tx, repo, number, facts.Known) }},
		{"what a twin tells of it", func() error { return r.rememberTwin(ctx, tx, repo, number, facts.Twin) }},
		{"head", func() error { return rememberHead(ctx, tx, repo, number, head, facts.Forget) }},
		{"check", func() error { return rememberCheck(ctx, tx, repo, number, facts.Check) }},
		{"facts", func() error { return r.rememberFacts(ctx, tx, repo, number, facts) }},
		{"sighting", func() error { return rememberSighting(ctx, tx, repo, number, facts.Sighting) }},
		{"sight of a review", func() error { return rememberSights(ctx, tx, repo, number, facts.Sights) }},
		{"activity", func() error { return r.rememberActivity(ctx, tx, repo, number, facts.Activity) }},
		{"knowledge", func() error { return r.rememberCredits(ctx, tx, repo, number, facts.Credits) }},
	} {
		if err := part.do(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

func rememberCheck(ctx context.Context, tx DB, repo int64, number int, c *history.CheckRecord) error {
	if c == nil {
		return nil
	}
	if err := Execute(ctx, tx, `INSERT INTO check_record (repo_id, number, head, name, forge_id, outcome, digest, done, at, of_number)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (repo_id, head, name, of_number) DO UPDATE SET
		number = excluded.number, forge_id = excluded.forge_id, outcome = excluded.outcome, digest = excluded.digest,
		done = excluded.done, at = excluded.at`,
		repo, number, c.Head, c.Name, c.ID, c.Outcome, c.Digest, c.Done, store.Micros(c.At), c.Of); err != nil {
		return err
	}
	if number != 0 {
		return nil
	}
	return Execute(ctx, tx, `DELETE FROM check_record WHERE repo_id = $1 AND number = 0 AND seq <=
		(SELECT seq FROM check_record WHERE repo_id = $1 AND number = 0 ORDER BY seq DESC LIMIT 1 OFFSET $2)`, repo, store.KeepGroups)
}

// SaveRun implements history.Store. The last 20 runs of a pull request are
// kept, fewer of them where they are large.
func (r *Records) SaveRun(ctx context.Context, run history.RunRecord) (id int64, err error) {
	body, err := store.Pack(run.Body)
	if err != nil {
		return 0, fmt.Errorf("save run of %s: %w", run.Ref, err)
	}
	err = r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		repo, err := r.AddRepo(ctx, tx, run.Ref.Repo)
		if err != nil {
			return err
		}
		if _, err := Row(ctx, tx, []any{&id},
			`INSERT INTO run (repo_id, number, head, at, outcome, body) VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq`,
			repo, run.Ref.Number, run.Head, store.Micros(run.At), run.Outcome, body); err != nil {
			return err
		}
		if err := r.saveWaits(ctx, tx, repo, &run); err != nil {
			return err
		}
		if err := saveShare(ctx, tx, repo, &run); err != nil {
			return err
		}
		return Execute(ctx, tx, `DELETE FROM run WHERE repo_id = $1 AND number = $2 AND seq IN (
			SELECT seq FROM (SELECT seq, row_number() OVER newest AS n, sum(length(body)) OVER newest AS bytes
				FROM run WHERE repo_id = $1 AND number = $2 WINDOW newest AS (ORDER BY seq DESC)) AS kept
			WHERE n > $3 OR n > 1 AND bytes > $4)`,
			repo, run.Ref.Number, store.KeepRuns, store.KeepRunBytes)
	})
	if err != nil {
		return 0, fmt.Errorf("save run of %s: %w", run.Ref, err)
	}
	return id, nil
}
