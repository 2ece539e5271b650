package local

import (
	"errors"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// readCommits reads commits. The paths of a merge are not known: what it made by
// itself can't be told from what it brought.
func readCommits(o *gitcmd.Objects, ids []string) ([]pull.Commit, error) {
	out := make([]pull.Commit, 0, len(ids))
	for _, id := range ids {
		c, err := o.Commit(id)
		if err != nil {
			return nil, err
		}
		p := pull.Commit{ID: id, Parents: c.Parents, Signed: c.Signed, Vouched: c.Vouched}
		if len(c.Parents) <= 1 {
			if p.Paths, p.PathsKnown, err = touched(o, c); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// maxTouched bounds the paths that one commit is said to touch; one of more
// touches every file.
const maxTouched = 1 << 20

var errTooMany = errors.New("too many paths")

// touched lists the paths in which a commit differs from its only parent, or
// all of a commit without one, in order.
func touched(o *gitcmd.Objects, c gitcmd.Commit) (paths []string, known bool, err error) {
	d := differ{objects: o}
	var before, after []gittree.Entry
	if len(c.Parents) == 1 {
		if before, err = o.Tree(c.Parents[0]); err != nil {
			return nil, false, err
		}
	}
	if after, err = o.Tree(c.Tree); err != nil {
		return nil, false, err
	}
	err = d.compare("", before, after)
	if errors.Is(err, errTooMany) {
		return nil, false, nil
	}
	slices.Sort(d.paths)
	return slices.Compact(d.paths), err == nil, err
}

// differ collects the paths in which trees differ.
type differ struct {
	objects *gitcmd.Objects
	paths   []string
	read    int // trees
}

func (d *differ) compare(prefix string, before, after []gittree.Entry) error {
	old := make(map[string]gittree.Entry, len(before))
	for _, e := range before {
		old[e.Name] = e
	}
	for _, e := range after {
		was := old[e.Name]
		delete(old, e.Name)
		if err := d.entry(prefix+e.Name, was, e); err != nil {
			return err
		}
	}
	for name, was := range old { // sorted by touched
		if err := d.entry(prefix+name, was, gittree.Entry{}); err != nil {
			return err
		}
	}
	return nil
}

// entry compares one path; the zero entry is no file.
func (d *differ) entry(path string, was, is gittree.Entry) error {
	if was == is {
		return nil
	}
	file := func(e gittree.Entry) bool { return e.ID != "" && e.Mode != pull.Directory }
	if file(was) || file(is) {
		d.paths = append(d.paths, path)
	}
	before, err := d.below(was)
	if err != nil {
		return err
	}
	after, err := d.below(is)
	if err != nil {
		return err
	}
	if len(d.paths) > maxTouched || d.read > maxTouched {
		return errTooMany
	}
	return d.compare(path+"/", before, after)
}

func (d *differ) below(e gittree.Entry) ([]gittree.Entry, error) {
	if e.Mode != pull.Directory {
		return nil, nil
	}
	d.read++
	return d.objects.Tree(e.ID)
}
