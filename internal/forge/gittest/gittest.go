// Package gittest makes repositories of git for tests, and serves them by HTTP as forges
// do. Tests that use it are skipped where there is no git command.
package gittest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/githost"
	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
)

// Have reports whether there is a git command.
func Have() bool {
	_, err := exec.LookPath("git")
	return err == nil
}

// Need skips a test where there is no git command.
func Need(t testing.TB) {
	t.Helper()
	if !Have() {
		t.Skip("no git command; install git to run this test")
	}
}

// Repo is a repository with a working tree.
type Repo struct {
	t   testing.TB
	Dir string
}

// NewRepo makes a repository in a folder, with an empty branch main.
func NewRepo(t testing.TB, dir string) *Repo {
	t.Helper()
	Need(t)
	r := &Repo{t: t, Dir: dir}
	r.check(os.MkdirAll(dir, 0o700))
	r.Git("init", "--quiet", "--initial-branch=main")
	return r
}

// OpenRepo is a repository that was made before.
func OpenRepo(t testing.TB, dir string) *Repo { t.Helper(); return &Repo{t: t, Dir: dir} }

func (r *Repo) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// Git runs git there, and returns what it prints.
func (r *Repo) Git(args ...string) string { r.t.Helper(); return r.Feed("", args...) }

// Feed is Git with an input.
func (r *Repo) Feed(in string, args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", args...) //nolint:gosec // a test
	cmd.Dir, cmd.Stdin = r.Dir, strings.NewReader(in)
	const when = "2026-01-01T00:00:00Z"
	cmd.Env = append(gitcmd.Environment(r.Dir), "GIT_INDEX_FILE="+filepath.Join(r.Dir, ".git", "index"), "GIT_ALLOW_PROTOCOL=file",
		"GIT_AUTHOR_NAME=Dave", "GIT_AUTHOR_EMAIL=dave@example.org", "GIT_COMMITTER_NAME=Dave", "GIT_COMMITTER_EMAIL=dave@example.org",
		"GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// Write writes a file.
func (r *Repo) Write(name, text string) {
	r.t.Helper()
	file := filepath.Join(r.Dir, name)
	r.check(os.MkdirAll(filepath.Dir(file), 0o700))
	r.check(os.WriteFile(file, []byte(text), 0o600))
}

// Commit commits everything, and returns the commit's id.
func (r *Repo) Commit(message string) string {
	r.t.Helper()
	r.Git("add", "--all")
	r.Git("commit", "--quiet", "--allow-empty", "--message", message)
	return r.ID("HEAD")
}

// ID is the id that a revision names.
func (r *Repo) ID(revision string) string {
	r.t.Helper()
	return r.Git("rev-parse", "--verify", revision)
}

// Request points the ref of a request's head, as GitHub names it, to a revision.
func (r *Repo) Request(ref, revision string) { r.t.Helper(); r.Git("update-ref", ref, revision) }

// Server serves the repositories of a folder.
type Server struct {
	*httptest.Server
	// Header is what each request must have, as "Name: value"; empty for none.
	Header string
	// Old speaks the protocol in which only refs and what they lead to may be asked for.
	Old bool
	// Before may answer a request instead, and reports whether it did; may be nil.
	Before func(w http.ResponseWriter, r *http.Request) bool

	mu    sync.Mutex
	calls []string
}

// Serve serves the repositories below a folder until the test ends. What they allow they say
// themselves: uploadpack.allowFilter and the like. Set the fields before the first request.
func Serve(t testing.TB, root string) *Server {
	t.Helper()
	Need(t)
	s := &Server{}
	backend := githost.Backend(root)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.calls = append(s.calls, r.Method+" "+r.URL.Path)
		s.mu.Unlock()
		if name, value, _ := strings.Cut(s.Header, ": "); name != "" && r.Header.Get(name) != value {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if s.Before != nil && s.Before(w, r) {
			return
		}
		if s.Old {
			r.Header.Del("Git-Protocol")
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// Calls returns how many requests there were whose path ends so.
func (s *Server) Calls(suffix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if strings.HasSuffix(c, suffix) {
			n++
		}
	}
	return n
}

// NewHost serves a forge in memory as git until the test ends. requestRef names the ref of a
// request's head.
func NewHost(t testing.TB, forge *fake.Forge, requestRef func(number int) string) *githost.Host {
	t.Helper()
	Need(t)
	return githost.New(t.TempDir(), forge, requestRef)
}
