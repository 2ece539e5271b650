// Package backtest judges a project's merged pull requests once more, by each threshold that
// it could choose: how many would have passed, how long they would have waited for it, and
// which threshold that speaks for.
//
// The numbers are those of package rule, for the same snapshot that a gate would judge; only
// the threshold and min_approvals are others. It is pure and deterministic. Reading a past is
// left to package simulate and to the forges, records of evaluations to package gate.
package backtest

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Case is a merged pull request.
type Case struct {
	Number int
	// Snapshot is what the gate would have judged when it was merged. Threshold and MinApprovals
	// of its Rules are left out of account.
	Snapshot policy.Snapshot
	// Pushed is when its last head was pushed, or else it was opened; zero where it is not known
	// when it was reviewed.
	Pushed time.Time
}

// Judged makes a case of what a gate judged, which first saw the head soon after it was pushed.
func Judged(s policy.Snapshot) Case {
	c := Case{Number: s.Request.Ref.Number, Snapshot: s}
	for _, seen := range s.Seen.Sightings {
		if seen.Head == s.Request.Head {
			c.Pushed = seen.At
			break
		}
	}
	if slices.ContainsFunc(s.Request.Reviews, func(r pull.Review) bool { return r.At.IsZero() }) {
		c.Pushed = time.Time{} // the forge tells no times
	}
	return c
}

// MaxApprovals is the most approvals for each file that are tried.
const MaxApprovals = 2

// thresholds are those that are tried: every 5 percent from 50 to 100, the lowest first.
var thresholds = func() (all []share.Threshold) {
	for percent := 50; percent <= 100; percent += 5 {
		t, err := share.ParseThreshold(fmt.Sprintf("%d%%", percent))
		if err != nil {
			continue // unreachable: all are percentages
		}
		all = append(all, t)
	}
	return all
}()

// judgement is what the rule says of a case, whatever the threshold.
type judgement struct {
	faulty  bool        // it can't be judged
	ratio   share.Ratio // of reviewed files
	settled bool        // nothing but the threshold may be missing
	areas   []areaRatio
}

// areaRatio is how many files of an area its own maintainers reviewed.
type areaRatio struct {
	name    string
	own     share.Ratio
	staffed bool // somebody of its own can approve
}

// judge asks the rule, with so many approvals for each file and no threshold. An override
// stands in for what else is missing, and for no share of the files.
func judge(s policy.Snapshot, approvals int) judgement {
	s.Rules.MinApprovals, s.Rules.Threshold = approvals, share.Threshold{}
	s.Rules.Floors = withFloors(s.Rules.Floors)
	v := rule.Evaluate(s)
	j := judgement{faulty: len(v.Faults) > 0, ratio: v.Ratio, settled: v.Unwarned == policy.Success}
	for _, area := range v.Subsystems {
		j.areas = append(j.areas, areaRatio{area.Name, area.Own, len(area.CanApprove) > 0})
	}
	return j
}

// withFloors gives every area a floor of its own, which always holds: the rule then finds out
// what its own maintainers reviewed.
func withFloors(floors map[string]share.Threshold) map[string]share.Threshold {
	if floors[policy.AnySubsystem].Set() {
		return floors
	}
	nothing, _ := share.ParseThreshold("0%") // a percentage
	floors = maps.Clone(floors)
	if floors == nil {
		floors = map[string]share.Threshold{}
	}
	floors[policy.AnySubsystem] = nothing
	return floors
}

// passes reports whether the case passes at a threshold.
func (j *judgement) passes(t share.Threshold) bool { return !j.faulty && j.settled && t.Holds(j.ratio) }

// Run judges all cases, one after the other.
func Run(cases iter.Seq[Case]) Report {
	t := newTally()
	for c := range cases {
		t.add(&c)
	}
	return t.report()
}

// add judges one case.
func (t *tally) add(c *Case) {
	t.pulls++
	var final [MaxApprovals]judgement
	for i := range final {
		final[i] = judge(c.Snapshot, i+1)
	}
	once := &final[0]
	if once.faulty {
		t.faulty++
		return
	}
	reviewed := once.ratio.Reviewed > 0
	if reviewed {
		t.reviewed++
	} else if approvedByOthers(&c.Snapshot.Request) {
		t.unnamed++
	}
	times := moments(c)
	if len(times) > 0 {
		t.timed++
	}
	for i := range final {
		t.count(&final[i], i, reviewed)
		t.wait(c, times, &final[i], i)
	}
}

// count counts what a judgement passes.
func (t *tally) count(j *judgement, approvals int, reviewed bool) {
	for _, a := range j.areas {
		area := t.area(a.name)
		area.staffed = area.staffed || a.staffed
	}
	for k, threshold := range thresholds {
		passed := j.passes(threshold)
		if passed {
			t.levels[approvals][k].passed++
		}
		if passed && reviewed {
			t.levels[approvals][k].ofReviewed++
		}
		for _, a := range j.areas {
			level := &t.area(a.name).levels[approvals][k]
			level.pulls++
			level.held += count(threshold.Holds(a.own))
			level.passed += count(passed)
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// wait notes how long it took from the push until each threshold that passes in the end was
// reached first. What was approved before the push took no time.
func (t *tally) wait(c *Case, times []time.Time, final *judgement, approvals int) {
	left := 0 // of thresholds, from the lowest on, those that were not reached yet
	for _, at := range times {
		if left == len(thresholds) || !final.passes(thresholds[left]) {
			return
		}
		then := judge(until(c.Snapshot, at), approvals+1)
		for left < len(thresholds) && then.passes(thresholds[left]) && final.passes(thresholds[left]) {
			level := &t.levels[approvals][left]
			level.waits = append(level.waits, at.Sub(c.Pushed))
			left++
		}
	}
}

// maxMoments bounds how often one pull request is judged again for the times of its reviews:
// who may approve may do so again and again. Of one with more no wait is told.
const maxMoments = 100

// moments are the push and each moment after it at which somebody with a say in it spoke, in
// order; none where no wait is told.
func moments(c *Case) []time.Time {
	if c.Pushed.IsZero() {
		return nil
	}
	all := []time.Time{c.Pushed}
	matters := rule.WithRight(c.Snapshot)
	for _, r := range c.Snapshot.Request.Reviews {
		if r.At.After(c.Pushed) && (r.CanWrite || matters(r.Author)) {
			all = append(all, r.At)
		}
	}
	for _, said := range c.Snapshot.Request.Comments { // one may approve
		if at := said.SaidAt(); c.Snapshot.Rules.CommentApprovals && at.After(c.Pushed) && matters(said.Author) {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	if all = slices.CompactFunc(all, time.Time.Equal); len(all) > maxMoments {
		return nil
	}
	return all
}

// until is a snapshot without what was said after a moment.
func until(s policy.Snapshot, at time.Time) policy.Snapshot {
	later := func(t time.Time) bool { return t.After(at) }
	req := &s.Request
	req.Reviews = slices.DeleteFunc(slices.Clone(req.Reviews), func(r pull.Review) bool { return later(r.At) })
	req.Comments = slices.DeleteFunc(slices.Clone(req.Comments), func(c pull.Comment) bool { return later(c.SaidAt()) })
	s.Seen.Objections = slices.DeleteFunc(slices.Clone(s.Seen.Objections), func(o pull.Objection) bool { return later(o.At) })
	return s
}

// approvedByOthers reports whether somebody else than the author approved, bots aside.
func approvedByOthers(req *pull.Request) bool {
	return slices.ContainsFunc(req.Reviews, func(r pull.Review) bool {
		return r.State == pull.Approved && r.Author.Login != "" && !r.Author.Bot && !r.Author.Is(req.Author)
	})
}
