package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// listPage is what is kept of a page of open pull requests: a hundred of them
// take a megabyte as GitHub writes them, and ten kilobytes so.
type listPage struct {
	etag   string
	listed []seam.Listed
	next   int // the next page; 0: none
}

// maxListed bounds the pull requests of kept pages.
const maxListed = 200_000

// listPages keeps pages by repository and number.
type listPages struct {
	pages map[string]listPage
	size  int
}

func (l *listPages) put(key string, p listPage) {
	l.size += len(p.listed) - len(l.pages[key].listed)
	if l.pages == nil || l.size > maxListed {
		l.pages, l.size = map[string]listPage{}, len(p.listed)
	}
	l.pages[key] = p
}

// OpenRequests implements seam.Lister. A page that is as it was costs nothing of
// the rate limit.
func (f *Forge) OpenRequests(ctx context.Context, repo pull.Repo) ([]seam.Listed, error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return nil, err
	}
	var out []seam.Listed
	for page := 1; page > 0; {
		p, err := f.openPage(ctx, c, repo, page)
		if err == nil {
			page, err = following(page, p.next)
		}
		if err != nil {
			return nil, fmt.Errorf("list open pull requests of %s: %w", repo, kind(err))
		}
		out = append(out, p.listed...)
	}
	return out, nil
}

func (f *Forge) openPage(ctx context.Context, c *client, repo pull.Repo, page int) (listPage, error) {
	key := fmt.Sprintf("%s %d", strings.ToLower(repo.Slug()), page)
	f.mu.Lock()
	kept, ok := f.lists.pages[key]
	f.mu.Unlock()
	req, err := c.rest.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/pulls?state=open&per_page=%d&page=%d", repo.Owner, repo.Name,
		pageSize, page), nil)
	if err != nil {
		return listPage{}, err
	}
	// With any condition of its own, a request's answer is not kept elsewhere.
	req.Header.Set("If-None-Match", `"none"`)
	if ok {
		req.Header.Set("If-None-Match", kept.etag)
	}
	var prs []*github.PullRequest
	res, err := c.rest.Do(ctx, req, &prs)
	if ok && status(err) == http.StatusNotModified {
		return kept, nil
	}
	if err != nil {
		return listPage{}, err
	}
	p := listPage{etag: res.Header.Get("ETag"), next: res.NextPage}
	for _, pr := range prs {
		if pr.GetNumber() == 0 || pr.GetHead().GetSHA() == "" || pr.GetBase().GetRef() == "" {
			return listPage{}, forge.MissingField("a pull request's number, head or base")
		}
		p.listed = append(p.listed, seam.Listed{
			Number: pr.GetNumber(), Head: pr.GetHead().GetSHA(), BaseBranch: pr.GetBase().GetRef(),
			DefaultBranch: pr.GetBase().GetRepo().GetDefaultBranch(), UpdatedAt: pr.GetUpdatedAt().Time,
			HeadBranch: pr.GetHead().GetRef(), HeadRepo: pr.GetHead().GetRepo().GetFullName(),
		})
	}
	if p.etag != "" {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.lists.put(key, p)
	}
	return p, nil
}
