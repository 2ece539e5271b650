package publish

import (
	"strings"
	"testing"
)

// TestBlocking holds that a comment says in its language how the check keeps a pull request
// back, and says nothing where that is as usual.
func TestBlocking(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	seen := map[string]Blocking{}
	for _, language := range languages {
		usual := w.commentBody(Wanted{Head: "h", Gated: true, Open: true, Verdict: sample(t, language)})
		for _, way := range []Blocking{BlocksByTest, BlocksByOneOf, BlocksByThread, BlocksNothing} {
			want := w.in(language).text(string(way), nil).Markdown()
			body := w.commentBody(Wanted{Head: "h", Gated: true, Open: true, Verdict: sample(t, language), Blocks: way})
			if !strings.Contains(body, want) || strings.Contains(usual, want) || strings.Contains(want, "blocks.") {
				t.Errorf("%s, %s: %q in\n%s", language, way, want, body)
			}
			if other, twice := seen[want]; twice {
				t.Errorf("%s and %s are said alike", way, other)
			}
			seen[want] = way
		}
	}
}
