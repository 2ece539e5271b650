package github_test

import (
	"fmt"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

func TestPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	p := w.open(fake.Opening{Head: "feature", Author: "carol"})
	check(t, p.AddLabel("carol", "size/L"), p.AddLabel("carol", "old"), p.RemoveLabel("carol", "old"))
	check(t, second(p.Comment("bob", "hello")), w.repo.SetStatus("carol", p.Head(), fake.Status{State: "success", Context: "ci"}))
	equal(t, []string{"size/L"}, p.Labels())
	equal(t, "hello", p.Comments()[0].Body)
	equal(t, []fake.Status{{Context: "ci", State: "success", Creator: "carol"}}, w.repo.Statuses(p.Head()))
	id := p.Comments()[0].ID
	w.want(200, "", "GET", fmt.Sprint("/repos/acme/app/issues/comments/", id), nil)
	w.want(403, "dave", "PATCH", fmt.Sprint("/repos/acme/app/issues/comments/", id), obj{"body": "mine"})
	equal(t, 1, len(w.want(200, "", "GET", "/repos/acme/app/issues/1/labels", nil).list(t)))
	equal(t, 1, len(w.want(200, "bob", "GET", "/orgs/acme/teams/core/teams", nil).list(t)))
	equal(t, 1, len(w.want(200, "bob", "GET", "/repos/acme/app/commits?sha=feature&path=src/b.go", nil).list(t)))
}

func TestPendingReviewIsItsAuthorsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	w.open(fake.Opening{Head: "feature", Author: "carol"})
	const reviews = "/repos/acme/app/pulls/1/reviews"
	id := w.want(200, "bob", "POST", reviews, obj{"body": "so far"}).object(t)["id"].(float64)
	one := fmt.Sprintf("%s/%.0f", reviews, id)
	w.want(404, "alice", "GET", one, nil)
	equal(t, 0, len(w.want(200, "alice", "GET", reviews, nil).list(t)))
	w.want(200, "bob", "POST", one+"/events", obj{"event": "APPROVE"})
	equal(t, any("APPROVED"), w.want(200, "alice", "GET", one, nil).object(t)["state"])
	w.want(403, "dave", "PUT", one, obj{"body": "mine"})
	w.want(200, "bob", "PUT", one, obj{"body": "edited"})
	data, _ := w.ask("alice", `{repository(owner:"acme",name:"app"){pullRequest(number:1){
		reviewDecision mergeable additions latestReviews(first:1){nodes{body}}}}}`, nil)
	pull := pick(data, "repository", "pullRequest")
	equal(t, []any{"APPROVED", "MERGEABLE", 1.0, "edited"}, []any{
		pick(pull, "reviewDecision"), pick(pull, "mergeable"), pick(pull, "additions"),
		pick(pull, "latestReviews", "nodes", 0, "body"),
	})
}

func TestAccountsAndRepositoriesChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	check(t, second(w.Install("acme")))
	p := w.open(fake.Opening{Head: "feature", Author: "carol"})
	_, token := w.asApp()
	before := w.want(200, "bob", "GET", "/user", nil).object(t)["id"]
	check(t, w.RenameUser("bob", "robert"), w.SetLimited("robert", true))
	equal(t, before, w.want(200, "robert", "GET", "/user", nil).object(t)["id"])
	data, _ := w.ask("robert", `{user(login:"robert"){status{indicatesLimitedAvailability}}}`, nil)
	equal(t, any(true), pick(data, "user", "status", "indicatesLimitedAvailability"))
	w.repo.SetArchived(true)
	w.want(403, "robert", "PUT", "/repos/acme/app/pulls/1/merge", obj{})
	w.repo.SetArchived(false)
	w.Uninstall("acme")
	w.want(401, token, "GET", "/repos/acme/app", nil)
	check(t, w.DeleteUser("carol"))
	pull := w.want(200, "robert", "GET", "/repos/acme/app/pulls/1", nil).object(t)
	equal(t, any("ghost"), pick(pull, "user", "login"))
	check(t, w.repo.SetBranch("feature", "", "robert"))
	if state, merged := p.State(); state != "closed" || merged {
		t.Errorf("state %s, merged %v", state, merged)
	}
}

// TestRecordedBaseStays follows GitHub: a pull request's base is the tip at
// its last change, and a base branch that catches up with the head merges it.
func TestRecordedBaseStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	p := w.open(fake.Opening{Head: "feature", Author: "carol"})
	base := w.repo.Tip("main")
	w.commit(fake.Change{Author: "alice", Files: text("later", "l")})
	data, _ := w.ask("bob", `{repository(owner:"acme",name:"app"){pullRequest(number:1){baseRefOid baseRef{target{oid}}}}}`, nil)
	pull := pick(data, "repository", "pullRequest")
	equal(t, []any{base, w.repo.Tip("main")}, []any{pick(pull, "baseRefOid"), pick(pull, "baseRef", "target", "oid")})
	w.commit(fake.Change{Author: "alice", Parents: []string{"feature"}, Message: "Merge by hand"})
	if _, merged := p.State(); !merged {
		t.Error("not merged by a push that holds its head")
	}
}
