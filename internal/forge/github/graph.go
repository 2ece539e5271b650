package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-github/v60/github"
	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Bounds on what is read to find merge bases. Beyond one of them the error is
// pull.ErrTooLarge.
const (
	maxGraph  = 10_000 // commits of one comparison that are read
	maxMet    = 200    // common ancestors that are held against GitHub's merge base
	maxEdge   = 30     // common ancestors that are held against each other
	keptBases = 4096   // results of MergeBases that are kept
)

// commitRange is what b has and a has not: the commits that can be reached from b and
// not from a, in GitHub's order, with their parents.
type commitRange struct {
	commits []pull.Commit // people not read
	base    string        // a merge base, GitHub's choice
}

// errTooLong means that a span has more commits than are read.
var errTooLong = fmt.Errorf("%w: more than %d commits lie between them", pull.ErrTooLarge, maxGraph)

// edge lists the parents of a span's commits that are not in it, in order of
// id. All of them can be reached from a.
func (s commitRange) edge() []string {
	listed, edge := map[string]bool{}, map[string]bool{}
	for _, c := range s.commits {
		listed[c.ID] = true
	}
	for _, c := range s.commits {
		for _, p := range c.Parents {
			if !listed[p] {
				edge[p] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(edge))
}

// span reads all commits between a and b, page by page. Commits without common
// history give an error and unrelated set.
func (f *Forge) span(ctx context.Context, repo pull.Repo, a, b string) (s commitRange, unrelated bool, err error) {
	first, err := f.comparePage(ctx, repo, a, b, 1, pageSize)
	if tooLarge(err) {
		return f.largeSpan(ctx, repo, a, b)
	}
	if err != nil {
		return commitRange{}, isUnrelated(err), err
	}
	if first.TotalCommits == nil || first.GetMergeBaseCommit().GetSHA() == "" {
		return commitRange{}, false, forge.MissingField("how many commits there are, or the merge base")
	}
	total := first.GetTotalCommits()
	if total > maxGraph {
		return commitRange{}, false, errTooLong
	}
	pages := make([]*github.CommitsComparison, max(1, (total+pageSize-1)/pageSize))
	pages[0] = first
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range pages[1:] {
		group.Go(func() (err error) {
			pages[i+1], err = f.comparePage(ctx, repo, a, b, i+2, pageSize)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return commitRange{}, false, err
	}
	s.base = first.GetMergeBaseCommit().GetSHA()
	if s.commits, err = commitsOf(pages); err != nil {
		return commitRange{}, false, err
	}
	if listed := len(s.commits); listed != total {
		return commitRange{}, false, fmt.Errorf("GitHub counts %d commits between %s and %s and lists %d different ones", total, a, b, listed)
	}
	return s, false, nil
}

// comparePage compares by one page of commits; only the first one lists files.
func (f *Forge) comparePage(ctx context.Context, repo pull.Repo, a, b string, page, size int) (*github.CommitsComparison, error) {
	return f.compareBy(ctx, repo, a, b, &github.ListOptions{Page: page, PerPage: size})
}

// isUnrelated tells an answer about commits without common history, which is a
// 404 too, from one about a commit that is gone.
func isUnrelated(err error) bool {
	res, ok := errors.AsType[*github.ErrorResponse](err)
	return ok && status(err) == http.StatusNotFound && strings.Contains(res.Message, "No common ancestor")
}

// bases keeps what MergeBases found: facts that never change.
type bases struct {
	mu   sync.Mutex
	kept map[string][]string
}

func (k *bases) get(key string) ([]string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ids, ok := k.kept[key]
	return slices.Clone(ids), ok
}

func (k *bases) put(key string, ids []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= keptBases {
		k.kept = map[string][]string{}
	}
	k.kept[key] = slices.Clone(ids)
}

// MergeBases implements seam.Trees. GitHub names one merge base; the others
// follow from the commits: a path from b into a's history leaves the commits
// that only b has at the edge, so every merge base is there, and those of the
// edge that are no ancestor of another one are the merge bases.
func (f *Forge) MergeBases(ctx context.Context, repo pull.Repo, a, b string) ([]string, error) {
	if a == b {
		return []string{a}, nil
	}
	key := strings.ToLower(repo.Slug()) + " " + a + " " + b
	if ids, ok := f.bases.get(key); ok {
		return ids, nil
	}
	ids, err := f.mergeBases(ctx, repo, a, b)
	if err != nil {
		return nil, fmt.Errorf("find the merge bases of %s and %s in %s: %w", a, b, repo, err)
	}
	f.bases.put(key, ids)
	return ids, nil
}

func (f *Forge) mergeBases(ctx context.Context, repo pull.Repo, a, b string) ([]string, error) {
	s, unrelated, err := f.span(ctx, repo, a, b)
	switch {
	case unrelated:
		return nil, nil
	case errors.Is(err, errTooLong):
		return nil, fmt.Errorf("%w; rebase the pull request", err)
	case err != nil:
		return nil, err
	case len(s.commits) == 0 && s.base != b:
		return nil, fmt.Errorf("GitHub lists nothing between them, but %q as merge base", s.base)
	case len(s.commits) == 0:
		return []string{b}, nil
	}
	edge := s.edge()
	switch {
	case !slices.Contains(edge, s.base):
		return nil, fmt.Errorf("GitHub's merge base %q is no parent of a listed commit", s.base)
	case len(edge) == 1:
		return edge, nil
	case len(edge) > maxMet:
		return nil, errTooMany(len(edge), maxMet)
	}
	return f.best(ctx, repo, edge, s.base)
}

func errTooMany(met, most int) error {
	return fmt.Errorf("%w: the branches met at %d places, and at most %d are looked at; rebase the pull request", pull.ErrTooLarge, met, most)
}

// best drops the commits that are ancestors of another one. The first one is
// GitHub's merge base, so holding it against the others mostly leaves nothing
// to do: they are where the base branch was merged in before.
func (f *Forge) best(ctx context.Context, repo pull.Repo, commits []string, first string) ([]string, error) {
	left := slices.DeleteFunc(slices.Clone(commits), func(id string) bool { return id == first })
	left = slices.Insert(left, 0, first)
	for i := 0; i < len(left); {
		relations, err := f.relations(ctx, repo, left[i], left[i+1:])
		if err != nil {
			return nil, err
		}
		kept := slices.Clone(left[:i+1])
		for j, other := range left[i+1:] {
			if relations[j] != "behind" {
				kept = append(kept, other)
			}
		}
		left = kept
		if slices.Contains(relations, "ahead") {
			left = slices.Delete(left, i, i+1)
		} else {
			i++
		}
		if len(left) > maxEdge {
			return nil, errTooMany(len(left), maxEdge)
		}
	}
	slices.Sort(left)
	return left, nil
}

// relations returns of each of the others whether it is "ahead" of a commit,
// "behind" it, "diverged" or "identical".
func (f *Forge) relations(ctx context.Context, repo pull.Repo, commit string, others []string) ([]string, error) {
	out := make([]string, len(others))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, other := range others {
		group.Go(func() error {
			cmp, err := f.comparePage(ctx, repo, commit, other, 2, 1) // the second page has no files
			if err != nil {
				return err
			}
			out[i] = cmp.GetStatus()
			if !slices.Contains([]string{"ahead", "behind", "diverged", "identical"}, out[i]) {
				return fmt.Errorf("GitHub says %q of %s against %s", out[i], other, commit)
			}
			return nil
		})
	}
	return out, group.Wait()
}
