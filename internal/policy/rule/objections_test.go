package rule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// held is a request for one file that alice maintains, on a forge without requests for
// changes.
func held(t *testing.T, comments ...pull.Comment) policy.Snapshot {
	t.Helper()
	p, err := policyfile.Parse("p.yml", []byte("version: 1\nthreshold: 0%\noverride: {allowed: [carol, alice]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(ownership.Ruleset{Subsystems: []ownership.Subsystem{
		{Name: "mm", Fallback: true, Maintainers: []ownership.Owner{{Login: "alice"}, {Team: "acme/mm"}},
			Pos: ownership.Pos{File: "map", Line: 1}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range comments {
		if comments[i].ID == 0 {
			comments[i].ID = int64(i + 1)
		}
		comments[i].At = time.Unix(int64(i+1), 0)
	}
	return policy.Snapshot{
		Rules: p.Base, Owners: m, HoldsSpoken: true,
		Teams: map[string]policy.Team{"acme/mm": {Members: []pull.Person{{Login: "erin"}}}},
		Request: pull.Request{Head: "0123456789abcdef0123456789abcdef01234567", MergeBase: "m", Author: pull.Person{Login: "dave"},
			Complete: true, Comments: comments,
			Files: []pull.File{{Content: pull.Content{Path: "mm/a.c", Status: pull.Added, Mode: pull.Regular, ID: "x"}}}},
	}
}

func says(login, body string) pull.Comment {
	return pull.Comment{Author: pull.Person{Login: login}, Body: body}
}

// TestHolds holds that /hold stands in for a request for changes where a forge has none,
// and what ends it.
func TestHolds(t *testing.T) {
	t.Parallel()
	gone := func(s policy.Snapshot) policy.Snapshot { // the comment was deleted
		s.Seen.Objections = []pull.Objection{{Review: 1, Spoken: true, Author: pull.Person{Login: "erin"}, At: time.Unix(1, 0),
			Teams: []string{"acme/mm"}}}
		return s
	}
	edited := says("alice", "/hold please")
	edited.Edited = true
	emptied := gone(held(t, says("erin", "never mind")))
	emptied.Request.Comments[0].Edited = true
	released := gone(held(t, says("erin", "/hold cancel")))
	released.Request.Comments[0].Edited = true
	foreign := says("alice", "/hold cancel")
	foreign.Edited = true
	without := held(t, says("alice", "/hold"))
	without.HoldsSpoken = false
	elsewhere := gone(held(t))
	elsewhere.Seen.Objections[0].Teams = nil
	elsewhere.Teams = map[string]policy.Team{"acme/mm": {}}
	for name, tt := range map[string]struct {
		s    policy.Snapshot
		want string // who blocks
	}{
		"a maintainer":                     {held(t, says("alice", "/hold until Tuesday")), "alice"},
		"a member of a team":               {held(t, says("erin", "- /Hold")), "erin"},
		"a stranger":                       {held(t, says("mallory", "/hold")), ""},
		"a forge with the state":           {without, ""},
		"edited":                           {held(t, edited), "alice"},
		"edited away":                      {emptied, "erin"},
		"edited to a release":              {released, "erin"},
		"taken back":                       {held(t, says("alice", "/hold"), says("alice", "/hold cancel")), ""},
		"taken back by an edit":            {held(t, says("alice", "/hold"), foreign), "alice"},
		"taken back by another":            {held(t, says("alice", "/hold"), says("erin", "/hold cancel")), "alice"},
		"taken back and held again":        {held(t, says("alice", "/hold"), says("alice", "/hold cancel"), says("alice", "/hold")), "alice"},
		"lifted while it can be released":  {held(t, says("alice", "/hold"), says("carol", "/lift alice on leave")), "alice"},
		"deleted":                          {gone(held(t)), "erin"},
		"deleted by who is in no team now": {elsewhere, ""},
		"deleted and lifted":               {gone(held(t, pull.Comment{ID: 9}, says("carol", "/lift @Erin on leave"))), ""},
		"deleted and lifted as a ghost's":  {gone(held(t, pull.Comment{ID: 9}, says("carol", "/lift ghost on leave"))), ""},
		"deleted, lifted without a reason": {gone(held(t, pull.Comment{ID: 9}, says("carol", "/lift erin"))), "erin"},
		"deleted, lifted by nobody":        {gone(held(t, pull.Comment{ID: 9}, says("mallory", "/lift erin on leave"))), "erin"},
		"deleted and taken back":           {gone(held(t, pull.Comment{ID: 9}, says("erin", "/hold cancel"))), ""},
	} {
		v := rule.Evaluate(tt.s)
		var who []string
		for _, b := range v.Blocks {
			who = append(who, b.Who)
		}
		if got := strings.Join(who, " "); got != tt.want || (v.Outcome == policy.Failure) != (tt.want != "") {
			t.Errorf("%s: blocked by %q, want %q; %s", name, got, tt.want, v.Outcome)
		}
	}
}

// TestApprovalBesideAHold holds that an approval without a time ends a /hold only if it was
// first seen later than that, and that one which may have said something else then is not ended.
func TestApprovalBesideAHold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		held, approved int64 // when each was first seen; 0: it is not known
		edited, bound  bool
		holds          bool
	}{
		"approved later":              {held: 10, approved: 20},
		"seen at once":                {held: 20, approved: 20, holds: true},
		"held later":                  {held: 20, approved: 10, holds: true},
		"held nobody knows when":      {approved: 20, holds: true},
		"edited":                      {held: 10, approved: 20, edited: true, holds: true},
		"a forge that tells of times": {held: 20, approved: 20, bound: true},
	} {
		hold := says("alice", "/hold")
		hold.Edited = tt.edited
		s := held(t, hold)
		s.Request.Reviews = []pull.Review{{ID: 1024, State: pull.Approved, Author: pull.Person{Login: "alice"}, At: time.Unix(100, 0)}}
		s.Seen.CommitsStay, s.Seen.Witness, s.Request.BaseMovesKnown = true, !tt.bound, tt.bound
		s.Seen.Sights = []pull.Sight{{Review: 1024, State: pull.Approved, In: 1, Commit: s.Request.Head, At: time.Unix(tt.approved, 0)}}
		if tt.held > 0 {
			s.Seen.Sights = append(s.Seen.Sights, pull.Sight{Review: 1, State: pull.Spoken, In: 1, At: time.Unix(tt.held, 0)})
		}
		s.Seen.Sightings = []pull.Sighting{{Number: 1, Head: s.Request.Head, At: time.Unix(0, 0)}}
		if v := rule.Evaluate(s); (len(v.Blocks) > 0) != tt.holds {
			t.Errorf("%s: blocks %+v", name, v.Blocks)
		}
	}
}

// TestWordsOfAHold holds that what is said of a /hold is true of one, and not of a review.
func TestWordsOfAHold(t *testing.T) {
	t.Parallel()
	alice, carol := pull.Person{Login: "alice"}, pull.Person{Login: "carol"}
	s := held(t, says("alice", "/hold"), says("carol", "/override 0123456789abcdef0123456789abcdef01234567 now"))
	v := rule.Evaluate(s)
	lift := command.Commands("/lift alice on leave")[0]
	override := command.Commands(s.Request.Comments[1].Body)[0]
	released := held(t, says("alice", "/hold"), says("alice", "/hold cancel"))
	over := rule.Evaluate(released)
	foreign, mallory := held(t, says("mallory", "/hold")), pull.Person{Login: "mallory"}
	for what, tt := range map[string]struct{ got, want policy.Code }{
		"one's own":              {rule.WhyNotLifted(s, alice, lift, false).Code, policy.NoteOwnHold},
		"another's":              {rule.WhyNotLifted(s, carol, lift, false).Code, policy.NoteReleaseIt},
		"an override":            {rule.WhyNotOverridden(s, v, carol, override, 99, false).Code, policy.NoteOverrideHeld},
		"a hold that holds":      {rule.WhyNotHeld(s, v, alice).Code, ""},
		"one that was released":  {rule.WhyNotHeld(released, over, alice).Code, ""},
		"a stranger's":           {rule.WhyNotHeld(foreign, over, mallory).Code, policy.NoteNotOwner},
		"released by an edit":    {rule.WhyNotReleased(v, alice, true).Code, policy.NoteOverrideEdited},
		"released":               {rule.WhyNotReleased(over, alice, false).Code, ""},
		"an edit that had ended": {rule.WhyNotReleased(over, alice, true).Code, ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", what, tt.got, tt.want)
		}
	}
}
