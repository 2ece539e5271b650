package publish

import (
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// TestHeldComment holds that of a /hold the comment says what ends one, in both languages: nobody
// can dismiss it.
func TestHeldComment(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	const dismissal = "dismiss"
	for _, language := range []string{"en", "zh-CN"} {
		for spoken, want := range map[bool]string{true: "/hold cancel", false: dismissal} {
			v := sample(t, language)
			v.Outcome = policy.Failure
			v.Blocks = []policy.Block{{Who: "alice", Certain: true, Spoken: spoken}}
			v.Reasons = []policy.Note{{Code: policy.NoteBlocked, Who: "alice"}}
			var said []string
			for _, part := range w.in(language).besides(v) {
				said = append(said, part.Markdown())
			}
			if got := strings.Join(said, "\n"); !strings.Contains(got, want) || strings.Contains(got, dismissal) == spoken {
				t.Errorf("%s, spoken %t: %s", language, spoken, got)
			}
		}
	}
}
