package proposal

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestTrialsAreBounded holds that what is kept of proposals has bounds, and the newest stays.
func TestTrialsAreBounded(t *testing.T) {
	t.Parallel()
	c := &trials{}
	for i := range keptProposals + 10 {
		c.keep(pull.Ref{Repo: linux, Number: i + 1}, &tried{})
	}
	if len(c.last) > keptProposals || c.of(pull.Ref{Repo: linux, Number: keptProposals + 10}) == nil {
		t.Errorf("%d are kept, want %d at most, and the last one", len(c.last), keptProposals)
	}
}
