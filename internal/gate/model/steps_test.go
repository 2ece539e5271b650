package model_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestBaseThatStepsThrough holds that a base branch that its author moves forward
// through commits of the pull request hides nothing: between two bases that show a
// file, one was seen that does not.
func TestBaseThatStepsThrough(t *testing.T) {
	t.Parallel()
	words, err := publish.NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	h := newHistory(t, 1, words)
	h.f.habits = habits{tellsMoves: true, tellsForced: true}
	first := h.f.branches["wip"]
	with := func(from *modelCommit, path, text string) *modelCommit {
		files := maps.Clone(from.files)
		e := files[path]
		e.ID = h.f.git.blob(text)
		files[path] = e
		return h.commit("dave", files, from)
	}
	hidden := with(first, "mm/a.c", "evil\n")
	shown := with(hidden, "mm/a.c", h.f.git.blobs[first.files["mm/a.c"].ID])
	head := with(with(shown, "mm/a.c", "evil\n"), "mm/b.c", "fine\n")
	h.f.pushed("dave:topic", head)
	p := &modelPull{number: 1, author: "dave", topic: "dave:topic", base: "wip", head: head, open: true, openedAt: h.f.now, updatedAt: h.f.now}
	h.f.pulls = append(h.f.pulls, p)
	h.look(p)
	h.f.now = h.f.now.Add(time.Hour)
	h.f.moveBase("wip", hidden)
	h.look(p)
	h.f.now = h.f.now.Add(time.Minute)
	r := &modelReview{page: h.f.looked("alice", p, head), first: -1}
	r.Review = pull.Review{ID: 1, Author: person("alice"), State: pull.Approved, Commit: head.id, At: h.f.now, CanWrite: true}
	r.said = pull.Told{Review: 1, State: pull.Approved, Commit: head.id}
	p.reviews = append(p.reviews, r)
	h.deliver(r)
	h.f.now = h.f.now.Add(time.Minute)
	h.f.moveBase("wip", shown)
	h.look(p)
	h.f.now = h.f.now.Add(time.Hour)
	p.baseMoves = append(p.baseMoves, pull.BaseMove{At: h.f.now, Kind: pull.Retargeted, Before: pull.Tip{Branch: "wip"}})
	p.base = "main"
	paths := reviewedPaths(h.run(p).Verdict)
	if !slices.Equal(paths, []string{"mm/b.c"}) || h.found != nil {
		t.Errorf("reviewed are %v; %v", paths, h.found)
	}
}
