package fake

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Entry is what a commit holds at a path.
type Entry struct {
	Mode pull.Mode
	ID   string
}

// Commit is a commit as git has it.
type Commit struct {
	ID                string
	Parents           []string
	Author, Committer string // addresses
	Message           string
}

// MergeBases lists the best common ancestors of two revisions, in order of id.
func (r *Repo) MergeBases(a, b string) ([]string, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	x, okX := r.Resolve(a)
	y, okY := r.Resolve(b)
	if !okX || !okY {
		return nil, fmt.Errorf("merge bases of %q and %q: no such commit", a, b)
	}
	ids, err := r.Objects.mergeBases(x, y)
	return names(ids), err
}

// Commits lists the commits that head has and base has not, parents before
// children.
func (r *Repo) Commits(base, head string) []Commit {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	from, _ := r.Resolve(base)
	to, _ := r.Resolve(head)
	var out []Commit
	for _, c := range r.Objects.Between(from, to) {
		out = append(out, Commit{c.Hash.String(), names(c.ParentHashes), c.Author.Email, c.Committer.Email, c.Message})
	}
	return out
}

// Tree lists all files of a revision by path; nil if there is no such revision.
func (r *Repo) Tree(rev string) map[string]Entry {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	id, ok := r.Resolve(rev)
	if !ok {
		return nil
	}
	out := map[string]Entry{}
	for _, e := range r.Objects.Walk(r.TreeOf(id), "", true) {
		if e.Mode != filemode.Dir {
			out[e.Path] = Entry{pull.Mode(Octal(e.Mode)), e.Hash.String()}
		}
	}
	return out
}

// Blob is the content of a blob; false if there is none of that id.
func (r *Repo) Blob(id string) (string, bool) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	content, ok := r.Objects.Blob(plumbing.NewHash(id))
	return string(content), ok
}

func names(ids []plumbing.Hash) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
