package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/store"
)

// waitKey tells what one person has to do with a pull request from what another has.
type waitKey struct {
	who string
	own bool
}

// saveWaits puts what people have to do with a pull request in place of what they had. What
// waits still waits since then.
func (r *Records) saveWaits(ctx context.Context, tx DB, repo int64, run *history.RunRecord) error {
	due, err := r.saveResponses(ctx, tx, repo, run)
	if err != nil {
		return fmt.Errorf("how areas answer: %w", err)
	}
	since := map[waitKey]store.Micros{}
	if _, err := Collect(ctx, tx, func(rows Rows, _ *struct{}) error {
		var key waitKey
		var at store.Micros
		err := rows.Scan(&key.who, &key.own, &at)
		since[key] = at
		return err
	}, `SELECT who, own, since FROM wait WHERE repo_id = $1 AND number = $2`, repo, run.Ref.Number); err != nil {
		return err
	}
	if len(since) == 0 && len(run.Waits) == 0 {
		return nil
	}
	if err := Execute(ctx, tx, `DELETE FROM wait WHERE repo_id = $1 AND number = $2`, repo, run.Ref.Number); err != nil {
		return err
	}
	var all [][]any
	for _, w := range run.Waits {
		alone, err := json.Marshal(w.Alone)
		if err != nil {
			return err
		}
		who := r.d.Text(strings.ToLower(w.Who))
		at, known := since[waitKey{who, w.Own}]
		if !known {
			at = store.Micros(run.At)
		}
		var until response.Wait
		if !w.Own {
			until = due[strings.ToLower(w.Who)]
		}
		all = append(all, []any{repo, run.Ref.Number, who, w.Own, w.Turn, w.Files, string(alone), r.d.Text(run.Title), at,
			store.Micros(until.Due()), until.Area})
	}
	return tx.Each(ctx, `INSERT INTO wait (repo_id, number, who, own, turn, files, alone, title, since, due, area)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (repo_id, number, who, own) DO NOTHING`, all)
}

// Waiting implements history.Waits.
func (r *Records) Waiting(ctx context.Context, forge, login string, most int) ([]history.Waiting, error) {
	list, err := Collect(ctx, r.db, func(rows Rows, w *history.Waiting) error {
		var alone string
		if err := rows.Scan(&w.Ref.Repo.Forge, &w.Ref.Repo.Owner, &w.Ref.Repo.Name, &w.Ref.Number, &w.Who, &w.Own, &w.Turn, &w.Files, &alone,
			&w.Title, (*store.Micros)(&w.Since), (*store.Micros)(&w.Due), &w.Area, &w.BaseBranch, &w.Outcome); err != nil {
			return err
		}
		return json.Unmarshal([]byte(alone), &w.Alone)
	}, `SELECT r.forge, r.owner, r.name, w.number, w.who, w.own, w.turn, w.files, w.alone, w.title, w.since, w.due, w.area,
		k.base_branch, k.outcome
		FROM wait w JOIN repo r ON r.id = w.repo_id JOIN known k ON k.repo_id = w.repo_id AND k.number = w.number
		WHERE w.who = $1 AND r.forge = $2 AND k.open ORDER BY w.since, w.repo_id, w.number LIMIT $3`, strings.ToLower(login), forge, most)
	if err != nil {
		return nil, fmt.Errorf("list what waits for %s on %s: %w", login, forge, r.d.Explain(err))
	}
	return list, nil
}
