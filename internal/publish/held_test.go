package publish

import (
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// TestUnknownCommit holds that of an approval that is bound to no commit none is named, and that it
// is said how to give one that is.
func TestUnknownCommit(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	for language, wants := range map[string][2]string{"en": {"two minutes later", "reviewed at"}, "zh-CN": {"两分钟后", "评审的内容"}} {
		for i, commit := range []string{"", "0123456789abcdef0123456789abcdef01234567"} {
			got := w.Note(language, policy.Note{Code: policy.NoteUnknownHead, Who: "alice", Commit: commit}).Markdown()
			if !strings.Contains(got, wants[i]) || strings.Contains(got, wants[1-i]) || strings.Contains(got, "``") {
				t.Errorf("%s, %q: %s", language, commit, got)
			}
		}
	}
}

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
