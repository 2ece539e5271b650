package model_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// The paths of the histories. What is below mm and fs has owners of its own.
var modelPaths = []string{"README", "fs/a.c", "fs/b.c", "mm/a.c", "mm/b.c"}

// mostPulls is how many pull requests a history has at most.
const mostPulls = 5

// act is something that people do, and how often; do reports whether it could be done.
type act struct {
	name   string
	weight int
	do     func(*life) bool
}

var (
	quietActs = []act{
		{"push", 6, (*life).push},
		{"rebase", 4, (*life).rebase},
		{"force push back", 3, (*life).backTo},
		{"push another's head", 2, (*life).pushOther},
		{"merge the base", 3, (*life).mergeBase},
		{"help", 2, (*life).help},
		{"main goes on", 3, (*life).mainGoesOn},
		{"other base moves", 5, (*life).baseMoves},
		{"retarget", 4, (*life).retarget},
		{"open", 3, (*life).openAnother},
		{"close", 1, (*life).closePull},
		{"reopen", 2, (*life).reopen},
		{"mallory pushes", 2, (*life).malloryPushes},
		{"dismiss", 2, (*life).dismiss},
		{"edit a review", 1, (*life).editReview},
		{"deliver late", 2, (*life).deliverLate},
		{"clock jumps", 1, (*life).clockJumps},
		{"look", 5, (*life).lookAtOne},
	}
	loudActs = append([]act{
		{"review", 22, (*life).review},
		{"override", 2, (*life).override},
		{"cancel", 1, (*life).cancel},
		{"lift", 1, (*life).lift},
		{"account vanishes", 1, (*life).vanish},
	}, quietActs...)
)

// step lets one thing happen after some time.
func (h *life) step(acts []act) {
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	n := h.draw(total)
	for _, a := range acts {
		if n -= a.weight; n < 0 {
			if a.do(h) {
				h.tally.acts[a.name]++
			}
			return
		}
	}
}

// wait lets time pass by the forge's clock: none, seconds, minutes or hours.
func (h *life) wait() {
	d := []int{0, 1, 30, 120, 400, 700, 1800, 3 * 3600}[h.draw(8)]
	if d > 1 {
		d += h.draw(d)
	}
	h.f.now = h.f.now.Add(time.Duration(d) * time.Second)
}

func (h *life) say(format string, args ...any) {
	h.log = append(h.log, h.f.now.Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

func pick[T any](h *life, from []T) T { return from[h.draw(len(from))] }

// pick gives an open pull request; nil if there is none.
func (h *life) pull() *modelPull {
	var open []*modelPull
	for _, p := range h.f.pulls {
		if p.open {
			open = append(open, p)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return pick(h, open)
}

// text makes the text of a file: lines far enough from each other for clean merges.
func (h *life) text(path string) string {
	var b strings.Builder
	for i := range 13 {
		fmt.Fprintf(&b, "%s %d\n", path, i)
	}
	return b.String()
}

// edit changes some files.
func (h *life) edit(files modelTree) modelTree {
	out := maps.Clone(files)
	for range 1 + h.draw(2) {
		path := pick(h, modelPaths)
		e, exists := out[path]
		switch what := h.draw(14); {
		case !exists:
			out[path] = gittree.Entry{Mode: pull.Regular, ID: h.f.git.blob(h.text(path))}
		case what == 0:
			delete(out, path)
		case what == 1:
			if e.Mode = pull.Executable; files[path].Mode == pull.Executable {
				e.Mode = pull.Regular
			}
			out[path] = e
		default:
			h.n++
			lines := strings.SplitAfter(h.f.git.blobs[e.ID], "\n")
			lines[[]int{1, 6, 11}[h.draw(3)]] = fmt.Sprintf("%s changed %d\n", path, []int{h.n, h.draw(3)}[h.draw(2)])
			e.ID = h.f.git.blob(strings.Join(lines, ""))
			out[path] = e
		}
	}
	return out
}

// commit adds an ordinary commit.
func (h *life) commit(author string, files modelTree, parent *modelCommit) *modelCommit {
	touches := pathsOf(diff(parent, &modelCommit{files: files}))
	return h.f.git.commit(author, files, touches, parent)
}

// pushTo pushes to a head branch, unless a pull request would have nothing left.
func (h *life) pushTo(topic string, to *modelCommit) bool {
	for _, p := range h.f.pulls {
		if p.open && p.topic == topic && contains(h.f.tip(p), to) {
			return false
		}
	}
	h.f.pushed(topic, to)
	if !slices.Contains(h.heads[topic], to) {
		h.heads[topic] = append(h.heads[topic], to)
	}
	h.say("%s is now %s", topic, short(to))
	return true
}

// topic returns a head branch of the author.
func (h *life) topic() string {
	if h.f.topics["dave:copy"] != nil && h.draw(4) == 0 {
		return "dave:copy"
	}
	return "dave:topic"
}

func (h *life) push() bool {
	topic := h.topic()
	if h.f.topics["dave:copy"] == nil && h.draw(6) == 0 {
		topic = "dave:copy"
		h.f.topics[topic] = h.f.topics["dave:topic"]
	}
	from := h.f.topics[topic]
	return h.pushTo(topic, h.commit("dave", h.edit(from.files), from))
}

// help is a commit of a maintainer on the author's branch.
func (h *life) help() bool {
	topic := h.topic()
	from := h.f.topics[topic]
	return h.pushTo(topic, h.commit(pick(h, []string{"alice", "bob", "erin"}), h.edit(from.files), from))
}

// onto merges a topic's files and a base's; conflicts are resolved by hand, for which
// the paths are given.
func (h *life) onto(head, tip *modelCommit) (files modelTree, byHand []string) {
	base := h.f.git.mergeBases(tip, head)[0]
	files, byHand = h.f.git.merged(base.files, head.files, tip.files)
	for _, path := range byHand {
		if h.draw(2) == 0 {
			h.n++
			files[path] = gittree.Entry{Mode: pull.Regular,
				ID: h.f.git.blob(strings.Replace(h.text(path), path+" 6\n", fmt.Sprintf("resolved %d\n", h.n), 1))}
		}
	}
	return files, byHand
}

// rebase squashes a pull request onto its base branch.
func (h *life) rebase() bool {
	topic := h.topic()
	p := h.ofTopic(topic)
	if p == nil {
		return false
	}
	files, _ := h.onto(p.head, h.f.tip(p))
	return h.pushTo(topic, h.commit("dave", files, h.f.tip(p)))
}

// ofTopic returns an open pull request of a head branch.
func (h *life) ofTopic(topic string) *modelPull {
	i := slices.IndexFunc(h.f.pulls, func(p *modelPull) bool { return p.open && p.topic == topic })
	if i < 0 {
		return nil
	}
	return h.f.pulls[i]
}

func (h *life) backTo() bool {
	topic := h.topic()
	to := pick(h, h.heads[topic])
	return to != h.f.topics[topic] && h.pushTo(topic, to)
}

// pushOther pushes what another head branch has.
func (h *life) pushOther() bool {
	topic := h.topic()
	to := h.f.topics[pick(h, []string{"dave:topic", "dave:copy", "mallory:fork"})]
	return to != nil && to != h.f.topics[topic] && h.pushTo(topic, to)
}

// mergeBase merges the base branch into a head, cleanly or with more.
func (h *life) mergeBase() bool {
	topic := h.topic()
	p := h.ofTopic(topic)
	if p == nil || contains(p.head, h.f.tip(p)) {
		return false
	}
	tip := h.f.tip(p)
	files, byHand := h.onto(p.head, tip)
	touches := slices.DeleteFunc(byHand, func(path string) bool { return files[path] == p.head.files[path] })
	if h.draw(4) == 0 {
		more := h.edit(files)
		touches = append(touches, pathsOf(diff(&modelCommit{files: files}, &modelCommit{files: more}))...)
		files = more
	}
	return h.pushTo(topic, h.f.git.commit(pick(h, []string{"dave", "dave", "bob"}), files, touches, p.head, tip))
}

// mainGoesOn moves the protected branch forward to a commit of others.
func (h *life) mainGoesOn() bool {
	main := h.f.branches["main"]
	to := h.commit("carol", h.edit(main.files), main)
	if c := pick(h, h.f.git.all); h.draw(3) == 0 && c != main && contains(c, main) && c.author != "dave" && c.author != "mallory" {
		to = c
	}
	return h.moveTo("main", to)
}

// baseMoves moves a branch that the author may move at will.
func (h *life) baseMoves() bool {
	branch := pick(h, []string{"next", "wip", "wip"})
	from := h.f.branches[branch]
	switch h.draw(4) {
	case 0:
		return h.moveTo(branch, h.commit("dave", h.edit(from.files), from))
	case 1:
		return h.moveTo(branch, pick(h, h.f.git.all))
	}
	var ahead []*modelCommit
	for _, c := range h.f.git.all {
		if c != from && contains(c, from) {
			ahead = append(ahead, c)
		}
	}
	return len(ahead) > 0 && h.moveTo(branch, pick(h, ahead))
}

// moveTo moves a base branch, unless that would merge a pull request.
func (h *life) moveTo(branch string, to *modelCommit) bool {
	for _, p := range h.f.pulls {
		if p.base == branch && contains(to, p.head) {
			return false
		}
	}
	h.f.moveBase(branch, to)
	h.say("%s is now %s", branch, short(to))
	return true
}

func (h *life) retarget() bool {
	p := h.pull()
	to := pick(h, []string{"main", "main", "next", "wip"})
	if p == nil || p.base == to || contains(h.f.branches[to], p.head) || h.taken(p.topic, to) {
		return false
	}
	m := pull.BaseMove{At: h.f.now, Kind: pull.Retargeted}
	if h.f.habits.tellsForced {
		m.Before.Branch = p.base
	}
	p.baseMoves = append(p.baseMoves, m)
	h.say("#%d goes from %s to %s", p.number, p.base, to)
	p.base, p.updatedAt = to, h.f.now
	return true
}

// taken reports whether an open pull request has this head branch and base.
func (h *life) taken(topic, base string) bool {
	return slices.ContainsFunc(h.f.pulls, func(p *modelPull) bool { return p.open && p.topic == topic && p.base == base })
}

// openAnother opens one more pull request of a head that has one already.
func (h *life) openAnother() bool {
	p := h.pull()
	if p == nil || len(h.f.pulls) == mostPulls {
		return false
	}
	topic := pick(h, []string{"dave:topic", "dave:copy", "mallory:fork", "mallory:fork", "bob:copy"})
	base := pick(h, []string{p.base, p.base, "main", "next", "wip"})
	if contains(h.f.branches[base], p.head) || h.taken(topic, base) || h.ofTopic(topic) != nil && topic != p.topic {
		return false
	}
	if h.f.topics[topic] != p.head {
		h.f.pushed(topic, p.head)
		h.heads[topic] = append(h.heads[topic], p.head)
	}
	author, _, _ := strings.Cut(topic, ":")
	h.open(author, topic, base)
	return true
}

func (h *life) open(author, topic, base string) {
	p := &modelPull{number: len(h.f.pulls) + 1, author: author, topic: topic, base: base, head: h.f.topics[topic], open: true,
		openedAt: h.f.now, updatedAt: h.f.now}
	h.f.pulls = append(h.f.pulls, p)
	h.say("%s opens #%d: %s %s to %s %s", author, p.number, topic, short(p.head), base, short(h.f.tip(p)))
	if h.draw(4) > 0 {
		h.look(p)
	}
}

func (h *life) closePull() bool {
	p := h.pull()
	if p == nil {
		return false
	}
	p.open, p.updatedAt = false, h.f.now
	h.say("#%d is closed", p.number)
	return true
}

func (h *life) reopen() bool {
	i := slices.IndexFunc(h.f.pulls, func(p *modelPull) bool { return !p.open })
	if i < 0 {
		return false
	}
	p := h.f.pulls[i]
	to := h.f.topics[p.topic]
	if h.taken(p.topic, p.base) || contains(h.f.tip(p), to) {
		return false
	}
	p.open, p.updatedAt = true, h.f.now
	p.baseMoves = append(p.baseMoves, pull.BaseMove{At: h.f.now, Kind: pull.Reopened})
	h.say("#%d is reopened at %s", p.number, short(to))
	if to != p.head {
		h.f.follow(p, to)
	}
	return true
}

// malloryPushes puts a commit in a reviewer's name on her fork, or takes it away.
func (h *life) malloryPushes() bool {
	from := h.f.topics["mallory:fork"]
	if from == nil {
		return false
	}
	if p := h.ofTopic("dave:topic"); p != nil && h.draw(2) == 0 {
		return p.head != from && h.pushTo("mallory:fork", p.head)
	}
	return h.pushTo("mallory:fork", h.commit(pick(h, []string{"alice", "bob"}), h.edit(from.files), from))
}

// clockJumps sets the gate's clock anew, up to a minute off either way.
func (h *life) clockJumps() bool {
	h.offset = time.Duration(h.draw(121)-60) * time.Second
	return true
}

func (h *life) lookAtOne() bool {
	p := pick(h, h.f.pulls)
	h.look(p)
	return true
}

func short(c *modelCommit) string {
	if c == nil {
		return "several"
	}
	return fmt.Sprintf("c%d(%s)", c.number, c.id[:6])
}

// ownersOf returns the maintainers of a path.
func ownersOf(path string) []string {
	switch {
	case strings.HasPrefix(path, "mm/"):
		return []string{"alice", "bob"}
	case strings.HasPrefix(path, "fs/"):
		return []string{"bob"}
	}
	return []string{"erin"}
}

// reviewedPaths returns the files that a verdict calls reviewed.
func reviewedPaths(v policy.Verdict) []string {
	var out []string
	for _, f := range v.Files {
		if f.State == policy.Reviewed {
			out = append(out, f.Path)
		}
	}
	return out
}
