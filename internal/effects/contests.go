package effects

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// contest is a name on a commit.
type contest struct {
	repo         pull.Repo
	commit, name string
}

// Contests count how often somebody else wrote a check.
type Contests struct {
	mu     sync.Mutex
	counts map[contest]contested
}

// maxContests bounds the names that are counted.
const maxContests = 10_000

// levels are the counts from which people are told that others write the check, and
// how long the gate then waits before it writes over it once more. A forge takes some
// 1,000 statuses of a name on a commit, so whoever goes on writing gets the last word
// where it is not told whose check it expects; and two gates that answer each other
// would not end.
func levels() []struct {
	from  int
	pause time.Duration
} {
	return []struct {
		from  int
		pause time.Duration
	}{{20, time.Second}, {100, 10 * time.Second}, {500, time.Minute}}
}

// contested is what is known of a contest.
type contested struct {
	times int
	last  time.Time // that the gate wrote over it
}

// pause is how long the gate waits after it wrote over a check.
func (c contested) pause() (d time.Duration) {
	for _, level := range levels() {
		if c.times >= level.from {
			d = level.pause
		}
	}
	return d
}

// ContestedError means that somebody keeps writing the gate's check, so that it waits
// before it writes over it once more.
type ContestedError struct {
	Check string
	Until time.Time
}

func (e *ContestedError) Error() string {
	return fmt.Sprintf("somebody keeps writing %s; it is written over again at %s", e.Check, e.Until.UTC().Format(time.RFC3339))
}

// Contest counts that somebody else wrote a check, and returns a *ContestedError if it is
// not to be written over yet.
func (w *Writer) Contest(ctx context.Context, ref pull.Ref, c publish.Check) error {
	key, now := contest{ref.Repo, c.Head, strings.ToLower(c.Name)}, w.cfg.Now()
	of := w.cfg.Contests
	of.mu.Lock()
	is := of.counts[key]
	if until := is.last.Add(is.pause()); now.Before(until) {
		of.mu.Unlock()
		return &ContestedError{c.Name, until}
	}
	is.times, is.last = is.times+1, now
	if of.counts == nil || len(of.counts) >= maxContests {
		of.counts = map[contest]contested{}
	}
	of.counts[key] = is
	of.mu.Unlock()
	w.cfg.Noticed(seam.Contested)
	for _, level := range levels() {
		if is.times == level.from {
			w.cfg.Log.ErrorContext(ctx,
				"somebody keeps writing the gate's check; choose the app as its expected source in the branch's protection",
				append(About(ref, c), "times", is.times)...)
		}
	}
	return nil
}

// Told returns how often others wrote a check, as far as people are told.
func (c *Contests) Told(repo pull.Repo, commit, name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := 0
	for _, level := range levels() {
		if c.counts[contest{repo, commit, strings.ToLower(name)}].times >= level.from {
			told = level.from
		}
	}
	return told
}
