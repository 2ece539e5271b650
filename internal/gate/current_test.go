package gate

import (
	"slices"
	"testing"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestWaiting holds whose verdicts a check of a commit waits for: those of other pull requests of its
// head that have the same check towards another branch and are no success; none where each has its own.
func TestWaiting(t *testing.T) {
	t.Parallel()
	state := func(number int, check, branch string, outcome policy.Outcome) history.PullState {
		return history.PullState{Ref: pull.Ref{Number: number}, Check: check, BaseBranch: branch, Outcome: string(outcome)}
	}
	self := state(1, "gate", "main", policy.Pending)
	all := []history.PullState{self, state(2, "gate", "stable", policy.Pending), state(3, "gate", "stable", policy.Success),
		state(4, "gate", "main", policy.Pending), state(5, "other", "stable", policy.Pending), state(6, "gate", "old", policy.Failure)}
	g := &Gate{}
	if got := g.waiting(all, self); !slices.Equal(got, []string{"#2 to stable", "#6 to old"}) {
		t.Errorf("%q", got)
	}
	if g.cfg.Traits = (seam.Traits{ChecksPerRequest: true}); g.waiting(all, self) != nil {
		t.Error("it waits for checks of others")
	}
}
