package model_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// The rules of the histories.
const (
	modelPolicyPath = ".github/review-gate.yml"
	modelPolicy     = "version: 1\nthreshold: %d%%\nbranches: [{match: main}, {match: next}]\npeople: .github/people.yml\noverride: " +
		"{allowed: [olga]}\n"
	modelMap = `version: 1
subsystems:
  - {name: mm, paths: ["mm/**"], maintainers: [alice, bob]}
  - {name: fs, paths: ["fs/**"], maintainers: [bob]}
  - {name: core, fallback: true, maintainers: [erin]}
`
)

// life is one life of a repository, its forge and its gate.
type life struct {
	t         *testing.T
	seed      uint64
	draw      func(n int) int
	n         int // of texts made
	f         *modelForge
	mem       *memory
	pub       *written
	gate      *gate.Gate
	offset    time.Duration // of the gate's clock
	heads     map[string][]*modelCommit
	threshold int
	delivered int // reviews out of 100 of which a delivery comes
	attention int // acts out of 100 after which the gate looks
	log       []string
	tally     *tally
	found     *finding
}

// finding is what a history shows to be wrong.
type finding struct {
	what string
	seed uint64
}

// tally counts what histories were made of.
type tally struct {
	acts     map[string]int
	outcomes map[policy.Outcome]int
	files    map[string]int
}

func newTally() *tally {
	return &tally{acts: map[string]int{}, outcomes: map[policy.Outcome]int{}, files: map[string]int{}}
}

func (t *tally) add(o *tally) {
	for k, n := range o.acts {
		t.acts[k] += n
	}
	for k, n := range o.outcomes {
		t.outcomes[k] += n
	}
	for k, n := range o.files {
		t.files[k] += n
	}
}

// began is when the histories begin, by the forge's clock.
var began = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func newHistory(t *testing.T, seed uint64, words *publish.Messages) *life {
	r := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a test's choice
	h := &life{t: t, seed: seed, draw: r.IntN, mem: newMemory(), tally: newTally(), heads: map[string][]*modelCommit{}}
	h.pub = &written{checks: map[[2]string]policy.Outcome{}, refuses: h.draw(10) == 0}
	h.threshold = []int{100, 100, 60}[h.draw(3)]
	h.delivered = []int{0, 30, 90, 100}[h.draw(4)]
	h.attention = []int{15, 50, 80, 100}[h.draw(4)]
	h.offset = time.Duration(h.draw(121)-60) * time.Second
	h.f = &modelForge{git: newModelGit(), now: began, branches: map[string]*modelCommit{}, topics: map[string]*modelCommit{},
		gone: map[string]presence{}}
	h.f.git.sign = h.sign
	h.f.habits = habits{repoints: repointing(h.draw(3)), tellsMoves: h.draw(8) > 0, tellsForced: h.draw(4) > 0,
		tellsBegun: h.draw(2) == 0, notes: h.draw(2) == 0, forks: h.draw(2) == 0}
	h.f.habits.stays = h.f.habits.repoints == repointsNever && h.draw(2) == 0
	h.begin()
	h.gate = gate.New(gate.Config{Forge: seam.Forge{Source: h.f, Archive: h.f, Lister: h.f, Trees: h.f, Publisher: h.pub,
		Traits: seam.Traits{PolicyPath: modelPolicyPath, CommitsStay: h.f.habits.stays}}, History: h.mem, Blobs: h.mem,
		Messages: words, Log: slog.New(slog.DiscardHandler), Now: h.clock})
	return h
}

// clock is the gate's own.
func (h *life) clock() time.Time { return h.f.now.Add(h.offset) }

// begin makes the base branches and the first pull request.
func (h *life) begin() {
	g := h.f.git
	files := modelTree{
		modelPolicyPath:     {Mode: pull.Regular, ID: g.blob(fmt.Sprintf(modelPolicy, h.threshold))},
		yamlmap.DefaultPath: {Mode: pull.Regular, ID: g.blob(modelMap)},
		modelPeoplePath:     {Mode: pull.Regular, ID: g.blob(modelPeopleFile)},
		".mailmap":          {Mode: pull.Regular, ID: g.blob(modelMailmap)},
	}
	for _, p := range modelPaths {
		files[p] = gittree.Entry{Mode: pull.Regular, ID: g.blob(h.text(p))}
	}
	first := g.commit("carol", files, nil)
	h.f.branches["main"], h.f.branches["wip"] = first, first
	h.f.branches["next"] = h.commit("carol", h.edit(first.files), first)
	topic := h.commit("dave", h.edit(first.files), first)
	if h.draw(2) == 0 {
		topic = h.commit("dave", h.edit(topic.files), topic)
	}
	for topic.id == first.id || len(diff(first, topic)) == 0 {
		topic = h.commit("dave", h.edit(topic.files), topic)
	}
	h.say("habits %+v, threshold %d%%, delivered %d%%, looks %d%%", h.f.habits, h.threshold, h.delivered, h.attention)
	h.heads["dave:topic"] = []*modelCommit{topic}
	h.f.pushed("dave:topic", topic)
}

// play lets a history happen and gives what it shows to be wrong, if anything.
func play(t *testing.T, seed uint64, words *publish.Messages) *life {
	h := newHistory(t, seed, words)
	h.open("dave", "dave:topic", []string{"main", "main", "next", "wip"}[h.draw(4)])
	for range 8 + h.draw(18) {
		if h.found != nil || len(h.f.git.all) > mostCommits-20 {
			return h
		}
		h.wait()
		h.step(loudActs)
		if h.draw(100) < h.attention {
			if p := h.pull(); p != nil {
				h.look(p)
			}
		}
	}
	h.end()
	return h
}

// end has the gate look at everything, until nothing is left to be told.
func (h *life) end() {
	h.f.now = h.f.now.Add(time.Hour)
	for range 2 {
		for _, p := range h.f.pulls {
			if h.found == nil {
				h.look(p)
			}
		}
	}
	if h.found == nil {
		h.noStrays()
	}
}

// look has the gate evaluate a pull request, and holds what it says against the
// rule.
func (h *life) look(p *modelPull) {
	if h.found != nil {
		return
	}
	run := h.run(p)
	if h.found != nil {
		return
	}
	h.say("the gate looks at #%d: %s %q, reviewed %v", p.number, run.Verdict.Outcome, run.Verdict.Check, reviewedPaths(run.Verdict))
	h.tally.outcomes[run.Verdict.Outcome]++
	h.neverWrongYes(p, run)
	for try := 1; try <= 4 && h.found == nil; try++ {
		missing := h.wrongNo(p, run)
		switch {
		case missing == "":
			return
		case try == 4:
			h.wrong("wrong no on #%d: %s", p.number, missing)
		default:
			run = h.run(p) // what one evaluation reads is bounded
		}
	}
}

func (h *life) run(p *modelPull) gate.Run {
	n := len(p.glances)
	run, err := h.gate.Run(h.t.Context(), p.ref())
	if err != nil {
		h.wrong("look at #%d: %v", p.number, err)
		return run
	}
	p.glances[n].full = true
	return run
}

func (h *life) wrong(format string, args ...any) {
	if h.found == nil {
		h.found = &finding{what: fmt.Sprintf(format, args...), seed: h.seed}
	}
}

// String tells the whole history.
func (h *life) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %s\n", h.seed, h.found.what)
	for _, line := range h.log {
		fmt.Fprintln(&b, line)
	}
	for _, c := range h.f.git.all {
		fmt.Fprintf(&b, "%s by %s touches %v, parents", short(c), c.author, c.touches)
		for _, p := range c.parents {
			fmt.Fprintf(&b, " %s", short(p))
		}
		for _, path := range modelPaths {
			fmt.Fprintf(&b, " %s=%.6s", path, c.files[path].ID)
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}
