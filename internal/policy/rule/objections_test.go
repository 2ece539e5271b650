package rule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
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
