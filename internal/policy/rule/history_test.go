package rule_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// The world of the random histories.
const (
	historyMap = `version: 1
subsystems:
  - {name: mm, paths: ["mm/**"], maintainers: [alice, bob]}
  - {name: fs, paths: ["fs/**"], maintainers: [bob]}
  - {name: core, fallback: true, maintainers: [erin]}
`
	historyPolicy = "version: 1\nthreshold: 60%\nbranches: [{match: \"*\"}]\noverride: {allowed: [olga]}\ncomment_approvals: true\n"
)

var (
	historyPaths  = []string{"mm/a.c", "mm/b.c", "fs/a.c", "fs/b.c", "README"}
	historyPeople = []string{"alice", "bob", "erin", "mallory", "dave", "olga"}
)

// dice draws a number below n.
type dice func(n int) int

// history is a pull request's life: what was done, in order, and where it
// stands. Texts are counters; a clean merge of texts is noted when a rebase
// makes it.
type history struct {
	draw    dice
	now     time.Time
	n       int               // of things made
	base    map[string]string // texts at the merge base
	head    map[string]string // texts at the head
	s       policy.Snapshot
	heads   []string // ids of all heads
	unseen  bool     // the gate has not seen the head yet
	authors []string // who wrote commits, the author apart
}

var historyOwners, historyRules = func() (*ownership.Map, policy.Rules) {
	set, _, err := yamlmap.Parse("map.yml", []byte(historyMap))
	if err != nil {
		panic(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		panic(err)
	}
	p, err := policyfile.Parse("policy.yml", []byte(historyPolicy))
	if err != nil {
		panic(err)
	}
	rules, _ := p.For("main", "main")
	return m, rules
}()

func newHistory(draw dice) *history {
	h := &history{draw: draw, now: epoch, base: map[string]string{}, head: map[string]string{}}
	h.s.Owners, h.s.Rules = historyOwners, historyRules
	h.s.PolicyFiles = []string{"policy.yml"}
	req := &h.s.Request
	req.Author, req.BaseBranch, req.Complete, req.BaseMovesKnown, req.Open = pull.Person{Login: "dave"}, "main", true, true, true
	req.MergeBase = h.fresh("base")
	for _, p := range historyPaths {
		h.base[p] = h.fresh("t")
		h.head[p] = h.base[p]
	}
	h.edit(nil)
	h.moved("dave")
	return h
}

func (h *history) fresh(what string) string {
	h.n++
	return fmt.Sprintf("%s%012x", what, h.n)
}

func pick[T any](h *history, from []T) T { return from[h.draw(len(from))] }

// edit changes some files at the head, and gives them.
func (h *history) edit(only []string) []string {
	var paths []string
	for _, p := range historyPaths {
		if h.draw(2) == 0 && (only == nil || slices.Contains(only, p)) {
			h.head[p] = h.fresh("t")
			paths = append(paths, p)
		}
	}
	return paths
}

// moved returns the head a new id and lists what differs; the gate sees it now or
// later.
func (h *history) moved(by string, paths ...string) {
	req := &h.s.Request
	req.Head = fmt.Sprintf("%012x", 0xa00000000000+h.n)
	h.n++
	h.heads = append(h.heads, req.Head)
	if by != "" {
		req.Commits = append(req.Commits, pull.Commit{ID: req.Head, People: []pull.Person{{Login: by}}, Paths: paths, PathsKnown: true})
	}
	h.list()
}

// list makes the list of files anew.
func (h *history) list() {
	req := &h.s.Request
	req.Files = nil
	for _, p := range historyPaths {
		if h.base[p] != h.head[p] {
			req.Files = append(req.Files, pull.File{Content: pull.Content{Path: p, Status: pull.Modified,
				OldMode: pull.Regular, Mode: pull.Regular, OldID: h.base[p], ID: h.head[p]}})
		}
	}
	h.s.SameTree = len(req.Files) == 0
	h.unseen = true
	if h.draw(5) > 0 {
		h.see()
	}
}

// see records the head as the gate does at an evaluation.
func (h *history) see() {
	if !h.unseen {
		return
	}
	h.unseen = false
	req := &h.s.Request
	head := pull.Head{ID: req.Head, BaseBranch: req.BaseBranch, MergeBase: req.MergeBase, SeenAt: h.now, Complete: true}
	for _, f := range req.Files {
		head.Files = append(head.Files, f.Content)
	}
	h.s.Heads = append(h.s.Heads, head)
}

// step lets one thing happen; by whom is limited to the author if alone.
func (h *history) step(alone bool) {
	h.now = h.now.Add(time.Hour)
	acts := []func(){h.push, h.rebase, h.retarget, h.dismiss, h.backTo, h.speak}
	if !alone {
		acts = append(acts, h.review, h.review, h.review, h.help)
	}
	by := pick(h, historyPeople)
	if alone {
		by = "dave"
	}
	h.actor(by)
	pick(h, acts)()
}

// by is who acts in this step.
func (h *history) actor(login string) { h.authors = []string{login} }
func (h *history) by() pull.Person    { return pull.Person{Login: h.authors[0]} }

func (h *history) push() {
	h.moved("dave", h.edit(nil)...)
}

// help is a commit of somebody else.
func (h *history) help() {
	h.moved(h.by().Login, h.edit([]string{pick(h, historyPaths)})...)
}

// rebase moves the base under the head: texts that both changed merge cleanly,
// or were resolved by hand.
func (h *history) rebase() {
	req := &h.s.Request
	req.MergeBase = h.fresh("base")
	for _, p := range historyPaths {
		if h.draw(2) == 0 {
			continue
		}
		old, mine := h.base[p], h.head[p]
		h.base[p] = h.fresh("t")
		switch {
		case mine == old:
			h.head[p] = h.base[p]
		case h.draw(3) > 0:
			h.head[p] = h.fresh("t")
			h.s.Merges = append(h.s.Merges, sight.Merge{Base: old, Ours: mine, Theirs: h.base[p], Result: h.head[p]})
		default:
			h.head[p] = h.fresh("t")
		}
	}
	h.moved("")
}

// retarget changes the base branch, and with it the base, under the same head.
func (h *history) retarget() {
	req := &h.s.Request
	req.BaseMoves = append(req.BaseMoves, pull.BaseMove{At: h.now, Kind: pull.Retargeted, Before: pull.Tip{Branch: req.BaseBranch}})
	req.BaseBranch = pick(h, []string{"main", "next", "stable"})
	req.MergeBase = h.fresh("base")
	for _, p := range historyPaths {
		if h.draw(3) == 0 {
			h.base[p] = h.fresh("t")
		}
	}
	h.list()
}

// backTo force-pushes an older head's texts, where the base is still that one.
func (h *history) backTo() {
	if len(h.s.Heads) == 0 {
		return
	}
	old := pick(h, h.s.Heads)
	if old.MergeBase != h.s.Request.MergeBase {
		return
	}
	h.head = maps.Clone(h.base)
	for _, f := range old.Files {
		h.head[f.Path] = f.ID
	}
	h.s.Request.Head = old.ID
	h.list()
}

func (h *history) review() {
	req := &h.s.Request
	state := pick(h, []pull.ReviewState{pull.Approved, pull.Approved, pull.Approved, pull.Approved, pull.ChangesRequested, pull.Commented})
	r := pull.Review{ID: int64(len(req.Reviews) + 1), Author: h.by(), State: state, Commit: pick(h, h.heads), At: h.now, CanWrite: true}
	if h.draw(4) > 0 {
		r.Commit = req.Head
	}
	if state == pull.Approved && h.draw(5) == 0 {
		r.Body = "/approve " + pick(h, []string{"mm/", "fs/", "mm/a.c fs/a.c"})
		r.Edited = h.draw(3) == 0
		r.EditedBy = r.Author
	}
	req.Reviews = append(req.Reviews, r)
}

func (h *history) dismiss() {
	reviews := h.s.Request.Reviews
	if len(reviews) == 0 {
		return
	}
	r := &reviews[h.draw(len(reviews))]
	if r.State != pull.Approved && r.State != pull.ChangesRequested {
		return
	}
	r.DismissedState, r.DismissedBy, r.State = r.State, h.by(), pull.Dismissed
	if h.draw(6) == 0 {
		r.DismissedBy, r.DismissedState = pull.Person{}, ""
	}
}

// speak writes a comment with a command.
func (h *history) speak() {
	req := &h.s.Request
	at := pick(h, h.heads)
	if h.draw(3) > 0 {
		at = req.Head
	}
	body := pick(h, []string{"/override " + at + " because", "/override " + at, "/override cancel", "/approve " + at, "/approve " + at +
		" mm/", "> /override " + at + " no", "/approve"})
	req.Comments = append(req.Comments, pull.Comment{ID: int64(1000 + len(req.Comments)), Author: h.by(), Body: body, At: h.now,
		Edited: h.draw(6) == 0})
}

// snapshot is what the gate has to judge now.
func (h *history) snapshot() policy.Snapshot {
	h.now = h.now.Add(time.Hour)
	h.see()
	h.s.Now = h.now
	return sealed(h.s)
}
