package snapshot

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// rightsOf is a forge that tells what people may do.
type rightsOf map[string]error

var errMay = errors.New("may push")

func (r rightsOf) MayPush(_ context.Context, _ pull.Repo, login string) (bool, error) {
	if err := r[login]; !errors.Is(err, errMay) {
		return false, err
	}
	return true, nil
}

// TestDoubtfulPeople holds whose word is known to be a stranger's where a team can't be
// read: only who the forge says may not write, and of no more people than are asked for.
func TestDoubtfulPeople(t *testing.T) {
	t.Parallel()
	team := map[string]policy.Team{"acme/fs": {Unread: "404"}}
	said := func(text string, logins ...string) []pull.Comment {
		var all []pull.Comment
		for i, login := range logins {
			all = append(all, pull.Comment{ID: int64(i + 1), Author: pull.Person{Login: login}, Body: text})
		}
		return all
	}
	many := make([]string, maxDoubtful+5)
	for i := range many {
		many[i] = fmt.Sprintf("m%02d", i)
	}
	for name, tt := range map[string]struct {
		comments []pull.Comment
		teams    map[string]policy.Team
		rights   rightsOf
		want     []string
	}{
		"a stranger":       {said("/override cancel", "Mallory"), team, nil, []string{"mallory"}},
		"somebody who may": {said("/override cancel", "erin"), team, rightsOf{"erin": errMay}, nil},
		"not told of": {said("/override cancel", "erin", "ghost"), team,
			rightsOf{"erin": pull.ErrForbidden, "ghost": pull.ErrNotFound}, nil},
		"other words":             {said("/recheck", "mallory"), team, nil, nil},
		"no team that is unread":  {said("/override cancel", "mallory"), map[string]policy.Team{"acme/fs": {}}, nil, nil},
		"more than are asked for": {said("/override cancel", many...), team, nil, many[:maxDoubtful]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &Reading{Snapshot: policy.Snapshot{Teams: tt.teams, Request: pull.Request{Comments: tt.comments}}}
			if err := New(Config{Rights: tt.rights}, nil, nil).powerless(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, l.Snapshot.Powerless); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
