package archtest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// neutral are the rooms that know no forge by name.
var neutral = []string{
	"internal/assign", "internal/assign/requests", "internal/content", "internal/effects", "internal/forge", "internal/gate",
	"internal/history", "internal/mergequeue", "internal/proposal", "internal/publish", "internal/pull", "internal/queue", "internal/seam",
	"internal/sources",
	"internal/service", "internal/snapshot", "internal/store", "internal/store/postgres", "internal/store/sqlite", "internal/store/tables",
	"internal/sweep", "internal/webhook",
}

// forgeWord finds what only one forge says: its name, but not as that of a directory in a
// repository (.github/…) nor in the address of a Go module, and its headers.
var forgeWord = regexp.MustCompile(`(?i)(^|[^.\w-])(git(hub|ee|ea|lab|code)|octokit|graphql|x-(hub|ratelimit)-\w+)\b(\.com/[\w-]+/[\w-]+)?`)

// TestNeutralRoomsNameNoForge keeps what only one forge has in that forge's adapter.
func TestNeutralRoomsNameNoForge(t *testing.T) {
	t.Parallel()
	for _, s := range tree(t) {
		if s.test || !slices.Contains(neutral, s.dir) {
			continue
		}
		for number, line := range strings.Split(s.text, "\n") {
			for _, found := range forgeWord.FindAllStringSubmatch(line, -1) {
				if found[5] == "" {
					t.Errorf("%s:%d: %q is a word of one forge; it belongs into its adapter, or into seam.Traits", s.path, number+1, found[2])
				}
			}
		}
	}
}

// TestErrorsHaveOneLogKey holds that who looks for errors in the log looks for one key.
func TestErrorsHaveOneLogKey(t *testing.T) {
	t.Parallel()
	other := regexp.MustCompile(`"(err|problem|cause|failure)", (\w+\.)*([eE]rr|problem|failed|why)\w*\b`)
	for _, s := range tree(t) {
		if found := other.FindString(s.text); found != "" && !s.test {
			t.Errorf("%s: log %s under the key error", s.path, found)
		}
	}
}
