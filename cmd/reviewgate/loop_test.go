package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

var (
	loopWorlds = flag.Int("loop.worlds", 0, "worlds that TestAdversaryInTheLoop plays; 0: as many as fit CI")
	loopSeed   = flag.Uint64("loop.seed", 1, "seed of its first world")
	loopActs   = flag.Int("loop.acts", 25, "acts in each of its worlds")
	loopShrink = flag.Bool("loop.shrink", false, "play a world that fails again, without the acts that it does not need")
)

// TestAdversaryInTheLoop has an author, a stranger, hurried maintainers and a bot do
// what comes to their minds, in worlds that are drawn by seed. Whenever all is quiet,
// an oracle that reads the repository and knows what each reviewer's page showed says
// of each open pull request whether it may merge; the forge must not let it where
// the oracle says no. In honest worlds, where nobody tricks and no webhook is lost, it
// must let it where the oracle says yes, too.
func TestAdversaryInTheLoop(t *testing.T) {
	t.Parallel()
	worlds := *loopWorlds
	if worlds == 0 {
		if worlds = 100; raceDetector {
			worlds = 2
		}
	}
	for i := range worlds {
		seed := *loopSeed + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			problem, acts := playLoop(t, seed, nil)
			if problem == "" {
				return
			}
			if *loopShrink {
				problem, acts = shrinkLoop(t, seed, problem, acts)
			}
			t.Errorf("%s\nreplay: -run 'TestAdversaryInTheLoop$' -loop.worlds 1 -loop.seed %d\n%s", problem, seed, strings.Join(acts, "\n"))
		})
	}
}

// shrinkLoop leaves acts out of a world, each of which it fails without as well.
func shrinkLoop(t *testing.T, seed uint64, problem string, acts []string) (string, []string) {
	t.Helper()
	var without []int
	for i := *loopActs - 1; i >= 0; i-- {
		fewer := append(slices.Clone(without), i)
		if p, a := playLoop(t, seed, fewer); p != "" && p[:8] == problem[:8] {
			without, problem, acts = fewer, p, a
		}
	}
	return problem, acts
}

// looper is a world in which actors act at random. It knows what they saw.
type looper struct {
	*world
	*rand.Rand
	held    bool // webhooks wait
	down    bool // the service is stopped
	rules   loopRules
	honest  bool
	habits  []weighed
	narrow  bool // all is about alice's files
	acts    []string
	pages   map[string]*page    // open in each maintainer's browser
	said    []*saidThing        // in order
	past    map[string][]string // commits that were branches' tips
	texts   map[string]string   // of blobs that merges give, by id
	fork    *fake.Repo
	hidden  map[string]bool // accounts that the forge hides
	spoiled bool            // webhooks were lost, and no sweep was since
	asked   int             // questions to the oracle
	green   int             // of these, of pull requests that the forge would have let merge
}

// loopRules are those of a world's policy that the oracle needs.
type loopRules struct {
	policy    string
	percent   int
	strictly  bool
	override  bool // by carol
	comments  bool // approve
	bases     []string
	required  bool // an expected source is set
	behaviour fakegithub.Behaviour
}

// drawRules draws a policy and a forge.
func drawRules(r *rand.Rand, honest bool) loopRules {
	out := loopRules{percent: []int{80, 100, 50}[r.IntN(3)], required: r.IntN(4) > 0, bases: []string{"main"}}
	threshold := fmt.Sprintf("threshold: %d%%\n", out.percent)
	if out.percent == 50 {
		out.strictly, threshold = true, "threshold: \"> 50%\"\n"
	}
	text := "version: 1\nassign: off\ncomment: false\npeople: .github/people.yml\n" + threshold
	switch r.IntN(6) {
	case 0:
		out.bases = append(out.bases, "wip")
	case 1:
		text += "branches: [{match: main}, {match: \"release/**\"}]\n"
		out.bases = append(out.bases, "release/1", "wip")
	case 2:
		text += "branches: [{match: main}, {match: wip}]\n"
		out.bases = append(out.bases, "wip", "release/1")
	case 3:
		text += "branches: [{match: \"**\"}]\n"
		out.bases = append(out.bases, "wip", "release/1")
	case 4:
		text += "override: {allowed: [carol]}\ncomment_approvals: true\nbranches: [{match: main}, {match: wip}]\n"
		out.override, out.comments, out.bases = true, true, append(out.bases, "wip")
	default:
		text += "mode: enforce\n"
	}
	out.policy = text
	out.behaviour = fakegithub.Behaviour{
		Behaviour:   fake.Behaviour{Repoint: []fake.Repoint{fake.RepointSamePatch, fake.RepointNever, fake.RepointAlways}[r.IntN(3)]},
		SuitePerRun: r.IntN(4) == 0,
	}
	if !honest {
		out.behaviour.StaleLists, out.behaviour.QuietReviews = r.IntN(3) == 0, r.IntN(3) == 0
		out.behaviour.PlainOnly = r.IntN(10) == 0
	}
	if r.IntN(3) == 0 { // what GitHub does now and then, as far as it changes no answer
		b := &out.behaviour
		b.NewTokens, b.QueryBudget, b.NullIDs, b.Unchanged, b.NoUpdates, b.NoCompare, b.Shuffle = 2, 500, true, true, true, true, true
	}
	return out
}

// seeded is the randomness of one act of a world, so that others can be left out.
func seeded(seed uint64, act int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(act+1))) }

// playLoop plays a world without some of its acts, and gives the first wrong answer.
func playLoop(t *testing.T, seed uint64, without []int) (problem string, acts []string) {
	t.Helper()
	r := seeded(seed, -1)
	honest := seed%5 == 0
	rules := drawRules(r, honest)
	w := &looper{
		world: newLoopWorld(t, rules),
		Rand:  r, rules: rules, honest: honest, habits: habits(r, honest), narrow: r.IntN(2) == 0, pages: map[string]*page{},
		past: map[string][]string{}, texts: map[string]string{}, hidden: map[string]bool{},
	}
	defer func() {
		if w.stop(); t.Failed() { // something else than a wrong answer
			t.Log(strings.Join(w.acts, "\n"))
		}
	}()
	check0(t, w.repo.SetCollaborator("dave", "write"), w.AddUser(fake.User{Login: "stale[bot]", Bot: true}))
	for _, base := range rules.bases[1:] {
		check0(t, w.repo.SetBranch(base, w.repo.Tip("main"), "carol"))
	}
	w.note("policy %q, %+v, honest %v, as app %v", rules.policy, rules.behaviour, honest, rules.required)
	w.setClock()
	for i := range *loopActs {
		w.Rand = seeded(seed, i)
		if slices.Contains(without, i) {
			continue
		}
		w.pass()
		act := w.draw()
		if !act(w) {
			continue
		}
		if problem := w.look(); problem != "" {
			return problem, w.acts
		}
	}
	problem = w.finish()
	t.Logf("%d questions, %d of them of what could be merged", w.asked, w.green)
	return problem, w.acts
}

// newLoopWorld is a world of some rules. With a token the service knows no repository
// before it heard of it.
func newLoopWorld(t *testing.T, rules loopRules) *world {
	t.Helper()
	people := "version: 1\npeople:\n"
	mailmap := ""
	for _, who := range []string{"alice", "bob", "carol"} {
		people += fmt.Sprintf("  - {key: %s, emails: [%[1]s@corp.example], logins: {github: %[1]s}}\n", who)
		mailmap += fmt.Sprintf("<%s@corp.example> <%[1]s@laptop.local>\n", who)
	}
	o := worldOptions{policy: rules.policy, token: !rules.required,
		files: map[string]string{".github/people.yml": people, ".mailmap": mailmap}}
	w := newWorld(t, o)
	w.SetBehaviour(rules.behaviour)
	if rules.required {
		w.swept()
		return w
	}
	w.push("main", map[string]string{"README": lines("README", 20) + "heard of\n"})
	w.quiet()
	return w
}

// settle waits until nothing is left to do, as far as webhooks and the service are there.
func (w *looper) settle() {
	w.t.Helper()
	if !w.held {
		check0(w.t, w.FlushWebhooks(context.Background()))
	}
	if w.down {
		return
	}
	w.until("quiet", func() bool {
		b, err := w.svc.Store().Backlog(context.Background())
		return err == nil && b.Waiting+b.Running+b.Retrying == 0
	})
}

// up starts the service again, which sweeps.
func (w *looper) up() {
	w.t.Helper()
	sweeps := w.sweepsSeen()
	w.start(nil)
	w.down = false
	w.until("the first sweep", func() bool { return w.sweepsSeen() > sweeps })
}

// requirement is the check that the base branch of a pull request requires, going by the
// policy on the default branch; false if that does not gate it.
func (w *looper) requirement(pr *fake.PullRequest) (fake.RequiredCheck, bool) {
	app := w.AppSlug()
	if w.token {
		app = ""
	}
	text, ok := w.repo.Content("main", github.PolicyPath)
	if !ok {
		return fake.RequiredCheck{Name: policy.DefaultCheck, App: app}, false
	}
	return forgetest.Required(text, pr.Base(), app)
}

// note writes an act down.
func (w *looper) note(format string, args ...any) bool {
	w.acts = append(w.acts, w.clock().UTC().Format("Jan 2 15:04:05 ")+fmt.Sprintf(format, args...))
	return true
}

// pass lets time pass between two acts.
func (w *looper) pass() {
	d := time.Duration(w.IntN(4)) * time.Second
	if w.honest {
		d = time.Duration(w.IntN(240)+20) * time.Minute
	}
	w.ahead.Add(int64(d))
}

// look waits until all is quiet, and asks the oracle.
func (w *looper) look() string {
	w.settle()
	if w.held || w.down || w.spoiled {
		return ""
	}
	return w.ask()
}

// finish brings every webhook and the service back, and asks once more.
func (w *looper) finish() string {
	if w.down {
		w.acts = append(w.acts, "up")
		w.up()
	}
	if w.held {
		w.acts = append(w.acts, "released")
		w.ReleaseWebhooks()
		w.held = false
	}
	if w.spoiled {
		w.sweepNow()
	}
	w.settle()
	return w.ask()
}

func (w *looper) sweepNow() {
	w.note("swept")
	w.settle()
	check0(w.t, w.svc.Store().Raise(w.t.Context(), pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}}))
	w.spoiled = w.held
}

// loopAct does something, or tells that it can't be done now.
type loopAct func(w *looper) bool

// weighed is an act and how likely it is.
type weighed struct {
	weight int
	act    loopAct
}

// habits draws how likely which acts are in a world: some are never done, and others
// more often than usual, so that worlds differ in what they try.
func habits(r *rand.Rand, honest bool) []weighed {
	all := []weighed{{6, (*looper).push}, {4, (*looper).rebase}, {3, (*looper).mergeBase}, {3, (*looper).moveMain},
		{2, (*looper).updateByMaintainer}, {16, (*looper).approve}, {2, (*looper).openPull}}
	if honest {
		return all
	}
	all = append(all, weighed{3, (*looper).forcePush}, weighed{3, (*looper).retarget}, weighed{2, (*looper).closeOrReopen},
		weighed{2, (*looper).openPull}, weighed{5, (*looper).moveBranch}, weighed{2, (*looper).dismissByAuthor},
		weighed{2, (*looper).editByAuthor}, weighed{2, (*looper).commandByAuthor}, weighed{1, (*looper).foreignCheck},
		weighed{2, (*looper).inOthersNames}, weighed{4, (*looper).stranger}, weighed{6, (*looper).openPage},
		weighed{2, (*looper).object}, weighed{3, (*looper).decide}, weighed{1, (*looper).dismissByOthers},
		weighed{4, (*looper).timePasses}, weighed{1, (*looper).vanish}, weighed{4, (*looper).webhooks}, weighed{2, (*looper).service})
	for i := range all {
		all[i].weight *= []int{0, 1, 1, 4}[r.IntN(4)]
	}
	return append(all, weighed{10, (*looper).approve}, weighed{8, (*looper).hurry}, weighed{6, (*looper).absorb})
}

// draw chooses an act.
func (w *looper) draw() loopAct {
	if len(w.repo.PullRequests()) == 0 {
		return (*looper).openPull
	}
	sum := 0
	for _, a := range w.habits {
		sum += a.weight
	}
	n := w.IntN(sum)
	for _, a := range w.habits {
		if n -= a.weight; n < 0 {
			return a.act
		}
	}
	return (*looper).openPull // unreachable, as the weights add up to the sum
}
