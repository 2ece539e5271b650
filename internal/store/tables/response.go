package tables

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/store"
)

// responseColumns are those of response p, as scanResponse reads them.
const responseColumns = `p.number, p.area, p.since, p.due, p.answered, p.ended`

func scanResponse(rows Rows, w *response.Wait, more ...any) error {
	var due time.Time
	err := rows.Scan(append([]any{&w.Number, &w.Area, (*store.Micros)(&w.Since), (*store.Micros)(&due), (*store.Micros)(&w.Answered),
		(*store.Micros)(&w.Ended)}, more...)...)
	w.Within = due.Sub(w.Since)
	return err
}

// saveResponses notes how a pull request waits for areas after a run, and says of people, by login
// in lower case, which of the areas that wait for theirs is due first. What has not changed is not
// written.
func (r *Records) saveResponses(ctx context.Context, tx DB, repo int64, run *history.RunRecord) (map[string]response.Wait, error) {
	before, err := Collect(ctx, tx, func(rows Rows, w *response.Wait) error { return scanResponse(rows, w) },
		`SELECT `+responseColumns+` FROM response p WHERE p.repo_id = $1 AND p.number = $2 ORDER BY p.area`+r.d.Bytes, repo, run.Ref.Number)
	if err != nil || run.Doubt || len(before)+len(run.Areas) == 0 {
		return nil, err
	}
	seen := slices.Clone(run.Areas)
	for i := range seen {
		seen[i].Area = r.d.Text(seen[i].Area)
	}
	at := run.Seen
	if at.IsZero() {
		at = run.At
	}
	known := map[string]response.Wait{}
	for _, w := range before {
		known[w.Area] = w
	}
	now := response.Next(before, seen, run.Ref.Number, at.Truncate(time.Microsecond).UTC())
	var changed [][]any
	for _, w := range now {
		if w != known[w.Area] {
			changed = append(changed, []any{repo, w.Number, w.Area, store.Micros(w.Since), store.Micros(w.Due()),
				store.Micros(w.Answered), store.Micros(w.Ended)})
		}
	}
	return firstDue(now, seen), tx.Each(ctx, `INSERT INTO response (repo_id, number, area, since, due, answered, ended)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (repo_id, number, area) DO UPDATE SET since = excluded.since, due = excluded.due,
		answered = excluded.answered,
		ended = excluded.ended`, changed)
}

// firstDue says of people which of the areas that wait for theirs is due first.
func firstDue(waits []response.Wait, seen []response.Seen) map[string]response.Wait {
	out := map[string]response.Wait{}
	for _, s := range seen {
		for _, w := range waits {
			if w.Area != s.Area || !w.Open() {
				continue
			}
			for _, login := range s.People {
				key := strings.ToLower(login)
				if had, ok := out[key]; !ok || w.Due().Before(had.Due()) {
					out[key] = w
				}
			}
		}
	}
	return out
}

// Responses implements history.Responses.
func (r *Reader) Responses(ctx context.Context, repo pull.Repo, since time.Time) ([]response.Wait, error) {
	waits, err := Collect(ctx, r.db, func(rows Rows, w *response.Wait) error {
		var open bool
		var changed time.Time
		err := scanResponse(rows, w, &open, (*store.Micros)(&changed))
		if !open && w.Open() {
			w.Ended = changed
		}
		return err
	}, `SELECT `+responseColumns+`, k.open, k.updated_at FROM response p JOIN repo r ON r.id = p.repo_id
		JOIN known k ON k.repo_id = p.repo_id AND k.number = p.number
		WHERE `+r.d.named()+` AND (p.due > $4 OR p.answered = 0 AND p.ended = 0) ORDER BY p.number, p.area`+r.d.Bytes,
		repo.Forge, repo.Owner, repo.Name, store.Micros(since))
	if err != nil {
		return nil, fmt.Errorf("read how soon the areas of %s answer: %w", repo, r.d.Explain(err))
	}
	return waits, nil
}
