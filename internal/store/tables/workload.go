package tables

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Load implements history.Workload.
func (r *Records) Load(ctx context.Context, forge string, logins []string, at time.Time) (map[string]float64, error) {
	names := make([]string, len(logins))
	for i, login := range logins {
		names[i] = strings.ToLower(login)
	}
	load := map[string]float64{}
	err := r.engine.Read(ctx, func(tx DB) error {
		_, err := Collect(ctx, tx, func(rows Rows, _ *struct{}) error {
			var who string
			var open int
			err := rows.Scan(&who, &open)
			load[strings.ToLower(who)] += float64(open)
			return err
		}, `SELECT `+r.d.Fold("d.who")+`, count(DISTINCT d.repo_id * 1000000000 + d.number) FROM duty d JOIN repo r ON r.id = d.repo_id
			WHERE d.waiting AND r.forge = $1 AND `+r.d.Fold("d.who")+r.d.In("$2")+` GROUP BY `+r.d.Fold("d.who"), forge, r.d.List(names))
		if err != nil {
			return err
		}
		_, err = Collect(ctx, tx, func(rows Rows, _ *struct{}) error {
			var who string
			var when time.Time
			err := rows.Scan(&who, (*store.Micros)(&when))
			load[strings.ToLower(who)] += expertise.Faded{Weight: 1, At: when}.Value(at)
			return err
		}, `SELECT `+r.d.Fold("v.who")+`, max(v.at) FROM review v JOIN repo r ON r.id = v.repo_id
			WHERE r.forge = $1 AND v.at > $2 AND `+r.d.Fold("v.who")+r.d.In("$3")+` GROUP BY `+r.d.Fold("v.who")+`, v.repo_id, v.number`,
			forge, store.Micros(at.Add(-store.ReviewsBack)), r.d.List(names))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the load of people on %s: %w", forge, err)
	}
	return load, nil
}

// Known implements history.Workload.
func (r *Records) Known(ctx context.Context, repo pull.Repo, places []string) (records []expertise.Record, err error) {
	err = r.engine.Read(ctx, func(tx DB) error {
		id, found, err := r.findRepo(ctx, tx, repo)
		if err == nil && found {
			records, err = r.queryKnowledge(ctx, tx, id, places)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what people know of %s: %w", repo, err)
	}
	return records, nil
}

func (r *Records) queryKnowledge(ctx context.Context, tx DB, repo int64, places []string) ([]expertise.Record, error) {
	return Collect(ctx, tx, func(rows Rows, k *expertise.Record) error {
		return rows.Scan(&k.Place, &k.Login, &k.Weight, (*store.Micros)(&k.At))
	}, `SELECT place, login, weight, at FROM knowledge WHERE repo_id = $1 AND `+r.d.Places("place", "$2")+`
		ORDER BY place`+r.d.Bytes+`, login`+r.d.Bytes, repo, r.d.List(places))
}

// Activity returns the requests for review and the reviews of a repository, in
// order of time.
func (r *Reader) Activity(ctx context.Context, repo pull.Repo) (requests []workload.Request, reviews []workload.Review, err error) {
	named := ` WHERE ` + r.d.named() + ` ORDER BY `
	areas := map[onPull][]string{}
	_, err = Collect(ctx, r.db, func(rows Rows, _ *struct{}) error {
		var key onPull
		var subsystem string
		err := rows.Scan(&key.number, &key.who, &subsystem)
		key.who = strings.ToLower(key.who)
		areas[key] = append(areas[key], subsystem)
		return err
	}, `SELECT a.number, a.who, a.subsystem FROM area a JOIN repo r ON r.id = a.repo_id`+named+`a.number, `+r.d.byName("a.who")+
		`, a.subsystem`+r.d.Bytes,
		repo.Forge, repo.Owner, repo.Name)
	if err == nil {
		requests, err = Collect(ctx, r.db, func(rows Rows, q *workload.Request) error {
			err := rows.Scan(&q.Number, &q.Who, (*store.Micros)(&q.At), &q.Waiting)
			q.Subsystems = areas[onPull{q.Number, strings.ToLower(q.Who)}]
			return err
		}, `SELECT d.number, d.who, d.at, d.waiting FROM duty d JOIN repo r ON r.id = d.repo_id`+named+`d.at, d.number, `+r.d.byName("d.who"),
			repo.Forge, repo.Owner, repo.Name)
	}
	if err == nil {
		reviews, err = Collect(ctx, r.db, func(rows Rows, v *workload.Review) error {
			err := rows.Scan(&v.Number, &v.ID, &v.Who, (*store.Micros)(&v.At))
			v.Subsystems = areas[onPull{v.Number, strings.ToLower(v.Who)}]
			return err
		}, `SELECT v.number, v.id, v.who, v.at FROM review v JOIN repo r ON r.id = v.repo_id`+named+`v.at, v.number, v.id`,
			repo.Forge, repo.Owner, repo.Name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read requests and reviews of %s: %w", repo, err)
	}
	return requests, reviews, nil
}

// onPull is somebody, in lower case, on a pull request.
type onPull struct {
	number int
	who    string
}

// rememberActivity notes who is asked and who reviewed.
func (r *Records) rememberActivity(ctx context.Context, tx DB, repo int64, number int, a *history.Activity) error {
	if a == nil {
		return nil
	}
	if err := Execute(ctx, tx, `INSERT INTO activity (repo_id, number, mark, credited) VALUES ($1, $2, $3, false)
		ON CONFLICT (repo_id, number) DO UPDATE SET mark = excluded.mark`, repo, number, a.Mark); err != nil {
		return err
	}
	if err := Execute(ctx, tx, `UPDATE duty SET waiting = false WHERE repo_id = $1 AND number = $2 AND waiting`, repo, number); err != nil {
		return err
	}
	if a.Open {
		if err := Execute(ctx, tx, `DELETE FROM area WHERE repo_id = $1 AND number = $2`, repo, number); err != nil {
			return err
		}
	}
	var duties, reviews, areas [][]any
	area := func(who string, subsystems []string) {
		for _, name := range subsystems {
			areas = append(areas, []any{repo, number, who, name})
		}
	}
	for _, d := range a.Requests {
		duties = append(duties, []any{repo, number, d.Who, store.Micros(d.At), d.Waiting && a.Open})
		area(d.Who, d.Subsystems)
	}
	for _, v := range a.Reviews {
		reviews = append(reviews, []any{repo, number, v.ID, v.Who, store.Micros(v.At)})
		area(v.Who, v.Subsystems)
	}
	if err := tx.Each(ctx, `INSERT INTO duty (repo_id, number, who, at, waiting) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (repo_id, number, `+r.d.Fold("who")+`, at) DO UPDATE SET waiting = excluded.waiting`, duties); err != nil {
		return err
	}
	if err := tx.Each(ctx, `INSERT INTO review (repo_id, number, id, who, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		reviews); err != nil {
		return err
	}
	return tx.Each(ctx, `INSERT INTO area (repo_id, number, who, subsystem) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, areas)
}

// rememberCredits notes what people learned, once.
func (r *Records) rememberCredits(ctx context.Context, tx DB, repo int64, number int, c *history.Credits) error {
	if c == nil {
		return nil
	}
	var credited bool
	if _, err := Row(ctx, tx, []any{&credited}, `SELECT credited FROM activity WHERE repo_id = $1 AND number = $2`, repo,
		number); err != nil || credited {
		return err
	}
	if err := Execute(ctx, tx, `INSERT INTO activity (repo_id, number, mark, credited) VALUES ($1, $2, '', true)
		ON CONFLICT (repo_id, number) DO UPDATE SET credited = true`, repo, number); err != nil {
		return err
	}
	learned, err := learn(c, func(places []string) ([]expertise.Record, error) { return r.queryKnowledge(ctx, tx, repo, places) })
	if err != nil {
		return err
	}
	args := make([][]any, len(learned))
	for i, k := range learned {
		args[i] = []any{repo, k.Place, k.Login, k.Weight, store.Micros(k.At)}
	}
	return tx.Each(ctx, `INSERT INTO knowledge (repo_id, place, login, weight, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (repo_id, `+r.d.Long("place")+`, login) DO UPDATE SET weight = $4, at = $5`, args)
}
