package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/service"
)

// What TestLoadOfGitCode plays. The full run is -gitcode-pulls 500 -gitcode-lasts 2h.
var (
	gitCodePulls = flag.Int("gitcode-pulls", 10, "open pull requests of TestLoadOfGitCode")
	gitCodeLasts = flag.Duration("gitcode-lasts", 20*time.Minute, "how long it plays once all were looked at")
	gitCodeHour  = flag.Duration("gitcode-hour", 3*time.Minute, "how long an hour of it lasts")
)

// gitCodeEvents is what happens in an hour of it: the calls that a GitCode grants serve more.
const gitCodeEvents = 60

// gitCodeLoad is a repository on a GitCode with many open pull requests.
type gitCodeLoad struct {
	*doubleBench
	place giteetest.GitCode
	dice  *rand.Rand
	pulls []*fake.PullRequest
	svc   *service.Service
	sent  []happened
	log   *forgetest.Log
}

// TestLoadOfGitCode watches many pull requests by the 50 calls a minute and the 4,000 an hour
// that a GitCode grants and tells nobody of: none is ever refused, all are looked at, and
// what happens is served soon. It plots what the sweep costs, and how old the oldest work is.
func TestLoadOfGitCode(t *testing.T) {
	slowWithRaces(t)
	if testing.Short() {
		t.Skip("takes a minute")
	}
	t.Parallel()
	l := newGitCodeLoad(t)
	l.start()
	begun := time.Now()
	l.watch("the first look at all", func(gone time.Duration) bool {
		backlog := l.backlog()
		return len(l.judged()) == len(l.pulls) && backlog.Waiting+backlog.Running+backlog.Retrying == 0 || gone > 24*time.Hour
	})
	t.Logf("%d pull requests looked at within %s", len(l.judged()), l.since(begun).Round(time.Second))
	if n := len(l.judged()); n < len(l.pulls) {
		t.Fatalf("%d of %d pull requests were looked at\n%.20000s", n, len(l.pulls), l.log)
	}
	l.watch("people at work", func(gone time.Duration) bool {
		for len(l.sent) < int(gitCodeEvents*min(gone, *gitCodeLasts)/time.Hour) {
			l.event()
		}
		return gone >= *gitCodeLasts+10*time.Minute // and nothing happens at last
	})
	served := l.served()
	t.Logf("%d events were served within %s, nine in ten of them within %s", len(served), quantile(served, 100), quantile(served, 90))
	if slowest := 10 * time.Minute; len(served) < len(l.sent) || quantile(served, 90) > slowest {
		t.Errorf("%d of %d events were served, want all, and nine in ten within %s", len(served), len(l.sent), slowest)
	}
	if dead := l.backlog().Dead; dead > 0 {
		t.Errorf("%d given up", dead)
	}
}

func newGitCodeLoad(t *testing.T) *gitCodeLoad {
	t.Helper()
	l := &gitCodeLoad{doubleBench: newDoubleBench(t), dice: rand.New(rand.NewPCG(50, 4000)), log: &forgetest.Log{}}
	l.hour = *gitCodeHour
	limits := []rest.Limit{{Most: 50, Over: l.hour / 60}, {Most: 4000, Over: l.hour}}
	l.place = giteetest.NewGitCode(t, fake.New(l.now), rest.Options{Limits: limits}, doubleCast(forgetest.Setting{}, "gitcode", ".gitcode"))
	check0(t, l.place.Block())
	l.place.World(&l.World)
	for i := range *gitCodePulls {
		l.open(fmt.Sprint("topic-", i))
	}
	l.serve(l.place.Place, l.place.Server.Server, "gitcode", 0)
	return l
}

// since is how long ago something was, in its hours.
func (l *gitCodeLoad) since(at time.Time) time.Duration {
	return time.Duration(float64(time.Since(at)) * float64(time.Hour) / float64(l.hour))
}

func (l *gitCodeLoad) open(branch string) {
	l.change(branch)
	pr, err := l.place.Repo.Open(fake.Opening{Author: "dave", Head: branch})
	check0(l.t, err)
	l.pulls = append(l.pulls, pr)
}

func (l *gitCodeLoad) change(branch string) {
	_, err := l.place.Repo.Commit(fake.Change{Branch: branch, Author: "dave", Message: "change",
		Files: map[string]*fake.File{"mm/a.c": {Content: lines(fmt.Sprint(branch, l.dice.Int()), 20)}}})
	check0(l.t, err)
}

func (l *gitCodeLoad) start() {
	ctx, cancel := context.WithCancel(l.t.Context())
	svc, err := l.Serve(ctx, slog.New(slog.NewJSONHandler(l.log, nil)), l.now)
	check0(l.t, err)
	l.svc = svc
	l.Deliver("http://" + svc.Public() + "/webhooks/gitcode")
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	l.t.Cleanup(func() { cancel(); check0(l.t, <-done) })
}

func (l *gitCodeLoad) backlog() queue.Backlog {
	b, err := l.svc.Store().Backlog(l.t.Context())
	check0(l.t, err)
	return b
}

// judged are the heads that were.
func (l *gitCodeLoad) judged() []string {
	var heads []string
	for line := range strings.Lines(l.log.String()) {
		if _, head, ok := strings.Cut(line, `"head":"`); ok && strings.Contains(line, `"msg":"evaluated"`) {
			heads = append(heads, head[:40])
		}
	}
	slices.Sort(heads)
	return slices.Compact(heads)
}

// happened is something that somebody did.
type happened struct {
	number int
	at     time.Time
}

// served is how long it took until each event's pull request was evaluated, in its hours.
func (l *gitCodeLoad) served() (out []time.Duration) {
	type line struct {
		Time time.Time
		Msg  string
		PR   int
	}
	var lines []line
	for text := range strings.Lines(l.log.String()) {
		var of line
		if json.Unmarshal([]byte(text), &of) == nil && of.Msg == "evaluated" {
			lines = append(lines, of)
		}
	}
	for _, e := range l.sent {
		i := slices.IndexFunc(lines, func(of line) bool { return of.PR == e.number && of.Time.After(e.at) })
		if i >= 0 {
			out = append(out, time.Duration(float64(lines[i].Time.Sub(e.at))*float64(time.Hour)/float64(l.hour)))
		}
	}
	return out
}

// event has somebody push, accept or talk.
func (l *gitCodeLoad) event() {
	pr := l.pulls[l.dice.IntN(len(l.pulls))]
	l.sent = append(l.sent, happened{pr.Number(), time.Now()})
	switch l.dice.IntN(4) {
	case 0:
		l.change(pr.Branch())
	case 1:
		_, err := l.Comment(pr.Number(), "dave", "ping")
		check0(l.t, err)
	default:
		_, err := l.Review(pr.Number(), fake.Review{By: []string{"alice", "bob"}[l.dice.IntN(2)], State: fake.Approved})
		check0(l.t, err)
	}
}

// watch plays until it is over, tells what it cost, and plots how old the oldest work
// is. No call of it may be refused.
func (l *gitCodeLoad) watch(name string, over func(gone time.Duration) bool) {
	l.t.Helper()
	begun, before := time.Now(), len(l.place.Calls())
	var ages []time.Duration
	for gone := time.Duration(0); !over(gone); gone = l.since(begun) {
		<-time.After(20 * time.Millisecond)
		if tenth := int(10 * gone / time.Hour); tenth >= len(ages) {
			ages = append(ages, make([]time.Duration, tenth+1-len(ages))...)
		}
		if b := l.backlog(); !b.Oldest.IsZero() {
			ages[len(ages)-1] = max(ages[len(ages)-1], l.since(b.Oldest))
		}
	}
	calls, lists := l.place.Calls()[before:], 0
	for _, c := range calls {
		if c.Pattern == "/repos/{owner}/{repo}/pulls" && c.Method == http.MethodGet {
			lists++
		}
		if c.Status == http.StatusTooManyRequests {
			l.t.Errorf("%s: %s %s was one call too many", name, c.Method, c.Path)
		}
	}
	l.t.Logf("%s: %s, %d calls, %d of them lists of pull requests, %d evaluations so far; oldest work by six minutes:%s", name,
		l.since(begun).Round(time.Second), len(calls), lists, strings.Count(l.log.String(), `"msg":"evaluated"`), plot(ages))
}
