package store

import (
	"fmt"
	"time"
)

// Keep is how long things are kept that verdicts no longer need. Zero fields
// keep them for ever.
type Keep struct {
	Deliveries time.Duration // and given-up work
	Runs       time.Duration
	Closed     time.Duration // closed pull requests, since their last change
}

// Pruned counts what was dropped for its age.
type Pruned struct{ Deliveries, Runs, Pulls, Blobs int64 }

// Drop drops what is from before a time, so many rows at the most, and tells how
// many they were.
type Drop func(before Moment, most int64) (int64, error)

// Drops are an engine's, for what Keep names.
type Drops struct{ Deliveries, Work, Runs, Pulls Drop }

// How much one transaction drops, so that deliveries need not wait long for
// their turn: rows, and pull requests with all that is of them.
const (
	rowBatch  = 500
	pullBatch = 20
)

// Prune drops what is older than it is kept.
func (k Keep) Prune(now time.Time, d Drops) (p Pruned, err error) {
	for _, c := range []struct {
		name  string
		age   time.Duration
		drop  Drop
		most  int64
		count *int64
	}{
		{"deliveries", k.Deliveries, d.Deliveries, rowBatch, &p.Deliveries},
		{"given-up work", k.Deliveries, d.Work, rowBatch, new(int64)},
		{"runs", k.Runs, d.Runs, rowBatch, &p.Runs},
		{"closed pull requests", k.Closed, d.Pulls, pullBatch, &p.Pulls},
	} {
		more := c.age > 0
		for more {
			n, err := c.drop(Moment(now.Add(-c.age)), c.most)
			*c.count += n
			if err != nil {
				return p, fmt.Errorf("drop old %s: %w", c.name, err)
			}
			more = n == c.most
		}
	}
	return p, nil
}
