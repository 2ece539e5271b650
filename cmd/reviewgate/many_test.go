package main

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// How much TestSweepOfMany sweeps. The full run is -repos 200 -pulls 50.
var (
	manyRepos = flag.Int("repos", 8, "repositories that TestSweepOfMany sweeps")
	manyPulls = flag.Int("pulls", 5, "open pull requests in each of them")
)

// TestSweepOfMany has a service find the open pull requests of many repositories
// by itself. Once they are judged, a sweep costs next to nothing, and memory
// stays small.
func TestSweepOfMany(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, limit: 1 << 30})
	w.keys = "sweep: {every: 10s}\n"
	var prs []*fake.PullRequest
	for i := range *manyRepos - 1 { // acme/linux is one, without open pull requests
		prs = append(prs, w.crowdedRepo(fmt.Sprint("repo-", i), *manyPulls)...)
	}
	p := w.spawn(builtProgram(t))
	start := time.Now()
	w.untilWithin(15*time.Minute, "all are judged", func() bool {
		for _, pr := range prs {
			if len(pr.Repo().CheckRuns(pr.Head())) == 0 {
				return false
			}
		}
		return p.idle()
	})
	judged := time.Since(start)
	first := w.charged()
	calls, charged, sweeps := w.sweepUntilFree(p)
	peak := residentKB(t, p.cmd.Process.Pid, peakLine)
	t.Logf("%d pull requests in %d repositories: judged in %s with %d charged calls; after %d sweeps one makes %d calls, %d of them "+
		"charged; peak %d MB",
		len(prs), *manyRepos, judged.Round(time.Millisecond), first, sweeps, calls, charged, peak>>10)
	if charged > *manyRepos/10+10 {
		t.Errorf("a sweep in which nothing moved costs %d\n%s", charged, tally(w.Calls()))
	}
	if peak > 150<<10 {
		t.Errorf("peak of %d kB, want 150 MB at most", peak)
	}
	if strings.Contains(p.log.String(), "given up") {
		t.Error(p.log)
	}
}

// sweepUntilFree waits until each check was looked at once and gives what the
// first sweep makes thereafter that costs next to nothing, or the last one.
func (w *world) sweepUntilFree(p *process) (calls, charged, sweeps int) {
	w.t.Helper()
	lists := call{"GET", "/repo-0/pulls"}
	const inspected = 3 // checks that one sweep looks at
	for range *manyPulls/inspected + 4 {
		w.ResetCalls()
		w.untilWithin(15*time.Minute, "a sweep begins", func() bool { return w.count(lists) > 0 })
		w.untilWithin(15*time.Minute, "idle", p.idle)
		sweeps++
		if calls, charged = len(w.Calls()), w.charged(); sweeps > 1 && charged == 0 {
			break
		}
	}
	return calls, charged, sweeps
}

// crowdedRepo adds a repository with policy, map and open pull requests.
func (w *world) crowdedRepo(name string, pulls int) []*fake.PullRequest {
	w.t.Helper()
	repo, err := w.AddRepo(fake.RepoOptions{Owner: "acme", Name: name})
	check0(w.t, err)
	for _, login := range []string{"alice", "bob", "carol"} {
		check0(w.t, repo.SetCollaborator(login, "write"))
	}
	files := map[string]*fake.File{
		".github/review-gate.yml": {Content: testPolicy}, ".github/subsystems.yml": {Content: testMap},
		"mm/a.c": {Content: lines("mm", 20)}, "fs/a.c": {Content: lines("fs", 20)},
	}
	_, err = repo.Commit(fake.Change{Author: "carol", Message: "start", Files: files})
	check0(w.t, err)
	var prs []*fake.PullRequest
	for i := range pulls {
		prs = append(prs, openIn(w, repo, fmt.Sprint("topic-", i)))
	}
	return prs
}

// openIn opens a pull request of dave's that changes a file of mm.
func openIn(w *world, repo *fake.Repo, branch string) *fake.PullRequest {
	w.t.Helper()
	_, err := repo.Commit(fake.Change{Branch: branch, Author: "dave", Message: "change",
		Files: map[string]*fake.File{"mm/a.c": {Content: lines(branch, 20)}}})
	check0(w.t, err)
	pr, err := repo.Open(fake.Opening{Author: "dave", Head: branch})
	check0(w.t, err)
	return pr
}
