package github_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// TestWorkflowTokens holds what a workflow's own token may do: what it was given, and no
// writing on an event of a fork.
func TestWorkflowTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	check(t, second(w.Install("acme")))
	p := w.open(fake.Opening{Head: "feature", Author: "carol"})
	asked := map[string]string{"contents": "read", "pull_requests": "write", "statuses": "write"}
	token := must(w.WorkflowToken(w.repo, asked, false))(t)
	readOnly := must(w.WorkflowToken(w.repo, asked, true))(t)
	statuses := "/repos/acme/app/statuses/" + p.Head()
	body := obj{"state": "success", "context": "gate"}
	refused := w.want(403, readOnly, "POST", statuses, body).object(t)
	equal(t, any("Resource not accessible by integration"), refused["message"])
	w.want(200, readOnly, "GET", "/repos/acme/app/commits/"+p.Head()+"/statuses", nil)
	w.want(201, token, "POST", statuses, body)
	w.want(403, token, "POST", runs, obj{"name": "gate", "head_sha": p.Head()}) // not asked for
	w.want(403, token, "GET", "/user", nil)
	w.passes(p, true, fake.RequiredCheck{Name: "gate", App: "github-actions"})
	w.passes(p, false, fake.RequiredCheck{Name: "gate", App: "reviewgate"})

	installed, _, err := w.InstallationToken(w.repo)
	check(t, err)
	for as, want := range map[string]string{token: "github-actions[bot]", installed: "reviewgate[bot]", "alice": "alice"} {
		answer := w.want(200, as, "POST", "/graphql", obj{"query": "{viewer{login}}"}).object(t)
		equal(t, any(want), pick(answer, "data", "viewer", "login"))
	}
	equal(t, "github-actions[bot]", w.repo.Statuses(p.Head())[0].Creator)
	checks := must(w.WorkflowToken(w.repo, map[string]string{"checks": "write"}, false))(t)
	run := w.want(201, checks, "POST", runs, obj{"name": "own", "head_sha": p.Head(), "conclusion": "success"}).object(t)
	equal(t, any("github-actions"), pick(run, "app", "slug"))
}

// TestWorkflowEvents holds what starts workflows: what people and Apps do, and nothing
// that a workflow did with its own token.
func TestWorkflowEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	check(t, second(w.Install("acme")))
	w.RecordWorkflowEvents()
	fork := must(w.repo.Fork("mallory"))(t)
	w.commit(fake.Change{Author: "alice", Message: "more", Files: text("docs", "x\n")})
	p := w.open(fake.Opening{Head: "feature", Author: "mallory", From: fork})
	id := must(p.Review(fake.Review{By: "bob", State: fake.Approved}))(t)
	names := func(want ...string) []github.WorkflowEvent {
		t.Helper()
		events := w.WorkflowEvents()
		var got []string
		for _, e := range events {
			got = append(got, e.Name)
		}
		equal(t, want, got)
		return events
	}
	events := names("push", "pull_request", "pull_request_review")
	var push struct{ Commits []map[string]any }
	check(t, json.Unmarshal(events[0].Payload, &push))
	for _, c := range push.Commits {
		if _, ok := c["added"]; ok {
			t.Errorf("a workflow is told paths: %v", c)
		}
	}
	equal(t, []bool{false, true, true}, []bool{events[0].Fork, events[1].Fork, events[2].Fork})
	var run struct {
		Run struct {
			Event    string
			HeadSHA  string `json:"head_sha"`
			Requests []any  `json:"pull_requests"`
		} `json:"workflow_run"`
	}
	check(t, json.Unmarshal(must(events[2].Run("wake", "completed"))(t).Payload, &run))
	equal(t, p.Head(), run.Run.HeadSHA)
	equal(t, 0, len(run.Run.Requests))

	comments := "/repos/acme/app/issues/1/comments"
	token := must(w.WorkflowToken(w.repo, map[string]string{"pull_requests": "write", "contents": "write"}, false))(t)
	w.want(201, token, "POST", comments, obj{"body": "by a workflow"})
	w.want(200, token, "PUT", "/repos/acme/app/pulls/1/reviews/"+strconv.FormatInt(id, 10)+"/dismissals", obj{"message": "by a workflow"})
	names()
	installed, _, err := w.InstallationToken(w.repo)
	check(t, err)
	w.want(201, installed, "POST", comments, obj{"body": "by an app"})
	names("issue_comment")
}

// TestPullsOfACommitInAFork holds that such a commit has none, unless a branch has it.
func TestPullsOfACommitInAFork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	fork := must(w.repo.Fork("mallory"))(t)
	head := must(fork.Commit(fake.Change{Branch: "theirs", Author: "mallory", Message: "x", Files: text("x", "x\n")}))(t)
	w.open(fake.Opening{Head: "theirs", From: fork})
	pulls := func(want int) {
		t.Helper()
		equal(t, want, len(w.want(200, "alice", "GET", "/repos/acme/app/commits/"+head+"/pulls", nil).list(t)))
	}
	pulls(0)
	w.SetBehaviour(github.Behaviour{ForkCommitPulls: true})
	pulls(1)
	w.SetBehaviour(github.Behaviour{})
	check(t, w.repo.SetBranch("taken", head, "alice"))
	pulls(1)
}
