package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Recall implements gate.History.
func (s *Store) Recall(ctx context.Context, ref pull.Ref) (gate.Memory, error) {
	var m gate.Memory
	err := s.read(ctx, func(tx *sql.Tx) error {
		repo, err := findRepo(ctx, tx, ref.Repo)
		if errors.Is(err, sql.ErrNoRows) {
			m.Ungated = true
			return nil
		}
		if err != nil {
			return err
		}
		m, err = recall(ctx, tx, repo, ref.Number)
		return err
	})
	if err != nil {
		return gate.Memory{}, fmt.Errorf("recall %s: %w", ref, err)
	}
	return m, nil
}

func recall(ctx context.Context, tx *sql.Tx, repo int64, number int) (m gate.Memory, err error) {
	known, err := queryKnown(ctx, tx, `WHERE k.repo_id = ? AND k.number = ?`, repo, number)
	if err != nil {
		return m, err
	}
	if len(known) > 0 {
		m.Known = known[0]
	}
	if err := recallGated(ctx, tx, repo, &m); err != nil {
		return m, err
	}
	if m.Heads, err = queryHeads(ctx, tx, repo, number); err != nil {
		return m, fmt.Errorf("heads: %w", err)
	}
	m.Checks, err = queryChecks(ctx, tx, `WHERE repo_id = ? AND (number = ? OR head IN
		(SELECT id FROM head WHERE repo_id = ? AND number = ?))`, repo, number, repo, number)
	if err != nil {
		return m, fmt.Errorf("checks: %w", err)
	}
	m.Asked, err = collect(ctx, tx, func(rows *sql.Rows, a *gate.Asked) error {
		return rows.Scan(&a.Head, &a.Login, &a.Refused, (*store.Moment)(&a.At), (*store.Reasons)(&a.Why))
	}, `SELECT head, login, refused, at, why FROM asked
		WHERE repo_id = ? AND number = ? ORDER BY seq`, repo, number)
	if err != nil {
		return m, fmt.Errorf("asked: %w", err)
	}
	m.Cancels, err = collect(ctx, tx, func(rows *sql.Rows, c *policy.Cancel) error {
		return rows.Scan(&c.Who.Login, &c.Who.ID, &c.Who.Bot, (*store.Moment)(&c.At))
	}, `SELECT login, person, bot, at FROM cancelled WHERE repo_id = ? AND number = ? ORDER BY at, login`, repo, number)
	if err != nil {
		return m, fmt.Errorf("cancelled overrides: %w", err)
	}
	m.Answered, err = collect(ctx, tx, func(rows *sql.Rows, a *gate.Answer) error {
		return rows.Scan(&a.Key, &a.Words)
	}, `SELECT key, words FROM answered WHERE repo_id = ? AND number = ? ORDER BY key`, repo, number)
	if err != nil {
		return m, fmt.Errorf("answered commands: %w", err)
	}
	m.Accounts, err = collect(ctx, tx, func(rows *sql.Rows, a *gate.Account) error {
		return rows.Scan(&a.Login, &a.ID)
	}, `SELECT login, id FROM account WHERE repo_id = ? ORDER BY login`, repo)
	if err != nil {
		return m, fmt.Errorf("accounts: %w", err)
	}
	if m.Labels, err = queryLabels(ctx, tx, repo, number); err != nil {
		return m, err
	}
	if err := recallSights(ctx, tx, repo, number, &m); err != nil {
		return m, err
	}
	err = tx.QueryRowContext(ctx, `SELECT mark, credited FROM activity WHERE repo_id = ? AND number = ?`, repo, number).Scan(&m.Activity, &m.Credited)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return m, fmt.Errorf("activity: %w", err)
	}
	err = tx.QueryRowContext(ctx, `SELECT forge_id, digest, done FROM comment_record
		WHERE repo_id = ? AND number = ?`, repo, number).Scan(&m.Comment.ID, &m.Comment.Digest, &m.Comment.Done)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return m, fmt.Errorf("comment: %w", err)
	}
	return m, nil
}

func queryHeads(ctx context.Context, tx *sql.Tx, repo int64, number int) ([]pull.Head, error) {
	return collect(ctx, tx, func(rows *sql.Rows, h *pull.Head) error {
		var body sql.RawBytes
		if err := rows.Scan(&body); err != nil {
			return err
		}
		return store.UnpackHead(body, h)
	}, `SELECT body FROM head WHERE repo_id = ? AND number = ? ORDER BY seq`, repo, number)
}

func queryChecks(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]gate.CheckRecord, error) {
	return collect(ctx, tx, func(rows *sql.Rows, c *gate.CheckRecord) error {
		return rows.Scan(&c.Head, &c.Name, &c.ID, &c.Outcome, &c.Digest, &c.Done, (*store.Moment)(&c.At), &c.Group)
	}, `SELECT head, name, forge_id, outcome, digest, done, at, number = 0 FROM check_record `+where+` ORDER BY seq`, args...)
}

// At implements gate.History.
func (s *Store) At(ctx context.Context, repo pull.Repo, head string) (m gate.HeadMemory, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		id, err := findRepo(ctx, tx, repo)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if m.Open, err = queryKnown(ctx, tx, `WHERE k.repo_id = ? AND k.head = ? AND k.open ORDER BY k.number`, id, head); err != nil {
			return err
		}
		if m.Checks, err = queryChecks(ctx, tx, `WHERE repo_id = ? AND head = ?`, id, head); err != nil || len(m.Open) < 2 {
			return err
		}
		newest, err := collect(ctx, tx, func(rows *sql.Rows, r *[2]int64) error { return rows.Scan(&r[0], &r[1]) }, `SELECT k.number, max(r.seq) FROM known k JOIN run r ON r.repo_id = k.repo_id AND r.number = k.number
			WHERE k.repo_id = ? AND k.head = ? AND k.open GROUP BY k.number`, id, head)
		for _, r := range newest {
			if m.Judged == nil {
				m.Judged = map[int]int64{}
			}
			m.Judged[int(r[0])] = r[1]
		}
		return err
	})
	if err != nil {
		return gate.HeadMemory{}, fmt.Errorf("recall %s in %s: %w", head, repo, err)
	}
	return m, nil
}

// Remember implements gate.History.
func (s *Store) Remember(ctx context.Context, ref pull.Ref, facts gate.Facts) error {
	head, err := s.headRow(ctx, ref, facts.Head)
	if err != nil {
		return fmt.Errorf("remember %s: %w", ref, err)
	}
	claim, claimed := queue.Claimed(ctx)
	class := queue.Following(ctx)
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		repo, err := addRepo(ctx, tx, ref.Repo)
		if err != nil {
			return err
		}
		if claimed {
			if err := fence(ctx, tx, claim, repo, ref.Number); err != nil {
				return err
			}
		}
		if err := remember(ctx, tx, repo, ref.Number, facts, head); err != nil {
			return err
		}
		return s.wake(ctx, tx, store.Target{Repo: repo, Ref: ref}, facts, class)
	})
	if err != nil {
		return fmt.Errorf("remember %s: %w", ref, err)
	}
	if len(facts.Wake) > 0 {
		s.ring()
	}
	if facts.Head == nil {
		return nil
	}
	if err := s.lighten(ctx, ref); err != nil {
		return fmt.Errorf("remember %s: %w", ref, err)
	}
	return nil
}

// wake raises the other open pull requests of some heads.
func (s *Store) wake(ctx context.Context, tx *sql.Tx, t store.Target, facts gate.Facts, class queue.Class) error {
	if len(facts.Wake) == 0 {
		return nil
	}
	var spared string // head of the base branch that is
	if facts.Known != nil && facts.Spare != "" {
		spared = facts.Known.Head
	}
	text, err := json.Marshal(facts.Wake)
	if err != nil {
		return err
	}
	numbers, err := collect(ctx, tx, func(rows *sql.Rows, n *int) error { return rows.Scan(n) },
		`SELECT min(number) FROM known WHERE repo_id = ? AND number <> ? AND head IN (SELECT value FROM json_each(?)) AND open
			AND NOT (head = ? AND base_branch = ?) GROUP BY head, base_branch ORDER BY 1`, t.Repo, t.Ref.Number, string(text), spared, facts.Spare)
	if err != nil {
		return fmt.Errorf("siblings: %w", err)
	}
	if len(numbers) == 0 {
		return nil
	}
	return raiseAll(ctx, tx, store.Others(t, numbers), class)
}

func remember(ctx context.Context, tx *sql.Tx, repo int64, number int, facts gate.Facts, head store.HeadRow) error {
	if err := rememberGated(ctx, tx, repo, facts.GatedAt); err != nil {
		return fmt.Errorf("since when it is gated: %w", err)
	}
	if k := facts.Known; k != nil {
		if err := execute(ctx, tx, `INSERT OR REPLACE INTO known
			(repo_id, number, head, base_branch, base_tip, merge_base, open, updated_at, check_name, outcome, sources, due_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			repo, number, k.Head, k.BaseBranch, k.BaseTip, k.MergeBase, k.Open, store.Moment(k.UpdatedAt),
			k.Check, k.Outcome, k.Sources, store.Moment(k.DueAt)); err != nil {
			return fmt.Errorf("where it stands: %w", err)
		}
	}
	if k := facts.Twin; k != nil {
		if err := execute(ctx, tx, `UPDATE known SET check_name = ?, outcome = ?, sources = ?
			WHERE repo_id = ? AND number = ? AND head = ? AND base_branch = ? AND updated_at = ? AND open`,
			k.Check, k.Outcome, k.Sources, repo, number, k.Head, k.BaseBranch, store.Moment(k.UpdatedAt)); err != nil {
			return fmt.Errorf("what a twin tells of it: %w", err)
		}
	}
	if err := rememberHead(ctx, tx, repo, number, head, facts.Forget); err != nil {
		return fmt.Errorf("head: %w", err)
	}
	if c := facts.Check; c != nil {
		if err := execute(ctx, tx, `INSERT INTO check_record (repo_id, number, head, name, forge_id, outcome, digest, done, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (repo_id, head, name) DO UPDATE SET
			number = excluded.number, forge_id = excluded.forge_id, outcome = excluded.outcome, digest = excluded.digest, done = excluded.done, at = excluded.at`,
			repo, number, c.Head, c.Name, c.ID, c.Outcome, c.Digest, c.Done, store.Moment(c.At)); err != nil {
			return fmt.Errorf("check: %w", err)
		}
		if number == 0 {
			if err := execute(ctx, tx, `DELETE FROM check_record WHERE repo_id = ?1 AND number = 0 AND seq <=
				(SELECT seq FROM check_record WHERE repo_id = ?1 AND number = 0 ORDER BY seq DESC LIMIT 1 OFFSET ?2)`, repo, store.KeepGroups); err != nil {
				return fmt.Errorf("old checks of groups: %w", err)
			}
		}
	}
	if c := facts.Comment; c != nil {
		if err := execute(ctx, tx, `INSERT OR REPLACE INTO comment_record (repo_id, number, forge_id, digest, done)
			VALUES (?, ?, ?, ?, ?)`, repo, number, c.ID, c.Digest, c.Done); err != nil {
			return fmt.Errorf("comment: %w", err)
		}
	}
	for _, a := range facts.Asked {
		why, err := store.Reasons(a.Why).JSON()
		if err != nil {
			return fmt.Errorf("asked: %w", err)
		}
		if err := execute(ctx, tx, `INSERT INTO asked (repo_id, number, head, login, refused, at, why) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (repo_id, number, head, login) DO UPDATE SET refused = excluded.refused`,
			repo, number, a.Head, a.Login, a.Refused, store.Moment(a.At), why); err != nil {
			return fmt.Errorf("asked: %w", err)
		}
	}
	if err := rememberLabels(ctx, tx, repo, number, facts.Labels); err != nil {
		return err
	}
	if err := rememberSights(ctx, tx, repo, number, facts); err != nil {
		return err
	}
	if err := rememberPeople(ctx, tx, repo, number, facts); err != nil {
		return err
	}
	return rememberCommands(ctx, tx, repo, number, facts)
}

// rememberCommands adds what was seen and answered of commands.
func rememberCommands(ctx context.Context, tx *sql.Tx, repo int64, number int, facts gate.Facts) error {
	for _, c := range facts.Cancels {
		if err := execute(ctx, tx, `INSERT INTO cancelled (repo_id, number, login, person, bot, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, repo, number, c.Who.Login, c.Who.ID, c.Who.Bot, store.Moment(c.At)); err != nil {
			return fmt.Errorf("cancelled override: %w", err)
		}
	}
	for _, a := range facts.Accounts {
		if err := execute(ctx, tx, `INSERT INTO account (repo_id, login, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, repo, a.Login, a.ID); err != nil {
			return fmt.Errorf("account: %w", err)
		}
	}
	for _, a := range facts.Answered {
		if err := execute(ctx, tx, `INSERT INTO answered (repo_id, number, key, words) VALUES (?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, repo, number, a.Key, a.Words); err != nil {
			return fmt.Errorf("answered command: %w", err)
		}
	}
	return nil
}

// SaveRun implements gate.History. The last 20 runs of a pull request are
// kept, fewer of them where they are large.
func (s *Store) SaveRun(ctx context.Context, run gate.RunRecord) (id int64, err error) {
	body, err := store.Pack(run.Body)
	if err != nil {
		return 0, fmt.Errorf("save run of %s: %w", run.Ref, err)
	}
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		repo, err := addRepo(ctx, tx, run.Ref.Repo)
		if err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `INSERT INTO run (repo_id, number, head, at, outcome, body) VALUES (?, ?, ?, ?, ?, ?) RETURNING seq`,
			repo, run.Ref.Number, run.Head, store.Moment(run.At), run.Outcome, body).Scan(&id); err != nil {
			return err
		}
		return execute(ctx, tx, `DELETE FROM run WHERE repo_id = ?1 AND number = ?2 AND seq IN (
			SELECT seq FROM (SELECT seq, row_number() OVER newest AS n, sum(length(body)) OVER newest AS bytes
				FROM run WHERE repo_id = ?1 AND number = ?2 WINDOW newest AS (ORDER BY seq DESC))
			WHERE n > ?3 OR n > 1 AND bytes > ?4)`,
			repo, run.Ref.Number, store.KeepRuns, store.KeepRunBytes)
	})
	if err != nil {
		return 0, fmt.Errorf("save run of %s: %w", run.Ref, err)
	}
	return id, nil
}
