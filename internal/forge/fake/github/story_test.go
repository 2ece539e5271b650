package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// jwtOf makes the App's JWT.
func (w *world) jwtOf(claims jwt.RegisteredClaims) string {
	w.t.Helper()
	key := must(jwt.ParseRSAPrivateKeyFromPEM(must(w.AppKey())(w.t)))(w.t)
	return must(jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(key))(w.t)
}

// asApp returns the App's JWT and a token of its installation in acme.
func (w *world) asApp() (app, token string) {
	w.t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(w.ticks.Load()) * time.Second)
	app = w.jwtOf(jwt.RegisteredClaims{Issuer: "1", ExpiresAt: jwt.NewNumericDate(now.Add(9 * time.Minute))})
	id := w.want(200, app, "GET", "/orgs/acme/installation", nil).object(w.t)["id"].(float64)
	got := w.want(201, app, "POST", fmt.Sprintf("/app/installations/%.0f/access_tokens", id), nil).object(w.t)
	return app, got["token"].(string)
}

// step is a call of the story.
type step struct {
	status int
	as     string
	method string
	path   string // below /repos/acme/app if it begins with a dot
	body   any
}

// TestStoryKeepsGitHubsContract runs a pull request's life through the API and
// holds each request and answer against GitHub's description.
func TestStoryKeepsGitHubsContract(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(hook.Close)
	w := newWorld(t, github.Options{WebhookURL: hook.URL, WebhookSecret: "s"})
	check(t, func() error { _, err := w.Install("acme"); return err }())
	w.repo.Protect("release", "gate")
	w.commit(fake.Change{Branch: "release", Author: "alice", From: "main", Files: text("src/z.go", "z\n")})
	w.commit(fake.Change{
		Branch: "feature", Author: "carol", CoAuthors: []string{"bob", "Eve <eve@nowhere.example>"}, Web: true,
		Files: map[string]*fake.File{
			"link": {Content: "README", Mode: "120000"}, "sub": {Content: strings.Repeat("a", 40), Mode: "160000"},
			"run.sh": {Content: "#!\n", Mode: "100755"}, "bin": {Content: "\x00\x01"}, "README": {Content: "hello\n", Mode: "100755"},
		},
		Rename: map[string]string{"src/a.go": "src/a b%.go"},
	})
	app, token := w.asApp()
	head := w.repo.Tip("feature")
	run := func(s step) answer { t.Helper(); return w.step(c, app, token, s) }
	for _, s := range openingSteps(head) {
		run(s)
	}
	check(t, w.repo.PullRequest(1).RequestReviewers("alice", nil, []string{"core"}))
	review := run(step{200, "alice", "POST", "./pulls/1/reviews", obj{"event": "APPROVE"}}).object(t)["id"].(float64)
	comment := run(step{201, "token", "POST", "./issues/1/comments", obj{"body": "hi"}}).object(t)["id"].(float64)
	checkID := run(step{201, "token", "POST", "./check-runs", obj{"name": "gate", "head_sha": head,
		"output": obj{"title": "T", "summary": "S"}}}).object(t)["id"].(float64)
	for _, s := range middleSteps(head, review, comment, checkID) {
		run(s)
	}
	check(t, w.repo.SetBranch("feature", w.repo.Tip("main"), "carol"))
	w.tick()
	w.commit(fake.Change{Branch: "feature", Author: "carol", Files: text("src/c.go", "c\n")})
	check(t, w.FlushWebhooks(t.Context()))
	for _, s := range closingSteps() {
		run(s)
	}
	deliveries := run(step{200, "app", "GET", "/app/hook/deliveries?per_page=100", nil}).list(t)
	path := fmt.Sprintf("/app/hook/deliveries/%.0f", deliveries[0]["id"])
	run(step{200, "app", "GET", path, nil})
	run(step{202, "app", "POST", path + "/attempts", nil})
	check(t, w.FlushWebhooks(t.Context()))
	t.Logf("%d operations of GitHub's description seen", len(c.Seen()))
}

func (w *world) step(c *contract, app, token string, s step) answer {
	w.t.Helper()
	as := map[string]string{"app": app, "token": token}[s.as]
	if as == "" {
		as = s.as
	}
	path := s.path
	if rest, ok := strings.CutPrefix(path, "."); ok {
		path = "/repos/acme/app" + rest
	}
	a := w.want(s.status, as, s.method, path, s.body)
	var sent []byte
	if s.body != nil {
		sent = must(json.Marshal(s.body))(w.t)
	}
	req := httptest.NewRequest(s.method, path, nil)
	req.Header.Set("Content-Type", "application/json")
	c.check(req, sent, a)
	w.tick()
	return a
}

func openingSteps(head string) []step {
	return []step{
		{200, "app", "GET", "/app", nil},
		{200, "app", "GET", "/app/hook/config", nil},
		{200, "app", "GET", "/app/installations", nil},
		{200, "app", "GET", "./installation", nil},
		{200, "token", "GET", "/installation/repositories", nil},
		{200, "token", "GET", "/rate_limit", nil},
		{200, "alice", "GET", "/user", nil},
		{200, "token", "GET", "/users/bob", nil},
		{404, "token", "GET", "/users/nobody", nil},
		{200, "token", "GET", "/orgs/acme/teams", nil},
		{200, "token", "GET", "/orgs/acme/teams/kernel", nil},
		{200, "token", "GET", "/orgs/acme/teams/core/members", nil},
		{200, "token", "GET", "/orgs/acme/teams/core/memberships/carol", nil},
		{404, "token", "GET", "/orgs/acme/teams/core/memberships/dave", nil},
		{204, "token", "GET", "/orgs/acme/members/bob", nil},
		{200, "token", "GET", "/orgs/acme/memberships/bob", nil},
		{200, "token", "GET", ".", nil},
		{200, "token", "GET", "./collaborators", nil},
		{200, "token", "GET", "./collaborators/mallory/permission", nil},
		{200, "token", "GET", "./teams", nil},
		{404, "token", "GET", "./branches/main/protection", nil},
		{200, "token", "GET", "./branches/release/protection", nil},
		{200, "token", "GET", "./rules/branches/main", nil},
		{200, "token", "GET", "./commits?sha=feature", nil},
		{200, "token", "GET", "./commits/feature", nil},
		{200, "token", "GET", "./compare/main...feature", nil},
		{200, "token", "GET", "./git/ref/heads/main", nil},
		{404, "token", "GET", "./git/ref/heads/none", nil},
		{200, "token", "GET", "./git/trees/feature?recursive=1", nil},
		{404, "token", "GET", "./git/blobs/" + strings.Repeat("0", 40), nil},
		{200, "token", "GET", "./contents/README", nil},
		{200, "token", "GET", "./contents/src?ref=feature", nil},
		{200, "token", "GET", "./contents/link?ref=feature", nil},
		{200, "token", "GET", "./contents/sub?ref=feature", nil},
		{404, "token", "GET", "./contents/none", nil},
		{201, "carol", "POST", "./pulls", obj{"title": "Feature", "head": "feature", "base": "main", "body": "why"}},
		{422, "carol", "POST", "./pulls", obj{"title": "Feature", "head": "feature", "base": "main"}},
		{200, "token", "GET", "./pulls?state=all&sort=updated&direction=desc", nil},
		{200, "token", "GET", "./pulls/1", nil},
		{404, "token", "GET", "./pulls/2", nil},
		{200, "token", "GET", "./pulls/1/files", nil},
		{200, "token", "GET", "./pulls/1/commits", nil},
		{200, "token", "GET", "./pulls/1/comments", nil},
		{201, "token", "POST", "./pulls/1/requested_reviewers", obj{"reviewers": []string{"bob"}}},
		{422, "token", "POST", "./pulls/1/requested_reviewers", obj{"reviewers": []string{"mallory"}}},
		{201, "token", "POST", "./labels", obj{"name": "big", "color": "ff0000"}},
		{200, "token", "POST", "./issues/1/labels", obj{"labels": []string{"big", "new"}}},
		{200, "token", "GET", "./commits/" + head + "/pulls", nil},
	}
}

func middleSteps(head string, review, comment, run float64) []step {
	id := func(format string, id float64) string { return fmt.Sprintf(format, id) }
	return []step{
		{200, "token", "GET", "./pulls/1/requested_reviewers", nil},
		{200, "token", "DELETE", "./pulls/1/requested_reviewers", obj{"reviewers": []string{"bob"}}},
		{200, "token", "GET", "./pulls/1/reviews", nil},
		{422, "carol", "POST", "./pulls/1/reviews", obj{"event": "APPROVE"}},
		{200, "alice", "PUT", id("./pulls/1/reviews/%.0f/dismissals", review), obj{"message": "stale"}},
		{422, "alice", "PUT", id("./pulls/1/reviews/%.0f/dismissals", review), obj{"message": "stale"}},
		{200, "token", "GET", "./issues/1/comments", nil},
		{200, "token", "PATCH", id("./issues/comments/%.0f", comment), obj{"body": "ho"}},
		{200, "token", "GET", "./issues/1/timeline", nil},
		{200, "token", "GET", "./issues/1/events", nil},
		{204, "token", "DELETE", id("./issues/comments/%.0f", comment), nil},
		{200, "token", "DELETE", "./issues/1/labels/new", nil},
		{403, "alice", "POST", "./check-runs", obj{"name": "gate", "head_sha": head}},
		{200, "token", "PATCH", id("./check-runs/%.0f", run), obj{"conclusion": "success"}},
		{200, "token", "GET", id("./check-runs/%.0f", run), nil},
		{200, "token", "GET", "./commits/feature/check-runs?check_name=gate&app_id=1&filter=all", nil},
		{200, "token", "GET", "./commits/feature/check-suites", nil},
		{201, "token", "POST", "./statuses/" + head, obj{"state": "success", "context": "gate", "description": "ok"}},
		{200, "token", "GET", "./commits/feature/status", nil},
		{200, "token", "GET", "./commits/feature/statuses", nil},
		{200, "carol", "PATCH", "./pulls/1", obj{"title": "Better", "base": "release"}},
	}
}

func closingSteps() []step {
	return []step{
		{200, "carol", "PATCH", "./pulls/1", obj{"base": "main"}},
		{200, "token", "GET", "./issues/1/timeline?per_page=100", nil},
		{200, "alice", "PUT", "./pulls/1/merge", obj{"merge_method": "merge"}},
		{200, "token", "GET", "./pulls/1", nil},
		{405, "alice", "PUT", "./pulls/1/merge", obj{}},
	}
}
