package main

import (
	"cmp"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

var histories = flag.Int("histories", 6, "random histories for which TestContentAgrees compares what the API and git tell")

// telling is a pull request of a world of random commits, as the API tells of it and as
// clones do.
type telling struct {
	*world
	rand     *rand.Rand
	pr       *fake.PullRequest
	api, git seam.Forge
	heads    []string // that the branch had
	acts     int
}

// TestContentAgrees holds that the API and git tell the same of random histories: what a
// head changes with modes, ids and renames, merge bases, commits and the people in them, and
// former heads.
func TestContentAgrees(t *testing.T) {
	if raceDetector {
		t.Skip("takes long; the race detector sees the same in the tests of the clones")
	}
	gittest.Need(t)
	t.Parallel()
	for seed := range *histories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newTelling(t, uint64(seed)) //nolint:gosec // counted up from 0
			for range 6 {
				w.act()
				w.compare()
			}
		})
	}
}

func newTelling(t *testing.T, seed uint64) *telling {
	t.Helper()
	files := map[string]string{}
	for _, dir := range []string{"mm", "fs", "drivers/net"} {
		for i := range 4 {
			path := fmt.Sprintf("%s/%d.c", dir, i)
			files[path] = lines(path, 30)
		}
	}
	w := &telling{world: newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\n", files: files, idle: true}),
		rand: rand.New(rand.NewPCG(seed, 7))} //nolint:gosec // a test
	w.pr = w.open("topic", "mm/0.c")
	w.api, w.git = w.openContent(config.ContentAPI), w.openContent(config.ContentGit)
	return w
}

func (w *telling) openContent(kind string) seam.Forge {
	w.t.Helper()
	cfg := w.config()
	cfg.Forges[0].Content = kind
	f, err := openForge(cfg, cfg.Forges[0], environment{now: w.clock, waits: fastWaits, clones: slog.New(slog.DiscardHandler)})
	check0(w.t, err)
	w.t.Cleanup(func() { check0(w.t, f.close()) })
	return f.Gate
}

// act lets one thing happen to either branch.
func (w *telling) act() {
	w.t.Helper()
	w.heads = append(w.heads, w.pr.Head())
	branch := []string{"topic", "topic", "main"}[w.rand.IntN(3)]
	c := fake.Change{Branch: branch, Author: []string{"dave", "erin"}[w.rand.IntN(2)], Message: "change", Files: map[string]*fake.File{},
		Rename: map[string]string{}}
	switch w.rand.IntN(6) {
	case 0:
		c.Parents = []string{map[string]string{"topic": "main", "main": "topic"}[branch]}
	case 1: // the branch begins anew at an earlier commit of the other one
		if branch == "topic" {
			c.From = "main"
		}
	case 2:
		c.CoAuthors = []string{"carol"}
	}
	for range 1 + w.rand.IntN(4) {
		w.edit(&c)
	}
	if len(c.Rename) == 0 && len(c.Files) == 0 {
		c.Files["new/"+branch] = &fake.File{Content: lines("new", w.rand.IntN(40))}
	}
	_, err := w.repo.Commit(c)
	check0(w.t, err)
}

// edit changes a file that stands where the commit begins.
func (w *telling) edit(c *fake.Change) {
	w.acts++
	from := w.repo.Tree(cmp.Or(c.From, c.Branch))
	var paths []string
	for path := range from {
		_, renamed := c.Rename[path]
		if _, touched := c.Files[path]; !touched && !renamed && path[0] != '.' {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return
	}
	slices.Sort(paths)
	path := paths[w.rand.IntN(len(paths))]
	text, _ := w.repo.Content(cmp.Or(c.From, c.Branch), path)
	switch w.rand.IntN(6) {
	case 0:
		c.Files[path] = nil
	case 1:
		c.Rename[path] = fmt.Sprintf("moved/%d.c", w.acts)
	case 2: // moved and changed
		c.Files[path], c.Files[fmt.Sprintf("moved/%d.c", w.acts)] = nil, &fake.File{Content: text + fmt.Sprintln("more", w.acts)}
	case 3:
		c.Files[path] = &fake.File{Content: text, Mode: "100755"}
	case 4:
		c.Files[path] = &fake.File{Content: "mm/1.c", Mode: "120000"}
	case 5:
		c.Files[path] = &fake.File{Content: text + fmt.Sprintln("changed by act", w.acts)}
	}
}

// told is what a forge tells of a pull request's content.
type told struct {
	MergeBase  string
	Bases      []string
	Files      []pull.Content
	Incomplete string
	SameTree   bool
	Commits    []pull.Commit
	Former     []pull.Content
	Complete   bool
}

func (w *telling) compare() {
	w.t.Helper()
	ctx := w.t.Context()
	ref := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: w.pr.Number()}
	look, err := w.api.Source.Look(ctx, ref, nil, true)
	check0(w.t, err)
	former := w.heads[w.rand.IntN(len(w.heads))]
	if diff := gocmp.Diff(w.tells(w.api, look, former), w.tells(w.git, look, former)); diff != "" {
		w.t.Errorf("after act %d, former head %s (-api +git):\n%s", w.acts, former, diff)
	}
}

// apart is a file, and of one that moved and was changed both sides: how much alike they must
// be each estimates in its own way, and owners of both paths decide in either case.
func apart(c pull.Content) []pull.Content {
	if c.Status != pull.Renamed || c.ID == c.OldID {
		return []pull.Content{c}
	}
	return []pull.Content{{Path: c.OldPath, Status: pull.Removed, OldMode: c.OldMode, OldID: c.OldID},
		{Path: c.Path, Status: pull.Added, Mode: c.Mode, ID: c.ID}}
}

func (w *telling) tells(f seam.Forge, look seam.Look, former string) (out told) {
	w.t.Helper()
	ctx, repo, req := w.t.Context(), look.Request.Ref.Repo, &look.Request
	c, err := f.Source.Files(ctx, look)
	check0(w.t, err, f.Source.Sides(ctx, look, &c))
	out.MergeBase, out.Incomplete, out.SameTree = c.MergeBase, c.Incomplete, c.SameTree
	for _, file := range c.Files {
		if !c.SameTree { // else the API may list what the head changed before it was merged, which counts for nothing
			out.Files = append(out.Files, apart(file.Content)...)
		}
	}
	out.Bases, err = f.Trees.MergeBases(ctx, repo, req.BaseTip, req.Head)
	check0(w.t, err)
	out.Commits, err = f.Trees.Commits(ctx, repo, req.BaseTip, req.Head)
	check0(w.t, err)
	h, err := f.Archive.HeadAt(ctx, look, former)
	check0(w.t, err)
	for _, file := range h.Files {
		out.Former = append(out.Former, apart(file)...)
	}
	out.Complete = h.Complete
	byPath := func(a, b pull.Content) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Status, b.Status))
	}
	slices.SortFunc(out.Files, byPath)
	slices.SortFunc(out.Former, byPath)
	return out
}
