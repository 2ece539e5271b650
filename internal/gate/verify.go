package gate

import (
	"context"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Inspector looks at what stands on the forge.
type Inspector interface {
	// CheckOn gives the outcome of our latest check of a name on a commit:
	// success, pending, failure also for an error, and an empty one if there is
	// none, or it is in a state that the gate does not write.
	CheckOn(ctx context.Context, repo pull.Repo, head, name string) (policy.Outcome, error)
}

// Overwritten gives those of some open pull requests whose check on the forge is
// not the one that was written last: somebody, or some fault, has changed it and
// no event told. It looks at most at so many, those that were not looked at for
// longest; where they are as they were, that costs nothing of the rate limit.
func (g *Gate) Overwritten(ctx context.Context, repo pull.Repo, known []Known, most int) ([]Known, error) {
	if g.cfg.Inspector == nil {
		return nil, nil
	}
	var gated []Known
	for _, k := range known {
		if k.Check != "" {
			gated = append(gated, k)
		}
	}
	from := g.cache.sweeps(repo) * most
	var differ []Known
	for i := range min(most, len(gated)) {
		k := gated[(from+i)%len(gated)]
		ok, err := g.stands(ctx, k)
		if err != nil {
			return differ, fmt.Errorf("look at the check on %s: %w", k.Ref, err)
		}
		if !ok {
			differ = append(differ, k)
		}
	}
	return differ, nil
}

// stands tells whether the check of a pull request is as it was written. One that
// is not known to be done is for its next evaluation.
func (g *Gate) stands(ctx context.Context, k Known) (bool, error) {
	memory, err := g.cfg.History.At(ctx, k.Ref.Repo, k.Head)
	if err != nil {
		return false, err
	}
	for _, c := range memory.Checks {
		if c.Name != k.Check || !c.Done {
			continue
		}
		got, err := g.cfg.Inspector.CheckOn(ctx, k.Ref.Repo, k.Head, k.Check)
		return err != nil || got == Visible(policy.Outcome(c.Outcome)), err
	}
	return true, nil
}

// Visible is what can be seen of an outcome on the forge.
func Visible(o policy.Outcome) policy.Outcome {
	if o == policy.Error {
		return policy.Failure
	}
	return o
}
