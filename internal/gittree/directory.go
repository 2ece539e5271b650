package gittree

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Directory returns the entries of a directory of a commit; none where there is no
// such directory.
func (r Reader) Directory(commit, dir string) ([]Entry, error) {
	id := commit
	for name := range strings.SplitSeq(dir+"/", "/") {
		trees, err := r.read([]string{id})
		if err != nil || name == "" {
			return trees[id], err
		}
		i := slices.IndexFunc(trees[id], func(e Entry) bool { return e.Name == name })
		if i < 0 || trees[id][i].Mode != pull.Directory {
			return nil, nil
		}
		id = trees[id][i].ID
	}
	return nil, nil // unreachable: the last name is empty
}

// Directories returns those of some names that are directories of a commit:
// submodules are, and symbolic links to a directory, as the kernel's script asks
// the file system.
func (r Reader) Directories(commit string, names []string) ([]string, error) {
	var found []string
	trees := map[string][]Entry{}
	for _, name := range names {
		dir, base := path.Split(name)
		dir = strings.TrimSuffix(dir, "/")
		entries, ok := trees[dir]
		if !ok {
			var err error
			if entries, err = r.Directory(commit, dir); err != nil {
				return nil, err
			}
			trees[dir] = entries
		}
		i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == base })
		if i < 0 {
			continue
		}
		is := entries[i].Mode == pull.Directory || entries[i].Mode == pull.Submodule
		if entries[i].Mode == pull.Symlink {
			var err error
			if is, err = r.linksToDirectory(commit, dir, entries[i].ID); err != nil {
				return nil, err
			}
		}
		if is {
			found = append(found, name)
		}
	}
	return found, nil
}

// maxLink is the longest path that a symbolic link leads to (PATH_MAX of Linux).
const maxLink = 4096

// linksToDirectory reports whether a symbolic link in a directory leads to one of
// the same tree. A link to a link does not count.
func (r Reader) linksToDirectory(commit, dir, id string) (bool, error) {
	target, err := r.Text(id, maxLink)
	if errors.Is(err, pull.ErrTooLarge) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	to := path.Join(dir, string(target))
	if path.IsAbs(string(target)) || to == "." || strings.HasPrefix(to, "../") {
		return false, nil
	}
	entries, err := r.Directory(commit, to)
	return len(entries) > 0, err
}
