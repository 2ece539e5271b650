package local

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
)

// repo is a repository made with the git command.
type repo struct {
	t   *testing.T
	dir string
}

const policyText = "version: 1\nthreshold: 100%\nuntouched: allowed\n"

const mapText = `version: 1
subsystems:
  - {name: mm, paths: ["mm/**"], maintainers: [alice, "@acme/mm"]}
  - {name: core, fallback: true, maintainers: [carol]}
`

// newRepo makes a repository with policy and map on branch main, and branch
// topic checked out on top of it.
func newRepo(t *testing.T) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git command; install git to run this test")
	}
	r := &repo{t: t, dir: filepath.Join(t.TempDir(), "linux")}
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.git("init", "--quiet", "--initial-branch=main")
	r.write(".github/review-gate.yml", policyText)
	r.write(".github/subsystems.yml", mapText)
	for _, name := range []string{"mm/a.c", "mm/b.c", "fs/c.c"} {
		r.write(name, lines(name))
	}
	r.commit("start")
	r.git("checkout", "--quiet", "-b", "topic")
	return r
}

// lines returns a file that has its name in every line.
func lines(name string) string {
	return strings.Repeat("a line of "+name+"\n", 3) + "1 " + name + "\n2 " + name + "\n3 " + name + "\n"
}

func (r *repo) git(args ...string) string {
	r.t.Helper()
	return r.gitAs("Dave <17+dave@users.noreply.github.com>", args...)
}

// gitAs runs git as somebody, "Name <e-mail>".
func (r *repo) gitAs(who string, args ...string) string {
	r.t.Helper()
	name, email, _ := strings.Cut(strings.TrimSuffix(who, ">"), " <")
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-c", "protocol.file.allow=always"}, args...)...) //nolint:gosec // a test
	cmd.Dir = r.dir
	cmd.Env = append(gitcmd.Environment(r.dir), "GIT_INDEX_FILE="+filepath.Join(r.dir, ".git", "index"), "GIT_ALLOW_PROTOCOL=file",
		"GIT_AUTHOR_NAME="+name, "GIT_AUTHOR_EMAIL="+email, "GIT_COMMITTER_NAME="+name, "GIT_COMMITTER_EMAIL="+email,
		"GIT_AUTHOR_DATE=2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func (r *repo) write(name, text string) {
	r.t.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// commit commits everything and gives the commit's id.
func (r *repo) commit(message string) string {
	r.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", message)
	return r.id("HEAD")
}

func (r *repo) id(revision string) string {
	r.t.Helper()
	return r.git("rev-parse", "--verify", revision)
}

// proposal is topic towards main, by dave.
func (r *repo) proposal() Change {
	return Change{Dir: r.dir, Base: "main", Head: "topic", Author: "dave"}
}

// open opens a proposal for the length of the test.
func (r *repo) open(p Change) *Repository {
	r.t.Helper()
	opened, err := Open(r.t.Context(), p)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := opened.Close(); err != nil && r.t.Context().Err() == nil {
			r.t.Error(err)
		}
	})
	return opened
}
