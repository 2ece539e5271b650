package sweep

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// maxInspected bounds the checks that a sweep looks at because others may write them.
const maxInspected = 1000

// inspection looks at the checks of a forge.
type inspection struct {
	Swept
	heads Heads
}

// overwritten returns those of some open pull requests whose check on the forge is
// not the one that was written last: somebody, or some fault, has changed it and
// no event told. Where a branch is known to take the check from us alone, or not to
// require it, that can only be a fault, and it looks at so many, those that were not
// looked at for longest; where it is not, it looks at all, as nothing tells of a
// completed check that is changed (Mergifyio/mergify#181). Where they are as they were, that costs nothing of
// the rate limit.
func (i *inspection) overwritten(ctx context.Context, repo pull.Repo, known []history.PullState, most int) ([]history.PullState, error) {
	if i.Inspector == nil {
		return nil, nil
	}
	if err := i.Gate.ReadProtection(ctx, repo, known); err != nil {
		return nil, fmt.Errorf("read what the branches of %s require: %w", repo, err)
	}
	var safe, open []history.PullState
	for _, k := range known {
		switch {
		case k.Check == "":
		case i.Gate.Required(repo, k.BaseBranch, k.Check).Open():
			open = append(open, k)
		default:
			safe = append(safe, k)
		}
	}
	from := i.Gate.Sources.Sweeps(repo)
	seen := map[string]bool{} // a check that several share may be written by others if one of their branches lets them
	look := turn(i.onePerCheck(open, seen), from*maxInspected, maxInspected)
	look = append(look, turn(i.onePerCheck(safe, seen), from*most, most)...)
	var differ []history.PullState
	for _, k := range look {
		ok, err := i.stands(ctx, k)
		if err != nil {
			return differ, fmt.Errorf("look at the check on %s: %w", k.Ref, err)
		}
		if !ok {
			differ = append(differ, k)
		}
	}
	beside, err := i.besideOf(ctx, repo, open)
	return append(differ, beside...), err
}

// onePerCheck leaves out those of some pull requests whose check was seen: it is that of all
// of a head, unless each has its own.
func (i *inspection) onePerCheck(list []history.PullState, seen map[string]bool) []history.PullState {
	var out []history.PullState
	for _, k := range list {
		key := k.Head + " " + k.Check
		if i.PerRequest {
			key += " " + strconv.Itoa(k.Ref.Number)
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, k)
		}
	}
	return out
}

// turn returns so many of a list, beginning at some place of it.
func turn(list []history.PullState, from, most int) []history.PullState {
	var out []history.PullState
	for i := range min(most, len(list)) {
		out = append(out, list[(from+i)%len(list)])
	}
	return out
}

// testMergesAtOnce is how many test merges one query reads.
const testMergesAtOnce = 50

// besideOf returns those of some pull requests on whose test merge somebody wrote
// something else than stands on the head.
func (i *inspection) besideOf(ctx context.Context, repo pull.Repo, open []history.PullState) ([]history.PullState, error) {
	if i.Beside == nil {
		return nil, nil
	}
	var differ []history.PullState
	for some := range slices.Chunk(open, testMergesAtOnce) {
		numbers := make([]int, len(some))
		for n, k := range some {
			numbers[n] = k.Ref.Number
		}
		merges, err := i.Beside.TestMerges(ctx, repo, numbers)
		if err != nil {
			return differ, fmt.Errorf("look at the test merges of %s: %w", repo, err)
		}
		for _, k := range some {
			shows, there := merges[k.Ref.Number].Shows[strings.ToLower(k.Check)]
			if !there {
				continue
			}
			wrote, err := i.wrote(ctx, k)
			if err != nil {
				return differ, err
			}
			if shows != wrote {
				differ = append(differ, k)
			}
		}
	}
	return differ, nil
}

// wrote returns what the check of a pull request was last written to show; empty if
// it never was.
func (i *inspection) wrote(ctx context.Context, k history.PullState) (policy.Outcome, error) {
	memory, err := i.heads.At(ctx, k.Ref.Repo, k.Head)
	for _, c := range memory.For(k.Ref.Number).Checks {
		if c.Name == k.Check {
			return seam.Visible(policy.Outcome(c.Outcome)), err
		}
	}
	return "", err
}

// stands reports whether the check of a pull request is as it was written. One that
// is not known to be done is for its next evaluation.
func (i *inspection) stands(ctx context.Context, k history.PullState) (bool, error) {
	memory, err := i.heads.At(ctx, k.Ref.Repo, k.Head)
	if err != nil {
		return false, err
	}
	for _, c := range memory.For(k.Ref.Number).Checks {
		if c.Name != k.Check || !c.Done {
			continue
		}
		anybody := i.Gate.Required(k.Ref.Repo, k.BaseBranch, k.Check).Open()
		got, err := i.Inspector.CheckOn(ctx, k.Ref, k.Head, k.Check, anybody)
		want := seam.Visible(policy.Outcome(c.Outcome))
		same := got == want || i.PassOnly && got != "" && got != policy.Success && want != policy.Success
		return err != nil || same, err
	}
	return true, nil
}
