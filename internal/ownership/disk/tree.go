// Package disk finds ownership files and lists trees on disk, for commands that ask no
// forge.
//
// It promises to follow no link out of a working tree, and that what git tracks there is
// the tree. What the files say is package formats' to tell.
package disk

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
)

// Tree is the files of a repository, as a directory or a list has them.
type Tree struct {
	root  string   // directory on disk; empty for a list
	paths []string // sorted
	dirs  map[string]bool
}

// NewTree makes a tree of a list of paths. Those that end in a slash are
// directories and no files.
func NewTree(root string, list []string) *Tree {
	t := &Tree{root: root, dirs: map[string]bool{}}
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

// ReadTree lists what git tracks in a working tree, or all files where it
// is none. Symbolic links to directories and submodules are directories, too:
// get_maintainer.pl asks the file system.
func ReadTree(ctx context.Context, root string) (*Tree, error) {
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
	return NewTree(root, list), nil
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

// Inside gives a path as the tree has it. On disk it may be absolute.
func (t *Tree) Inside(p string) (string, error) {
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

// IsDir tells whether a path is a directory of the tree.
func (t *Tree) IsDir(p string) bool { return t != nil && t.dirs[p] }

// Files lists the paths of the tree; none where no tree is known.
func (t *Tree) Files() []string {
	if t == nil {
		return nil
	}
	return t.paths
}
