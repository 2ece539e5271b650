package mirror_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/gittest"
	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

var linux = pull.Repo{Forge: "forge", Owner: "acme", Name: "linux"}

// header is the credential of all tests.
const header = "Authorization: Basic c2VjcmV0LW9mLXRlc3Rz"

var quiet = slog.New(slog.DiscardHandler)

// world is a repository with a server, and a mirror of it.
type world struct {
	*gittest.Repo
	t      *testing.T
	server *gittest.Server
	dir    string // of the clones
	config mirror.Config
	mirror *mirror.Mirror
}

// newWorld makes a repository with some files on main, and branch topic on top of it.
func newWorld(t *testing.T, change func(*mirror.Config)) *world {
	t.Helper()
	root := t.TempDir()
	w := &world{t: t, Repo: gittest.NewRepo(t, filepath.Join(root, "linux.git")), server: gittest.Serve(t, root), dir: t.TempDir()}
	w.server.Header = header
	w.Git("config", "uploadpack.allowFilter", "true")
	w.Git("config", "uploadpack.allowAnySHA1InWant", "true")
	for _, name := range []string{"mm/a.c", "mm/b.c", "fs/ext4/c.c", "README"} {
		w.Write(name, lines(name))
	}
	w.Commit("start")
	w.Git("checkout", "--quiet", "-b", "topic")
	w.config = mirror.Config{Dir: w.dir, Filter: mirror.NoTrees, Now: time.Now, Log: quiet,
		Remote: func(context.Context, pull.Repo) (string, string, error) {
			return w.server.URL + "/linux.git/.git", header, nil
		},
		RequestRef: func(n int) string { return fmt.Sprintf("refs/pull/%d/head", n) },
	}
	if change != nil {
		change(&w.config)
	}
	w.open()
	return w
}

// open opens the clones anew, as another process does.
func (w *world) open() {
	w.t.Helper()
	if w.mirror != nil {
		w.check(w.mirror.Close())
	}
	m, err := mirror.New(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.mirror == nil {
		w.t.Cleanup(func() { w.check(w.mirror.Close()) })
	}
	w.mirror = m
	if _, err := mirror.New(w.config); err == nil {
		w.t.Error("two processes share clones")
	}
}

// lines returns a file that has its name in every line.
func lines(name string) string { return strings.Repeat("a line of "+name+"\n", 20) }

// look is what a forge tells of pull request 1, from topic to main.
func (w *world) look() seam.Look {
	w.t.Helper()
	w.Request("refs/pull/1/head", "topic")
	return seam.Look{Request: pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, BaseBranch: "main", BaseTip: w.ID("main"),
		Head: w.ID("topic")}}
}

// changes lists what the mirror says that topic changes, a line each.
func (w *world) changes() []string {
	w.t.Helper()
	c, err := w.mirror.Files(w.t.Context(), w.look())
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, f := range c.Files {
		if !f.Whole() {
			w.t.Errorf("%s is not whole: %+v", f.Path, f.Content)
		}
		out = append(out, fmt.Sprintf("%s %q %q %s %s", f.Status, f.OldPath, f.Path, f.OldMode, f.Mode))
	}
	return out
}

// TestFiles holds lists of changed files to what is in the commits: renames, modes, links,
// submodules, and names of any bytes.
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, filter := range []string{mirror.NoTrees, mirror.NoBlobs, mirror.Whole} {
		t.Run(filter, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *mirror.Config) { c.Filter = filter })
			w.Git("mv", "mm/a.c", "mm/moved.c")
			w.Write("fs/ext4/new.c", lines("mm/b.c")+"and more\n")
			w.Git("rm", "--quiet", "mm/b.c")
			w.Write("deep/er/file", "new\n")
			w.Write("caf\xe9.c", "new, too\n")
			w.Git("add", "--all")
			w.Git("update-index", "--chmod=+x", "README")
			w.Git("update-index", "--add", "--cacheinfo", "160000,"+w.ID("main")+",vendor/lib")
			w.Git("update-index", "--add", "--cacheinfo", "120000,"+w.ID("main:README")+",link")
			w.Git("commit", "--quiet", "--message", "change")
			want := []string{
				`changed "" "README" 100644 100755`,
				`added "" "caf\xe9.c"  100644`,
				`added "" "deep/er/file"  100644`,
				`renamed "mm/b.c" "fs/ext4/new.c" 100644 100644`,
				`added "" "link"  120000`,
				`renamed "mm/a.c" "mm/moved.c" 100644 100644`,
				`added "" "vendor/lib"  160000`,
			}
			if diff := cmp.Diff(want, w.changes()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
