package seam

import (
	"context"
	"slices"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Queues reads merge queues.
type Queues interface {
	// MergeQueue returns the merge queue of a branch, in one moment; the zero Queue
	// where there is none.
	MergeQueue(ctx context.Context, repo pull.Repo, branch string) (Queue, error)
	// HasQueue reports whether anything has told of a merge queue in a repository,
	// an event or a look. It makes no call.
	HasQueue(repo pull.Repo) bool
}

// Queue is what waits in the merge queue of a branch.
type Queue struct {
	Tip string // commit id of the branch; empty where it is not told
	// AllGreen tells that a group is merged only if its own check and those of the
	// groups before it are green. Else the last one's may be enough for all.
	AllGreen bool
	Groups   []Group // the one that merges first before the others
}

// Group is what a merge queue tests and merges at once: Members, merged onto
// Base, give Head.
type Group struct {
	Head    string // commit id
	Base    string // commit id: the branch's tip, or the head of the group before
	Members []Member
	Hollow  bool // the forge does not tell the base, or not every member
}

// Member is a pull request in a group.
type Member struct {
	Number int
	Head   string // commit id that it was queued with
}

// Holds reports whether a commit is the head of a group.
func (q Queue) Holds(head string) bool {
	return slices.ContainsFunc(q.Groups, func(group Group) bool { return group.Head == head })
}

// Steps are the groups by which a group's head is reached, itself the last: all from
// the branch's tip on, or, where each must be green by itself, that one. ok is false
// where they do not lead back to the tip.
func (q Queue) Steps(group Group) (steps []Group, ok bool) {
	steps = []Group{group}
	for !q.AllGreen && (q.Tip == "" || steps[0].Base != q.Tip) {
		i := slices.IndexFunc(q.Groups, func(before Group) bool { return before.Head == steps[0].Base })
		if i < 0 || len(steps) > len(q.Groups) {
			return steps, false
		}
		steps = slices.Insert(steps, 0, q.Groups[i])
	}
	return steps, true
}

// Covering returns the groups whose merging would merge a pull request, too.
func (q Queue) Covering(number int) []Group {
	return slices.DeleteFunc(slices.Clone(q.Groups), func(group Group) bool {
		steps, _ := q.Steps(group)
		return !slices.ContainsFunc(steps, func(s Group) bool { return s.has(number) })
	})
}

func (g Group) has(number int) bool {
	return slices.ContainsFunc(g.Members, func(m Member) bool { return m.Number == number })
}
