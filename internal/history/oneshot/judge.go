package oneshot

import (
	"context"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Narrow returns a forge as one check uses it, which does not speak with people, sets no
// labels and looks at nothing but what it judges.
func (m *Memory) Narrow(f seam.Forge) seam.Forge {
	f.Answerer, f.Marker, f.Inspector, f.Protection, f.Finder, f.ClosedAt = nil, nil, nil, nil, m, m.Forge.ClosedAt
	f.Traits.WritesRuns = false
	return f
}

// Judge is what evaluates pull requests: a *gate.Gate that has this memory.
type Judge interface {
	Judge(ctx context.Context, ref pull.Ref) (gate.Run, error)
}

// Judge judges a pull request. A check belongs to its head, so the other open pull
// requests of that head that do not share the verdict are judged before it: a success
// may be theirs, too, or not be there for them.
func (m *Memory) Judge(ctx context.Context, g Judge, ref pull.Ref) (gate.Run, error) {
	run, err := g.Judge(ctx, ref)
	if err != nil {
		return run, err
	}
	at, err := m.At(ctx, ref.Repo, run.Head)
	if err != nil {
		return run, err
	}
	others := 0
	for _, k := range at.Open {
		if k.Ref == ref || run.Ungated() != gate.Closed && k.BaseBranch == run.BaseBranch() {
			continue
		}
		other, err := g.Judge(ctx, k.Ref)
		if err != nil {
			return run, fmt.Errorf("judge %s, which has the same head: %w", k.Ref, err)
		}
		m.Know(other.Known())
		others++
	}
	if others == 0 {
		return run, nil
	}
	return g.Judge(ctx, ref)
}
