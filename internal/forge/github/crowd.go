package github

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// crowdLine asks for one pull request. More objections than this are a crowd of their own.
const crowdLine = `p%d: pullRequest(number: %d) {
      number state headRefOid baseRefName headRefName isCrossRepository author { ...Who }
      reviews(first: 50, states: [CHANGES_REQUESTED]) { ...Reviews }
    }
`

type glanceAnswer struct {
	Number      int           `json:"number"`
	State       string        `json:"state"`
	HeadRefOID  string        `json:"headRefOid"`
	BaseRefName string        `json:"baseRefName"`
	HeadRefName string        `json:"headRefName"`
	FromFork    bool          `json:"isCrossRepository"`
	Author      *whoAnswer    `json:"author"`
	Reviews     reviewsAnswer `json:"reviews"`
}

// Crowd implements seam.Crowd. Where GitHub refuses a query for its size, or does not show
// one of the pull requests, it is halved.
func (f *Forge) Crowd(ctx context.Context, repo pull.Repo, numbers []int) (map[int]seam.Glance, error) {
	var lines strings.Builder
	for i, n := range numbers {
		fmt.Fprintf(&lines, crowdLine, i, n)
	}
	text := strings.Replace(crowdText, "#pulls", lines.String(), 1)
	var a struct {
		Repository map[string]*glanceAnswer `json:"repository"`
	}
	err := f.query(ctx, repo, documentWithout(text, f.refused()), map[string]any{}, &a)
	gone := errors.Is(err, forge.ErrNotFound) // one of them
	switch {
	case (tooMuch(err) || gone) && len(numbers) > 1:
		return halves(numbers, func(half []int) (map[int]seam.Glance, error) { return f.Crowd(ctx, repo, half) })
	case gone:
		return map[int]seam.Glance{}, nil
	case err != nil:
		return nil, fmt.Errorf("read the %d pull requests of one head of %s: %w", len(numbers), repo, err)
	}
	out := map[int]seam.Glance{}
	for i, n := range numbers {
		pr := a.Repository["p"+strconv.Itoa(i)]
		if pr == nil || pr.Number != n || pr.State == "" || pr.HeadRefOID == "" || pr.BaseRefName == "" {
			return nil, fmt.Errorf("read %s#%d: %w", repo, n, forge.MissingField("the pull request's state, head or base"))
		}
		glance := seam.Glance{More: pr.Reviews.PageInfo.HasNextPage, Request: pull.Request{
			Ref: pull.Ref{Repo: repo, Number: n}, Open: pr.State == "OPEN", Head: pr.HeadRefOID, BaseBranch: pr.BaseRefName,
			Author: pr.Author.person(),
		}}
		if !pr.FromFork {
			glance.Request.HeadBranch = pr.HeadRefName
		}
		for _, r := range pr.Reviews.Nodes {
			if r.incomplete() {
				return nil, fmt.Errorf("read the reviews of %s#%d: %w", repo, n, forge.MissingField("a review"))
			}
			glance.Request.Reviews = append(glance.Request.Reviews, r.review())
		}
		out[n] = glance
	}
	return out, nil
}

var _ seam.Crowd = (*Forge)(nil)
