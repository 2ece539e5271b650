package authors

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// corporate gives alice an address of her own.
type corporate struct{}

func (corporate) Addressee(_, email string) ([]string, bool) {
	if email == "alice@corp.example" {
		return []string{"alice"}, true
	}
	return nil, false
}

func (corporate) Named(string) (name, email string) { return "", "" }

func (corporate) Proper(_, email string) string { return email }

// wroteOf tells of one commit for whom it is their own work, for whom it was committed
// by somebody else, and how many of its addresses are nobody's.
type wroteOf struct {
	Own, Handed string
	Nobodys     int
}

// TestMakers holds who made a commit, and which of its addresses are nobody's: those of
// bots, and private ones that the forge links to no account, are.
func TestMakers(t *testing.T) {
	t.Parallel()
	owners := (&ownership.Map{}).Addressed(corporate{})
	const private = "nosuch@users.noreply.github.com"
	alice := pull.Signature{Part: pull.Author, Email: "alice@corp.example"}
	bob := pull.Person{Login: "bob", ID: 2}
	bot := pull.Person{Login: "tidy[bot]", ID: 3, Bot: true}
	by := func(email string, p pull.Person) pull.Signature {
		return pull.Signature{Part: pull.Committer, Email: email, Account: p}
	}
	for name, tt := range map[string]struct {
		commit pull.Commit
		want   wroteOf
	}{
		"of an account": {pull.Commit{Signed: []pull.Signature{{Part: pull.Author, Email: private, Account: bob}}},
			wroteOf{Own: "bob nosuch"}},
		"of no account": {pull.Commit{Signed: []pull.Signature{{Part: pull.Author, Email: private}}},
			wroteOf{Own: "nosuch", Nobodys: 1}},
		"a trailer of no account": {pull.Commit{Signed: []pull.Signature{{Part: pull.CoAuthor, Email: private}}}, wroteOf{Own: "nosuch"}},
		"of a bot": {
			pull.Commit{Signed: []pull.Signature{{Part: pull.Author, Email: "3+tidy[bot]@users.noreply.github.com", Account: bot}}},
			wroteOf{Own: "tidy[bot]", Nobodys: 1}},
		"of a bot that is not linked": {
			pull.Commit{Signed: []pull.Signature{{Part: pull.Author, Email: "3+tidy[bot]@users.noreply.github.com"}}},
			wroteOf{Own: "tidy[bot]", Nobodys: 1}},
		"committed by somebody": {pull.Commit{Signed: []pull.Signature{alice, by("bob@example.com", bob)}},
			wroteOf{Own: "bob", Handed: "alice"}},
		"committed by no account": {pull.Commit{Signed: []pull.Signature{alice, by(private, pull.Person{})}},
			wroteOf{Own: "alice nosuch", Nobodys: 1}},
		"committed by a bot": {pull.Commit{Signed: []pull.Signature{alice, by("3+tidy[bot]@users.noreply.github.com", bot)}},
			wroteOf{Own: "alice tidy[bot]", Nobodys: 1}},
		"stored before addresses count": {pull.Commit{People: []pull.Person{bob}, Unknown: []string{"alice@corp.example", "x@y.example"}},
			wroteOf{Own: "bob alice", Nobodys: 1}},
	} {
		m := makersOf(&tt.commit, SignersBy(owners, nil))
		var got wroteOf
		for _, p := range m.people {
			to := &got.Own
			if p.handedBy != "" {
				to = &got.Handed
			}
			if *to != "" {
				*to += " "
			}
			*to += p.Login
		}
		got.Nobodys = len(m.unknown) + len(m.bots)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestContributorsOfTwoKeys holds that what somebody wrote counts whether a commit gives
// their login, or their number and another login.
func TestContributorsOfTwoKeys(t *testing.T) {
	t.Parallel()
	commits := []pull.Commit{
		{People: []pull.Person{{Login: "old", ID: 7}}, Paths: []string{"mm/a.c"}, PathsKnown: true},
		{People: []pull.Person{{Login: "alice"}}, Paths: []string{"mm/b.c"}, PathsKnown: true},
		{People: []pull.Person{{Login: "old", ID: 7}}, Paths: []string{"mm/c.c"}, PathsKnown: true},
	}
	c := New()
	c.Add(commits, SignersBy(nil, nil))
	for path, want := range map[string]bool{"mm/a.c": true, "mm/b.c": true, "mm/c.c": true, "mm/d.c": false} {
		if got := c.Find("alice", 7).Own(&pull.Content{Path: path}); got != want {
			t.Errorf("alice wrote %s: %v", path, got)
		}
	}
}
