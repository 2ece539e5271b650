package local

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// move moves a file and commits it.
func (r *repo) move(from, to string) error {
	r.t.Helper()
	text, err := os.ReadFile(r.dir + "/" + from)
	if err != nil {
		return err
	}
	r.git("rm", "--quiet", from)
	r.write(to, string(text))
	r.commit("move " + from)
	return nil
}

func TestCommits(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("mm/a.c", "changed\n")
	r.commit("one\n\nCo-authored-by: Alice <Alice@users.noreply.github.com>\nco-authored-by:  Eve <eve@example.org>\n")
	r.git("mv", "mm/b.c", "fs/b.c")
	r.gitAs("Bot <4+dependabot[bot]@users.noreply.github.com>", "commit", "--quiet", "--message", "two")
	r.write("deep/er/file", "new\n")
	r.git("rm", "--quiet", "-r", "fs")
	r.git("add", "--all")
	r.gitAs("Eve <eve@example.org>", "commit", "--quiet", "--message", "three")

	look, err := r.open(r.proposal()).Look(t.Context(), pull.Ref{}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	made := func(name, email string, more ...pull.Signature) []pull.Signature {
		account, _ := pull.PrivateAddress(email)
		return append([]pull.Signature{{Part: pull.Author, Name: name, Email: email, Account: account},
			{Part: pull.Committer, Name: name, Email: email, Account: account}}, more...)
	}
	want := []pull.Commit{
		{
			ID: r.id("topic~2"), Parents: []string{r.id("main")}, PathsKnown: true, Paths: []string{"mm/a.c"},
			Signed: made("Dave", "17+dave@users.noreply.github.com",
				pull.Signature{Part: pull.CoAuthor, Name: "Alice", Email: "Alice@users.noreply.github.com"},
				pull.Signature{Part: pull.CoAuthor, Name: "Eve", Email: "eve@example.org"}),
		},
		{
			ID: r.id("topic~1"), Parents: []string{r.id("topic~2")}, PathsKnown: true, Paths: []string{"fs/b.c", "mm/b.c"},
			Signed: made("Bot", "4+dependabot[bot]@users.noreply.github.com"),
		},
		{
			ID: r.id("topic"), Parents: []string{r.id("topic~1")}, PathsKnown: true, Paths: []string{"deep/er/file", "fs/b.c", "fs/c.c"},
			Signed: made("Eve", "eve@example.org"),
		},
	}
	if diff := cmp.Diff(want, look.Request.Commits); diff != "" {
		t.Error(diff)
	}
	if look.Request.Title != "three" {
		t.Errorf("title %q", look.Request.Title)
	}
}

// TestTouched holds the paths of commits to git diff-tree.
func TestTouched(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.git("rm", "--quiet", "mm/a.c")
	r.write("mm/a.c/below", "a file became a directory\n")
	r.commit("become a directory")
	r.git("rm", "--quiet", "-r", "mm")
	r.write("mm", "a directory became a file\n")
	r.commit("become a file")
	r.git("update-index", "--chmod=+x", "fs/c.c")
	r.git("update-index", "--add", "--cacheinfo", "160000,"+r.id("main")+",vendor/lib")
	r.git("commit", "--quiet", "--message", "modes")
	r.git("checkout", "--quiet", "--orphan", "root")
	r.commit("a root")
	opened := r.open(r.proposal())
	for _, revision := range []string{"topic", "topic~1", "topic~2", "main", "root"} {
		c, err := opened.objects.Commit(r.id(revision))
		if err != nil {
			t.Fatal(err)
		}
		got, known, err := touched(opened.objects, c)
		out := r.git("diff-tree", "-r", "-z", "--name-only", "--root", "--no-commit-id", revision)
		want := strings.FieldsFunc(out, func(c rune) bool { return c == 0 })
		slices.Sort(want)
		if err != nil || !known || !slices.Equal(got, want) {
			t.Errorf("%s: got %q (known %t, %v), git says %q", revision, got, known, err, want)
		}
	}
}

func TestTreesAndEntries(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	opened := r.open(r.proposal())
	main, tree, sub := r.id("main"), r.id("main^{tree}"), r.id("main:mm")
	trees, err := opened.Trees(t.Context(), opened.Ref().Repo, []string{main, sub})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]gittree.Entry{
		main: {{Name: ".github", Mode: pull.Directory, ID: r.id("main:.github")}, {Name: "fs", Mode: pull.Directory, ID: r.id("main:fs")},
			{Name: "mm", Mode: pull.Directory, ID: sub}},
		sub: {{Name: "a.c", Mode: pull.Regular, ID: r.id("main:mm/a.c")}, {Name: "b.c", Mode: pull.Regular, ID: r.id("main:mm/b.c")}},
	}
	if diff := cmp.Diff(want, trees); diff != "" {
		t.Error(diff)
	}
	if _, err := opened.Trees(t.Context(), opened.Ref().Repo, []string{tree, strings.Repeat("2", 40)}); !errors.Is(err, gitcmd.ErrMissing) {
		t.Errorf("a tree that is missing: %v", err)
	}
	if _, err := opened.Trees(t.Context(), opened.Ref().Repo, []string{"main"}); err == nil {
		t.Error("a name passes for an id")
	}
	entries, err := opened.Entries(t.Context(), opened.Ref().Repo, main, []string{"mm/a.c", "mm/none", "none/a.c", "mm/a.c/below", "mm", ""})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]seam.Entry{"mm/a.c": {ID: r.id("main:mm/a.c"), Mode: pull.Regular}, "mm/none": {}, "none/a.c": {},
		"mm/a.c/below": {}, "mm": {ID: sub, Mode: pull.Directory}, "": {}}, entries); diff != "" {
		t.Error(diff)
	}
	data, err := opened.Blob(t.Context(), opened.Ref().Repo, entries["mm/a.c"].ID, 1<<20)
	if err != nil || string(data) != lines("mm/a.c") {
		t.Errorf("blob %q, %v", data, err)
	}
	if _, err := opened.Blob(t.Context(), opened.Ref().Repo, sub, 1<<20); err == nil ||
		!strings.Contains(err.Error(), "is a tree, not a file") {
		t.Errorf("a tree read as a file: %v", err)
	}
}
