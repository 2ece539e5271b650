package mirror_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1" //nolint:gosec // git's
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// rawTree writes a tree as it is given, entries of mode, name and id, and returns its id.
func (w *world) rawTree(entries ...[3]string) string {
	w.t.Helper()
	var b strings.Builder
	for _, e := range entries {
		id, err := hex.DecodeString(e[2])
		w.check(err)
		b.WriteString(e[0] + " " + e[1] + "\x00" + string(id))
	}
	return w.Feed(b.String(), "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
}

// TestTreesThatGitWouldNotWrite holds that a head whose tree hides an entry behind another one
// of its name, or has entries out of order or of unknown kinds, is an error and never what it
// does not look like, and that nobody's clone is thrown away for it.
func TestTreesThatGitWouldNotWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.changes()
	clone, err := os.Stat(w.clone())
	w.check(err)
	readme, fs, mm := w.ID("main:README"), w.ID("main:fs"), w.ID("main:mm")
	evil := w.rawTree([3]string{"100644", "evil.c", w.Feed("evil\n", "hash-object", "-w", "--stdin")})
	for name, entries := range map[string][][3]string{
		"two of one name": {{"100644", "README", readme}, {"40000", "fs", fs}, {"40000", "mm", evil}, {"40000", "mm", mm}},
		"a file of its own": {{"100644", "README", readme}, {"40000", "fs", fs}, {"100644", "mm", readme}, {"100644", "mm.c", readme},
			{"40000", "mm", mm}},
		"out of order": {{"40000", "mm", mm}, {"40000", "fs", fs}, {"100644", "README", readme}},
		"a slash":      {{"100644", "README", readme}, {"40000", "fs", fs}, {"40000", "mm", mm}, {"100644", "mm/z.c", readme}},
		"another kind": {{"100644", "README", readme}, {"40000", "fs", fs}, {"40000", "mm", mm}, {"110644", "z.c", readme}},
	} {
		head := w.Git("commit-tree", w.rawTree(entries...), "-p", "main", "-m", "evil")
		w.Git("update-ref", "refs/heads/topic", head)
		if c, err := w.mirror.Files(t.Context(), w.look()); err == nil {
			t.Errorf("%s: %d files, the same tree %t", name, len(c.Files), c.SameTree)
		}
	}
	if now, err := os.Stat(w.clone()); err != nil || !os.SameFile(clone, now) {
		t.Errorf("the clone was made anew: %v", err)
	}
}

// TestLinkOfTheIDOfAFile holds that a link whose text is that of a file that goes is no move of
// it: git compares the file with those that come, so that its text has to be there.
func TestLinkOfTheIDOfAFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.changes()
	clone, err := os.Stat(w.clone())
	w.check(err)
	w.Git("rm", "--quiet", "mm/a.c", "mm/b.c")
	w.Write("new.c", lines("mm/c.c"))
	w.Git("add", "--all")
	w.Git("update-index", "--add", "--cacheinfo", "120000,"+w.ID("main:mm/a.c")+",link")
	w.Git("commit", "--quiet", "--message", "change")
	if c, err := w.mirror.Files(t.Context(), w.look()); err != nil || len(c.Files) != 4 {
		t.Errorf("%d files, %v", len(c.Files), err)
	}
	if now, err := os.Stat(w.clone()); err != nil || !os.SameFile(clone, now) {
		t.Errorf("the clone was made anew: %v", err)
	}
}

// TestTooLargeLeavesNothing holds that what is too large for the disk leaves nothing behind that
// keeps others out.
func TestTooLargeLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mirror.Config) { c.Disk = 2_000_000 })
	w.changes()
	w.Git("checkout", "--quiet", "-b", "honest", "main")
	w.Write("mm/b.c", "honest\n")
	w.Commit("honest")
	w.Git("checkout", "--quiet", "topic")
	w.Commit("of a history that does not end")
	asked := w.answer(w.ID("topic"), endless)
	look := w.look()
	if _, err := w.mirror.Files(t.Context(), look); !errors.Is(err, pull.ErrTooLarge) || asked.n() == 0 {
		t.Errorf("what is too large: %v, asked %d times", err, asked.n())
	}
	w.server.Before = func(http.ResponseWriter, *http.Request) bool { <-time.After(400 * time.Millisecond); return false }
	look.Request.Head, look.Request.Ref.Number = w.ID("honest"), 2
	w.Request("refs/pull/2/head", "honest")
	if _, err := w.mirror.Files(t.Context(), look); err != nil {
		t.Errorf("another one: %v", err)
	}
}

// nest writes a tree that has the same one by some names, which has the same one, and so on.
func (w *world) nest(depth int, names ...string) string {
	w.t.Helper()
	id := w.rawTree([3]string{"100644", "f", w.ID("main:README")})
	raw, err := hex.DecodeString(id)
	w.check(err)
	for range depth {
		var tree strings.Builder
		for _, name := range names {
			tree.WriteString("40000 " + name + "\x00" + string(raw))
		}
		object := fmt.Sprintf("tree %d\x00%s", tree.Len(), tree.String())
		sum := sha1.Sum([]byte(object)) //nolint:gosec // git's
		raw, id = sum[:], hex.EncodeToString(sum[:])
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		_, err := z.Write([]byte(object))
		w.check(errors.Join(err, z.Close()))
		w.Write(".git/objects/"+id[:2]+"/"+id[2:], packed.String())
	}
	return id
}

// TestTreesOfAnyNumberOfFiles holds that a head of few trees that stand for more files than
// anybody has, or for deeper ones than git itself gets through, is one that is not listed, and
// that nobody's clone is thrown away for it.
func TestTreesOfAnyNumberOfFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.changes()
	clone, err := os.Stat(w.clone())
	w.check(err)
	ten := strings.Split("0123456789", "")
	for name, tree := range map[string]string{"many": w.nest(12, ten...), "deep": w.nest(30_000, "d")} {
		root := w.rawTree([3]string{"100644", "README", w.ID("main:README")}, [3]string{"40000", "z", tree})
		w.Git("update-ref", "refs/heads/topic", w.Git("commit-tree", root, "-p", "main", "-m", "change"))
		if c, err := w.mirror.Files(t.Context(), w.look()); err != nil || c.Incomplete == "" || len(c.Files) != 0 {
			t.Errorf("%s: %d files, %q, %v", name, len(c.Files), c.Incomplete, err)
		}
		if h, err := w.mirror.HeadAt(t.Context(), w.look(), w.ID("topic")); err != nil || h.Complete {
			t.Errorf("%s, as a head that was reviewed: complete %t, %v", name, h.Complete, err)
		}
	}
	if now, err := os.Stat(w.clone()); err != nil || !os.SameFile(clone, now) {
		t.Errorf("the clone was made anew: %v", err)
	}
}

// TestEmptyDirectory holds that a head that adds nothing but a directory without files is not
// taken for one with the tree of its merge base.
func TestEmptyDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	root := w.rawTree([3]string{"100644", "README", w.ID("main:README")}, [3]string{"40000", "empty", w.rawTree()},
		[3]string{"40000", "fs", w.ID("main:fs")}, [3]string{"40000", "mm", w.ID("main:mm")})
	w.Git("update-ref", "refs/heads/topic", w.Git("commit-tree", root, "-p", "main", "-m", "change"))
	if c, err := w.mirror.Files(t.Context(), w.look()); err != nil || len(c.Files) != 0 || c.SameTree {
		t.Errorf("an empty directory: %d files, the same tree %t, %v", len(c.Files), c.SameTree, err)
	}
	w.Git("update-ref", "refs/heads/topic", w.Git("commit-tree", "main^{tree}", "-p", "main", "-m", "nothing"))
	if c, err := w.mirror.Files(t.Context(), w.look()); err != nil || !c.SameTree {
		t.Errorf("nothing: the same tree %t, %v", c.SameTree, err)
	}
}

// TestHeadersThatGitDoesNotRead holds that a commit's tree and parents are those that git takes,
// and no later lines that look so.
func TestHeadersThatGitDoesNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Write("mm/a.c", "evil\n")
	w.Commit("evil")
	const who = " Dave <dave@example.org> 1767225600 +0000\n"
	main, tree := w.ID("main"), w.ID("main^{tree}")
	head := w.Feed("tree "+w.ID("topic^{tree}")+"\nparent "+main+"\nauthor"+who+"committer"+who+"tree "+tree+"\nparent "+w.ID("topic")+
		"\n\nevil\n", "hash-object", "-t", "commit", "-w", "--stdin")
	w.Git("update-ref", "refs/heads/topic", head)
	if got := w.changes(); !sameLines(got, []string{`modified "" "mm/a.c" 100644 100644`}) {
		t.Errorf("it changes %q", got)
	}
	commits, err := w.mirror.Commits(t.Context(), linux, main, head)
	if err != nil || len(commits) != 1 || len(commits[0].Parents) != 1 || commits[0].Parents[0] != main {
		t.Errorf("commits %+v, %v", commits, err)
	}
}

// TestCommitsOfMuchText holds that commits of more text than people write, or which name more
// people than are kept, are too large, and that their files are listed all the same.
func TestCommitsOfMuchText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var crowd strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&crowd, "Co-authored-by: Somebody of the crowd %d <%d@crowd.example.org>\n", i, i)
	}
	for name, make := range map[string]struct {
		message string
		commits int
	}{"one large": {strings.Repeat("well, ", 200_000), 1}, "a crowd in each": {"change\n\n" + crowd.String(), 400}} {
		var script strings.Builder
		from := w.ID("main")
		for i := range make.commits {
			fmt.Fprintf(&script, "commit refs/heads/topic\nmark :%d\ncommitter Dave <dave@example.org> 1767225600 +0000\ndata %d\n%s\nfrom %s\n"+
				"M 100644 inline mm/a.c\ndata %d\n%s\n", i+1, len(make.message), make.message, from, len(name), name)
			from = fmt.Sprintf(":%d", i+1)
		}
		w.Feed(script.String(), "fast-import", "--quiet", "--force")
		if list, err := w.mirror.Commits(t.Context(), linux, w.ID("main"), w.ID("topic")); !errors.Is(err, pull.ErrTooLarge) {
			t.Errorf("%s: %d commits, %v", name, len(list), err)
		}
		if got := w.changes(); len(got) != 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
}
