// Package past lists what was merged on a Gitee or a GitCode, with who had accepted it. These
// forges tell neither when somebody accepted nor which commit: whoever accepts in the end is
// taken to have accepted what was merged.
package past

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// atOnce is of how many pull requests more is read at once.
const atOnce = 4

// cutAt is how many files a list has, or several times as many, that may have been cut: Gitee
// ends at 300 without a word.
const cutAt = 100

// Merged lists the pull requests that were merged since a time, those that changed last first,
// so many at the most; two calls for each. A list of files that may have been cut is not
// Complete. request reads what is told of one.
func Merged(ctx context.Context, c *rest.Client, request func(pull.Ref, *rest.Pull) pull.Request, repo pull.Repo, since time.Time,
	most int) ([]pull.Merged, error) {
	numbers, err := numbersSince(ctx, c, repo, since, most)
	out := make([]pull.Merged, len(numbers))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, number := range numbers {
		group.Go(func() (err error) {
			ref := pull.Ref{Repo: repo, Number: number}
			if out[i], err = merged(ctx, c, request, ref); err != nil {
				err = fmt.Errorf("#%d: %w", number, err)
			}
			return err
		})
	}
	if err := cmp.Or(err, group.Wait()); err != nil {
		return nil, fmt.Errorf("list the merged pull requests of %s: %w", repo, err)
	}
	return out, nil
}

// listed is a pull request as a list shows it.
type listed struct {
	Number    rest.Number `json:"number"`
	UpdatedAt rest.Moment `json:"updated_at"`
	MergedAt  rest.Moment `json:"merged_at"`
}

// numbersSince reads page after page until one changed before a time: whatever was merged since
// has changed since.
func numbersSince(ctx context.Context, c *rest.Client, repo pull.Repo, since time.Time, most int) (out []int, err error) {
	seen := map[int]bool{} // what changes meanwhile moves others to the next page
	query := url.Values{"state": {"merged"}, "sort": {"updated"}, "direction": {"desc"}}
	for n := 1; ; n++ {
		some, err := rest.Page[listed](ctx, c, rest.RepoPath(repo, "pulls"), query, n)
		if err != nil || len(some) == 0 {
			return out, err
		}
		news := false // a server that knows no pages tells the first one for ever
		for _, p := range some {
			if p.Number == 0 || p.UpdatedAt.IsZero() || p.MergedAt.IsZero() {
				return nil, forge.MissingField("one's number or times")
			}
			if p.UpdatedAt.Before(since) || len(out) >= most {
				return out, nil
			}
			if news = news || !seen[int(p.Number)]; !p.MergedAt.Before(since) && !seen[int(p.Number)] {
				out = append(out, int(p.Number))
			}
			seen[int(p.Number)] = true
		}
		if !news {
			return out, nil
		}
	}
}

// merged reads one.
func merged(ctx context.Context, c *rest.Client, request func(pull.Ref, *rest.Pull) pull.Request, ref pull.Ref) (pull.Merged, error) {
	var p rest.Pull
	if _, err := c.Call(ctx, http.MethodGet, rest.PullPath(ref), nil, nil, &p); err != nil {
		return pull.Merged{}, err
	}
	if err := p.Whole(ref.Number); err != nil {
		return pull.Merged{}, err
	}
	var files rest.Many[struct {
		Filename rest.Text `json:"filename"`
	}]
	if err := c.Get(ctx, rest.PullPath(ref, "files"), nil, &files); err != nil {
		return pull.Merged{}, fmt.Errorf("files: %w", err)
	}
	r := request(ref, &p)
	r.UpdatedAt, r.Merged, r.Complete = p.MergedAt.Time, true, true
	for i := range r.Reviews {
		r.Reviews[i].Commit = r.Head
	}
	for _, file := range files {
		r.Files = append(r.Files, pull.File{Content: pull.Content{Path: string(file.Filename), Status: pull.Modified}})
	}
	if n := len(files); n > 0 && n%cutAt == 0 {
		r.Complete, r.Incomplete = false, fmt.Sprintf("the list of %d files may have been cut", n)
	}
	return pull.Merged{Request: r}, nil
}
