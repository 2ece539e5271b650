package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// settings override what the repository's own configuration may say. Some of it
// names programs to run, some changes what is listed.
var settings = []string{
	"core.attributesFile=" + os.DevNull,
	"core.bigFileThreshold=512m",
	"core.commitGraph=false", // a file that could tell other parents than the commits do
	"core.fsmonitor=false",
	"core.hooksPath=" + os.DevNull,
	"core.warnAmbiguousRefs=true",
	"diff.external=",
	"protocol.allow=never",
}

// environment is all that git gets to see of ours. There is no index and no
// graft file; what is missing is not fetched.
func environment() []string {
	nowhere := filepath.Join(filepath.Dir(os.DevNull), "no-such-file-of-reviewgate")
	env := []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_SYSTEM=" + os.DevNull, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none",
		"GIT_GRAFT_FILE=" + nowhere, "GIT_INDEX_FILE=" + nowhere,
	}
	for _, name := range []string{"SYSTEMROOT", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// git runs the git command on one repository, named by its git directory so
// that nothing is searched for, and without a working tree.
type git struct {
	program string
	gitDir  string // absolute
	dir     string // to run in
}

// findGit finds the git directory of the repository that dir is in, or that it is as a
// bare one.
func findGit(ctx context.Context, dir string) (git, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return git{}, errors.New("there is no git command in PATH; install git")
	}
	top, err := filepath.Abs(dir)
	if err != nil {
		return git{}, err
	}
	if _, err := os.Stat(top); err != nil {
		return git{}, err
	}
	g := git{program: program, gitDir: gitDirOf(top), dir: top}
	out, err := g.run(ctx, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return git{}, fmt.Errorf("%s is in no git repository: %w", dir, err)
	}
	g.gitDir = strings.TrimSuffix(string(out), "\n")
	g.dir = g.gitDir
	return g, nil
}

// gitDirOf looks for .git in a directory and upwards. A directory that has objects and a
// HEAD of its own, or none above it that has .git, is taken for a bare repository.
func gitDirOf(dir string) string {
	for at := dir; !exists(filepath.Join(at, "objects")) || !exists(filepath.Join(at, "HEAD")); at = filepath.Dir(at) {
		if inner := filepath.Join(at, ".git"); exists(inner) {
			return inner
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	return dir
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func (g git) command(ctx context.Context, args ...string) *exec.Cmd {
	full := []string{"--no-pager", "--no-replace-objects", "--no-optional-locks", "--literal-pathspecs", "--git-dir=" + g.gitDir, "--bare"}
	for _, s := range settings {
		full = append(full, "-c", s)
	}
	cmd := exec.CommandContext(ctx, g.program, slices.Concat(full, args)...) //nolint:gosec // revisions stand behind --end-of-options
	cmd.Dir, cmd.Env = g.dir, environment()
	return cmd
}

// run returns what git prints. What it warns of is an error where the answer
// depends on it.
func (g git) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := g.command(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	said := strings.TrimSpace(stderr.String())
	if err != nil {
		return nil, &gitError{command: args[0], said: said, err: err}
	}
	if strings.Contains(said, "is ambiguous") {
		return nil, errors.New(said + "\nhint: write it in full, like refs/heads/main")
	}
	return out, nil
}

// gitError is a git command that failed.
type gitError struct {
	command string
	said    string
	err     error
}

func (e *gitError) Error() string {
	if e.said == "" {
		return fmt.Sprintf("git %s: %v", e.command, e.err)
	}
	return fmt.Sprintf("git %s: %s", e.command, e.said)
}

func (e *gitError) Unwrap() error { return e.err }

// exitedWith reports whether git ended with an exit code and nothing to say.
func exitedWith(err error, code int) bool {
	failed, ok := errors.AsType[*gitError](err)
	exit, exited := errors.AsType[*exec.ExitError](err)
	return ok && exited && failed.said == "" && exit.ExitCode() == code
}

// resolve returns the commit that a revision names.
func (g git) resolve(ctx context.Context, revision string) (string, error) {
	out, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if exitedWith(err, 1) || revision == "" {
		return "", fmt.Errorf("there is no commit %q here; fetch it, or see `git branch --all`", revision)
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

// branch returns the name of the branch that a revision names: X of
// refs/heads/X and refs/remotes/origin/X. It is empty for other revisions.
func (g git) branch(ctx context.Context, revision string) (string, error) {
	out, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", revision)
	if err != nil {
		return "", err
	}
	full := strings.TrimSuffix(string(out), "\n")
	if name, ok := strings.CutPrefix(full, "refs/heads/"); ok {
		return name, nil
	}
	if remote, ok := strings.CutPrefix(full, "refs/remotes/"); ok {
		_, name, _ := strings.Cut(remote, "/")
		return name, nil
	}
	return "", nil
}

// defaultBranch returns what the remote called origin has as its default branch, such as
// origin/main; empty where the clone does not say.
func (g git) defaultBranch(ctx context.Context) (string, error) {
	out, err := g.run(ctx, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
	if exitedWith(err, 1) {
		return "", nil
	}
	return strings.TrimPrefix(strings.TrimSuffix(string(out), "\n"), "refs/remotes/"), err
}

// mergeBases returns all best common ancestors of two commits, in order of id.
func (g git) mergeBases(ctx context.Context, a, b string) ([]string, error) {
	if err := g.unbroken(ctx, a, b); err != nil {
		return nil, err
	}
	out, err := g.run(ctx, "merge-base", "--all", "--end-of-options", a, b)
	if exitedWith(err, 1) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ids := strings.Fields(string(out))
	slices.Sort(ids)
	return ids, nil
}

// unbroken fails where a shallow clone ends before two histories meet: their
// merge base could be missing, or another than the one found.
func (g git) unbroken(ctx context.Context, a, b string) error {
	out, err := g.run(ctx, "rev-parse", "--path-format=absolute", "--git-path", "shallow")
	if err != nil {
		return err
	}
	ends, err := os.ReadFile(strings.TrimSuffix(string(out), "\n"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	apart, err := g.run(ctx, "rev-list", "--end-of-options", a+"..."+b)
	if err != nil {
		return err
	}
	end := map[string]bool{}
	for _, id := range strings.Fields(string(ends)) {
		end[id] = true
	}
	for _, id := range strings.Fields(string(apart)) {
		if end[id] {
			return fmt.Errorf("the clone is shallow and ends at %.12s, before %.12s and %.12s meet; fetch more: git fetch --unshallow, or "+
				"--deepen=N", id, a, b)
		}
	}
	return nil
}

// between lists the commits of head that base does not have, parents first.
func (g git) between(ctx context.Context, base, head string) ([]string, error) {
	out, err := g.run(ctx, "rev-list", "--topo-order", "--reverse", "--end-of-options", base+".."+head)
	return strings.Fields(string(out)), err
}
