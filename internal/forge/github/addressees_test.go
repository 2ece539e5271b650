package github_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestAddressees holds that people are found who show their address, and others by what
// they committed; whoever did neither is nobody.
func TestAddressees(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	check(t, w.AddUser(fake.User{Login: "erin", HidesEmail: true}), w.AddUser(fake.User{Login: "frank", HidesEmail: true}))
	w.commit("main", "erin", map[string]string{"c.c": "hers\n"})
	w.ResetCalls()
	got, untold, err := w.app.Addressees(t.Context(), linux,
		[]string{"alice@example.com", "erin@example.com", "frank@example.com", "nobody@example.org", `"odd"@example.org`})
	check(t, err)
	logins := map[string]string{}
	for email, p := range got {
		if p.ID == 0 {
			t.Errorf("%s has no id", email)
		}
		logins[email] = p.Login
	}
	if diff := cmp.Diff(map[string]string{"alice@example.com": "alice", "erin@example.com": "erin"}, logins); diff != "" || untold != "" {
		t.Errorf("%q (-want +got):\n%s", untold, diff)
	}
	if n := len(w.Calls()); n > 4 { // installation, token, a search and a look at the commits
		t.Errorf("%d calls", n)
	}
}

// TestSignatures holds who made a commit, whatever it says of its people.
func TestSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "1\n"})
	check(t, w.AddUser(fake.User{Login: "web-flow", Email: "noreply@github.com"}))
	for _, c := range []fake.Change{
		{Author: "A <alice@corp.example>", Committer: "dave",
			Message: "x\n\nCo-authored-by: bob <bob@example.com>\n\nCo-developed-by: C <c@corp.example>"},
		{Author: "alice", Committer: "web-flow", Message: "by the button"},
		{Author: " <>", Committer: " <>", Message: "by nobody"},
	} {
		c.Branch, c.Pusher, c.Files = "topic", "dave", map[string]*fake.File{"a.c": {Content: c.Message}}
		_, err := w.repo.Commit(c)
		check(t, err)
	}
	var got [][]string
	for _, c := range w.look(ref).Request.Commits[1:] {
		var who []string
		for _, s := range c.Signed {
			who = append(who, string(s.Part)+" "+s.Email+" "+s.Account.Login)
		}
		got = append(got, who)
	}
	want := [][]string{
		{"author alice@corp.example ", "co-author bob@example.com ", "co-author c@corp.example ", "committer dave@example.com dave"},
		{"author alice@example.com alice"},
		{"author  ", "committer  "},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRetract holds that our own reaction is taken back, and that one which is not there
// is no error.
func TestRetract(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	id, err := pr.Comment("bob", "/recheck")
	check(t, err)
	node := w.look(ref).Request.Comments[0].Node
	check(t, w.app.React(t.Context(), ref.Repo, node, seam.ThumbsUp))
	for range 2 {
		check(t, w.app.Retract(t.Context(), ref.Repo, node, seam.ThumbsUp))
		if got := pr.Reactions(id); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	}
}
