package sources

import "testing"

// TestGroupsWithinGroups holds that a group's repositories may name the teams of the groups
// around it, and of no other.
func TestGroupsWithinGroups(t *testing.T) {
	t.Parallel()
	r := New(Config{}, nil)
	for to, want := range map[string]bool{"acme": true, "Acme/kernel": true, "acme/kernel/mm": false, "acme/ker": false, "acm": false,
		"": false} {
		if got := r.Trusts("acme/Kernel", to); got != want {
			t.Errorf("acme/kernel trusts %q: %v, want %v", to, got, want)
		}
	}
}
