package model_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// modelRepo is the one repository of a model forge.
var modelRepo = pull.Repo{Forge: "model", Owner: "acme", Name: "linux"}

// modelPeople are the people of the histories; the place gives the forge's id.
var modelPeople = []string{"alice", "bob", "erin", "olga", "dave", "mallory", "carol", "buildbot"}

func person(login string) pull.Person {
	return pull.Person{Login: login, ID: int64(slices.Index(modelPeople, login) + 1), Bot: login == "buildbot"}
}

// modelForge is a forge in memory: branches, pull requests, reviews and comments,
// with times in whole seconds by its own clock.
type modelForge struct {
	git      *modelGit
	now      time.Time
	branches map[string]*modelCommit // base branches, by name
	topics   map[string]*modelCommit // head branches, by owner and name
	pulls    []*modelPull
	notes    []modelNote
	ids      int64
	habits   habits
	gone     map[string]presence // accounts
}

// habits are what forges do in one way or another.
type habits struct {
	repoints    repointing
	stays       bool // never says later that a review was of another commit
	tellsMoves  bool // of bases and heads
	tellsForced bool // which commits a forced push left and reached
	tellsBegun  bool // when a review was begun
	notes       bool // the times at which commits were pushed
	forks       bool // the author works in a fork, of which no branch is told
}

// repointing is when a forge says that reviews are of a new head.
type repointing int

const (
	repointsNever repointing = iota
	repointsSame             // where each changed file is the same
	repointsAlways
)

// modelNote is what a forge noted of a push.
type modelNote struct {
	commit, branch string // no branch of a fork
	at             time.Time
}

// modelPull is a pull request.
type modelPull struct {
	number    int
	author    string
	topic     string // its head branch
	base      string
	head      *modelCommit
	open      bool
	openedAt  time.Time
	updatedAt time.Time
	reviews   []*modelReview
	comments  []*modelComment
	baseMoves []pull.BaseMove
	headMoves []pull.HeadMove
	// glances are what the gate saw of it, in order.
	glances []glance
}

// page is what somebody had before their eyes.
type page struct {
	on        *modelPull
	who       string
	commit    *modelCommit
	head      *modelCommit // that the pull request had then
	base      string
	tip       *modelCommit
	mergeBase *modelCommit // nil where there are several
	at        time.Time
}

// modelReview is a review with the page that its author really saw.
type modelReview struct {
	pull.Review
	page
	said  pull.Told // as it was submitted
	told  bool      // a delivery of that was received
	first int       // the glance that had it first; -1 before that
	sight pull.Sight
}

// modelComment is a comment with the page that its author really saw.
type modelComment struct {
	pull.Comment
	page
	first int
}

// glance is one look of the gate at a pull request.
type glance struct {
	at         time.Time // by the forge's clock
	head, tip  *modelCommit
	base       string
	moves      int  // of the base so far
	forced     int  // pushes so far
	open, full bool // full: the gate evaluated this very pull request
}

func (p *modelPull) ref() pull.Ref { return pull.Ref{Repo: modelRepo, Number: p.number} }

// tip returns the end of a pull request's base branch.
func (f *modelForge) tip(p *modelPull) *modelCommit { return f.branches[p.base] }

// branchName returns the name that the forge shows of a head branch, and the one that
// it notes pushes under.
func (f *modelForge) branchName(topic string) (shown, noted string) {
	owner, name, _ := strings.Cut(topic, ":")
	if owner == "mallory" || f.habits.forks {
		return name, ""
	}
	return name, name
}

// pushed notes a push to a head branch and moves the open pull requests of it.
func (f *modelForge) pushed(topic string, to *modelCommit) {
	from := f.topics[topic]
	f.topics[topic] = to
	if f.habits.notes {
		_, branch := f.branchName(topic)
		f.notes = append(f.notes, modelNote{to.id, branch, f.now})
	}
	for _, p := range f.pulls {
		if !p.open || p.topic != topic || p.head == to {
			continue
		}
		if from != nil && !contains(to, from) {
			m := pull.HeadMove{At: f.now}
			if f.habits.tellsForced {
				m.Before, m.After = from.id, to.id
			}
			p.headMoves = append(p.headMoves, m)
		}
		f.follow(p, to)
	}
}

// follow returns a pull request another head, and its reviews as the forge does.
func (f *modelForge) follow(p *modelPull, to *modelCommit) {
	old := p.head
	p.head, p.updatedAt = to, f.now
	if f.habits.repoints == repointsNever {
		return
	}
	a, b := f.git.mergeBase(f.tip(p), old), f.git.mergeBase(f.tip(p), to)
	same := a != nil && b != nil && slices.Equal(diff(a, old), diff(b, to))
	if f.habits.repoints == repointsSame && !same {
		return
	}
	for _, r := range p.reviews {
		r.Commit = to.id
	}
}

// moveBase moves a base branch; open pull requests tell of it if it did not just go
// forward.
func (f *modelForge) moveBase(branch string, to *modelCommit) {
	from := f.branches[branch]
	f.branches[branch] = to
	if contains(to, from) {
		return
	}
	for _, p := range f.pulls {
		if p.open && p.base == branch {
			p.baseMoves = append(p.baseMoves, pull.BaseMove{At: f.now, Kind: pull.Rewritten, Before: pull.Tip{Branch: branch, Commit: from.id}})
			p.updatedAt = f.now
		}
	}
}

// looked returns what a pull request shows somebody who opens its page, of its head or
// an earlier commit.
func (f *modelForge) looked(who string, p *modelPull, commit *modelCommit) page {
	tip := f.tip(p)
	return page{on: p, who: who, commit: commit, head: p.head, base: p.base, tip: tip, mergeBase: f.git.mergeBase(tip, commit), at: f.now}
}

// Look implements seam.Source.
func (f *modelForge) Look(_ context.Context, ref pull.Ref, owned []string, _ bool) (seam.Look, error) {
	p := f.pulls[ref.Number-1]
	tip, main := f.tip(p), f.branches["main"]
	shown, _ := f.branchName(p.topic)
	req := pull.Request{Ref: ref, Title: "A change", Author: person(p.author), BaseBranch: p.base, BaseTip: tip.id, Head: p.head.id,
		HeadBranch: shown,
		Open:       p.open, UpdatedAt: p.updatedAt, OpenedAt: p.openedAt, Commits: f.commits(tip, p.head), ReviewRequestsKnown: true}
	if f.habits.tellsMoves {
		req.BaseMoves, req.HeadMoves, req.BaseMovesKnown = slices.Clone(p.baseMoves), slices.Clone(p.headMoves), true
	}
	if base := f.git.mergeBase(tip, p.head); base != nil {
		req.MergeBase = base.id
	}
	for _, r := range p.reviews {
		shown := r.Review
		switch f.gone[r.who] {
		case hiddenAccount:
			continue
		case ghostAccount:
			shown.Author = pull.Person{}
		case present:
			if r.first < 0 {
				r.first, r.sight = len(p.glances), pull.Sight{Commit: r.Commit, Edited: r.Edited}
			}
		}
		req.Reviews = append(req.Reviews, shown)
	}
	pull.SortReviews(req.Reviews)
	for _, c := range p.comments {
		if c.first < 0 {
			c.first = len(p.glances)
		}
		req.Comments = append(req.Comments, c.Comment)
	}
	p.glances = append(p.glances, glance{at: f.now, head: p.head, tip: tip, base: p.base, moves: len(p.baseMoves), forced: len(p.headMoves),
		open: p.open})
	look := seam.Look{Request: req, At: f.now, DefaultBranch: "main", DefaultTip: main.id, Policy: f.entry(main, modelPolicyPath),
		Owned: f.entries(tip, owned), ChangedFiles: len(f.changed(tip, p.head))}
	return look, nil
}

func (f *modelForge) entry(c *modelCommit, path string) seam.Entry {
	e, ok := c.files[path]
	if !ok {
		return seam.Entry{}
	}
	return seam.Entry{ID: e.ID}
}

func (f *modelForge) entries(c *modelCommit, paths []string) map[string]seam.Entry {
	out := map[string]seam.Entry{}
	for _, p := range paths {
		out[p] = f.entry(c, p)
	}
	return out
}

// changed returns what a head changes against a base, as the forge lists it: against
// any merge base.
func (f *modelForge) changed(tip, head *modelCommit) []pull.Content {
	return diff(f.git.mergeBases(tip, head)[0], head)
}

func (f *modelForge) commits(base, head *modelCommit) []pull.Commit {
	var out []pull.Commit
	for _, c := range f.git.between(base, head) {
		commit := pull.Commit{ID: c.id, Signed: c.signed}
		for _, p := range c.parents {
			commit.Parents = append(commit.Parents, p.id)
		}
		out = append(out, commit)
	}
	return out
}

// Files implements seam.Source.
func (f *modelForge) Files(_ context.Context, look seam.Look) (seam.Change, error) {
	tip, head := f.git.byID[look.Request.BaseTip], f.git.byID[look.Request.Head]
	c := seam.Change{MergeBase: f.git.mergeBases(tip, head)[0].id}
	for _, content := range f.changed(tip, head) {
		c.Files = append(c.Files, pull.File{Content: content})
	}
	return c, nil
}

// Sides implements seam.Source.
func (f *modelForge) Sides(_ context.Context, look seam.Look, c *seam.Change) error {
	c.SameTree = len(c.Files) == 0
	c.After = look.Revision()
	return nil
}

// Team implements seam.Source: there are none.
func (*modelForge) Team(context.Context, pull.Repo, string) (policy.Team, error) {
	return policy.Team{Unread: "no such team"}, nil
}

// Blob implements seam.Archive.
func (f *modelForge) Blob(_ context.Context, _ pull.Repo, id string, _ int) ([]byte, error) {
	text, ok := f.git.blobs[id]
	if !ok {
		return nil, fmt.Errorf("blob %s: %w", id, pull.ErrNotFound)
	}
	return []byte(text), nil
}

// Entries implements seam.Archive.
func (f *modelForge) Entries(_ context.Context, _ pull.Repo, commit string, paths []string) (map[string]seam.Entry, error) {
	if commit == seam.DefaultTip {
		commit = f.branches["main"].id
	}
	return f.entries(f.git.byID[commit], paths), nil
}

// HeadAt implements seam.Archive.
func (f *modelForge) HeadAt(_ context.Context, look seam.Look, commit string) (pull.Head, error) {
	head := f.git.byID[commit]
	base := f.git.mergeBases(f.git.byID[look.Request.BaseTip], head)[0]
	return pull.Head{ID: commit, BaseBranch: look.Request.BaseBranch, MergeBase: base.id, Files: diff(base, head), Complete: true}, nil
}

// Noted implements seam.Archive. Of forks no branch is told.
func (f *modelForge) Noted(_ context.Context, _ pull.Repo, commit string) ([]pull.Proof, error) {
	var out []pull.Proof
	for _, n := range f.notes {
		if n.commit == commit {
			out = append(out, pull.Proof{Commit: commit, Branch: n.branch, At: n.at})
		}
	}
	return out, nil
}

// OpenRequests implements seam.Lister.
func (f *modelForge) OpenRequests(context.Context, pull.Repo) ([]seam.Listed, error) {
	var out []seam.Listed
	for _, p := range f.pulls {
		if p.open {
			out = append(out, seam.Listed{Number: p.number, Head: p.head.id, BaseBranch: p.base, DefaultBranch: "main", UpdatedAt: p.updatedAt})
		}
	}
	return out, nil
}

// Tip implements seam.Lister.
func (f *modelForge) Tip(_ context.Context, _ pull.Repo, branch string) (string, error) {
	if c := f.branches[branch]; c != nil {
		return c.id, nil
	}
	return "", nil
}

// MergeBases implements seam.Trees.
func (f *modelForge) MergeBases(_ context.Context, _ pull.Repo, a, b string) ([]string, error) {
	var ids []string
	for _, c := range f.git.mergeBases(f.git.byID[a], f.git.byID[b]) {
		ids = append(ids, c.id)
	}
	return ids, nil
}

// Trees implements seam.Trees.
func (f *modelForge) Trees(_ context.Context, _ pull.Repo, ids []string) (map[string][]gittree.Entry, error) {
	out := map[string][]gittree.Entry{}
	for _, id := range ids {
		entries, ok := f.git.trees[id]
		if !ok {
			return nil, fmt.Errorf("tree %s: %w", id, pull.ErrNotFound)
		}
		out[id] = entries
	}
	return out, nil
}

// Commits implements seam.Trees.
func (f *modelForge) Commits(_ context.Context, _ pull.Repo, base, head string) ([]pull.Commit, error) {
	return f.commits(f.git.byID[base], f.git.byID[head]), nil
}
