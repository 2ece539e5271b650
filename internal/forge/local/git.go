package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
)

// git runs the git command on one repository, without a working tree.
type git struct{ gitcmd.Git }

// findGit finds the git directory of the repository that dir is in, or that it is as a
// bare one.
func findGit(ctx context.Context, dir string) (git, error) {
	program, err := gitcmd.Program()
	if err != nil {
		return git{}, err
	}
	top, err := filepath.Abs(dir)
	if err != nil {
		return git{}, err
	}
	if _, err := os.Stat(top); err != nil {
		return git{}, err
	}
	g := git{gitcmd.Git{Program: program, GitDir: gitDirOf(top), Dir: top}}
	out, err := g.Run(ctx, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return git{}, fmt.Errorf("%s is in no git repository: %w", dir, err)
	}
	g.GitDir = strings.TrimSuffix(string(out), "\n")
	g.Dir = g.GitDir
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

// resolve returns the commit that a revision names.
func (g git) resolve(ctx context.Context, revision string) (string, error) {
	out, err := g.Run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if gitcmd.ExitedWith(err, 1) || revision == "" {
		return "", fmt.Errorf("there is no commit %q here; fetch it, or see `git branch --all`", revision)
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

// branch returns the name of the branch that a revision names: X of
// refs/heads/X and refs/remotes/origin/X. It is empty for other revisions.
func (g git) branch(ctx context.Context, revision string) (string, error) {
	out, err := g.Run(ctx, "rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", revision)
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
	out, err := g.Run(ctx, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
	if gitcmd.ExitedWith(err, 1) {
		return "", nil
	}
	return strings.TrimPrefix(strings.TrimSuffix(string(out), "\n"), "refs/remotes/"), err
}

// mergeBases returns all best common ancestors of two commits, in order of id.
func (g git) mergeBases(ctx context.Context, a, b string) ([]string, error) {
	if err := g.unbroken(ctx, a, b); err != nil {
		return nil, err
	}
	return g.MergeBases(ctx, a, b)
}

// unbroken fails where a shallow clone ends before two histories meet: their
// merge base could be missing, or another than the one found.
func (g git) unbroken(ctx context.Context, a, b string) error {
	out, err := g.Run(ctx, "rev-parse", "--path-format=absolute", "--git-path", "shallow")
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
	apart, err := g.Run(ctx, "rev-list", "--end-of-options", a+"..."+b)
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
