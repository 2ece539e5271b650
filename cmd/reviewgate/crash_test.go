package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
)

// kills is how often TestCrash kills the service on each store. The full run is
// -kills 200.
var kills = flag.Int("kills", 5, "how often each part of TestCrash kills the service")

// crashSeed has a run of TestCrash play again.
var crashSeed = flag.Uint64("crash-seed", 0, "the seed that TestCrash logged; 0: a new one")

// TestCrash kills the real service at random instants while people push and
// review. Whatever was acknowledged is evaluated in the end, and each thing that
// the gate writes stands once. No sweep helps.
func TestCrash(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ postgres, faults bool }{
		"sqlite":                       {},
		"sqlite and a failing forge":   {faults: true},
		"postgres":                     {postgres: true},
		"postgres and a failing forge": {postgres: true, faults: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := *crashSeed
			for seed == 0 {
				seed = rand.Uint64()
			}
			t.Logf("-crash-seed %d", seed)
			c := newCrash(t, seed)
			if tt.postgres {
				c.w.database = postgrestest.Open(t).Database(t, "")
			}
			c.faults.Store(tt.faults)
			c.play(*kills)
		})
	}
}

// crash is a world whose service is killed again and again.
type crash struct {
	w       *world
	dice    *rand.Rand
	faults  atomic.Bool // every fifth call fails
	faulty  *rand.Rand
	faultMu sync.Mutex
	address atomic.Pointer[string] // of the service that lives now
	pulls   []*crashPull
}

// crashPull is a pull request and who has approved what is in it now.
type crashPull struct {
	pr     *fake.PullRequest
	mm, fs bool
	heads  []string
}

// reviewed is how many of its two files are reviewed.
func (p *crashPull) reviewed() int {
	n := 0
	for _, yes := range []bool{p.mm, p.fs} {
		if yes {
			n++
		}
	}
	return n
}

const crashPulls = 6

func newCrash(t *testing.T, seed uint64) *crash {
	t.Helper()
	c := &crash{dice: rand.New(rand.NewPCG(seed, 1)), faulty: rand.New(rand.NewPCG(seed, 2))}
	c.w = newWorld(t, worldOptions{idle: true, policy: commentPolicy})
	c.w.SetFault(c.fault)
	for i := range crashPulls {
		pr := c.w.open(fmt.Sprintf("topic-%d", i), "mm/a.c", "fs/a.c")
		c.pulls = append(c.pulls, &crashPull{pr: pr, heads: []string{pr.Head()}})
	}
	return c
}

// fault refuses the sweep's call and, while they are wanted, has every fifth
// other call fail in one way or another.
func (c *crash) fault(r *http.Request) *fakegithub.Fault {
	if listing(r) {
		return refused
	}
	c.faultMu.Lock()
	defer c.faultMu.Unlock()
	if !c.faults.Load() || c.faulty.IntN(5) > 0 {
		return nil
	}
	html := "<html><body>Unicorn!</body></html>"
	all := []*fakegithub.Fault{
		{Status: http.StatusInternalServerError}, {Status: http.StatusBadGateway, Body: html}, {Status: http.StatusServiceUnavailable},
		{Status: http.StatusUnauthorized, Body: `{"message":"Bad credentials"}`},
		{Status: http.StatusOK, Body: html}, {Status: http.StatusOK, Body: "{}"}, {Status: http.StatusOK, Body: `{"data":null}`},
		{Status: http.StatusOK, Body: ""}, {Half: true}, {HangUp: true}, {HangUp: true, Served: true}, {Delay: 300 * time.Millisecond},
		fakegithub.SecondaryLimit(time.Second),
	}
	return all[c.faulty.IntN(len(all))]
}

// play kills the service so often while people are at work, lets it live then,
// and looks at what stands.
func (c *crash) play(times int) {
	c.w.t.Helper()
	over := make(chan struct{})
	var people sync.WaitGroup
	for i, p := range c.pulls {
		dice := rand.New(rand.NewPCG(c.dice.Uint64(), uint64(i)))
		people.Go(func() { c.work(p, dice, over) })
	}
	for range times {
		p := c.spawn()
		<-time.After(time.Duration(c.dice.IntN(250)) * time.Millisecond) // the instant of the kill
		p.kill()
	}
	close(over)
	p := c.spawn()
	people.Wait()
	c.faults.Store(false)
	c.settle(p)
	c.check()
}

// check looks at what stands on each pull request.
func (c *crash) check() {
	c.w.t.Helper()
	for _, x := range c.pulls {
		want, title := "in_progress", fmt.Sprintf("%d of 2", x.reviewed())
		if x.reviewed() == 2 {
			want = "success"
		}
		if strings.Contains(c.w.run(x.pr.Head()).Summary, "approved before this gate saw it") {
			c.again(x)
		}
		c.w.expect(x.pr, want, title)
		// One that was never short of reviews needs no comment.
		if n := len(x.pr.Comments()); n > 1 || n == 0 && want != "success" {
			c.w.t.Errorf("#%d: %d comments", x.pr.Number(), n)
		}
		for _, head := range x.heads {
			if len(c.w.repo.CheckRuns(head)) > 0 {
				c.w.eachOnce(head)
			}
		}
	}
}

// again has those who approved do so once more, as the check asks them to: nothing proves what was
// approved while the service was dead where it had looked within the second of the push.
func (c *crash) again(x *crashPull) {
	c.w.t.Helper()
	c.w.later()
	for login, approved := range map[string]bool{"alice": x.mm, "bob": x.fs} {
		if approved {
			c.w.review(x.pr, login, fake.Approved)
		}
	}
	postAll(c.w.t, *c.address.Load(), []delivery{pullDelivery(fmt.Sprint("again-", x.pr.Number()), x.pr.Number())})
}

func (c *crash) spawn() *process {
	p := c.w.spawn(builtProgram(c.w.t))
	c.address.Store(&p.public)
	return p
}

// work pushes and reviews until it is over, at least once, and delivers each
// event as a forge would that redelivers what failed.
func (c *crash) work(p *crashPull, dice *rand.Rand, over <-chan struct{}) {
	c.workAt(p, dice, over, func() string {
		if address := c.address.Load(); address != nil {
			return *address
		}
		return ""
	})
}

// workAt is work with deliveries to an address that may change.
func (c *crash) workAt(p *crashPull, dice *rand.Rand, over <-chan struct{}, address func() string) {
	branch := fmt.Sprintf("topic-%d", p.pr.Number()-1)
	for i := 0; ; i++ {
		c.w.later() // or nothing would prove which head was approved while the service was dead
		switch dice.IntN(4) {
		case 0:
			c.w.review(p.pr, "alice", fake.Approved)
			p.mm = true
		case 1:
			c.w.review(p.pr, "bob", fake.Approved)
			p.fs = true
		case 2:
			p.heads = append(p.heads, c.w.push(branch, map[string]string{"mm/a.c": lines(fmt.Sprint("mm ", branch, i), 20)}))
			p.mm = false
		case 3:
			p.heads = append(p.heads, c.w.push(branch, map[string]string{"fs/a.c": lines(fmt.Sprint("fs ", branch, i), 20)}))
			p.fs = false
		}
		d := pullDelivery(fmt.Sprintf("%s-%d", branch, i), p.pr.Number())
		for d.post(c.w.t, address()) != http.StatusAccepted {
			<-time.After(5 * time.Millisecond)
		}
		select {
		case <-over:
			return
		case <-time.After(time.Duration(dice.IntN(300)) * time.Millisecond):
		}
	}
}

// settle waits until no pull request has work. Those that wait after an error
// are tried again as an administrator would do it, beside the service.
func (c *crash) settle(p *process) {
	c.w.t.Helper()
	database := or(c.w.database, "sqlite:"+filepath.Join(c.w.dir, "gate.db"))
	end := time.Now().Add(90 * time.Second)
	for time.Now().Before(end) {
		if p.dead() {
			c.w.t.Fatalf("the service ended: %v\n%s", p.err, p.log)
		}
		if c.retried(database) == 0 {
			return
		}
		<-time.After(200 * time.Millisecond)
	}
	c.w.t.Fatalf("work is left:\n%s", c.admin("list", "--database", database))
}

// retried tells how many pull requests have work, after having tried again
// those that wait.
func (c *crash) retried(database string) int {
	left := 0
	for line := range strings.Lines(c.admin("list", "--database", database)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.Contains(fields[0], "#") || strings.HasSuffix(fields[0], "#0") {
			continue
		}
		left++
		if fields[1] == "retrying" || fields[1] == "dead" {
			c.admin("retry", "--database", database, fields[0])
		}
	}
	return left
}

// admin runs a verb of `admin jobs`. A job that is done meanwhile can't be
// retried; the next list tells.
func (c *crash) admin(args ...string) string {
	c.w.t.Helper()
	var out, problems strings.Builder
	if code := run(c.w.t.Context(), append([]string{"admin", "jobs"}, args...), nil, &out, &problems); code != exitPass && args[0] == "list" {
		c.w.t.Fatalf("admin jobs %v: exit %d: %s", args, code, problems.String())
	}
	return out.String()
}
