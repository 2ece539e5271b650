package gitea

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// mergedAtOnce is of how many merged pull requests the files and reviews are read at once.
const mergedAtOnce = 4

type mergedAnswer struct {
	Number    int         `json:"number"`
	User      *userAnswer `json:"user"`
	MergedAt  *time.Time  `json:"merged_at"`
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
	Head      struct {
		SHA string `json:"sha"`
	} `json:"head"`
}

// Merged lists the pull requests that were merged since a time, those that changed last first,
// so many at the most; three calls for each. Gitea does not tell when a head was pushed: it is
// taken to be as late as its last commit says, which decides nothing here.
func (f *Forge) Merged(ctx context.Context, repo pull.Repo, since time.Time, most int) ([]pull.Merged, error) {
	found, err := f.mergedSince(ctx, repo, since, most)
	out := make([]pull.Merged, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(mergedAtOnce)
	for i := range found {
		group.Go(func() (err error) {
			out[i], err = f.merged(ctx, repo, &found[i])
			return err
		})
	}
	if err := cmp.Or(err, group.Wait()); err != nil {
		return nil, fmt.Errorf("list the merged pull requests of %s: %w", repo, err)
	}
	return out, nil
}

// mergedSince reads page after page until one changed before a time: whatever was merged since
// has changed since.
func (f *Forge) mergedSince(ctx context.Context, repo pull.Repo, since time.Time, most int) (out []mergedAnswer, err error) {
	seen := map[int]bool{} // what changes meanwhile moves others to the next page
	for n := 1; ; n++ {
		_, some, _, err := readPage[mergedAnswer](ctx, f, repoPath(repo, "pulls"), url.Values{"state": {"closed"}, "sort": {"recentupdate"}}, n)
		if err != nil || len(some) == 0 {
			return out, err
		}
		news := false // a server that knows no pages tells the first one for ever
		for _, p := range some {
			if p.Number == 0 || p.UpdatedAt.IsZero() {
				return nil, forge.MissingField("one's number or time")
			}
			if p.UpdatedAt.Before(since) || len(out) >= most {
				return out, nil
			}
			if news = news || !seen[p.Number]; p.MergedAt != nil && !p.MergedAt.Before(since) && !seen[p.Number] {
				out = append(out, p)
			}
			seen[p.Number] = true
		}
		if !news {
			return out, nil
		}
	}
}

// merged reads what a pull request changed, and who had reviewed it how.
func (f *Forge) merged(ctx context.Context, repo pull.Repo, p *mergedAnswer) (pull.Merged, error) {
	r := pull.Request{Ref: pull.Ref{Repo: repo, Number: p.Number}, Author: p.User.person(), OpenedAt: p.CreatedAt, UpdatedAt: *p.MergedAt,
		Merged: true, Complete: true}
	files, err := list[struct {
		Filename string `json:"filename"`
	}](ctx, f, repoPath(repo, "pulls", p.Number, "files"), nil)
	switch {
	case errors.Is(err, pull.ErrTooLarge):
		r.Complete, r.Incomplete = false, "too many files"
	case err != nil:
		return pull.Merged{}, fmt.Errorf("#%d: files: %w", p.Number, err)
	}
	for _, file := range files {
		r.Files = append(r.Files, pull.File{Content: pull.Content{Path: file.Filename, Status: pull.Modified}})
	}
	reviews, err := list[reviewAnswer](ctx, f, repoPath(repo, "pulls", p.Number, "reviews"), nil)
	if err == nil {
		// What was dismissed counts for nothing; what was replaced is dismissed, too, by what counts.
		err = f.tell(&r, slices.DeleteFunc(reviews, func(a reviewAnswer) bool { return a.State == asks || a.Dismissed }), nil, nil)
	}
	if err != nil {
		return pull.Merged{}, fmt.Errorf("#%d: reviews: %w", p.Number, err)
	}
	pushed, err := f.committed(ctx, repo, p.Head.SHA)
	if err != nil {
		return pull.Merged{}, fmt.Errorf("#%d: head: %w", p.Number, err)
	}
	if pushed.Before(p.CreatedAt) || pushed.After(*p.MergedAt) {
		pushed = p.CreatedAt
	}
	return pull.Merged{Request: r, Pushed: pushed}, nil
}

// committed is when a commit says that it was made; zero where the server has it no more.
func (f *Forge) committed(ctx context.Context, repo pull.Repo, commit string) (time.Time, error) {
	var a struct {
		Created time.Time `json:"created"`
	}
	if !pull.IsID(commit) {
		return time.Time{}, nil
	}
	err := f.get(ctx, repoPath(repo, "git", "commits", commit),
		url.Values{"stat": {"false"}, "verification": {"false"}, "files": {"false"}}, &a)
	if errors.Is(err, forge.ErrNotFound) {
		return time.Time{}, nil
	}
	return a.Created, err
}
