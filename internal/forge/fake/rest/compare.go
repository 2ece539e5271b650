package rest

import (
	"net/http"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// maxCompared is how many commits a comparison lists, the oldest first.
const maxCompared = 100

// Comparison is what a head has and a base has not.
type Comparison struct {
	Base, MergeBase *object.Commit
	Head            plumbing.Hash
	Commits         []*object.Commit
	Files           []fake.FileDiff
}

// Compare compares the two commits that a call names as base...head. Of several merge bases
// one is told.
func (c *Call) Compare() (out Comparison, err error) {
	from, to, _ := strings.Cut(c.R.PathValue("basehead"), "...")
	base, okBase := c.Repo.Resolve(from)
	head, okHead := c.Repo.Resolve(to)
	if !okBase || !okHead {
		return out, Refuse(http.StatusNotFound, "404 Not Found")
	}
	objects := c.Repo.Objects
	merge, ok, err := objects.MergeBase(base, head)
	if err != nil || !ok {
		return out, Refuse(http.StatusNotFound, "404 Not Found")
	}
	commits, files := objects.Between(base, head), objects.FileDiffs(c.Repo.TreeOf(merge), c.Repo.TreeOf(head))
	return Comparison{
		Base: objects.Commit(base), MergeBase: objects.Commit(merge), Head: head, Commits: commits[:min(len(commits), maxCompared)],
		Files: files[:min(len(files), MaxFiles)],
	}, nil
}
