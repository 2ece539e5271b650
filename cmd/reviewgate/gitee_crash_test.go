package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
)

// TestCrashOnGitee kills the real service at random instants while people push and accept, on
// a forge that delivers nothing twice and whose acceptances name no commit. Nothing may ever
// be merged that was not accepted as it is; once the service is left alone, whoever accepts is
// counted, each thing that the gate writes stands once, and no work is left.
func TestCrashOnGitee(t *testing.T) {
	t.Parallel()
	c := newDoubleCrash(t)
	cast := doubleCast(forgetest.Setting{Policy: commentPolicy}, "gitee", ".gitee")
	place := giteetest.NewGitee(t, fake.New(time.Now), rest.Options{Limits: unlimited()}, cast)
	place.World(&c.world)
	place.Require("main", "review-gate")
	c.passes = func(pr *fake.PullRequest) bool { return place.Obstacle(pr, "review-gate") == "" }
	c.once = func(pr *fake.PullRequest) { c.eachOnce(place.Runs(pr.Head())) }
	c.play(place.Server.Server, place.Place, "gitee", 4)
}

// TestCrashOnGitCode is the same where what blocks is a tester's pass, on the one pull request for which
// the calls of a minute are enough.
func TestCrashOnGitCode(t *testing.T) {
	t.Parallel()
	c := newDoubleCrash(t)
	place := giteetest.NewGitCode(t, fake.New(time.Now), rest.Options{Limits: unlimited()},
		doubleCast(forgetest.Setting{Policy: commentPolicy}, "gitcode", ".gitcode"))
	place.World(&c.world)
	check0(t, place.Block())
	c.passes = func(pr *fake.PullRequest) bool { return place.Obstacle(pr) == "" }
	c.once = func(*fake.PullRequest) {}
	c.play(place.Server.Server, place.Place, "gitcode", 1)
}

// doubleCrash is a world of one of the two whose service is killed again and again.
type doubleCrash struct {
	t      *testing.T
	dice   *rand.Rand
	world  forgetest.World
	passes func(pr *fake.PullRequest) bool // may be merged now
	once   func(pr *fake.PullRequest)      // looks for what stands twice
	server *rest.Server
	repo   *fake.Repo
	config string // its file
	kind   string
	faults atomic.Bool // every fifth call fails
	p      *process
}

func newDoubleCrash(t *testing.T) *doubleCrash {
	t.Helper()
	seed := *crashSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-crash-seed %d", seed)
	return &doubleCrash{t: t, dice: rand.New(rand.NewPCG(seed, 3))}
}

// play has people work while the service is killed, and looks at what stands in the end.
func (c *doubleCrash) play(server *rest.Server, place giteetest.Place, kind string, many int) {
	c.t.Helper()
	c.server, c.repo, c.kind = server, place.Repo, kind
	c.configure(c.failing(place.URL))
	var pulls []*fake.PullRequest
	for i := range many {
		branch := fmt.Sprint("topic-", i)
		c.push(branch, "mm/a.c")
		c.push(branch, "fs/a.c")
		pr, err := c.repo.Open(fake.Opening{Author: "dave", Head: branch})
		check0(c.t, err)
		pulls = append(pulls, pr)
	}
	over, watched := make(chan struct{}), sync.WaitGroup{}
	watched.Go(func() { c.watch(pulls, over) })
	working, people := make(chan struct{}), sync.WaitGroup{}
	for _, pr := range pulls {
		dice := rand.New(rand.NewPCG(c.dice.Uint64(), 0))
		people.Go(func() { c.work(pr, dice, working) })
	}
	c.faults.Store(true)
	for range *kills {
		c.spawn()
		<-time.After(time.Duration(c.dice.IntN(400)) * time.Millisecond) // the instant of the kill
		c.p.kill()
	}
	close(working)
	people.Wait()
	c.faults.Store(false)
	c.spawn()
	for _, pr := range pulls {
		c.settle(pr)
	}
	close(over)
	watched.Wait()
}

// settle has a last push reviewed, and holds what stands then.
func (c *doubleCrash) settle(pr *fake.PullRequest) {
	c.t.Helper()
	c.push(pr.Branch(), "mm/a.c")
	c.until(pr, "its head is looked at", func() bool {
		for _, line := range c.p.log.lines("evaluated") {
			if line["head"] == pr.Head() {
				return true
			}
		}
		return false
	})
	c.accept(pr, "alice")
	c.until(pr, "one of two is reviewed", func() bool { return strings.Contains(c.said(pr), "1 of 2") })
	c.accept(pr, "bob")
	c.until(pr, "it may be merged", func() bool { return c.passes(pr) })
	n := 0
	for _, said := range c.world.Comments(pr.Number()) {
		if said.Author == giteetest.Bot {
			n++
		}
	}
	if n != 1 {
		c.t.Errorf("#%d: the gate has %d comments", pr.Number(), n)
	}
	c.once(pr)
}

// said is all that the gate's comments say.
func (c *doubleCrash) said(pr *fake.PullRequest) (out string) {
	for _, said := range c.world.Comments(pr.Number()) {
		if said.Author == giteetest.Bot {
			out += said.Body
		}
	}
	return out
}

// eachOnce checks that none of the gate's runs follows one that came to the same.
func (c *doubleCrash) eachOnce(runs []fake.CheckRun) {
	c.t.Helper()
	for i := 1; i < len(runs); i++ {
		if runs[i].Conclusion != "" && runs[i].Conclusion == runs[i-1].Conclusion && runs[i].Head == runs[i-1].Head {
			c.t.Errorf("run %d says %s again", i, runs[i].Conclusion)
		}
	}
}

// work pushes and accepts until it is over.
func (c *doubleCrash) work(pr *fake.PullRequest, dice *rand.Rand, over <-chan struct{}) {
	for {
		switch dice.IntN(5) {
		case 0, 1:
			c.accept(pr, "alice")
		case 2, 3:
			c.accept(pr, "bob")
		default:
			c.push(pr.Branch(), []string{"mm/a.c", "fs/a.c"}[dice.IntN(2)])
		}
		select {
		case <-over:
			return
		case <-time.After(time.Duration(dice.IntN(300)) * time.Millisecond):
		}
	}
}

func (c *doubleCrash) push(branch, path string) {
	_, err := c.repo.Commit(fake.Change{Branch: branch, Author: "dave", Message: "change",
		Files: map[string]*fake.File{path: {Content: lines(fmt.Sprint(branch, rand.Int()), 20)}}})
	check0(c.t, err)
}

func (c *doubleCrash) accept(pr *fake.PullRequest, login string) {
	_, err := c.world.Review(pr.Number(), fake.Review{By: login, State: fake.Approved})
	check0(c.t, err)
}

// watch holds all the time that nothing may be merged that was not accepted by both: a push
// takes away what was accepted.
func (c *doubleCrash) watch(pulls []*fake.PullRequest, over <-chan struct{}) {
	for {
		for _, pr := range pulls {
			if head := pr.Head(); c.passes(pr) && len(c.accepted(pr)) < 2 && pr.Head() == head && c.passes(pr) {
				c.t.Errorf("#%d may be merged, and is accepted by %v", pr.Number(), c.accepted(pr))
			}
		}
		select {
		case <-over:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// accepted are those who have accepted what a pull request changes now.
func (c *doubleCrash) accepted(pr *fake.PullRequest) (out []string) {
	c.server.Lock()
	defer c.server.Unlock()
	for _, role := range []rest.Role{rest.Assignee, rest.Reviewer} {
		for _, seat := range c.server.Desk(pr).In(role) {
			if seat.Accept && seat.Who.Login != giteetest.Bot {
				out = append(out, seat.Who.Login)
			}
		}
	}
	return out
}

// failing stands before a forge and has calls fail while that is wanted: some are refused,
// some are answered with something else, of some the answer is lost.
func (c *doubleCrash) failing(address string) string {
	to, err := url.Parse(address)
	check0(c.t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	dice, mu := rand.New(rand.NewPCG(c.dice.Uint64(), 4)), sync.Mutex{}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		fault := 8
		if c.faults.Load() {
			fault = dice.IntN(20)
		}
		mu.Unlock()
		switch fault {
		case 0:
			http.Error(w, "down", http.StatusBadGateway)
		case 1:
			_, err = w.Write([]byte("<html>busy</html>"))
		case 2:
			panic(http.ErrAbortHandler) // hangs up
		case 3:
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler) // what was done is told nobody
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	c.t.Cleanup(listener.Close)
	return listener.URL
}

func (c *doubleCrash) configure(address string) {
	dir := c.t.TempDir()
	c.config = filepath.Join(dir, "reviewgate.yml")
	check0(c.t, os.WriteFile(filepath.Join(dir, "token"), []byte("token-"+giteetest.Bot), 0o600),
		os.WriteFile(filepath.Join(dir, "secret"), []byte(giteetest.Secret), 0o600),
		os.WriteFile(c.config, fmt.Appendf(nil, `listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
data_dir: %s
database: %s
sweep: {every: 10s}
forges:
  - name: %s
    kind: %s
    api_url: %s/api/v5/
    writes_per_minute: 100000
    token_file: %s
    webhook_secret_file: %s
`, dir, "sqlite:"+filepath.Join(dir, "gate.db"), c.kind, c.kind, address, filepath.Join(dir, "token"), filepath.Join(dir, "secret")), 0o600))
}

// spawn starts the service, and has events delivered to it.
func (c *doubleCrash) spawn() {
	c.t.Helper()
	c.p = &process{t: c.t, log: &logBuffer{}, exited: make(chan struct{})}
	ctx := context.WithoutCancel(c.t.Context())
	c.p.cmd = exec.CommandContext(ctx, builtProgram(c.t), "serve", "--config", c.config) //nolint:gosec // our own binary
	c.p.begin()
	wait(c.t, 30*time.Second, "the process listens", c.p.listens)
	c.server.SetWebhook(rest.Hook{URL: "http://" + c.p.public + "/webhooks/" + c.kind, Secret: giteetest.Secret})
}

func (c *doubleCrash) until(pr *fake.PullRequest, what string, ok func() bool) {
	c.t.Helper()
	defer func() {
		if c.t.Failed() {
			c.t.Logf("#%d: accepted by %v; it says:\n%s\n%.20000s", pr.Number(), c.accepted(pr), c.said(pr), c.p.log)
		}
	}()
	wait(c.t, 5*time.Minute, fmt.Sprintf("#%d: %s", pr.Number(), what), ok)
}
