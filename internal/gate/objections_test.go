package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestTeamsOfAuthor holds that teams are kept that cannot be read any more, and that one
// which is read tells who is in it.
func TestTeamsOfAuthor(t *testing.T) {
	t.Parallel()
	alice := pull.Person{Login: "alice", ID: 1}
	o := &pull.Objection{Review: 1, Author: alice, Teams: []string{"acme/away", "acme/gone", "acme/left"}}
	s := &policy.Snapshot{
		Request: pull.Request{Reviews: []pull.Review{{ID: 1, Author: alice}}},
		Teams: map[string]policy.Team{
			"acme/away": {Unread: "404"}, "acme/left": {}, "acme/mm": {Members: []pull.Person{alice}},
		},
	}
	teams, shown := teamsOfAuthor(s, o)
	if diff := cmp.Diff([]string{"acme/away", "acme/gone", "acme/mm"}, teams); diff != "" || !shown {
		t.Errorf("shown %v (-want +got):\n%s", shown, diff)
	}
	s.Request.Reviews[0].Author = pull.Person{}
	if _, shown := teamsOfAuthor(s, o); shown {
		t.Error("an account that is gone is read again")
	}
}

// TestLongReasonOfALift holds that so much of the reason of a lift is remembered, and that
// who lifted stays known when the verdict no longer tells it.
func TestLongReasonOfALift(t *testing.T) {
	t.Parallel()
	o := pull.Objection{Author: pull.Person{Login: "alice"}, At: time.Unix(5, 0), Ended: true}
	v := &policy.Verdict{Lifts: []policy.Lift{{Who: "carol", Whom: "Alice", At: time.Unix(9, 0), Reason: strings.Repeat("é", maxReason)}}}
	o.Lifted = lifted(v, &o)
	if want := strings.Repeat("é", maxReason/2); o.Lifted.By != "carol" || o.Lifted.Reason != want {
		t.Errorf("by %q, %d bytes of the reason", o.Lifted.By, len(o.Lifted.Reason))
	}
	if got := lifted(&policy.Verdict{}, &o); got != o.Lifted {
		t.Errorf("later: %+v", got)
	}
	if o.Ended = false; lifted(v, &o) != (pull.Lifted{}) {
		t.Error("a lift of what is not over")
	}
}
