package tables

import (
	"context"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// saveShare notes how much of a pull request was reviewed, and when it was merged.
func saveShare(ctx context.Context, tx DB, repo int64, run *history.RunRecord) error {
	if s := run.Share; s != nil {
		return Execute(ctx, tx, `INSERT INTO judged (repo_id, number, reviewed, counted, passed, merged) VALUES ($1, $2, $3, $4, $5, 0)
			ON CONFLICT (repo_id, number) DO UPDATE SET reviewed = excluded.reviewed, counted = excluded.counted, passed = excluded.passed,
			merged = 0
			WHERE judged.reviewed <> excluded.reviewed OR judged.counted <> excluded.counted OR judged.passed <> excluded.passed
			OR judged.merged <> 0`, repo, run.Ref.Number, s.Reviewed, s.Counted, s.Passed)
	}
	if !run.Merged {
		return nil
	}
	return Execute(ctx, tx, `UPDATE judged SET merged = $1 WHERE repo_id = $2 AND number = $3 AND merged = 0`, store.Micros(run.Seen), repo,
		run.Ref.Number)
}

// Weeks implements history.Charts.
func (r *Records) Weeks(ctx context.Context, repo pull.Repo, since time.Time) ([]history.Week, error) {
	const week, monday = int64(7 * 24 * time.Hour / time.Microsecond), int64(3 * 24 * time.Hour / time.Microsecond) // 1970 began on a Thursday
	weeks, err := Collect(ctx, r.db, func(rows Rows, w *history.Week) error {
		var number int64
		err := rows.Scan(&number, &w.Pulls, &w.Passed, &w.Reviewed, &w.Counted)
		w.Start = time.UnixMicro(number*week - monday).UTC()
		return err
	}, fmt.Sprintf(`SELECT (j.merged + %d) / %d AS week, count(*), sum(CASE WHEN j.passed THEN 1 ELSE 0 END), sum(j.reviewed), sum(j.counted)
		FROM judged j JOIN repo r ON r.id = j.repo_id WHERE %s AND j.merged >= $4 AND j.merged > 0 GROUP BY 1 ORDER BY 1`, monday, week,
		r.d.named()), repo.Forge, repo.Owner, repo.Name, store.Micros(since))
	if err != nil {
		return nil, fmt.Errorf("read what was merged in %s: %w", repo, r.d.Explain(err))
	}
	return weeks, nil
}

// Survey implements history.Charts.
func (r *Records) Survey(ctx context.Context, repo pull.Repo) (s history.Survey, err error) {
	if _, err = Row(ctx, r.db, []any{(*store.Micros)(&s.Asked), (*store.Micros)(&s.At), &s.Body},
		`SELECT s.asked, s.at, s.body FROM survey s JOIN repo r ON r.id = s.repo_id WHERE `+r.d.named(), repo.Forge, repo.Owner,
		repo.Name); err != nil {
		return s, fmt.Errorf("read who owns the tree of %s: %w", repo, r.d.Explain(err))
	}
	return s, nil
}

// AskSurvey implements history.Charts.
func (r *Records) AskSurvey(ctx context.Context, repo pull.Repo, at time.Time) error {
	return r.survey(ctx, repo, `INSERT INTO survey (repo_id, asked, at, body) VALUES ($1, $2, 0, $3)
		ON CONFLICT (repo_id) DO UPDATE SET asked = excluded.asked`, store.Micros(at), []byte{})
}

// SaveSurvey implements history.Charts.
func (r *Records) SaveSurvey(ctx context.Context, repo pull.Repo, at time.Time, body []byte) error {
	return r.survey(ctx, repo, `INSERT INTO survey (repo_id, asked, at, body) VALUES ($1, 0, $2, $3)
		ON CONFLICT (repo_id) DO UPDATE SET at = excluded.at, body = excluded.body`, store.Micros(at), body)
}

func (r *Records) survey(ctx context.Context, repo pull.Repo, statement string, args ...any) error {
	err := r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		id, err := r.AddRepo(ctx, tx, repo)
		if err != nil {
			return err
		}
		return Execute(ctx, tx, statement, append([]any{id}, args...)...)
	})
	if err != nil {
		return fmt.Errorf("note who owns the tree of %s: %w", repo, err)
	}
	return nil
}
