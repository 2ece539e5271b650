package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// contest is a name on a commit.
type contest struct {
	repo         pull.Repo
	commit, name string
}

// maxContests bounds the names that are counted.
const maxContests = 10_000

// contests are the counts from which people are told that others write the check, and
// how long the gate then waits before it writes over it once more. A forge takes some
// 1,000 statuses of a name on a commit, so whoever goes on writing gets the last word
// where it is not told whose check it expects; and two gates that answer each other
// would not end.
func contests() []struct {
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
	for _, level := range contests() {
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

// contest counts that somebody else wrote a check, and returns a *ContestedError if it is
// not to be written over yet.
func (g *Gate) contest(ctx context.Context, ref pull.Ref, c publish.Check) error {
	key, now := contest{ref.Repo, c.Head, strings.ToLower(c.Name)}, g.cfg.Now()
	g.memo.mu.Lock()
	is := g.memo.contests[key]
	if until := is.last.Add(is.pause()); now.Before(until) {
		g.memo.mu.Unlock()
		return &ContestedError{c.Name, until}
	}
	is.times, is.last = is.times+1, now
	if g.memo.contests == nil || len(g.memo.contests) >= maxContests {
		g.memo.contests = map[contest]contested{}
	}
	g.memo.contests[key] = is
	g.memo.mu.Unlock()
	g.Noticed(seam.Contested)
	for _, level := range contests() {
		if is.times == level.from {
			g.cfg.Log.ErrorContext(ctx, "somebody keeps writing the gate's check; choose the app as its expected source in the branch's protection", append(about(ref, c), "times", is.times)...)
		}
	}
	return nil
}

// contested returns how often others wrote a check, as far as people are told.
func (c *memo) contested(repo pull.Repo, commit, name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := 0
	for _, level := range contests() {
		if c.contests[contest{repo, commit, strings.ToLower(name)}].times >= level.from {
			told = level.from
		}
	}
	return told
}

// overrule writes the check as a status where somebody wrote another one of its name: on
// the commit that merging would give, where it would decide, and, where the gate writes
// runs, on the head, where a run and a status of one name must both pass.
func (g *Gate) overrule(ctx context.Context, run *Run) error {
	if g.cfg.Beside == nil || run.known.Check == "" || run.Verdict.Outcome == "" {
		return nil
	}
	places := []seam.TestMerge{run.testMerge}
	if g.cfg.Traits.WritesRuns {
		places = append(places, seam.TestMerge{Commit: run.Head, Shows: run.statuses})
	}
	var problems []error
	for _, at := range places {
		problems = append(problems, g.overruleOn(ctx, run, at))
	}
	return errors.Join(problems...)
}

func (g *Gate) overruleOn(ctx context.Context, run *Run, at seam.TestMerge) error {
	c := g.cfg.Words.Check(run.Head, run.Verdict)
	shows, there := at.Shows[strings.ToLower(c.Name)]
	c.Head = at.Commit
	if !there || shows == seam.Visible(c.Outcome) || run.inputs.Snapshot.Requirement == policy.RequiredFromUs {
		return nil
	}
	g.cfg.Log.WarnContext(ctx, "somebody else wrote a status of the check's name, which decides, too; it is written over", append(about(run.Ref, c), "shows", shows)...)
	if err := g.contest(ctx, run.Ref, c); err != nil {
		return err
	}
	err := g.cfg.Beside.SetStatus(ctx, run.Ref.Repo, c)
	if errors.Is(err, pull.ErrForbidden) {
		g.cfg.Log.ErrorContext(ctx, "the app may write no statuses, so what somebody else wrote decides; choose the app as the check's expected source, or let it write statuses", append(about(run.Ref, c), "error", err)...)
		return nil
	}
	if err != nil {
		return fmt.Errorf("write check %q as a status on %s for %s: %w", c.Name, c.Head, run.Ref, err)
	}
	return nil
}

// distrustBeside takes back a success on the commit that merging would give, which
// would decide whatever the head shows.
func (g *Gate) distrustBeside(ctx context.Context, ref pull.Ref, name string) error {
	if g.cfg.Beside == nil || name == "" {
		return nil
	}
	merges, err := g.cfg.Beside.TestMerges(ctx, ref.Repo, []int{ref.Number})
	if err != nil {
		return err
	}
	merge := merges[ref.Number]
	if merge.Shows[strings.ToLower(name)] != policy.Success {
		return nil
	}
	return g.cfg.Beside.SetStatus(ctx, ref.Repo, g.cfg.Words.Rereading(merge.Commit, name, ""))
}
