package mirror_test

import (
	"encoding/hex"
	"errors"
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
