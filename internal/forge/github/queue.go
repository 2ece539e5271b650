package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxQueue bounds the pages of a merge queue, of 100 entries each.
const maxQueue = 20

type queueAnswer struct {
	Repository *struct {
		MergeQueue *struct {
			Entries *struct {
				TotalCount int                `json:"totalCount"`
				PageInfo   pageAnswer         `json:"pageInfo"`
				Nodes      []queueEntryAnswer `json:"nodes"`
			} `json:"entries"`
		} `json:"mergeQueue"`
	} `json:"repository"`
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

// MergeQueue implements gate.Queues. Entries that GitHub merges together have
// one head commit; an entry without one is not in a group yet.
func (f *Forge) MergeQueue(ctx context.Context, repo pull.Repo, branch string) ([]gate.Group, error) {
	entries, err := f.queueEntries(ctx, repo, branch)
	if err != nil {
		return nil, fmt.Errorf("read the merge queue of %s in %s: %w", branch, repo, err)
	}
	slices.SortStableFunc(entries, func(a, b queueEntryAnswer) int { return cmp.Compare(a.Position, b.Position) })
	var groups []gate.Group
	for _, e := range entries {
		if e.HeadCommit == nil {
			continue
		}
		if e.BaseCommit == nil || e.PullRequest == nil {
			return nil, fmt.Errorf("read the merge queue of %s in %s: GitHub tells no base or no pull request of %s", branch, repo, e.HeadCommit.OID)
		}
		i := slices.IndexFunc(groups, func(g gate.Group) bool { return g.Head == e.HeadCommit.OID })
		if i < 0 {
			i = len(groups)
			groups = append(groups, gate.Group{Head: e.HeadCommit.OID, Base: e.BaseCommit.OID})
		}
		groups[i].Members = append(groups[i].Members, gate.Member{Number: e.PullRequest.Number, Head: e.PullRequest.HeadRefOID})
	}
	return groups, nil
}

// queueEntries reads all pages; none where the branch has no queue.
func (f *Forge) queueEntries(ctx context.Context, repo pull.Repo, branch string) ([]queueEntryAnswer, error) {
	vars := map[string]any{"branch": branch, "after": nil}
	var all []queueEntryAnswer
	for range maxQueue {
		var a queueAnswer
		if err := f.query(ctx, repo, document(queueText), vars, &a); err != nil {
			return nil, err
		}
		switch {
		case a.Repository == nil:
			return nil, forge.ErrNotFound
		case a.Repository.MergeQueue == nil && len(all) == 0:
			return nil, nil
		case a.Repository.MergeQueue == nil || a.Repository.MergeQueue.Entries == nil:
			return nil, errors.New("GitHub left its entries out")
		}
		page := a.Repository.MergeQueue.Entries
		all = append(all, page.Nodes...)
		if !page.PageInfo.HasNextPage {
			if len(all) != page.TotalCount {
				return nil, fmt.Errorf("GitHub lists %d of %d entries", len(all), page.TotalCount)
			}
			return all, nil
		}
		vars["after"] = page.PageInfo.EndCursor
	}
	return nil, errors.New("GitHub gives page after page of entries")
}

// HasQueue implements gate.Queues. Servers that do not tell of a queue at a pull
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
