package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// fillCommits adds the commits, and the merge base where they tell it. What a
// list cannot hold is read by comparison.
func (f *Forge) fillCommits(ctx context.Context, look *seam.Look, pr *pullAnswer) error {
	r := &look.Request
	listed := make(map[string]commitAnswer, len(pr.Commits.Nodes))
	var ids []string
	for _, n := range pr.Commits.Nodes {
		listed[n.Commit.OID] = n.Commit
		ids = append(ids, n.Commit.OID)
	}
	// A list of just as many may have been cut; then it lacks the head.
	_, hasHead := listed[r.Head]
	if n := *pr.Commits.TotalCount; n > maxCommits || n == maxCommits && !hasHead {
		var err error
		if ids, look.MoreCommits, err = f.allCommits(ctx, r, listed); err != nil {
			return err
		}
	}
	for _, id := range ids {
		c, whole := listed[id].commit()
		if !whole {
			look.MoreCommits = fmt.Sprintf("commit %s has more authors or parents than GitHub lists", id)
		}
		r.Commits = append(r.Commits, c)
	}
	// With a single commit at the edge every path from the head into the base
	// runs through it, so it is the merge base.
	if edge := (commitRange{commits: r.Commits}).edge(); len(edge) == 1 && look.MoreCommits == "" {
		r.MergeBase = edge[0]
	}
	return nil
}

// allCommits lists the commits that the head has and the base branch has not,
// and adds to listed those that it lacks. Where they can't be read for good it
// says why, with those that are listed.
func (f *Forge) allCommits(ctx context.Context, r *pull.Request, listed map[string]commitAnswer) (ids []string, why string, err error) {
	for id := range listed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if r.BaseTip == "" {
		return ids, fmt.Sprintf("the pull request has more commits than the %d that GitHub lists, and its base branch is gone", maxCommits), nil
	}
	s, unrelated, err := f.span(ctx, r.Ref.Repo, r.BaseTip, r.Head)
	switch {
	case unrelated:
		return ids, "the pull request has no history in common with its base branch, so who wrote it is not known", nil
	case errors.Is(err, errTooLong):
		return ids, fmt.Sprintf("the pull request has more than %d commits, so who wrote it is not known", maxGraph), nil
	case errors.Is(err, pull.ErrTooLarge):
		return ids, "the pull request met its base branch in more places than are looked at, so who wrote it is not known; rebase it", nil
	case errors.Is(err, forge.ErrNotFound): // the pull request itself is there
		return nil, "", fmt.Errorf("compare base and head: %v", err) //nolint:errorlint // not its kind
	case err != nil:
		return nil, "", err
	}
	ids = nil
	var missing []string
	for _, c := range s.commits {
		ids = append(ids, c.ID)
		if _, ok := listed[c.ID]; !ok {
			missing = append(missing, c.ID)
		}
	}
	return ids, "", f.people(ctx, r.Ref.Repo, missing, listed)
}

// Commits implements seam.Trees.
func (f *Forge) Commits(ctx context.Context, repo pull.Repo, base, head string) ([]pull.Commit, error) {
	s, _, err := f.span(ctx, repo, base, head)
	if err != nil {
		return nil, fmt.Errorf("read the commits between %s and %s in %s: %w", base, head, repo, err)
	}
	ids := make([]string, len(s.commits))
	for i, c := range s.commits {
		ids[i] = c.ID
	}
	made := map[string]commitAnswer{}
	if err := f.people(ctx, repo, ids, made); err != nil {
		return nil, fmt.Errorf("read who made the commits between %s and %s in %s: %w", base, head, repo, err)
	}
	out := make([]pull.Commit, len(ids))
	for i, id := range ids {
		c, whole := made[id].commit()
		if !whole {
			return nil, fmt.Errorf("commit %s in %s has more authors or parents than GitHub lists", id, repo)
		}
		out[i] = c
	}
	return out, nil
}

// people reads commits with those who made them, many a query.
func (f *Forge) people(ctx context.Context, repo pull.Repo, ids []string, into map[string]commitAnswer) error {
	batches := slices.Collect(slices.Chunk(ids, perQuery))
	read := make([][]commitAnswer, len(batches))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(queriesAtOnce)
	for i, batch := range batches {
		group.Go(func() (err error) {
			read[i], err = f.peopleBatch(ctx, repo, batch)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, c := range slices.Concat(read...) {
		into[c.OID] = c
	}
	return nil
}

func (f *Forge) peopleBatch(ctx context.Context, repo pull.Repo, ids []string) ([]commitAnswer, error) {
	vars := map[string]any{}
	text := withObjects(peopleText, ids, vars, "{ ...Made }")
	var a struct {
		Repository map[string]json.RawMessage `json:"repository"`
	}
	err := f.query(ctx, repo, document(text), vars, &a)
	if tooMuch(err) && len(ids) > 1 {
		first, err := f.peopleBatch(ctx, repo, ids[:len(ids)/2])
		if err != nil {
			return nil, err
		}
		second, err := f.peopleBatch(ctx, repo, ids[len(ids)/2:])
		return append(first, second...), err
	}
	if err != nil {
		return nil, err
	}
	out := make([]commitAnswer, len(ids))
	for i, id := range ids {
		if err := json.Unmarshal(a.Repository["o"+strconv.Itoa(i)], &out[i]); err != nil || out[i].OID != id {
			return nil, fmt.Errorf("GitHub gives no commit %s", id)
		}
	}
	return out, nil
}
