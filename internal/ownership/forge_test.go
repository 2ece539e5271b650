package ownership_test

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

// TestUnknownForge holds of which forge it is not known whose logins are meant.
func TestUnknownForge(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"": true, ownership.NoForge: true, "ours": false} {
		if f := (ownership.Forge{Name: name}); f.Unknown() != want {
			t.Errorf("%q: %t", name, f.Unknown())
		}
	}
}
