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

// forgePart finds a forge's name that is part of a longer word, such as isGitHub, or of a header.
var forgePart = regexp.MustCompile(`\w+(GitHub|Gitee|Gitea|GitLab|GitCode)\w*|\b(?i:git(hub|ee|ea|lab|code))[A-Z_0-9]\w*|` +
	`(?i:[\w-]+-git(hub|ee|ea|lab|code)-\w+)`)

// forgeWordsOf lists what only one forge says in a line.
func forgeWordsOf(line string) (out []string) {
	for _, found := range forgeWord.FindAllStringSubmatch(line, -1) {
		if found[5] == "" {
			out = append(out, found[2])
		}
	}
	return append(out, forgePart.FindAllString(line, -1)...)
}

// TestForgeWords holds which words are found, and which are none of one forge's.
func TestForgeWords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		`if isGitHub {`: 1, `var giteeToken = 1`: 1, `h.Get("X-Gitee-Token")`: 1, `"X-GitHub-Event"`: 1, `case "gitee":`: 1, `GitCodeID int`: 1,
		`// On GitHub it is so.`: 1, `gitlab_ci`: 1, `"X-Hub-Signature-256"`: 1, `"github.com/reviewgate/reviewgate/internal/pull"`: 0,
		`".github/workflows"`: 0, `git.Tree`: 0, `digit(header)`: 0, `gitattributes`: 0,
	} {
		if got := forgeWordsOf(line); len(got) != want {
			t.Errorf("%s: %q, want %d", line, got, want)
		}
	}
}

// TestNeutralRoomsNameNoForge keeps what only one forge has in that forge's adapter.
func TestNeutralRoomsNameNoForge(t *testing.T) {
	t.Parallel()
	for _, s := range tree(t) {
		if s.test || !slices.Contains(neutral, s.dir) {
			continue
		}
		for number, line := range strings.Split(s.text, "\n") {
			for _, found := range forgeWordsOf(line) {
				t.Errorf("%s:%d: %q is a word of one forge; it belongs into its adapter, or into seam.Traits", s.path, number+1, found)
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
