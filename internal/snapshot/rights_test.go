package snapshot

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
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

// TestWriters holds whose approvals of what nobody owns are of people who may write where the
// approval does not tell: of so many people, each asked once, and of nobody who is not told of.
func TestWriters(t *testing.T) {
	t.Parallel()
	approved := func(logins ...string) (all []pull.Review) {
		for _, login := range logins {
			all = append(all, pull.Review{State: pull.Approved, WriteUnknown: true, Author: pull.Person{Login: login}})
		}
		return all
	}
	many := make([]string, maxWriters+5)
	rights := rightsOf{"erin": errMay, "ghost": pull.ErrNotFound, "hidden": pull.ErrForbidden, "dave": errMay}
	for i := range many {
		many[i] = fmt.Sprintf("m%02d", i)
		rights[many[i]] = errMay
	}
	mm, err := glob.Compile("mm/**")
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(ownership.Ruleset{Subsystems: []ownership.Subsystem{{Name: "mm", Include: []ownership.Rule{{Pattern: mm}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		unowned policy.Unowned
		path    string
		reviews []pull.Review
		want    []string
	}{
		"who may":               {policy.UnownedAnyone, "x", approved("mallory", "erin", "ghost", "hidden", "dave", ""), []string{"erin"}},
		"twice":                 {policy.UnownedAnyone, "x", approved("erin", "Erin"), []string{"erin", "Erin"}},
		"a file with an owner":  {policy.UnownedAnyone, "mm/x", approved("erin"), nil},
		"another rule":          {policy.UnownedUnreviewed, "x", approved("erin"), nil},
		"more than are allowed": {policy.UnownedAnyone, "x", approved(many...), many[:maxWriters]},
	} {
		s := policy.Snapshot{Owners: m, Request: pull.Request{Author: pull.Person{Login: "dave"}, Reviews: tt.reviews,
			Files: []pull.File{{Content: pull.Content{Path: tt.path}}}}}
		s.Rules.Unowned = tt.unowned
		s.Twins = []pull.Request{s.Request}
		l := &Reading{Snapshot: s}
		if err := New(Config{Rights: rights}, nil, nil).writers(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		for _, req := range []pull.Request{l.Snapshot.Request, l.Snapshot.Twins[0]} {
			var got []string
			for _, r := range req.Reviews {
				if r.CanWrite {
					got = append(got, r.Author.Login)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
	broken := errors.New("broken")
	l := &Reading{Snapshot: policy.Snapshot{Owners: m, Request: pull.Request{Reviews: approved("x"), Files: []pull.File{{}}}}}
	l.Snapshot.Rules.Unowned = policy.UnownedAnyone
	if err := New(Config{Rights: rightsOf{"x": broken}}, nil, nil).writers(t.Context(), l); !errors.Is(err, broken) {
		t.Errorf("what can't be read: %v", err)
	}
}
