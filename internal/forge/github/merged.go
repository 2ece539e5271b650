package github

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// mergedSize is how many merged pull requests are asked for at once, or half as many as often
// as GitHub finds that too much.
const mergedSize = 24

type mergedAnswer struct {
	Number    int         `json:"number"`
	CreatedAt time.Time   `json:"createdAt"`
	UpdatedAt time.Time   `json:"updatedAt"`
	MergedAt  time.Time   `json:"mergedAt"`
	Author    *whoAnswer  `json:"author"`
	Files     mergedFiles `json:"files"`

	Reviews reviewsAnswer `json:"reviews"`
	Commits struct {
		Nodes []struct {
			Commit struct {
				CommittedDate time.Time `json:"committedDate"`
			} `json:"commit"`
		} `json:"nodes"`
	} `json:"commits"`
}

type mergedFiles struct {
	TotalCount *int `json:"totalCount"`
	Nodes      []struct {
		Path string `json:"path"`
	} `json:"nodes"`
}

// Merged lists the pull requests that were merged since a time, those that changed last first,
// so many at the most. One with more than 100 files or reviews is not Complete. GitHub does not
// tell when a head was pushed: it is taken to be as late as its last commit says, which decides
// nothing here.
func (f *Forge) Merged(ctx context.Context, repo pull.Repo, since time.Time, most int) ([]pull.Merged, error) {
	var out []pull.Merged
	seen := map[int]bool{} // what changes meanwhile moves others to the next page
	vars := map[string]any{"size": mergedSize}
	for size := mergedSize; ; {
		var a struct {
			Repository struct {
				PullRequests *struct {
					PageInfo pageAnswer     `json:"pageInfo"`
					Nodes    []mergedAnswer `json:"nodes"`
				} `json:"pullRequests"`
			} `json:"repository"`
		}
		err := f.query(ctx, repo, documentWithout(mergedText, f.refused()), vars, &a)
		if tooMuch(err) && size > 1 {
			size /= 2
			vars["size"] = size
			continue
		}
		page := a.Repository.PullRequests
		if err == nil && page == nil {
			err = forge.MissingField("the list")
		}
		if err != nil {
			return nil, fmt.Errorf("list the merged pull requests of %s: %w", repo, err)
		}
		for _, pr := range page.Nodes {
			if pr.Number == 0 || pr.MergedAt.IsZero() || pr.Files.TotalCount == nil {
				return nil, fmt.Errorf("list the merged pull requests of %s: %w", repo, forge.MissingField("one's number, time or files"))
			}
			if pr.UpdatedAt.Before(since) || len(out) >= most {
				return out, nil
			}
			if !pr.MergedAt.Before(since) && !seen[pr.Number] {
				seen[pr.Number] = true
				out = append(out, pr.merged(repo))
			}
		}
		if !page.PageInfo.HasNextPage {
			return out, nil
		}
		if len(page.Nodes) == 0 || vars["after"] == page.PageInfo.EndCursor {
			return nil, fmt.Errorf("list the merged pull requests of %s: the list does not go on; try again later", repo)
		}
		vars["after"] = page.PageInfo.EndCursor
	}
}

func (a *mergedAnswer) merged(repo pull.Repo) pull.Merged {
	m := pull.Merged{Pushed: a.CreatedAt, Request: pull.Request{Ref: pull.Ref{Repo: repo, Number: a.Number}, Author: a.Author.person(),
		OpenedAt: a.CreatedAt, UpdatedAt: a.MergedAt, Merged: true}}
	for _, c := range a.Commits.Nodes {
		if c.Commit.CommittedDate.After(m.Pushed) && !c.Commit.CommittedDate.After(a.MergedAt) {
			m.Pushed = c.Commit.CommittedDate
		}
	}
	for _, file := range a.Files.Nodes {
		m.Request.Files = append(m.Request.Files, pull.File{Content: pull.Content{Path: file.Path, Status: pull.Modified}})
	}
	for _, r := range a.Reviews.Nodes {
		review := r.review()
		if review.State == pull.Dismissed { // what it had said is not told: it approves nothing any more, nor does what came before
			review.DismissedState = pull.Commented
		}
		m.Request.Reviews = append(m.Request.Reviews, review)
	}
	m.Request.Complete = len(a.Files.Nodes) == *a.Files.TotalCount && !a.Reviews.PageInfo.HasNextPage &&
		!slices.ContainsFunc(a.Reviews.Nodes, reviewAnswer.incomplete)
	if !m.Request.Complete {
		m.Request.Incomplete = "more than 100 files or reviews"
	}
	return m
}
