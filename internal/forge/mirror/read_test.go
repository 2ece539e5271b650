package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestPartial holds that a clone has what was needed and no more, and that the filter is in
// no file of it.
func TestPartial(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Write("mm/a.c", "changed\n")
	w.Commit("change")
	if got := w.changes(); len(got) != 1 {
		t.Fatal(got)
	}
	clone := w.clone()
	for id, want := range map[string]bool{w.ID("topic"): true, w.ID("topic^{tree}"): true, w.ID("topic:mm"): true,
		w.ID("topic:fs"): false, w.ID("topic:mm/a.c"): false} {
		_, err := os.Stat(clone)
		if has := w.has(id); err != nil || has != want {
			t.Errorf("%s is there: %t, want %t; %v", id, has, want, err)
		}
	}
	config, err := os.ReadFile(filepath.Join(clone, "config"))
	if err != nil || strings.Contains(string(config), "remote") {
		t.Errorf("the clone's configuration is\n%s%v", config, err)
	}
}

// clone is the folder of the only clone.
func (w *world) clone() string {
	w.t.Helper()
	all, err := filepath.Glob(filepath.Join(w.dir, "????????????????????????????????"))
	if err != nil || len(all) != 1 {
		w.t.Fatalf("clones %q, %v", all, err)
	}
	return all[0]
}

// has reports whether the only clone has an object.
func (w *world) has(id string) bool {
	w.t.Helper()
	return strings.HasPrefix(w.Feed(id+"\n", "--git-dir="+w.clone(), "cat-file", "--batch-check"), id+" ") &&
		!strings.HasSuffix(w.Feed(id+"\n", "--git-dir="+w.clone(), "cat-file", "--batch-check"), " missing")
}

// TestObjects holds trees, commits, entries and files to what git has.
func TestObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Write("fs/ext4/c.c", "changed\n")
	w.Commit("one\n\nCo-developed-by: Eve <eve@example.org>\n")
	main, topic := w.ID("main"), w.ID("topic")
	entries, err := w.mirror.Entries(t.Context(), linux, topic, []string{"fs/ext4/c.c", "fs/none", "none/a", "README/below", "fs", "README"})
	if diff := cmp.Diff(map[string]seam.Entry{"fs/ext4/c.c": {ID: w.ID("topic:fs/ext4/c.c"), Mode: pull.Regular}, "fs/none": {}, "none/a": {},
		"README/below": {}, "fs": {ID: w.ID("topic:fs"), Mode: pull.Directory}, "README": {ID: w.ID("topic:README"), Mode: pull.Regular}},
		entries); diff != "" || err != nil {
		t.Error(diff, err)
	}
	trees, err := w.mirror.Trees(t.Context(), linux, []string{main, w.ID("main:mm")})
	if err != nil || len(trees[main]) != 3 ||
		!slices.ContainsFunc(trees[w.ID("main:mm")], func(e gittree.Entry) bool { return e.Name == "b.c" }) {
		t.Errorf("trees %v, %v", trees, err)
	}
	text, err := w.mirror.Blob(t.Context(), linux, w.ID("topic:fs/ext4/c.c"), 8)
	if string(text) != "changed\n" || err != nil {
		t.Errorf("text %q, %v", text, err)
	}
	if _, err := w.mirror.Blob(t.Context(), linux, w.ID("topic:fs/ext4/c.c"), 7); !errors.Is(err, pull.ErrTooLarge) {
		t.Errorf("a file that is too large: %v", err)
	}
	commits, err := w.mirror.Commits(t.Context(), linux, main, topic)
	if err != nil || len(commits) != 1 || commits[0].ID != topic || !slices.Equal(commits[0].Parents, []string{main}) ||
		len(commits[0].Signed) != 3 || commits[0].Signed[2].Email != "eve@example.org" {
		t.Errorf("commits %+v, %v", commits, err)
	}
	tip, err := w.mirror.Entries(t.Context(), linux, seam.DefaultTip, []string{"fs/ext4/c.c"})
	if err != nil || tip["fs/ext4/c.c"].ID != w.ID("HEAD:fs/ext4/c.c") {
		t.Errorf("at the default branch's tip: %v, %v", tip, err)
	}
	for _, id := range []string{strings.Repeat("2", 40), "main", "--upload-pack=x"} {
		if _, err := w.mirror.Trees(t.Context(), linux, []string{id}); err == nil {
			t.Errorf("%s passes for a tree", id)
		}
		if _, err := w.mirror.Blob(t.Context(), linux, id, 1); err == nil {
			t.Errorf("%s passes for a file", id)
		}
		if found, err := w.mirror.Entries(t.Context(), linux, id, []string{"README"}); err == nil || found != nil {
			t.Errorf("%s passes for a commit", id)
		}
	}
	gone := strings.Repeat("2", 40)
	if _, err := w.mirror.MergeBases(t.Context(), linux, main, gone); !errors.Is(err, pull.ErrNotFound) {
		t.Errorf("merge bases of a commit that is nowhere: %v", err)
	}
}

// TestMergeBases holds that all are found where histories crossed, and that such a list of
// files is not taken for the whole.
func TestMergeBases(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Write("mm/a.c", "ours\n")
	ours := w.Commit("ours")
	w.Git("checkout", "--quiet", "main")
	w.Write("mm/b.c", "theirs\n")
	theirs := w.Commit("theirs")
	w.Git("merge", "--quiet", "--no-edit", ours)
	w.Git("checkout", "--quiet", "topic")
	w.Git("merge", "--quiet", "--no-edit", theirs)
	want := []string{ours, theirs}
	slices.Sort(want)
	got, err := w.mirror.MergeBases(t.Context(), linux, w.ID("main"), w.ID("topic"))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("merge bases %v, want %v; %v", got, want, err)
	}
	c, err := w.mirror.Files(t.Context(), w.look())
	if err != nil || !c.Capped || c.MergeBase != want[0] {
		t.Errorf("with two merge bases: %+v, %v", c, err)
	}
	w.Git("checkout", "--quiet", "--orphan", "alone")
	w.Commit("alone")
	if got, err := w.mirror.MergeBases(t.Context(), linux, w.ID("main"), w.ID("alone")); err != nil || got != nil {
		t.Errorf("merge bases of histories that have nothing in common: %v, %v", got, err)
	}
	look := w.look()
	look.Request.Head = w.ID("alone")
	if _, err := w.mirror.Files(t.Context(), look); err == nil || !strings.Contains(err.Error(), "no history in common") {
		t.Errorf("files of such: %v", err)
	}
}

// TestDroppedHead holds that a head that a force push dropped is fetched by its id where the
// server gives it, and is not known whole where it does not; and that one that was judged
// stays.
func TestDroppedHead(t *testing.T) {
	t.Parallel()
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old server %t", old), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			if w.server.Old = old; old {
				w.Git("config", "uploadpack.allowAnySHA1InWant", "false")
				w.Git("config", "uploadpack.allowReachableSHA1InWant", "true")
			}
			w.Write("mm/a.c", "first\n")
			judged := w.Commit("judged")
			w.changes()
			w.Git("reset", "--quiet", "--hard", "main")
			w.Write("mm/a.c", "second\n")
			unseen := w.Commit("unseen")
			w.Git("reset", "--quiet", "--hard", "main")
			w.Write("mm/b.c", "third\n")
			w.Commit("third")
			look := w.look()
			for commit, complete := range map[string]bool{judged: true, unseen: !old, strings.Repeat("2", 40): false} {
				h, err := w.mirror.HeadAt(t.Context(), look, commit)
				if err != nil || h.Complete != complete || complete && (len(h.Files) != 1 || h.Files[0].Path != "mm/a.c") {
					t.Errorf("%.7s: %+v, %v", commit, h, err)
				}
			}
			second := w.config
			second.Dir = t.TempDir()
			replica, err := mirror.New(second)
			if err != nil {
				t.Fatal(err)
			}
			if h, err := replica.HeadAt(t.Context(), look, judged); err != nil || h.Complete == old {
				t.Errorf("on a replica that never saw it: %+v, %v", h, err)
			}
			w.check(replica.Close())
			if ref := filepath.Join(w.clone(), "refs/reviewgate/pulls/1", judged); !old {
				if _, err := os.Stat(ref); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// openOnly is an API that lists pull request 1 as the only one that is open.
type openOnly struct{ seam.Lister }

func (openOnly) OpenRequests(context.Context, pull.Repo) ([]seam.Listed, error) {
	return []seam.Listed{{Number: 1}}, nil
}

// TestManyPacks holds that many packs become few, without losing anything, and that the heads
// of closed pull requests lose their refs then.
func TestManyPacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Write("mm/a.c", "changed\n")
	w.Commit("change")
	closed := w.look()
	closed.Request.Ref.Number = 2
	if _, err := w.mirror.Files(t.Context(), closed); err != nil {
		t.Fatal(err)
	}
	before := w.changes()
	packs := w.files("pack-*")
	for i := range 200 {
		for _, from := range packs {
			data, err := os.ReadFile(from)
			w.check(err)
			w.check(os.WriteFile(filepath.Join(filepath.Dir(from), fmt.Sprintf("pack-%040x%s", i, filepath.Ext(from))), data, 0o600))
		}
	}
	if _, err := w.mirror.Over(seam.Forge{Lister: openOnly{}}, nil).Lister.OpenRequests(t.Context(), linux); err != nil {
		t.Fatal(err)
	}
	w.Write("mm/b.c", "more\n")
	w.Commit("more")
	if got := w.changes(); len(got) != len(before)+1 {
		t.Errorf("before: %q, after: %q", before, got)
	}
	if packs = w.files("*.pack"); len(packs) > 20 {
		t.Errorf("%d packs are left", len(packs))
	}
	refs := w.Git("--git-dir="+w.clone(), "for-each-ref", "--format=%(refname)")
	if strings.Contains(refs, "pulls/2/") || !strings.Contains(refs, "pulls/1/") {
		t.Errorf("refs:\n%s", refs)
	}
	w.open()
	if got := w.changes(); len(got) != len(before)+1 {
		t.Errorf("opened anew: %q", got)
	}
}

// TestManyRenames holds that beyond so many files only those that moved as they are count as
// moved, and that nothing but what is compared is fetched.
func TestManyRenames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const many = 1001
	for i := range many {
		w.Write(fmt.Sprintf("old/%d", i), lines(fmt.Sprint(i)))
	}
	base := w.Commit("many")
	w.Git("checkout", "--quiet", "main")
	w.Git("reset", "--quiet", "--hard", base)
	w.Git("checkout", "--quiet", "topic")
	for i := range many {
		w.Write(fmt.Sprintf("new/%d", i), lines(fmt.Sprint(i))+"more\n")
	}
	w.Git("rm", "--quiet", "-r", "old")
	w.Git("mv", "mm/a.c", "mm/moved.c")
	w.Commit("move")
	got := w.changes()
	if len(got) != 2*many+1 || !slices.Contains(got, `renamed "mm/a.c" "mm/moved.c" 100644 100644`) {
		t.Errorf("%d changes, want %d", len(got), 2*many+1)
	}
	if w.has(w.ID("topic:new/1")) {
		t.Error("files were fetched that are not compared")
	}
}
