package github

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxPages bounds the queries for what the first page of a look left out.
const maxPages = 1000

// fewCommits is how many commits a page has: each brings its people along.
const fewCommits = 50

// part is one of the lists of a pull request.
type part string

const (
	reviewsPart  part = "Reviews"
	commentsPart part = "Comments"
	commitsPart  part = "Commits"
	eventsPart   part = "Events"
)

// page returns where a part goes on.
func (pr *pullAnswer) page(p part) pageAnswer {
	switch p {
	case reviewsPart:
		return pr.Reviews.PageInfo
	case commentsPart:
		return pr.Comments.PageInfo
	case commitsPart:
		page := pr.Commits.PageInfo
		if n := pr.Commits.TotalCount; n != nil && *n > maxCommits {
			page.HasNextPage = false // it lists no more, and the rest is read by comparison
		}
		return page
	case eventsPart:
		if pr.Events != nil {
			return pr.Events.PageInfo
		}
	}
	return pageAnswer{}
}

// missing lists the parts that have pages left.
func (pr *pullAnswer) missing() []part {
	all := []part{reviewsPart, commentsPart, commitsPart, eventsPart}
	return slices.DeleteFunc(all, func(p part) bool { return !pr.page(p).HasNextPage })
}

// putOff has all parts be read that a look was asked without.
func (pr *pullAnswer) putOff(events bool) {
	begin := pageAnswer{HasNextPage: true}
	pr.apart, pr.Reviews.PageInfo, pr.Comments.PageInfo, pr.Commits.PageInfo = true, begin, begin, begin
	if events {
		pr.Events = &eventsAnswer{PageInfo: begin}
	}
}

// readPages reads what the first page left out. Where the server gives up on a query,
// each part has one of its own, and then smaller pages.
func (f *Forge) readPages(ctx context.Context, ref pull.Ref, pr *pullAnswer) error {
	size := pageSize
	for range maxPages {
		ask := pr.missing()
		if len(ask) == 0 {
			return wholePages(pr)
		}
		if pr.apart {
			ask = ask[:1]
		}
		next, err := f.pages(ctx, ref, pr, ask, size)
		errs, refused := errors.AsType[queryErrors](err)
		switch {
		case err == nil:
			if err := pr.join(next, ask); err != nil {
				return err
			}
		case !refused || !errs.exhausted() || len(ask) == 1 && size == 1:
			return err
		case len(ask) > 1:
			pr.apart = true
		default:
			size /= 2
		}
	}
	return errors.New("GitHub gives page after page of reviews, comments or commits")
}

// pages reads the next page of some parts.
func (f *Forge) pages(ctx context.Context, ref pull.Ref, pr *pullAnswer, ask []part, size int) (*pullAnswer, error) {
	vars := map[string]any{"number": ref.Number, "size": size, "few": min(size, fewCommits)}
	for _, p := range []part{reviewsPart, commentsPart, commitsPart, eventsPart} {
		vars["want"+string(p)] = slices.Contains(ask, p)
		if after := pr.page(p).EndCursor; after != "" {
			vars[strings.ToLower(string(p))] = after
		}
	}
	var a lookAnswer
	if err := f.query(ctx, ref.Repo, documentWithout(moreText, f.refused()), vars, &a); err != nil {
		return nil, err
	}
	if a.Repository == nil || a.Repository.PullRequest == nil {
		return nil, forge.MissingField("the pull request")
	}
	return a.Repository.PullRequest, nil
}

// join adds the pages that were asked for.
func (pr *pullAnswer) join(next *pullAnswer, asked []part) error {
	if next.HeadRefOID != pr.HeadRefOID {
		return errors.New("the head moved while its commits were read")
	}
	for _, p := range asked {
		switch p {
		case reviewsPart:
			pr.Reviews.Nodes = append(pr.Reviews.Nodes, next.Reviews.Nodes...)
			pr.Reviews.PageInfo, pr.Reviews.TotalCount = next.Reviews.PageInfo, next.Reviews.TotalCount
		case commentsPart:
			pr.Comments.Nodes = append(pr.Comments.Nodes, next.Comments.Nodes...)
			pr.Comments.PageInfo, pr.Comments.TotalCount = next.Comments.PageInfo, next.Comments.TotalCount
		case commitsPart:
			pr.Commits.Nodes = append(pr.Commits.Nodes, next.Commits.Nodes...)
			pr.Commits.PageInfo, pr.Commits.TotalCount = next.Commits.PageInfo, next.Commits.TotalCount
		case eventsPart:
			if next.Events == nil {
				return errors.New("GitHub left out a page of events")
			}
			pr.Events.Nodes = append(pr.Events.Nodes, next.Events.Nodes...)
			pr.Events.PageInfo = next.Events.PageInfo
		}
	}
	return nil
}
