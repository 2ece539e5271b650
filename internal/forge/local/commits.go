package local

import (
	"errors"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// commit is what a commit object says.
type commit struct {
	id      string
	tree    string
	parents []string
	signed  []pull.Signature
	subject string
}

// parseCommit reads a commit object: lines of header, an empty line, the
// message. Lines that begin with a space go on with the header before.
func parseCommit(id string, data []byte) commit {
	c := commit{id: id, signed: []pull.Signature{}}
	header, message, _ := strings.Cut(string(data), "\n\n")
	for line := range strings.Lines(header) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "tree":
			c.tree = value
		case "parent":
			c.parents = append(c.parents, value)
		case "author", "committer":
			name, rest, _ := strings.Cut(value, "<")
			email, _, _ := strings.Cut(rest, ">")
			account, _ := pull.PrivateAddress(email) // no forge is asked whether there is one
			c.signed = append(c.signed, pull.Signature{Part: pull.Part(key), Name: strings.TrimSpace(name), Email: email, Account: account})
		}
	}
	c.signed = append(c.signed, pull.MessageMakers(message)...)
	c.subject, _, _ = strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	return c
}

// history reads commits. The paths of a merge are not known: what it made by
// itself can't be told from what it brought.
func (o *objects) history(ids []string) ([]pull.Commit, error) {
	out := make([]pull.Commit, 0, len(ids))
	for _, id := range ids {
		c, err := o.commit(id)
		if err != nil {
			return nil, err
		}
		p := pull.Commit{ID: id, Parents: c.parents, Signed: c.signed}
		if len(c.parents) <= 1 {
			if p.Paths, p.PathsKnown, err = o.touched(c); err != nil {
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
func (o *objects) touched(c commit) (paths []string, known bool, err error) {
	d := differ{objects: o}
	var before, after []gittree.Entry
	if len(c.parents) == 1 {
		if before, err = o.tree(c.parents[0]); err != nil {
			return nil, false, err
		}
	}
	if after, err = o.tree(c.tree); err != nil {
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
	objects *objects
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
	return d.objects.tree(e.ID)
}
