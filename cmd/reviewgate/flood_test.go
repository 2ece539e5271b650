package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// floodLasts is how long TestFlood takes. The full run is -flood 1m.
var floodLasts = flag.Duration("flood", 4*time.Second, "how long TestFlood floods")

// What TestFlood holds the service to.
const (
	// mostResident is how much memory a service takes at the most, in MiB. The limits that
	// are shipped stand above it (TestMemoryLimits of deploy).
	mostResident = 220
	// slowestCheck is how long the check of a fresh pull request may take, on two cores
	// that also run the forge and the flood.
	slowestCheck = 2 * time.Second
	// shortFlood is how long it takes at least to say something of that: a short one is
	// one beside other tests.
	shortFlood = 30 * time.Second
)

// flood is the largest of everything that a stranger is let in with.
type flood struct {
	w       *world
	address string
	large   *fake.PullRequest   // of 2,999 files
	commits *fake.PullRequest   // of 250 commits
	twins   []*fake.PullRequest // of the large one's head
	propose []*fake.PullRequest // each with a policy of its own
	texts   []map[string]string // of these
	talk    *fake.PullRequest
	fork    *fake.Repo

	mu   sync.Mutex
	sent map[string]int
}

// filesAtOnce is how many files a pull request has at the most, of which a list is whole.
const filesAtOnce = 2999

// newFlood has mallory open all that the flood is made of.
func newFlood(t *testing.T, w *world) *flood {
	t.Helper()
	fork, err := w.repo.Fork("mallory")
	check0(t, err)
	f := &flood{w: w, fork: fork, sent: map[string]int{}}
	f.large = f.open("large", manyTexts("large"))
	for i := range 250 {
		f.commit("commits", map[string]string{fmt.Sprintf("mm/c%d.c", i): "new\n"})
	}
	f.commits = f.open("commits", map[string]string{"mm/last.c": "new\n"})
	f.talk = f.open("talk", map[string]string{"mm/a.c": "new\n", "fs/a.c": "new\n"})
	for i := range 40 {
		branch := fmt.Sprint("twin-", i)
		check0(t, fork.SetBranch(branch, f.large.Head(), "mallory"))
		twin, err := w.repo.Open(fake.Opening{Author: "mallory", Head: branch, From: fork})
		check0(t, err)
		f.twins = append(f.twins, twin)
	}
	all := proposals()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f.texts = append(f.texts, all[name])
		f.propose = append(f.propose, f.open("propose-"+name, all[name]))
	}
	return f
}

func manyTexts(text string) map[string]string {
	texts := map[string]string{}
	for _, p := range manyPaths(filesAtOnce) {
		texts[p] = text + "\n"
	}
	return texts
}

// proposals are policies and maps of a stranger's, by what is large in them.
func proposals() map[string]map[string]string {
	const head = "version: 1\nsubsystems:\n"
	policyOf := func(rest string) string { return "version: 1\nmin_approvals: 2\n" + rest }
	var rules, braces, many, files strings.Builder
	for i := 0; rules.Len() < 800<<10-1000; i++ { // as much as is tried
		fmt.Fprintf(&rules, "  - {name: s%d, paths: [\"a%d/**/*.c\"], maintainers: [alice]}\n", i, i)
	}
	for i := range 6000 {
		fmt.Fprintf(&braces, "  - {name: s%d, paths: [\"{a,b}{c,d}{e,f}%d/**/{g,h}{i,j}{k,l}*.c\"], maintainers: [alice]}\n", i, i)
	}
	out := map[string]map[string]string{"bytes": {}, "sources": {}, "trees": {}}
	for i := range 2000 {
		fmt.Fprintf(&many, "  - subsystems: maps/%d.yml\n", i)
		out["sources"][fmt.Sprintf("maps/%d.yml", i)] = head + fmt.Sprintf("  - {name: s%d, paths: [\"mm/**\"], maintainers: [mallory]}\n", i)
		out["trees"][fmt.Sprintf("mm/d%d/OWNERS", i)] = "approvers: [mallory]\n"
	}
	for i := range 6 {
		name := fmt.Sprintf("maps/large%d.yml", i)
		fmt.Fprintf(&files, "  - subsystems: %s\n", name)
		out["bytes"][name] = head + strings.Repeat("# a long line of a comment that says nothing at all, over and over\n", 40<<20/67)
	}
	out["map"] = map[string]string{".github/review-gate.yml": policyOf(""), ".github/subsystems.yml": head + rules.String()}
	out["braces"] = map[string]string{".github/review-gate.yml": policyOf(""), ".github/subsystems.yml": head + braces.String()}
	out["sources"][".github/review-gate.yml"] = policyOf("ownership:\n" + many.String())
	out["bytes"][".github/review-gate.yml"] = policyOf("ownership:\n" + files.String())
	out["trees"][".github/review-gate.yml"] = policyOf("ownership:\n  - owners: OWNERS\n")
	return out
}

func (f *flood) commit(branch string, texts map[string]string) {
	files := map[string]*fake.File{}
	for path, text := range texts {
		files[path] = &fake.File{Content: text}
	}
	if _, err := f.fork.Commit(fake.Change{Branch: branch, Author: "mallory", Message: "change", Files: files}); err != nil {
		f.w.t.Errorf("commit to %s: %v", branch, err)
	}
}

func (f *flood) open(branch string, texts map[string]string) *fake.PullRequest {
	f.commit(branch, texts)
	pr, err := f.w.repo.Open(fake.Opening{Author: "mallory", Head: branch, From: f.fork})
	check0(f.w.t, err)
	return pr
}

// deliver posts an event and counts what became of it.
func (f *flood) deliver(kind string, d delivery) {
	status := d.post(f.w.t, f.address)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent[fmt.Sprint(kind, " ", status)]++
}

// commented is the event of a comment, reviewed that of a review.
func commented(id string, pr *fake.PullRequest, text string) delivery {
	body := fmt.Appendf(nil, `{"action":"created","issue":{"number":%d,"pull_request":{}},"comment":{"body":%q},"repository":{"name":"linux","full_name":%q,"default_branch":"main"}}`,
		pr.Number(), text, pr.Repo().FullName())
	return delivery{"issue_comment", id, body, testSecret}
}

func reviewed(id string, pr *fake.PullRequest, review int64, text string) delivery {
	body := fmt.Appendf(nil, `{"action":"submitted","pull_request":{"number":%d},"review":{"id":%d,"state":"commented","commit_id":%q,"body":%q,"user":{"login":"mallory","id":9}},"repository":{"name":"linux","full_name":%q,"default_branch":"main"}}`,
		pr.Number(), review, pr.Head(), text, pr.Repo().FullName())
	return delivery{"pull_request_review", id, body, testSecret}
}

// sixtyFourKB are as many commands as a comment has room for.
func sixtyFourKB(command string) string {
	return strings.Repeat(command+"\n", 65_000/(len(command)+1))
}

// acts are what the stranger does, and how often: as much as GitHub lets an account do,
// which is 80 comments and reviews a minute (docs.github.com, "Rate limits for the REST
// API"), and a push of all branches every ten seconds.
func (f *flood) acts() map[string]struct {
	every time.Duration
	do    func(n int)
} {
	commands := []string{
		"/approve {a,b}{c,d}{e,f}{g,h}{i,j}{k,l}/**", "/recheck", "/why mm/a.c fs/a.c",
		"/override 0123456789abcdef because", "/approve mm/** !mm/**", "/reassign @alice", "/aprove",
	}
	say := func(n int) (id, text string) { return fmt.Sprint("say-", n), sixtyFourKB(commands[n%len(commands)]) }
	type act = struct {
		every time.Duration
		do    func(n int)
	}
	return map[string]act{
		"push of 2,999 files": {2 * time.Second, func(n int) {
			f.commit("large", map[string]string{manyPaths(filesAtOnce)[n%filesAtOnce]: fmt.Sprint(n, "\n")})
			f.deliver("push", eventOf(fmt.Sprint("push-", n), f.large))
		}},
		"push of 250 commits": {3 * time.Second, func(n int) {
			f.commit("commits", map[string]string{"mm/more.c": fmt.Sprint(n, "\n")})
			f.deliver("push", eventOf(fmt.Sprint("commits-", n), f.commits))
		}},
		"twins": {250 * time.Millisecond, func(n int) {
			f.deliver("twin", eventOf(fmt.Sprint("twin-", n), f.twins[n%len(f.twins)]))
		}},
		"proposals": {2 * time.Second, func(n int) {
			pr, texts := f.propose[n%len(f.propose)], f.texts[n%len(f.propose)]
			f.commit(pr.Branch(), map[string]string{".github/review-gate.yml": fmt.Sprint(texts[".github/review-gate.yml"], "# ", n, "\n")})
			f.deliver("proposal", eventOf(fmt.Sprint("propose-", n), pr))
		}},
		"comments": {3 * time.Second, func(n int) {
			id, text := say(n)
			if _, err := f.talk.Comment("mallory", text); err == nil {
				f.deliver("comment", commented("comment-"+id, f.talk, text))
			}
		}},
		"reviews": {3 * time.Second, func(n int) {
			id, text := say(n)
			if review, err := f.twins[0].Review(fake.Review{By: "mallory", State: fake.Commented, Body: text}); err == nil {
				f.deliver("review", reviewed("review-"+id, f.twins[0], review, text))
			}
		}},
		"rechecks": {1500 * time.Millisecond, func(n int) {
			pr := slices.Concat(f.propose, f.twins)[n%20]
			if _, err := pr.Comment("mallory", "/recheck"); err == nil {
				f.deliver("recheck", commented(fmt.Sprint("recheck-", n), pr, "/recheck"))
			}
		}},
		"bodies": {time.Second, func(n int) {
			f.deliver("body", pullDelivery(fmt.Sprint("body-", n), f.talk.Number()).filled(webhook.MaxBody-1000))
		}},
	}
}

// rage does all that at once until the context ends.
func (f *flood) rage(ctx context.Context) (end func()) {
	var all sync.WaitGroup
	for _, a := range f.acts() {
		all.Go(func() {
			tick := time.NewTicker(a.every)
			defer tick.Stop()
			for n := 0; ctx.Err() == nil; n++ {
				a.do(n)
				select {
				case <-tick.C:
				case <-ctx.Done():
				}
			}
		})
	}
	kinds := strangers()
	var ends []func()
	for _, name := range []string{"announced, nothing", "a byte a second", "chunked, one megabyte", "header without end"} {
		ends = append(ends, besiege(f.address, 50, kinds[name]))
	}
	return func() {
		for _, end := range ends {
			end()
		}
		all.Wait()
	}
}

// TestFlood has one stranger do the largest of everything that is let in, all at once: the
// memory stays bounded, and whoever opens a pull request beside it, in the same
// repository or in another, has its check soon.
func TestFlood(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("measures, by itself and without the race detector: go test -run TestFlood ./cmd/reviewgate")
	}
	w := newWorld(t, worldOptions{idle: true, limit: 1 << 30, policy: "version: 1\nthreshold: 80%\noverride: {allowed: [carol]}\n",
		files: manyFiles(filesAtOnce)})
	w.crowdedRepo("calm", 0)
	f := newFlood(t, w)
	w.keys = "sweep: {every: 24h}\n"
	p := w.spawn(builtProgram(t))
	f.address = p.public
	w.until("ready", func() bool { status, _ := get(t, "http://"+p.public+"/readyz"); return status == http.StatusOK })
	w.until("the first sweep is done", func() bool {
		return !slices.ContainsFunc(slices.Concat(f.twins, f.propose, []*fake.PullRequest{f.large, f.commits, f.talk}),
			func(pr *fake.PullRequest) bool {
				return len(w.repo.CheckRuns(pr.Head())) == 0
			})
	})
	ctx, cancel := context.WithTimeout(t.Context(), *floodLasts)
	defer cancel()
	end := f.rage(ctx)
	same, other := w.openedBeside(ctx, p.public, time.Second)
	end()
	peak := residentKB(t, p.cmd.Process.Pid, peakLine) >> 10
	t.Logf("sent %v, %d evaluations, %s of processor time", f.sent, len(p.log.lines("evaluated")), processorTime(t, p.cmd.Process.Pid))
	t.Logf("peak of %d MiB; from webhook to check: p50 %s and p99 %s of %d in the same repository, %s and %s of %d in another", peak,
		quantile(same, 50), quantile(same, 99), len(same), quantile(other, 50), quantile(other, 99), len(other))
	if peak > mostResident {
		t.Errorf("a peak of %d MiB, want %d at most", peak, mostResident)
	}
	if slow := max(quantile(same, 99), quantile(other, 99)); slow > slowestCheck && *floodLasts >= shortFlood {
		t.Errorf("the p99 from webhook to check is %s, want %s at most", slow, slowestCheck)
	}
}

// openedBeside opens one pull request after the other until the context ends and gives
// how long the checks took, of those in acme/linux and of others.
func (w *world) openedBeside(ctx context.Context, address string, every time.Duration) (same, other []time.Duration) {
	var all sync.WaitGroup
	var mu sync.Mutex
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; ctx.Err() == nil; i++ {
		all.Go(func() {
			var pr *fake.PullRequest
			if i%2 == 0 {
				pr = w.open(fmt.Sprint("fresh-", i), "mm/a.c", "fs/b.c")
			} else {
				pr = openIn(w, w.Repo("acme", "calm"), fmt.Sprint("fresh-", i))
			}
			took := w.untilChecked(address, fmt.Sprint("fresh-", i), pr)
			mu.Lock()
			defer mu.Unlock()
			if pr.Repo() == w.repo {
				same = append(same, took)
			} else {
				other = append(other, took)
			}
		})
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	all.Wait()
	return same, other
}
