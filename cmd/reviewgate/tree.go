package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// tree is the files of a repository, as a directory or a list has them.
type tree struct {
	root  string   // directory on disk; empty for a list
	paths []string // sorted
	dirs  map[string]bool
}

// treeFlags say where a tree is.
type treeFlags struct{ local, list string }

func (f *treeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.local, "local", "", "the directory of a working tree; ownership files are looked for there first")
	cmd.Flags().StringVar(&f.list, "tree", "", "a file that lists all paths of the tree, one a line; a directory, or a symbolic link to one, may be listed with a slash at its end")
	cmd.MarkFlagsMutuallyExclusive("local", "tree")
}

// read gives the tree; nil where no flag names one.
func (f treeFlags) read(ctx context.Context) (*tree, error) {
	switch {
	case f.local != "":
		return readDirectory(ctx, f.local)
	case f.list != "":
		data, err := os.ReadFile(f.list)
		if err != nil {
			return nil, fmt.Errorf("read --tree: %w", err)
		}
		t := newTree("", strings.Split(string(data), "\n"))
		if len(t.paths) == 0 {
			return nil, fmt.Errorf("--tree %s lists no paths; write one a line", f.list)
		}
		return t, nil
	}
	return nil, nil //nolint:nilnil // no tree is as good as one
}

// newTree makes a tree of a list of paths. Those that end in a slash are
// directories and no files.
func newTree(root string, list []string) *tree {
	t := &tree{root: root, dirs: map[string]bool{}}
	for _, p := range list {
		p = strings.TrimPrefix(strings.TrimSuffix(p, "\r"), "./")
		if p == "" {
			continue
		}
		if dir, ok := strings.CutSuffix(p, "/"); ok {
			t.dirs[dir] = true
		} else {
			t.paths = append(t.paths, p)
		}
		for dir := path.Dir(p); dir != "." && dir != "/" && !t.dirs[dir]; dir = path.Dir(dir) {
			t.dirs[dir] = true
		}
	}
	slices.Sort(t.paths)
	t.paths = slices.Compact(t.paths)
	return t
}

// readDirectory lists what git tracks in a working tree, or all files where it
// is none. Symbolic links to directories and submodules are directories, too:
// get_maintainer.pl asks the file system.
func readDirectory(ctx context.Context, root string) (*tree, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("read --local: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("read --local: %s is no directory", root)
	}
	list, err := tracked(ctx, root)
	if err != nil {
		return nil, err
	}
	if list == nil {
		if list, err = walkFiles(root); err != nil {
			return nil, fmt.Errorf("read --local: %w", err)
		}
	}
	for i := range list {
		p := list[i]
		if info, err := os.Lstat(filepath.Join(root, p)); err != nil || info.Mode().IsRegular() {
			continue
		}
		if info, err := os.Stat(filepath.Join(root, p)); err == nil && info.IsDir() {
			list = append(list, p+"/")
		}
	}
	return newTree(root, list), nil
}

// tracked lists the files that git tracks; nil where the directory is not the
// top of a working tree.
func tracked(ctx context.Context, root string) ([]string, error) {
	if _, err := os.Lstat(filepath.Join(root, ".git")); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	cmd := exec.CommandContext(ctx, "git", "-C", root, "ls-files", "-z")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w: %s", root, err, strings.TrimSpace(stderr.String()))
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

func walkFiles(root string) ([]string, error) {
	list := []string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, p)
		list = append(list, filepath.ToSlash(rel))
		return err
	})
	return list, err
}

// inside gives a path as the tree has it. On disk it may be absolute.
func (t *tree) inside(p string) (string, error) {
	if filepath.IsAbs(p) && t != nil && t.root != "" {
		root, err := filepath.Abs(t.root)
		if err != nil {
			return "", err
		}
		if rel, err := filepath.Rel(root, p); err == nil {
			p = filepath.ToSlash(rel)
		}
	}
	clean := path.Clean(p)
	if p == "" || path.IsAbs(clean) || clean == "." || clean == ".." || strings.HasPrefix(clean, "../") {
		return "", fmt.Errorf("%q is no path of the tree; write it as the tree has it, such as mm/slab.c", p)
	}
	return clean, nil
}

// isDir tells whether a path is a directory of the tree.
func (t *tree) isDir(p string) bool { return t != nil && t.dirs[p] }

// files lists the paths of the tree; none where no tree is known.
func (t *tree) files() []string {
	if t == nil {
		return nil
	}
	return t.paths
}
