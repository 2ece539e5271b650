package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Load implements gate.Workload.
func (s *Store) Load(ctx context.Context, forge string, logins []string, at time.Time) (map[string]float64, error) {
	names, err := json.Marshal(logins)
	if err != nil {
		return nil, err
	}
	load := map[string]float64{}
	err = s.read(ctx, func(tx *sql.Tx) error {
		_, err := collect(ctx, tx, func(rows *sql.Rows, _ *struct{}) error {
			var who string
			var open int
			err := rows.Scan(&who, &open)
			load[strings.ToLower(who)] += float64(open)
			return err
		}, `SELECT d.who, count(DISTINCT d.repo_id * 1000000000 + d.number) FROM duty d JOIN repo r ON r.id = d.repo_id
			WHERE d.waiting AND r.forge = ? AND d.who IN (SELECT value FROM json_each(?)) GROUP BY d.who`, forge, string(names))
		if err != nil {
			return err
		}
		_, err = collect(ctx, tx, func(rows *sql.Rows, _ *struct{}) error {
			var who string
			var when time.Time
			err := rows.Scan(&who, (*store.Moment)(&when))
			load[strings.ToLower(who)] += expertise.Faded{Weight: 1, At: when}.Value(at)
			return err
		}, `SELECT v.who, max(v.at) FROM review v JOIN repo r ON r.id = v.repo_id
			WHERE r.forge = ? AND v.at > ? AND v.who IN (SELECT value FROM json_each(?)) GROUP BY v.who, v.repo_id, v.number`,
			forge, store.Moment(at.Add(-store.ReviewsBack)), string(names))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the load of people on %s: %w", forge, err)
	}
	return load, nil
}

// Known implements gate.Workload.
func (s *Store) Known(ctx context.Context, repo pull.Repo, places []string) (records []expertise.Record, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		id, err := findRepo(ctx, tx, repo)
		if errors.Is(err, sql.ErrNoRows) {
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

func queryKnowledge(ctx context.Context, tx *sql.Tx, repo int64, places []string) ([]expertise.Record, error) {
	names, err := json.Marshal(places)
	if err != nil {
		return nil, err
	}
	return collect(ctx, tx, func(rows *sql.Rows, r *expertise.Record) error {
		return rows.Scan(&r.Place, &r.Login, &r.Weight, (*store.Moment)(&r.At))
	}, `SELECT place, login, weight, at FROM knowledge WHERE repo_id = ? AND place IN (SELECT value FROM json_each(?))
		ORDER BY place, login`, repo, string(names))
}

// Activity gives the requests for review and the reviews of a repository, in
// order of time.
func (s *Runs) Activity(ctx context.Context, repo pull.Repo) (requests []workload.Request, reviews []workload.Review, err error) {
	var upgraded bool
	err = s.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'duty')`).Scan(&upgraded)
	if err == nil && !upgraded {
		err = errors.New("the database is of an earlier version; start the service once, which brings it up to date")
	}
	if err != nil {
		return nil, nil, err
	}
	const named = ` AND r.forge = ? AND r.owner = ? AND r.name = ?`
	areas := map[onPull][]string{}
	_, err = collect(ctx, s.reader, func(rows *sql.Rows, _ *struct{}) error {
		var key onPull
		var subsystem string
		err := rows.Scan(&key.number, &key.who, &subsystem)
		key.who = strings.ToLower(key.who)
		areas[key] = append(areas[key], subsystem)
		return err
	}, `SELECT a.number, a.who, a.subsystem FROM area a JOIN repo r ON r.id = a.repo_id`+named+` ORDER BY a.number, a.who, a.subsystem`,
		repo.Forge, repo.Owner, repo.Name)
	if err == nil {
		requests, err = collect(ctx, s.reader, func(rows *sql.Rows, q *workload.Request) error {
			err := rows.Scan(&q.Number, &q.Who, (*store.Moment)(&q.At), &q.Waiting)
			q.Subsystems = areas[onPull{q.Number, strings.ToLower(q.Who)}]
			return err
		}, `SELECT d.number, d.who, d.at, d.waiting FROM duty d JOIN repo r ON r.id = d.repo_id`+named+` ORDER BY d.at, d.number, d.who`,
			repo.Forge, repo.Owner, repo.Name)
	}
	if err == nil {
		reviews, err = collect(ctx, s.reader, func(rows *sql.Rows, v *workload.Review) error {
			err := rows.Scan(&v.Number, &v.ID, &v.Who, (*store.Moment)(&v.At))
			v.Subsystems = areas[onPull{v.Number, strings.ToLower(v.Who)}]
			return err
		}, `SELECT v.number, v.id, v.who, v.at FROM review v JOIN repo r ON r.id = v.repo_id`+named+` ORDER BY v.at, v.number, v.id`,
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
func rememberPeople(ctx context.Context, tx *sql.Tx, repo int64, number int, facts gate.Facts) error {
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

func rememberActivity(ctx context.Context, tx *sql.Tx, repo int64, number int, a *gate.Activity) error {
	if err := execute(ctx, tx, `INSERT INTO activity (repo_id, number, mark, credited) VALUES (?, ?, ?, 0)
		ON CONFLICT (repo_id, number) DO UPDATE SET mark = excluded.mark`, repo, number, a.Mark); err != nil {
		return err
	}
	if err := execute(ctx, tx, `UPDATE duty SET waiting = 0 WHERE repo_id = ? AND number = ? AND waiting`, repo, number); err != nil {
		return err
	}
	if a.Open {
		if err := execute(ctx, tx, `DELETE FROM area WHERE repo_id = ? AND number = ?`, repo, number); err != nil {
			return err
		}
	}
	areas := func(who string, subsystems []string) error {
		for _, name := range subsystems {
			if err := execute(ctx, tx, `INSERT INTO area (repo_id, number, who, subsystem) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
				repo, number, who, name); err != nil {
				return err
			}
		}
		return nil
	}
	for _, d := range a.Requests {
		if err := execute(ctx, tx, `INSERT INTO duty (repo_id, number, who, at, waiting) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET waiting = excluded.waiting`, repo, number, d.Who, store.Moment(d.At), d.Waiting && a.Open); err != nil {
			return err
		}
		if err := areas(d.Who, d.Subsystems); err != nil {
			return err
		}
	}
	for _, r := range a.Reviews {
		if err := execute(ctx, tx, `INSERT INTO review (repo_id, number, id, who, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			repo, number, r.ID, r.Who, store.Moment(r.At)); err != nil {
			return err
		}
		if err := areas(r.Who, r.Subsystems); err != nil {
			return err
		}
	}
	return nil
}

func rememberCredits(ctx context.Context, tx *sql.Tx, repo int64, number int, c *gate.Credits) error {
	var credited bool
	err := tx.QueryRowContext(ctx, `SELECT credited FROM activity WHERE repo_id = ? AND number = ?`, repo, number).Scan(&credited)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || credited {
		return err
	}
	if err := execute(ctx, tx, `INSERT INTO activity (repo_id, number, mark, credited) VALUES (?, ?, '', 1)
		ON CONFLICT (repo_id, number) DO UPDATE SET credited = 1`, repo, number); err != nil {
		return err
	}
	learned, err := store.Learn(c, func(places []string) ([]expertise.Record, error) { return queryKnowledge(ctx, tx, repo, places) })
	if err != nil {
		return err
	}
	for _, r := range learned {
		if err := execute(ctx, tx, `INSERT OR REPLACE INTO knowledge (repo_id, place, login, weight, at) VALUES (?, ?, ?, ?, ?)`,
			repo, r.Place, r.Login, r.Weight, store.Moment(r.At)); err != nil {
			return err
		}
	}
	return nil
}
