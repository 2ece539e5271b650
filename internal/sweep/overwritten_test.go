package sweep

import (
	"context"
	"fmt"
	"testing"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

func knownOf(n int) []history.PullState {
	all := make([]history.PullState, n)
	for i := range all {
		all[i] = history.PullState{Ref: pull.Ref{Repo: linux, Number: i + 2}, Head: fmt.Sprint("h", i), BaseBranch: "main", Check: "review-gate",
			Open: true}
	}
	return all
}

// looks counts the checks that are looked at.
type looks struct{ heads map[string]int }

func (l *looks) CheckOn(_ context.Context, _ pull.Ref, head, _ string, _ bool) (policy.Outcome, error) {
	l.heads[head]++
	return policy.Success, nil
}

func (l *looks) At(context.Context, pull.Repo, string) (history.HeadHistory, error) {
	return history.HeadHistory{Checks: []history.CheckRecord{{Name: "review-gate", Done: true, Outcome: string(policy.Success)}}}, nil
}

// TestSweepsLookInTurns holds that a sweep looks at so many checks that others may write,
// and the next one at the others.
func TestSweepsLookInTurns(t *testing.T) {
	t.Parallel()
	look := &looks{heads: map[string]int{}}
	i := inspection{Swept{Inspector: look, Gate: gate.New(gate.Config{})}, look}
	known := knownOf(maxInspected + 1)
	for _, want := range []int{maxInspected, maxInspected + 1} {
		if _, err := i.overwritten(t.Context(), linux, known, 5); err != nil {
			t.Fatal(err)
		}
		if len(look.heads) != want {
			t.Errorf("%d were looked at, want %d", len(look.heads), want)
		}
		i.Gate.Sources.Sweeping(linux)
	}
}
