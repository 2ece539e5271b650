package gitea

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestDismissedStaysDismissed holds that a review that somebody dismissed does not stand again
// because its author gave another one.
func TestDismissedStaysDismissed(t *testing.T) {
	t.Parallel()
	alice, root := &userAnswer{ID: 5, Login: "alice"}, &userAnswer{ID: 6, Login: "root"}
	all := []reviewAnswer{
		{ID: 1, User: alice, State: "APPROVED", Dismissed: true},
		{ID: 2, User: alice, State: "APPROVED", Body: "/approve docs/", Official: true},
	}
	for name, rows := range map[string][]rowAnswer{"by somebody": {{Type: "dismiss_review", User: root, ReviewID: 1}}, "replaced": nil} {
		var f Forge
		var r pull.Request
		if err := f.tell(&r, all, nil, rows); err != nil {
			t.Fatal(err)
		}
		if got, want := r.Reviews[0].State == pull.Dismissed, rows != nil; got != want {
			t.Errorf("%s: dismissed %t, want %t", name, got, want)
		}
	}
}

// TestWhatAReviewDoesNotSay holds that neither a list of who may approve takes a block's weight
// away, nor a text that is no commit's id is taken for one, nor a review that was begun long
// before it was sent counts as edited.
func TestWhatAReviewDoesNotSay(t *testing.T) {
	t.Parallel()
	v := reviewAnswer{ID: 1, User: &userAnswer{ID: 5, Login: "alice"}, State: "REQUEST_CHANGES", CommitID: "main"}.review()
	if v.NoWrite() || v.Commit != "" {
		t.Errorf("%+v", v)
	}
	begun := reviewAnswer{ID: 2, User: &userAnswer{ID: 5, Login: "alice"}, State: "APPROVED", Official: true}
	begun.UpdatedAt = begun.SubmittedAt.AddDate(0, 0, 1)
	if v := begun.review(); v.Edited {
		t.Errorf("%+v", v)
	}
}
