package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/go-github/v60/github"
	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// tooLarge reports whether GitHub would compare if it need not list files: of a diff
// that is too large it refuses the page that lists them, for good (dcoapp/app#309).
func tooLarge(err error) bool {
	code := status(err)
	return code == http.StatusUnprocessableEntity || code == http.StatusNotAcceptable || code == http.StatusInternalServerError
}

// largeSpan reads a span whose first page of commits, the only one with files, is
// refused. Second pages of 1, 2, 4 commits and so on hold all commits but the first
// one, and that is where the others come from.
func (f *Forge) largeSpan(ctx context.Context, repo pull.Repo, a, b string) (s commitRange, unrelated bool, err error) {
	second, err := f.comparePage(ctx, repo, a, b, 2, 1)
	if err != nil {
		return commitRange{}, isUnrelated(err), err
	}
	total, base := second.GetTotalCommits(), second.GetMergeBaseCommit().GetSHA()
	switch {
	case second.TotalCommits == nil || base == "":
		return commitRange{}, false, forge.MissingField("how many commits there are, or the merge base")
	case total > maxGraph:
		return commitRange{}, false, errTooLong
	case total == 0:
		return commitRange{base: base}, false, nil
	}
	pages, err := f.laterPages(ctx, repo, a, b, total)
	if err != nil {
		return commitRange{}, false, err
	}
	s = commitRange{base: base}
	if s.commits, err = commitsOf(pages); err != nil {
		return commitRange{}, false, err
	}
	if len(s.commits) != total-1 {
		return commitRange{}, false, fmt.Errorf("GitHub counts %d commits between %s and %s and lists %d different ones behind the first",
			total, a, b,
			len(s.commits))
	}
	first, err := f.firstOf(ctx, repo, a, b, s)
	if err != nil {
		return commitRange{}, false, err
	}
	s.commits = slices.Insert(s.commits, 0, first)
	return s, false, nil
}

// laterPages reads all commits of a comparison but the first one, some of them more
// than once.
func (f *Forge) laterPages(ctx context.Context, repo pull.Repo, a, b string, total int) ([]*github.CommitsComparison, error) {
	type ask struct{ page, size int }
	var asks []ask
	for size := 1; size < min(total, pageSize); size *= 2 {
		asks = append(asks, ask{2, size})
	}
	for page := 2; (page-1)*pageSize < total; page++ {
		asks = append(asks, ask{page, pageSize})
	}
	pages := make([]*github.CommitsComparison, len(asks))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, p := range asks {
		group.Go(func() (err error) {
			pages[i], err = f.comparePage(ctx, repo, a, b, p.page, p.size)
			return err
		})
	}
	return pages, group.Wait()
}

// commitsOf lists the commits of some pages, each once.
func commitsOf(pages []*github.CommitsComparison) ([]pull.Commit, error) {
	var out []pull.Commit
	seen := map[string]bool{}
	for _, page := range pages {
		for _, rc := range page.Commits {
			if rc.GetSHA() == "" {
				return nil, forge.MissingField("a commit's id")
			}
			if seen[rc.GetSHA()] {
				continue
			}
			seen[rc.GetSHA()] = true
			c := pull.Commit{ID: rc.GetSHA()}
			for _, p := range rc.Parents {
				c.Parents = append(c.Parents, p.GetSHA())
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// firstOf finds the commit that a span lacks: the head itself where it has no other,
// else the parent of one of its commits that a has not.
func (f *Forge) firstOf(ctx context.Context, repo pull.Repo, a, b string, s commitRange) (pull.Commit, error) {
	id := b
	if len(s.commits) > 0 {
		id = ""
		edge := slices.DeleteFunc(s.edge(), func(p string) bool { return p == s.base })
		if len(edge) > maxMet {
			return pull.Commit{}, errTooMany(len(edge), maxMet)
		}
		relations, err := f.relations(ctx, repo, a, edge)
		if err != nil {
			return pull.Commit{}, err
		}
		for i, relation := range relations {
			if relation != "behind" && relation != "identical" {
				id = edge[i]
			}
		}
	}
	if id == "" {
		return pull.Commit{}, fmt.Errorf("GitHub counts a commit between %s and %s that is no parent of another one", a, b)
	}
	made, err := f.peopleBatch(ctx, repo, []string{id})
	if err != nil {
		return pull.Commit{}, err
	}
	c := pull.Commit{ID: id}
	for _, p := range made[0].Parents.Nodes {
		c.Parents = append(c.Parents, p.OID)
	}
	if !counts(made[0].Parents.TotalCount, len(c.Parents)) {
		return pull.Commit{}, fmt.Errorf("commit %s in %s has more parents than GitHub lists", id, repo)
	}
	return c, nil
}
