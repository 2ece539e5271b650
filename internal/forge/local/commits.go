package local

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// commit is what a commit object says.
type commit struct {
	id      string
	tree    string
	parents []string
	emails  []string // of author, committer and co-authors
	subject string
}

var (
	coAuthor = regexp.MustCompile(`(?im)^co-authored-by:.*<([^<>\n]*)>`)
	noReply  = regexp.MustCompile(`(?i)^(?:[0-9]+\+)?([a-z0-9_-]+(?:\[bot\])?)@users\.noreply\.github\.com$`)
)

// parseCommit reads a commit object: lines of header, an empty line, the
// message. Lines that begin with a space go on with the header before.
func parseCommit(id string, data []byte) commit {
	c := commit{id: id}
	header, message, _ := strings.Cut(string(data), "\n\n")
	for line := range strings.Lines(header) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "tree":
			c.tree = value
		case "parent":
			c.parents = append(c.parents, value)
		case "author", "committer":
			_, rest, _ := strings.Cut(value, "<")
			email, _, _ := strings.Cut(rest, ">")
			c.emails = append(c.emails, email)
		}
	}
	for _, m := range coAuthor.FindAllStringSubmatch(message, -1) {
		c.emails = append(c.emails, m[1])
	}
	c.subject, _, _ = strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	return c
}

// people maps e-mails to accounts. Only GitHub's own addresses name one.
func (c commit) people() (people []pull.Person, unknown []string) {
	for _, email := range c.emails {
		if m := noReply.FindStringSubmatch(email); m != nil {
			p := pull.Person{Login: m[1], Bot: strings.HasSuffix(m[1], "[bot]")}
			if !slices.ContainsFunc(people, p.Is) {
				people = append(people, p)
			}
			continue
		}
		if !slices.Contains(unknown, email) {
			unknown = append(unknown, email)
		}
	}
	return people, unknown
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
		p := pull.Commit{ID: id, Parents: c.parents}
		p.People, p.Unknown = c.people()
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
	var before, after []gate.TreeEntry
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

func (d *differ) compare(prefix string, before, after []gate.TreeEntry) error {
	old := make(map[string]gate.TreeEntry, len(before))
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
		if err := d.entry(prefix+name, was, gate.TreeEntry{}); err != nil {
			return err
		}
	}
	return nil
}

// entry compares one path; the zero entry is no file.
func (d *differ) entry(path string, was, is gate.TreeEntry) error {
	if was == is {
		return nil
	}
	file := func(e gate.TreeEntry) bool { return e.ID != "" && e.Mode != pull.Directory }
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

func (d *differ) below(e gate.TreeEntry) ([]gate.TreeEntry, error) {
	if e.Mode != pull.Directory {
		return nil, nil
	}
	d.read++
	return d.objects.tree(e.ID)
}
