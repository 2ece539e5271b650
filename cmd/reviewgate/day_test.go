package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// What TestDay simulates. The full run is -day-hours 24 -day-scale 240.
var (
	dayHours = flag.Int("day-hours", 1, "hours that TestDay simulates")
	dayScale = flag.Int("day-scale", 180, "how much faster than real its clock is")
)

// An organisation of this size, and what it may use in an hour.
const (
	dayEvents = 5000 // in an hour
	dayCalls  = 5000 // in an hour, GitHub's limit
	dayRepos  = 5
	dayPulls  = 30 // open in each
)

// day is an organisation at work. Two thirds of its events tell of other apps'
// checks, pushes and talk; the others push, review, open and close.
type day struct {
	w     *world
	dice  *rand.Rand
	start time.Time
	pulls []*fake.PullRequest
	sent  int // events, those of the double included
	posts int
}

// TestDay plays hours of a busy organisation against one installation's rate
// limit, on a clock that runs faster, and plots how old the oldest event is that
// is not served.
func TestDay(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes half a minute, and many with the race detector")
	}
	t.Parallel()
	d := &day{dice: rand.New(rand.NewPCG(20, 26)), start: time.Now()}
	d.w = newWorld(t, worldOptions{idle: true, limit: dayCalls + 3000, policy: commentPolicy}) // the first look at all is no hour of the day
	d.w.fast = *dayScale
	for i := range dayRepos {
		d.pulls = append(d.pulls, d.w.crowdedRepo(fmt.Sprint("repo-", i), dayPulls)...)
	}
	d.w.start(http.DefaultTransport)
	d.settle()
	for hour := range *dayHours {
		d.w.ResetCalls()
		ages := d.play(hour)
		d.settle()
		used := map[string]int{}
		for _, c := range d.w.Calls() {
			if strings.HasPrefix(c.Identity, "installation:") {
				used[c.Resource] += c.Points
			}
		}
		t.Logf("hour %d: %d events, %d evaluations so far; used %d of REST and %d of GraphQL; oldest event by tenths of the hour:%s", hour,
			d.sent,
			strings.Count(d.w.log.String(), `"msg":"evaluated"`), used["core"], used["graphql"], plot(ages))
		if all := used["core"] + used["graphql"]; all > dayCalls {
			t.Errorf("hour %d: %d calls, want %d at most\n%s", hour, all, dayCalls, tally(d.w.Calls()))
		}
	}
	if b := d.w.backlog(); b.Dead > 0 {
		t.Errorf("%d given up\n%s", b.Dead, d.w.log)
	}
}

// settle waits until all is evaluated.
func (d *day) settle() {
	d.w.t.Helper()
	check0(d.w.t, d.w.FlushWebhooks(d.w.t.Context()))
	d.w.untilWithin(5*time.Minute, "all is evaluated", func() bool {
		b := d.w.backlog()
		return b.Waiting+b.Running+b.Retrying == 0
	})
}

// play sends an hour's events and gives the greatest age of each tenth of it.
func (d *day) play(hour int) []time.Duration {
	d.w.t.Helper()
	ages := make([]time.Duration, 10)
	begin, length := time.Now(), time.Hour/time.Duration(d.w.fast)
	before := d.sent
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		gone := time.Since(begin)
		if gone >= length {
			return ages
		}
		for due := before + int(int64(dayEvents)*int64(gone)/int64(length)); d.sent < due; {
			d.event()
		}
		b, err := d.w.svc.Store().Backlog(d.w.t.Context())
		check0(d.w.t, err)
		if !b.Oldest.IsZero() {
			tenth := int(10 * gone / length)
			ages[tenth] = max(ages[tenth], time.Since(b.Oldest)*time.Duration(d.w.fast))
		}
	}
	return ages // unreachable: the ticker does not end
}

// event does or tells something.
func (d *day) event() {
	i := d.dice.IntN(len(d.pulls))
	pr := d.pulls[i]
	switch n := d.dice.IntN(100); {
	case n < 66:
		d.tell(pr)
	case n < 68: // one is closed, and another one opened
		check0(d.w.t, pr.Close("dave"))
		branch := fmt.Sprint("day-", d.sent)
		d.pulls[i] = openIn(d.w, pr.Repo(), branch)
		d.sent += 3
	case n < 80:
		branch := pr.Branch()
		_, err := pr.Repo().Commit(fake.Change{Branch: branch, Author: "dave", Message: "more",
			Files: map[string]*fake.File{"mm/a.c": {Content: lines(fmt.Sprint(d.sent), 20)}}})
		check0(d.w.t, err)
		d.sent += 2 // a push and a pull request's
	default:
		_, err := pr.Review(fake.Review{By: []string{"alice", "bob", "carol"}[d.dice.IntN(3)],
			State: []fake.ReviewState{fake.Approved, fake.Commented}[d.dice.IntN(2)], Body: "text"})
		check0(d.w.t, err)
		d.sent++
	}
}

// tell delivers an event that changes nothing for the gate.
func (d *day) tell(pr *fake.PullRequest) {
	d.posts++
	d.sent++
	repo := fmt.Sprintf(`"repository":{"full_name":%q,"default_branch":"main"},"sender":{"login":"ci[bot]"}`, pr.Repo().FullName())
	kind, body := "check_run", fmt.Sprintf(`{"action":"completed","check_run":{"name":"build","head_sha":%q,"app":{"id":99}},%s}`, pr.Head(),
		repo)
	switch d.dice.IntN(4) {
	case 0:
		kind, body = "status", fmt.Sprintf(`{"sha":%q,"context":"ci/build",%s}`, pr.Head(), repo)
	case 1:
		kind, body = "issue_comment",
			fmt.Sprintf(`{"action":"created","issue":{"number":%d,"pull_request":{}},"comment":{"body":"looks good"},%s}`, pr.Number(), repo)
	}
	told := delivery{kind, fmt.Sprint("told-", d.posts), []byte(body), testSecret}
	if status := told.post(d.w.t, d.w.svc.Public()); status != http.StatusAccepted {
		d.w.t.Errorf("%s: status %d", kind, status)
	}
}

// plot draws ages as bars.
func plot(ages []time.Duration) string {
	var b strings.Builder
	for i, age := range ages {
		fmt.Fprintf(&b, "\n%2d0%% %-40s %s", i, strings.Repeat("#", min(int(age/(5*time.Second)), 40)), age.Round(time.Second))
	}
	return b.String()
}

// sweeps have the pace of the world's clock.
func (w *world) sweeps() config.Sweep {
	return config.Sweep{Every: 5 * time.Minute / time.Duration(max(w.fast, 1)), Share: 25}
}
