package github_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver takes webhooks, checks their signatures and remembers them.
type receiver struct {
	mu       sync.Mutex
	got      []string
	payloads []map[string]any
	header   http.Header
	refuse   bool
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write(body)
	if req.Header.Get("X-Hub-Signature-256") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
		http.Error(w, "bad signature", http.StatusUnauthorized)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	var payload map[string]any
	if err := json.Unmarshal(body, &payload); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	name := req.Header.Get("X-GitHub-Event")
	if payload["action"] != nil {
		name += fmt.Sprint(".", payload["action"])
	}
	r.got, r.payloads, r.header = append(r.got, name), append(r.payloads, payload), req.Header
}

// take returns what arrived since the last take.
func (r *receiver) take(t *testing.T, w *world) string {
	t.Helper()
	check(t, w.FlushWebhooks(t.Context()))
	r.mu.Lock()
	defer r.mu.Unlock()
	out := strings.Join(r.got, " ")
	r.got = nil
	return out
}

func (r *receiver) setRefuse(refuse bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = refuse
}

func hooked(t *testing.T) (*world, *receiver) {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	w := newWorld(t, github.Options{WebhookURL: server.URL, WebhookSecret: "secret"})
	check(t, second(w.Install("acme")))
	equal(t, "installation.created", r.take(t, w))
	return w, r
}

func TestWebhooksTellWhatHappens(t *testing.T) {
	t.Parallel()
	w, r := hooked(t)
	p := w.open(fake.Opening{Head: "feature", Author: "carol", Draft: true})
	equal(t, "pull_request.opened", r.take(t, w))
	equal(t, "acme/app", fmt.Sprint(pick(r.payloads[1], "repository", "full_name")))
	if pick(r.payloads[1], "installation", "id") == nil || pick(r.payloads[1], "organization", "login") != "acme" {
		t.Errorf("payload lacks installation or organization: %v", r.payloads[1]["installation"])
	}
	if !strings.HasPrefix(r.header.Get("User-Agent"), "GitHub-Hookshot/") || r.header.Get("X-GitHub-Delivery") == "" {
		t.Errorf("headers %v", r.header)
	}
	check(t, p.SetDraft("carol", false), p.SetTitle("carol", "Better"), p.RequestReviewers("alice", []string{"dave"}, nil))
	equal(t, "pull_request.ready_for_review pull_request.edited pull_request.review_requested", r.take(t, w))
	id := must(p.Review(fake.Review{By: "alice", State: fake.Approved}))(t)
	check(t, p.EditReview("alice", id, "x"), p.Dismiss("bob", id, "stale"))
	equal(t, "pull_request_review.submitted pull_request_review.edited pull_request_review.dismissed", r.take(t, w))
	c := must(p.Comment("dave", "hi"))(t)
	check(t, p.EditComment("dave", c, "ho"), p.DeleteComment("dave", c))
	equal(t, "issue_comment.created issue_comment.edited issue_comment.deleted", r.take(t, w))
	w.commit(fake.Change{Branch: "feature", Author: "carol", Files: text("more", "m")})
	equal(t, "push pull_request.synchronize", r.take(t, w))
	w.commit(fake.Change{Author: "alice", Files: text("base", "m")})
	equal(t, "push", r.take(t, w))
	check(t, p.Close("carol"), p.Reopen("carol"), w.AddTeamMember("acme", "core", "dave"), w.RemoveTeamMember("acme", "core", "dave"))
	equal(t, "pull_request.closed pull_request.reopened organization.member_added membership.added membership.removed", r.take(t, w))
	check(t, second(p.Merge("bob")))
	equal(t, "pull_request.closed push", r.take(t, w))
	w.Ping()
	equal(t, "ping", r.take(t, w))
}

func TestWebhooksAreNotTriedAgain(t *testing.T) {
	t.Parallel()
	w, r := hooked(t)
	r.setRefuse(true)
	w.open(fake.Opening{Head: "feature", Author: "carol"})
	equal(t, "", r.take(t, w))
	all := w.Deliveries()
	last := all[len(all)-1]
	equal(t, 503, last.Status)
	r.setRefuse(false)
	app, _ := w.asApp()
	failed := w.want(200, app, "GET", "/app/hook/deliveries?status=failure", nil).list(t)
	equal(t, []string{"pull_request opened 503"}, pluck(failed, "event", "action", "status_code"))
	w.want(202, app, "POST", fmt.Sprintf("/app/hook/deliveries/%d/attempts", last.ID), nil)
	equal(t, "pull_request.opened", r.take(t, w))
	all = w.Deliveries()
	equal(t, last.GUID, all[len(all)-1].GUID)
	equal(t, true, all[len(all)-1].Redelivery)
	first := w.want(200, app, "GET", "/app/hook/deliveries?per_page=1", nil)
	next, _, _ := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"+w.url), ">")
	equal(t, 1, len(w.want(200, app, "GET", next, nil).list(t)))
}

func TestWebhooksCanBeHeld(t *testing.T) {
	t.Parallel()
	w, r := hooked(t)
	w.HoldWebhooks()
	p := w.open(fake.Opening{Head: "feature", Author: "carol"})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if w.FlushWebhooks(ended) == nil {
		t.Error("flushed while held")
	}
	w.ReleaseWebhooks()
	equal(t, "pull_request.opened", r.take(t, w))
	w.HoldWebhooks()
	check(t, p.Close("carol"))
	equal(t, 1, w.DropWebhooks())
	w.ReleaseWebhooks()
	equal(t, "", r.take(t, w))
}

func TestCheckEvents(t *testing.T) {
	t.Parallel()
	w, r := hooked(t)
	w.open(fake.Opening{Head: "feature", Author: "carol"})
	_, token := w.asApp()
	head := w.repo.Tip("feature")
	w.want(201, token, "POST", "/repos/acme/app/check-runs", obj{"name": "gate", "head_sha": head})
	run := w.repo.CheckRuns(head)[0]
	w.want(200, token, "PATCH", fmt.Sprint("/repos/acme/app/check-runs/", run.ID), obj{"conclusion": "failure"})
	check(t, w.repo.RerequestCheck("bob", run.ID), w.repo.RerequestSuite("bob", head))
	equal(t, "pull_request.opened check_run.created check_run.completed check_run.rerequested check_suite.rerequested", r.take(t, w))
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{Latency: time.Millisecond})
	fail := func(fault *github.Fault) {
		w.SetFault(func(*http.Request) *github.Fault { return fault })
	}
	get := func() (int, error) {
		resp, err := http.Get(w.url + "/repos/acme/app") //nolint:noctx // the test's own server
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
		return resp.StatusCode, err
	}
	fail(&github.Fault{Status: 502})
	status, err := get()
	check(t, err)
	equal(t, 502, status)
	for _, cut := range []*github.Fault{{Half: true}, {HangUp: true}, {HangUp: true, Served: true}} {
		fail(cut)
		if _, err := get(); err == nil {
			t.Errorf("%+v: no error", cut)
		}
	}
	fail(github.SecondaryLimit(7 * time.Second))
	equal(t, "7", w.want(403, "bob", "GET", "/user", nil).header.Get("Retry-After"))
	w.SetFault(nil)
	w.ResetCalls()
	arrived, release := w.Hold(func(r *http.Request) bool { return r.URL.Path == "/user" })
	done := make(chan int)
	go func() { done <- w.call("bob", "GET", "/user", nil).status }()
	<-arrived
	w.want(200, "bob", "GET", "/repos/acme/app", nil)
	release()
	equal(t, 200, <-done)
	calls := w.Calls()
	equal(t, "/user", calls[len(calls)-1].Pattern)
}
