package forgetest

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestStepsAreDocumented holds the language of stories to its description.
func TestStepsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../.github/CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range slices.Sorted(maps.Keys(acts())) {
		if !regexp.MustCompile("[`]" + step + "[` ]").Match(text) {
			t.Errorf("CONTRIBUTING.md, Stories: no step %s", step)
		}
	}
}
