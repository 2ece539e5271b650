package history

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestNewObjections holds what is remembered of requests for changes: those that are
// shown, and those that only a signed delivery told of.
func TestNewObjections(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	alice, bob, erin := pull.Person{Login: "alice", ID: 1}, pull.Person{Login: "bob", ID: 2}, pull.Person{Login: "erin", ID: 3}
	req := &pull.Request{
		Reviews: []pull.Review{
			{ID: 1, Author: alice, State: pull.ChangesRequested, Commit: "h", At: at},
			{ID: 2, Author: bob, State: pull.Approved, At: at},
			{ID: 3, State: pull.ChangesRequested, At: at}, // whose it was, nobody ever saw
			{ID: 4, Author: bob, State: pull.ChangesRequested, At: at},
			{ID: 5, Author: bob, State: pull.ChangesRequested, At: at, CanWrite: true},
			{ID: 6, Author: bob, State: pull.ChangesRequested, At: at, WriteUnknown: true},
		},
		Comments: []pull.Comment{{ID: 1, Author: erin, Body: "/hold", At: at}},
	}
	m := &PullHistory{
		Objections: []pull.Objection{{Review: 4, Author: bob}},
		Told: []pull.Told{
			{Review: 7, State: pull.ChangesRequested, Author: erin, Commit: "h", ReceivedAt: at.Add(time.Millisecond)},
			{Review: 8, State: pull.ChangesRequested, Author: erin, Dismissed: true},
			{Review: 9, State: pull.Approved, Author: erin},
			{Review: 10, State: pull.ChangesRequested}, // told by a version that kept no author
			{Review: 1, State: pull.ChangesRequested, Author: alice},
		},
	}
	want := []pull.Objection{{Review: 1, Author: alice, Commit: "h", At: at, NoWrite: true}, {Review: 5, Author: bob, At: at},
		{Review: 6, Author: bob, At: at}, {Review: 7, Author: erin, Commit: "h", At: at}}
	if diff := cmp.Diff(want, m.NewObjections(req, false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want = append(want, pull.Objection{Review: 1, Spoken: true, Author: erin, At: at})
	if diff := cmp.Diff(want, m.NewObjections(req, true)); diff != "" {
		t.Errorf("where /hold holds (-want +got):\n%s", diff)
	}
}
