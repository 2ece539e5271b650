package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Load implements gate.Workload.
func (s *Store) Load(ctx context.Context, forge string, logins []string, at time.Time) (map[string]float64, error) {
	names := make([]string, len(logins))
	for i, login := range logins {
		names[i] = strings.ToLower(login)
	}
	load := map[string]float64{}
	err := s.read(ctx, func(tx pgx.Tx) error {
		_, err := collect(ctx, tx, func(rows pgx.Rows, _ *struct{}) error {
			var who string
			var open int
			err := rows.Scan(&who, &open)
			load[strings.ToLower(who)] += float64(open)
			return err
		}, `SELECT lower(d.who), count(DISTINCT (d.repo_id, d.number)) FROM duty d JOIN repo r ON r.id = d.repo_id
			WHERE d.waiting AND r.forge = $1 AND lower(d.who) = ANY($2) GROUP BY lower(d.who)`, forge, names)
		if err != nil {
			return err
		}
		_, err = collect(ctx, tx, func(rows pgx.Rows, _ *struct{}) error {
			var who string
			var when time.Time
			err := rows.Scan(&who, (*store.Moment)(&when))
			load[strings.ToLower(who)] += expertise.Faded{Weight: 1, At: when}.Value(at)
			return err
		}, `SELECT lower(v.who), max(v.at) FROM review v JOIN repo r ON r.id = v.repo_id
			WHERE r.forge = $1 AND v.at > $2 AND lower(v.who) = ANY($3) GROUP BY lower(v.who), v.repo_id, v.number`,
			forge, store.Moment(at.Add(-store.ReviewsBack)), names)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the load of people on %s: %w", forge, err)
	}
	return load, nil
}

// Known implements gate.Workload.
func (s *Store) Known(ctx context.Context, repo pull.Repo, places []string) (records []expertise.Record, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		id, err := findRepo(ctx, tx, repo)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			records, err = queryKnowledge(ctx, tx, id, places)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what people know of %s: %w", repo, err)
	}
	return records, nil
}

func queryKnowledge(ctx context.Context, tx pgx.Tx, repo int64, places []string) ([]expertise.Record, error) {
	return collect(ctx, tx, func(rows pgx.Rows, r *expertise.Record) error {
		return rows.Scan(&r.Place, &r.Login, &r.Weight, (*store.Moment)(&r.At))
	}, `SELECT place, login, weight, at FROM knowledge WHERE repo_id = $1 AND md5(place) IN (SELECT md5(p) FROM unnest($2::text[]) AS p) AND place = ANY($2)
		ORDER BY place COLLATE "C", login COLLATE "C"`, repo, places)
}

// Activity gives the requests for review and the reviews of a repository, in
// order of time.
func (s *Runs) Activity(ctx context.Context, repo pull.Repo) (requests []workload.Request, reviews []workload.Review, err error) {
	areas := map[onPull][]string{}
	_, err = collect(ctx, s.pool, func(rows pgx.Rows, _ *struct{}) error {
		var key onPull
		var subsystem string
		err := rows.Scan(&key.number, &key.who, &subsystem)
		key.who = strings.ToLower(key.who)
		areas[key] = append(areas[key], subsystem)
		return err
	}, `SELECT a.number, a.who, a.subsystem FROM area a JOIN repo r ON r.id = a.repo_id WHERE `+named+` ORDER BY a.number, lower(a.who) COLLATE "C", a.subsystem COLLATE "C"`,
		repo.Forge, repo.Owner, repo.Name)
	if err == nil {
		requests, err = collect(ctx, s.pool, func(rows pgx.Rows, q *workload.Request) error {
			err := rows.Scan(&q.Number, &q.Who, (*store.Moment)(&q.At), &q.Waiting)
			q.Subsystems = areas[onPull{q.Number, strings.ToLower(q.Who)}]
			return err
		}, `SELECT d.number, d.who, d.at, d.waiting FROM duty d JOIN repo r ON r.id = d.repo_id WHERE `+named+` ORDER BY d.at, d.number, lower(d.who) COLLATE "C"`,
			repo.Forge, repo.Owner, repo.Name)
	}
	if err == nil {
		reviews, err = collect(ctx, s.pool, func(rows pgx.Rows, v *workload.Review) error {
			err := rows.Scan(&v.Number, &v.ID, &v.Who, (*store.Moment)(&v.At))
			v.Subsystems = areas[onPull{v.Number, strings.ToLower(v.Who)}]
			return err
		}, `SELECT v.number, v.id, v.who, v.at FROM review v JOIN repo r ON r.id = v.repo_id WHERE `+named+` ORDER BY v.at, v.number, v.id`,
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

// rememberPeople notes who is asked, who reviewed, and what people learned.
func rememberPeople(ctx context.Context, tx pgx.Tx, repo int64, number int, facts gate.Facts) error {
	if a := facts.Activity; a != nil {
		if err := rememberActivity(ctx, tx, repo, number, a); err != nil {
			return fmt.Errorf("activity: %w", err)
		}
	}
	if c := facts.Credits; c != nil {
		if err := rememberCredits(ctx, tx, repo, number, c); err != nil {
			return fmt.Errorf("knowledge: %w", err)
		}
	}
	return nil
}

func rememberActivity(ctx context.Context, tx pgx.Tx, repo int64, number int, a *gate.Activity) error {
	if err := execute(ctx, tx, `INSERT INTO activity (repo_id, number, mark, credited) VALUES ($1, $2, $3, false)
		ON CONFLICT (repo_id, number) DO UPDATE SET mark = excluded.mark`, repo, number, a.Mark); err != nil {
		return err
	}
	if err := execute(ctx, tx, `UPDATE duty SET waiting = false WHERE repo_id = $1 AND number = $2 AND waiting`, repo, number); err != nil {
		return err
	}
	if a.Open {
		if err := execute(ctx, tx, `DELETE FROM area WHERE repo_id = $1 AND number = $2`, repo, number); err != nil {
			return err
		}
	}
	areas := func(who string, subsystems []string) error {
		for _, name := range subsystems {
			if err := execute(ctx, tx, `INSERT INTO area (repo_id, number, who, subsystem) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				repo, number, who, name); err != nil {
				return err
			}
		}
		return nil
	}
	for _, d := range a.Requests {
		if err := execute(ctx, tx, `INSERT INTO duty (repo_id, number, who, at, waiting) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (repo_id, number, lower(who), at) DO UPDATE SET waiting = excluded.waiting`, repo, number, d.Who, store.Moment(d.At), d.Waiting && a.Open); err != nil {
			return err
		}
		if err := areas(d.Who, d.Subsystems); err != nil {
			return err
		}
	}
	for _, r := range a.Reviews {
		if err := execute(ctx, tx, `INSERT INTO review (repo_id, number, id, who, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			repo, number, r.ID, r.Who, store.Moment(r.At)); err != nil {
			return err
		}
		if err := areas(r.Who, r.Subsystems); err != nil {
			return err
		}
	}
	return nil
}

func rememberCredits(ctx context.Context, tx pgx.Tx, repo int64, number int, c *gate.Credits) error {
	var credited bool
	err := tx.QueryRow(ctx, `SELECT credited FROM activity WHERE repo_id = $1 AND number = $2`, repo, number).Scan(&credited)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) || credited {
		return err
	}
	if err := execute(ctx, tx, `INSERT INTO activity (repo_id, number, mark, credited) VALUES ($1, $2, '', true)
		ON CONFLICT (repo_id, number) DO UPDATE SET credited = true`, repo, number); err != nil {
		return err
	}
	learned, err := store.Learn(c, func(places []string) ([]expertise.Record, error) { return queryKnowledge(ctx, tx, repo, places) })
	if err != nil {
		return err
	}
	for _, r := range learned {
		if err := execute(ctx, tx, `INSERT INTO knowledge (repo_id, place, login, weight, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (repo_id, md5(place), login) DO UPDATE SET weight = $4, at = $5`,
			repo, r.Place, r.Login, r.Weight, store.Moment(r.At)); err != nil {
			return err
		}
	}
	return nil
}
