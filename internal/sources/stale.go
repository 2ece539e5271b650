package sources

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Stale returns the pull requests of a repository that must be judged again. now
// are those whose head, base or time of change differs from what is known, and
// those that are no longer listed; later are those that are as they were, but
// whose policy, ownership or teams moved; both by last activity, the most recent first.
// Of a forge with silent changes, they are all the others that are gated. Where nothing
// moved, it costs any other forge only lists, tips and teams that it answers with "not
// modified".
func (r *Reader) Stale(ctx context.Context, repo pull.Repo, known []history.PullState) (now, later []pull.Ref, err error) {
	r.Sweeping(repo)
	listed, err := r.cfg.Lister.OpenRequests(ctx, repo)
	if err != nil {
		return nil, nil, err
	}
	now, at := changed(repo, listed, known)
	if r.cfg.Traits.SilentChanges {
		later = gated(slices.Collect(maps.Values(at)))
	} else {
		later, err = r.moved(ctx, repo, defaultBranch(listed), slices.Collect(maps.Values(at)))
	}
	last := make(map[int]time.Time, len(listed)+len(known))
	for _, k := range known {
		last[k.Ref.Number] = k.UpdatedAt
	}
	for _, l := range listed {
		last[l.Number] = l.UpdatedAt
	}
	byActivity(now, last)
	byActivity(later, last)
	return now, later, err
}

// Changed returns the first of what Stale does, and costs lists alone.
func (r *Reader) Changed(ctx context.Context, repo pull.Repo, known []history.PullState) ([]pull.Ref, error) {
	listed, err := r.cfg.Lister.OpenRequests(ctx, repo)
	if err != nil {
		return nil, err
	}
	now, _ := changed(repo, listed, known)
	return now, nil
}

// changed tells pull requests that are not as they are known from those that are, by number.
func changed(repo pull.Repo, listed []seam.Listed, known []history.PullState) (now []pull.Ref, as map[int]history.PullState) {
	as = make(map[int]history.PullState, len(known))
	for _, k := range known {
		as[k.Ref.Number] = k
	}
	there := make(map[int]bool, len(listed))
	for _, l := range listed {
		there[l.Number] = true
		k, ok := as[l.Number]
		if !ok || k.Head != l.Head || k.BaseBranch != l.BaseBranch || !k.UpdatedAt.Equal(l.UpdatedAt) {
			now = append(now, pull.Ref{Repo: repo, Number: l.Number})
			delete(as, l.Number)
		}
	}
	for _, k := range known {
		if !there[k.Ref.Number] {
			now = append(now, k.Ref)
			delete(as, k.Ref.Number)
		}
	}
	return now, as
}

// defaultBranch is that of a repository whose pull requests are listed.
func defaultBranch(listed []seam.Listed) string {
	if len(listed) == 0 {
		return ""
	}
	return listed[len(listed)-1].DefaultBranch
}

// gated are the pull requests that a check is written for.
func gated(known []history.PullState) []pull.Ref {
	var out []pull.Ref
	for _, k := range known {
		if k.Check != "" {
			out = append(out, k.Ref)
		}
	}
	return out
}

// byActivity orders pull requests by their last activity, the most recent first: on those
// people wait.
func byActivity(refs []pull.Ref, last map[int]time.Time) {
	slices.SortFunc(refs, func(a, b pull.Ref) int {
		return cmp.Or(last[b.Number].Compare(last[a.Number]), cmp.Compare(a.Number, b.Number))
	})
}

// moved returns those of the known pull requests whose basis is no longer what
// they were judged by.
func (r *Reader) moved(ctx context.Context, repo pull.Repo, defaultBranch string, known []history.PullState) ([]pull.Ref, error) {
	if len(known) == 0 {
		return nil, nil
	}
	defaultTip, err := r.cfg.Lister.Tip(ctx, repo, defaultBranch)
	if err != nil {
		return nil, err
	}
	if defaultTip == "" {
		return nil, fmt.Errorf("%s has no default branch", repo)
	}
	byBranch := map[string][]history.PullState{}
	for _, k := range known {
		byBranch[k.BaseBranch] = append(byBranch[k.BaseBranch], k)
	}
	var refs []pull.Ref
	var unread []error
	for _, branch := range slices.Sorted(maps.Keys(byBranch)) {
		moved, err := r.movedOf(ctx, repo, branch, defaultTip, byBranch[branch])
		refs = append(refs, moved...)
		if _, limit := errors.AsType[seam.Limited](err); limit {
			return refs, err
		}
		unread = append(unread, err)
	}
	return refs, errors.Join(unread...)
}

// movedOf is moved for the pull requests of one base branch. What can't be read of one
// keeps none of the others from being looked at, unless it is for a limit.
func (r *Reader) movedOf(ctx context.Context, repo pull.Repo, branch, defaultTip string, known []history.PullState) (refs []pull.Ref,
	err error) {
	tip, err := r.cfg.Lister.Tip(ctx, repo, branch)
	if err != nil {
		return nil, err
	}
	now := currentFingerprint{reader: r, repo: repo, policyTip: defaultTip, baseTip: tip, found: Basis{}}
	still := r.swept(repo, branch, defaultTip, tip)
	together := map[string]bool{} // heads of which one pull request is judged
	for _, k := range known {
		before := parseBasis(k.Sources)
		if still != nil { // what stands at a commit stays so
			maps.DeleteFunc(before, func(key, value string) bool { return still[key] == value && fixed(key, value) })
		}
		moved, problem := now.moved(ctx, before)
		if _, limit := errors.AsType[seam.Limited](problem); limit {
			return refs, problem
		}
		err = errors.Join(err, problem)
		if moved && !together[k.Head] { // twins are judged along
			refs, together[k.Head] = append(refs, k.Ref), true
		}
	}
	if still == nil {
		still = Basis{}
	}
	maps.Copy(still, now.found)
	r.sweptAt(repo, branch, defaultTip, tip, still)
	return refs, err
}

// fixed reports whether a key names something that stands at the commits that a
// sweep saw: a file of the repository itself, or its own policy.
func fixed(key, value string) bool {
	if key == policyKey {
		return !strings.Contains(value, ":") && value != noPolicy
	}
	_, foreign := foreignKey(key)
	return !foreign && !strings.HasPrefix(key, teamKey)
}
