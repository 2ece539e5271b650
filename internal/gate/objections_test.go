package gate

import (
	"testing"

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
