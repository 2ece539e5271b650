// Package store is what the stores of all engines share: how values are
// written, group commit, and how long things are kept. Statements are in package
// tables and, where the engines differ in more than a few words, in their own.
package store

import (
	"bytes"
	"compress/gzip"
	"database/sql/driver"
	"fmt"
	"io"
	"time"

	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// Limits of what is kept whatever its age.
const (
	KeepRuns     = 20        // evaluations of a pull request
	KeepRunBytes = 8 << 20   // that they may take, packed
	KeepGroups   = 200       // checks of a repository's merge groups; a queue shows 100 at most
	KeepBlobs    = 256 << 20 // bytes of files, over all repositories
)

// How far ahead no job is put: one that is was put there by a clock that was wrong,
// and would wait until that time comes. An event starts it.
const (
	FarWaiting  = 10 * time.Minute                // for a worker
	FarSleeping = queue.LongestSleep + FarWaiting // for its time
)

// ReviewsBack is how far reviews count for load; older ones have faded.
const ReviewsBack = 4 * expertise.HalfLife

// Target is a reference and the key of its repository.
type Target struct {
	Repo int64
	Ref  pull.Ref
}

// Micros is a time as it is stored: microseconds since 1970, 0 for none.
type Micros time.Time

// Value implements driver.Valuer.
func (m Micros) Value() (driver.Value, error) {
	if t := time.Time(m); !t.IsZero() {
		return t.UnixMicro(), nil
	}
	return int64(0), nil
}

// Scan implements sql.Scanner.
func (m *Micros) Scan(v any) error {
	micros, ok := v.(int64)
	if !ok {
		return fmt.Errorf("time: stored as %T", v)
	}
	*m = Micros{}
	if micros != 0 {
		*m = Micros(time.UnixMicro(micros).UTC())
	}
	return nil
}

// Pack compresses.
func Pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err // unreachable: the level exists
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Unpack reads what Pack wrote.
func Unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// CheckRepo refuses a repository a part of whose name is missing.
func CheckRepo(repo pull.Repo) error {
	if repo.Forge == "" || repo.Owner == "" || repo.Name == "" {
		return fmt.Errorf("repository %q: a part of its name is missing", repo)
	}
	return nil
}

// CheckDelivery refuses a delivery that could not be known again.
func CheckDelivery(d webhook.Delivery) error {
	if d.ID == "" {
		return fmt.Errorf("accept delivery of %s: it has no id", d.Forge)
	}
	return nil
}

// Simple reports whether all hints of a delivery name pull requests by number
// and nothing else, as nearly all deliveries do: many such can be stored
// together.
func Simple(d webhook.Delivery) bool {
	for _, h := range d.Hints {
		if h.Number <= 0 || h.Head != "" || h.Branch != "" || h.Team != "" || CheckRepo(h.Repo) != nil {
			return false
		}
	}
	return true
}
