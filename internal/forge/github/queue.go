package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// maxQueue bounds the pages of a merge queue, of 100 entries each.
const maxQueue = 20

type queueAnswer struct {
	Repository *struct {
		Ref *struct {
			Target *oidAnswer `json:"target"`
		} `json:"ref"`
		MergeQueue *struct {
			Configuration *struct {
				MergingStrategy string `json:"mergingStrategy"`
			} `json:"configuration"`
			Entries *struct {
				TotalCount int                `json:"totalCount"`
				PageInfo   pageAnswer         `json:"pageInfo"`
				Nodes      []queueEntryAnswer `json:"nodes"`
			} `json:"entries"`
		} `json:"mergeQueue"`
	} `json:"repository"`
}

// tip is the commit of the branch; empty if GitHub does not tell it.
func (a *queueAnswer) tip() string {
	if a.Repository.Ref == nil || a.Repository.Ref.Target == nil {
		return ""
	}
	return a.Repository.Ref.Target.OID
}

type queueEntryAnswer struct {
	Position    int        `json:"position"`
	BaseCommit  *oidAnswer `json:"baseCommit"`
	HeadCommit  *oidAnswer `json:"headCommit"`
	PullRequest *struct {
		Number     int    `json:"number"`
		HeadRefOID string `json:"headRefOid"`
	} `json:"pullRequest"`
}

// MergeQueue implements seam.Queues. Each entry has a commit of its own, which stands
// on that of the entry before; entries of one head commit are one group, and an entry
// without one is not in a group yet.
func (f *Forge) MergeQueue(ctx context.Context, repo pull.Repo, branch string) (seam.Queue, error) {
	queue, entries, err := f.queueEntries(ctx, repo, branch)
	if err != nil {
		return seam.Queue{}, fmt.Errorf("read the merge queue of %s in %s: %w", branch, repo, err)
	}
	slices.SortStableFunc(entries, func(a, b queueEntryAnswer) int { return cmp.Compare(a.Position, b.Position) })
	for _, e := range entries {
		if e.HeadCommit == nil {
			continue
		}
		i := slices.IndexFunc(queue.Groups, func(g seam.Group) bool { return g.Head == e.HeadCommit.OID })
		if i < 0 {
			i = len(queue.Groups)
			queue.Groups = append(queue.Groups, seam.Group{Head: e.HeadCommit.OID})
		}
		e.addTo(&queue.Groups[i])
	}
	return queue, nil
}

// addTo adds an entry to its group.
func (e queueEntryAnswer) addTo(g *seam.Group) {
	if e.BaseCommit != nil {
		g.Base = cmp.Or(g.Base, e.BaseCommit.OID)
	}
	if e.BaseCommit == nil || e.PullRequest == nil {
		g.Hollow = true
	}
	if e.PullRequest != nil {
		g.Members = append(g.Members, seam.Member{Number: e.PullRequest.Number, Head: e.PullRequest.HeadRefOID})
	}
}

// queueEntries reads all pages; none where the branch has no queue. The tip that the
// first page tells is held against the last one's.
func (f *Forge) queueEntries(ctx context.Context, repo pull.Repo, branch string) (queue seam.Queue, all []queueEntryAnswer, err error) {
	vars := map[string]any{"branch": branch, "ref": "refs/heads/" + branch, "after": nil}
	for page := range maxQueue {
		a, err := f.queuePage(ctx, repo, vars)
		if err != nil {
			return queue, nil, err
		}
		switch {
		case a.Repository == nil:
			return queue, nil, forge.ErrNotFound
		case a.Repository.MergeQueue == nil && len(all) == 0:
			return queue, nil, nil
		case a.Repository.MergeQueue == nil || a.Repository.MergeQueue.Entries == nil:
			return queue, nil, errors.New("GitHub left its entries out")
		case page > 0 && a.tip() != queue.Tip:
			return queue, nil, errors.New("the branch moved while it was read")
		}
		q := a.Repository.MergeQueue
		queue.Tip, queue.AllGreen = a.tip(), q.Configuration != nil && q.Configuration.MergingStrategy == "ALLGREEN"
		all = append(all, q.Entries.Nodes...)
		if !q.Entries.PageInfo.HasNextPage {
			if len(all) != q.Entries.TotalCount {
				return queue, nil, fmt.Errorf("GitHub lists %d of %d entries", len(all), q.Entries.TotalCount)
			}
			return queue, all, nil
		}
		vars["after"] = q.Entries.PageInfo.EndCursor
	}
	return queue, nil, errors.New("GitHub gives page after page of entries")
}

// queuePage asks for one page; without the queue's settings where GitHub does not tell
// them, which is no reason not to know who waits.
func (f *Forge) queuePage(ctx context.Context, repo pull.Repo, vars map[string]any) (a queueAnswer, err error) {
	err = f.query(ctx, repo, document(queueText), vars, &a)
	errs, refused := errors.AsType[queryErrors](err)
	const settings = "configuration"
	if refused && slices.ContainsFunc(errs, func(e queryError) bool {
		return slices.Contains(e.Path, any(settings)) || strings.Contains(e.Message, settings)
	}) {
		a = queueAnswer{}
		err = f.query(ctx, repo, documentWithout(queueText, []string{settings}), vars, &a)
	}
	return a, err
}

// HasQueue implements seam.Queues. Servers that do not tell of a queue at a pull
// request send the events all the same.
func (f *Forge) HasQueue(repo pull.Repo) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queues[strings.ToLower(repo.Slug())]
}

func (f *Forge) learnQueue(repo pull.Repo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queues[strings.ToLower(repo.Slug())] = true
}
