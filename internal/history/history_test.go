package history

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// TestMayPass holds that a write which was not answered counts as one that may have been
// served, or not.
func TestMayPass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome    policy.Outcome
		done, want bool
	}{{policy.Success, true, true}, {policy.Success, false, true}, {policy.Failure, true, false}, {policy.Failure, false, true}} {
		record := CheckRecord{Outcome: string(c.outcome), Done: c.done}
		if got := record.MayPass(); got != c.want {
			t.Errorf("%+v: %v", record, got)
		}
	}
}
