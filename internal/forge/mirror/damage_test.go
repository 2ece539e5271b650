package mirror_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// files are the files of the only clone whose names fit a pattern.
func (w *world) files(pattern string) (found []string) {
	w.t.Helper()
	err := filepath.WalkDir(w.clone(), func(path string, e fs.DirEntry, err error) error {
		if ok, _ := filepath.Match(pattern, e.Name()); ok && !e.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil || len(found) == 0 {
		w.t.Fatalf("no %s: %v", pattern, err)
	}
	return found
}

// TestDamage holds that whatever a crash, a full disk or a careless hand leaves of a clone,
// the answer is the same as before, from a process that starts then and from one that runs.
func TestDamage(t *testing.T) {
	t.Parallel()
	each := func(pattern string, do func(path string) error) func(*world) {
		return func(w *world) {
			for _, path := range w.files(pattern) {
				if err := errors.Join(os.Chmod(path, 0o600), do(path)); err != nil {
					w.t.Error(err)
				}
			}
		}
	}
	cut := func(path string) error { return os.Truncate(path, 40) }
	flip := func(path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i := 12; i < len(data)-20; i++ {
			data[i] ^= 0x55
		}
		return os.WriteFile(path, data, 0o600)
	}
	for name, damage := range map[string]func(*world){
		"packs are cut":        each("*.pack", cut),
		"packs are other":      each("*.pack", flip),
		"packs are gone":       each("*.pack", os.Remove),
		"indexes are cut":      each("*.idx", cut),
		"indexes are gone":     each("*.idx", os.Remove),
		"marks are gone":       each("*.promisor", os.Remove),
		"refs are gone":        func(w *world) { w.check(os.RemoveAll(filepath.Join(w.clone(), "refs", "reviewgate"))) },
		"refs are empty":       each("*", truncateRef),
		"no HEAD":              each("HEAD", os.Remove),
		"configuration is cut": each("config", func(p string) error { return os.Truncate(p, 3) }),
		"half a pack": func(w *world) {
			w.check(os.WriteFile(filepath.Join(w.clone(), "objects", "pack", "tmp_pack_x"), []byte("PACK"), 0o600))
		},
		"locks are left": func(w *world) {
			for _, name := range []string{"packed-refs.lock", "config.lock", "HEAD.lock", "refs/reviewgate/HEAD.lock",
				"refs/reviewgate/pulls/1/head.lock"} {
				w.check(os.WriteFile(filepath.Join(w.clone(), name), nil, 0o600))
			}
		},
	} {
		for _, restarted := range []bool{true, false} {
			if !restarted && name == "locks are left" {
				continue // only who is gone can have left them
			}
			t.Run(fmt.Sprintf("%s/restarted=%t", name, restarted), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, nil)
				w.Write("mm/new.c", lines("mm/a.c")+"and more\n")
				w.Git("rm", "--quiet", "mm/a.c")
				w.Commit("move")
				before := strings.Join(w.changes(), "\n")
				damage(w)
				if restarted {
					w.open()
				}
				if after := strings.Join(w.changes(), "\n"); after != before {
					t.Errorf("before:\n%s\nafter:\n%s", before, after)
				}
				w.Write("mm/b.c", "more\n")
				w.Commit("more")
				if got := w.changes(); len(got) != 2 {
					t.Errorf("and then: %q", got)
				}
			})
		}
	}
}

// truncateRef empties a file that is a ref.
func truncateRef(path string) error {
	if strings.Contains(path, "/refs/reviewgate/") {
		return os.Truncate(path, 0)
	}
	return nil
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
}

// TestKilled holds that a process that is killed while it fetches leaves nothing that the
// next one fails on, or believes.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprintf("first clone %t", first), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			if !first {
				w.Write("mm/b.c", "before\n")
				w.Commit("before")
				w.changes()
			}
			w.Write("mm/a.c", "changed\n")
			w.Commit("change")
			reached := w.stall()
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			look := w.look()
			go func() { _, err := w.mirror.Files(ctx, look); done <- err }()
			<-reached
			w.killGit()
			w.server.CloseClientConnections()
			cancel()
			if err := <-done; err == nil {
				t.Error("a fetch that was killed brought something")
			}
			w.server.Before = nil
			w.open()
			want := 1
			if !first {
				want = 2
			}
			if got := w.changes(); len(got) != want {
				t.Errorf("afterwards: %q", got)
			}
		})
	}
}

// stall has the server stop in the middle of each pack.
func (w *world) stall() (reached chan struct{}) {
	reached = make(chan struct{})
	var once sync.Once
	w.server.Before = func(rw http.ResponseWriter, r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		w.check(err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("command=fetch")) {
			return false
		}
		rw.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		_, err = io.WriteString(rw, "000dpackfile\n0011\x01PACK\x00\x00\x00\x02\x00\x00\x00\x05")
		w.check(err)
		w.check(http.NewResponseController(rw).Flush())
		once.Do(func() { close(reached) })
		<-r.Context().Done()
		return true
	}
	return reached
}

// killGit kills, at once, each git that works in the folder of the clones.
func (w *world) killGit() {
	w.t.Helper()
	procs, err := filepath.Glob("/proc/[0-9]*/cmdline")
	w.check(err)
	for _, p := range procs {
		line, err := os.ReadFile(p)
		if err != nil || !strings.Contains(string(line), w.dir) {
			continue
		}
		w.check(exec.CommandContext(w.t.Context(), "kill", "-9", filepath.Base(filepath.Dir(p))).Run()) //nolint:gosec // a test
	}
}

// TestSecret holds that the credential is in no argument of a process, in no file and in no
// error.
func TestSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Write("mm/a.c", "changed\n")
	w.Commit("change")
	secret := strings.TrimPrefix(header, "Authorization: Basic ")
	seen := 0
	w.server.Before = func(http.ResponseWriter, *http.Request) bool {
		procs, err := filepath.Glob("/proc/[0-9]*/cmdline")
		w.check(err)
		for _, p := range procs {
			line, err := os.ReadFile(p)
			if err == nil && strings.Contains(string(line), w.dir) {
				seen++
			}
			if err == nil && strings.Contains(string(line), secret) {
				t.Errorf("%s has it", line)
			}
		}
		return false
	}
	w.changes()
	if seen == 0 {
		t.Error("no git was seen")
	}
	w.check(filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("%s has it", path)
		}
		return err
	}))
	w.server.Before, w.server.Header = nil, "Authorization: another"
	w.Commit("again")
	if _, err := w.mirror.Files(t.Context(), w.look()); !errors.Is(err, pull.ErrForbidden) || strings.Contains(err.Error(), secret) {
		t.Errorf("refused: %v", err)
	}
}

// TestRedirects holds that nobody but the repository's own server is asked.
func TestRedirects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked for %s", r.URL)
	}))
	defer other.Close()
	w.server.Before = func(rw http.ResponseWriter, r *http.Request) bool {
		http.Redirect(rw, r, other.URL+r.URL.Path, http.StatusFound)
		return true
	}
	if _, err := w.mirror.Files(t.Context(), w.look()); err == nil || !strings.Contains(err.Error(), "none is followed") {
		t.Errorf("redirected: %v", err)
	}
}

// TestAddresses holds that addresses that would put a credential where others see it are
// refused before anything is run.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://git.example.org/a/b", "https://me:secret@git.example.org/a", "ssh://git.example.org/a", "/srv/a",
		"git.example.org:a/b", "https://git.example.org/a?token=x", "ext::sh -c true", "file:///srv/a", "--upload-pack=x"} {
		w := newWorld(t, func(c *mirror.Config) {
			c.Remote = func(context.Context, pull.Repo) (string, string, error) { return address, "", nil }
		})
		if _, err := w.mirror.Files(t.Context(), w.look()); err == nil || !strings.Contains(err.Error(), "address") ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestNoFilter holds that a server without partial clones is told from others, and can be
// cloned whole.
func TestNoFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Git("config", "uploadpack.allowFilter", "false")
	w.Write("mm/a.c", "changed\n")
	w.Commit("change")
	if _, err := w.mirror.Files(t.Context(), w.look()); err == nil || !strings.Contains(err.Error(), "mirror.filter to none") {
		t.Errorf("without filters: %v", err)
	}
	w.config.Filter = mirror.Whole
	w.open()
	if got := w.changes(); len(got) != 1 {
		t.Errorf("cloned whole: %q", got)
	}
}

// TestDisk holds that the clones that were not used for longest go first, and that one that
// is too large by itself is not made.
func TestDisk(t *testing.T) {
	t.Parallel()
	var ahead time.Duration
	w := newWorld(t, func(c *mirror.Config) {
		c.Disk = 60_000
		c.Now = func() time.Time { return time.Now().Add(ahead) }
	})
	repo := func(i int) pull.Repo { return pull.Repo{Forge: "forge", Owner: "acme", Name: fmt.Sprint(i)} }
	for i := range 20 {
		ahead += time.Hour
		if _, err := w.mirror.Entries(t.Context(), repo(i), w.ID("main"), []string{"mm/a.c"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.mirror.Entries(t.Context(), repo(0), w.ID("main"), []string{"mm/a.c"}); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(w.dir)
	if err != nil || len(left) < 3 || len(left) >= 20 {
		t.Errorf("%d clones are left, %v", len(left), err)
	}
	before := w.server.Calls("/info/refs")
	_, err = w.mirror.Entries(t.Context(), repo(0), w.ID("main"), []string{"mm/a.c"})
	if err != nil || w.server.Calls("/info/refs") != before {
		t.Errorf("the one that is used was dropped: %v", err)
	}
}

// TestTogether holds that many who ask at once share one clone and what is fetched.
func TestTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mirror.Config) { c.Fetches = 2 })
	w.Write("mm/a.c", "changed\n")
	w.Commit("change")
	look := w.look()
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if c, err := w.mirror.Files(t.Context(), look); err != nil || len(c.Files) != 1 {
				t.Errorf("%d files, %v", len(c.Files), err)
			}
		})
	}
	group.Wait()
	if n := w.server.Calls("/info/refs"); n > 8 {
		t.Errorf("%d fetches for one pull request, want 8 at most", n)
	}
}

// TestHostileNames holds that names from outside are data.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Write(".gitattributes", "* -diff filter=evil diff=evil merge=evil\n")
	w.Write(".gitmodules", "[submodule \"x\"]\n\tpath = mm\n\turl = ext::sh -c true\n\tignore = all\n")
	w.Write("-rf", "x\n")
	w.Write("a\nb\t\"c\\", "x\n")
	w.Write(":(exclude)mm", "x\n")
	w.Write("mm/a.c", "changed\n")
	w.Commit("change")
	look := w.look()
	for _, branch := range []string{"main", "--upload-pack=touch x", "a:b", "x*", "a b", "\x01", "main\nHEAD:refs/heads/x", "@{-1}"} {
		look.Request.BaseBranch = branch
		if c, err := w.mirror.Files(t.Context(), look); err != nil || len(c.Files) != 6 {
			t.Errorf("branch %q: %d files, %v", branch, len(c.Files), err)
		}
	}
	for _, repo := range []pull.Repo{{Forge: "forge", Owner: "..", Name: ".."}, {Forge: "f", Owner: "a/../../b", Name: "\x00"}} {
		if _, err := w.mirror.Entries(t.Context(), repo, w.ID("main"), nil); err != nil {
			t.Errorf("%q: %v", repo, err)
		}
	}
	if left, err := os.ReadDir(w.dir); err != nil || len(left) != 4 { // and the lock
		t.Errorf("%d clones, %v", len(left), err)
	}
}

// TestGone holds that a repository that the server does not have is not found.
func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mirror.Config) {
		c.Remote = func(_ context.Context, repo pull.Repo) (string, string, error) {
			return "", "", fmt.Errorf("%s: %w", repo, pull.ErrGone)
		}
	})
	if _, err := w.mirror.Entries(t.Context(), linux, w.ID("main"), nil); !errors.Is(err, pull.ErrGone) {
		t.Errorf("out of reach: %v", err)
	}
	w.config.Remote = func(context.Context, pull.Repo) (string, string, error) {
		return w.server.URL + "/none.git", header, nil
	}
	w.open()
	if _, err := w.mirror.Entries(t.Context(), linux, w.ID("main"), nil); !errors.Is(err, pull.ErrNotFound) {
		t.Errorf("not there: %v", err)
	}
}
