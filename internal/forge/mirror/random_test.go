package mirror_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestRandomHistories holds what a clone says of generated histories, with merges and moved
// files, to what git says where all of them is.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	histories, commits := 6, 30
	if testing.Short() {
		histories = 2
	}
	for seed := range histories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			ids := w.generate(rand.New(rand.NewPCG(uint64(seed), 1)), commits) //nolint:gosec // a test
			program, err := gitcmd.Program()
			if err != nil {
				t.Fatal(err)
			}
			whole := gitcmd.Git{Program: program, GitDir: w.Dir + "/.git", Dir: w.Dir}
			for i := 0; i+7 < len(ids); i += 3 {
				w.compare(whole, ids[i], ids[i+7])
			}
		})
	}
}

// compare holds the change between two commits to what git says of it.
func (w *world) compare(whole gitcmd.Git, base, head string) {
	w.t.Helper()
	ctx := w.t.Context()
	bases, err := whole.MergeBases(ctx, base, head)
	w.check(err)
	got, err := w.mirror.MergeBases(ctx, linux, base, head)
	if err != nil || !slices.Equal(got, bases) {
		w.t.Errorf("merge bases of %s and %s: %v, want %v; %v", base, head, got, bases, err)
		return
	}
	want, err := whole.Changes(ctx, bases[0], head, gitcmd.SomeRenames)
	w.check(err)
	look := seam.Look{Request: pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, BaseBranch: "main", BaseTip: base, Head: head}}
	c, err := w.mirror.Files(ctx, look)
	w.check(err)
	var files []pull.Content
	for _, f := range c.Files {
		files = append(files, f.Content)
	}
	if diff := cmp.Diff(want, files); diff != "" || c.MergeBase != bases[0] || c.SameTree != (len(want) == 0) {
		w.t.Errorf("between %s and %s: %s", base, head, diff)
	}
}

// generate commits to two branches by turns, and returns the ids of all commits.
func (w *world) generate(r *rand.Rand, commits int) (ids []string) {
	w.t.Helper()
	branches := []string{"main", "topic"}
	for n := range commits {
		branch := branches[r.IntN(2)]
		w.Git("checkout", "--quiet", "--force", branch)
		if other := branches[r.IntN(2)]; other != branch && r.IntN(4) == 0 {
			w.Git("merge", "--quiet", "--no-edit", "--strategy=ours", other)
		}
		w.act(r, n)
		ids = append(ids, w.Commit(fmt.Sprint("change ", n)))
	}
	return ids
}

// act does something to some file.
func (w *world) act(r *rand.Rand, n int) {
	w.t.Helper()
	files := strings.Split(w.Git("ls-files", "-z"), "\x00")
	path := fmt.Sprintf("d%d/e%d/f%d", r.IntN(3), r.IntN(3), n)
	if len(files) < 3 {
		w.Write(path, lines(path))
		return
	}
	name := files[r.IntN(len(files)-1)]
	switch r.IntN(5) {
	case 0:
		w.Git("rm", "--quiet", name)
	case 1:
		w.Write(path, lines(path))
	case 2:
		w.Write(path, "") // so that its directory is there
		w.check(os.Remove(w.Dir + "/" + path))
		w.Git("mv", name, path)
	case 3:
		w.Git("update-index", "--chmod=+x", name)
		w.check(os.Chmod(w.Dir+"/"+name, 0o700)) //nolint:gosec // a test
	default:
		text, err := os.ReadFile(w.Dir + "/" + name)
		w.check(err)
		w.Write(name, string(text)+fmt.Sprintln("more", n))
	}
}
