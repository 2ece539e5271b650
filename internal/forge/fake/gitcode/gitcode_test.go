package gitcode_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/gitcode"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
)

// world is a double with the repository acme/app, and a pull request of dave's.
type world struct {
	giteetest.GitCode
	t     *testing.T
	pull  *fake.PullRequest
	ticks atomic.Int64
}

const (
	repo = "/repos/acme/app"
	pull = repo + "/pulls/1"
)

// obj is a JSON object to send.
type obj = map[string]any

// many is a limit that no test reaches.
var many = []rest.Limit{{Most: 1_000_000, Over: time.Hour}}

func check(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newWorld(t *testing.T, limits []rest.Limit) *world {
	t.Helper()
	w := &world{t: t}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return start.Add(time.Duration(w.ticks.Load()) * time.Second) }
	cast := forgetest.Players()
	cast.Repo, cast.Files = "acme/app", map[string]string{"a": "a\n", "README": "hello\n"}
	w.GitCode = giteetest.NewGitCode(t, fake.New(clock), rest.Options{Limits: limits}, cast)
	w.push("better\n")
	var err error
	w.pull, err = w.Repo.Open(fake.Opening{Author: "dave", Head: "topic", Title: "Better"})
	check(t, err)
	return w
}

func (w *world) push(text string) {
	w.t.Helper()
	_, err := w.Repo.Commit(fake.Change{Branch: "topic", Author: "dave", Message: "Change\n",
		Files: map[string]*fake.File{"a": {Content: text}}})
	check(w.t, err)
}

func (w *world) call(status int, as, method, path string, body any) giteetest.Answer {
	w.t.Helper()
	return w.Want(w.t, status, as, method, path, body)
}

// deliveries takes webhooks until it is called.
func (w *world) deliveries() func() []rest.Delivered {
	w.t.Helper()
	l := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w.t.Cleanup(l.Close)
	w.SetWebhook(rest.Hook{URL: l.URL, Secret: giteetest.Secret})
	return func() []rest.Delivered {
		w.t.Helper()
		check(w.t, w.FlushWebhooks(w.t.Context()))
		return w.Deliveries()
	}
}

// like holds an answer against a recorded one.
func like(t *testing.T, name string, got []byte) {
	t.Helper()
	faults, err := giteetest.Like(forgetest.Shared(t, "gitcode/go-gitcode/"+name), got)
	check(t, err)
	for _, fault := range faults {
		if !strings.HasPrefix(fault, ".changes.") { // those are of the one act that was recorded
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// TestAnswersAsRecorded holds each answer of which there is a recorded one to its keys and
// types.
func TestAnswersAsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, many)
	like(t, "pr/pull_requests_add_labels.json", w.call(201, "carol", "POST", pull+"/labels", []string{"bug"}).Body)
	like(t, "pr/pull_requests_create_comment.json", w.call(201, "alice", "POST", pull+"/comments", obj{"body": "well"}).Body)
	for name, path := range map[string]string{
		"pr/pull_requests.json": pull, "pr/pull_requests_comments.json": pull + "/comments", "pr/pull_requests_commits.json": pull + "/commits",
		"pr/pull_requests_files.json": pull + "/files", "pr/pull_requests_operate_log.json": pull + "/operate_logs",
		"repos/repository_file_content.json": repo + "/contents/README", "repos/repository_members.json": repo + "/collaborators",
		"user/user.json": "/user",
	} {
		like(t, name, w.call(200, "alice", "GET", path, nil).Body)
	}
	like(t, "issues/issues_delete_label_failed.json", w.call(404, "carol", "DELETE", pull+"/labels/none", nil).Body)
	like(t, "pr/pull_requests_open.json", w.call(200, "carol", "PATCH", pull, obj{"title": "Best"}).Body)
	like(t, "pr/pull_requests_merge.json", w.call(200, "carol", "PUT", pull+"/merge", obj{}).Body)
}

// TestDeliveriesAsRecorded holds webhooks to recorded ones.
func TestDeliveriesAsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, many)
	sent := w.deliveries()
	w.push("best\n")
	_, err := w.pull.Comment("alice", "well")
	check(t, err, w.pull.Close("dave"), w.pull.Reopen("dave"))
	var got []string
	names := map[string]string{"Push Hook": "push_code", "Note Hook": "pr_note", "Merge Request Hook": "pr_create"}
	for _, d := range sent() {
		like(t, "webhook/"+names[d.Event]+".json", d.Body)
		body := giteetest.Answer{Body: d.Body}.Object(t)
		attributes, _ := body["object_attributes"].(map[string]any)
		got = append(got, fmt.Sprint(d.Event, " ", attributes["action"]))
	}
	want := []string{"Push Hook <nil>", "Merge Request Hook update", "Note Hook <nil>", "Merge Request Hook close",
		"Merge Request Hook reopen"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSignature holds webhooks to the known vector, and to a password by its knob.
func TestSignature(t *testing.T) {
	t.Parallel()
	var vector struct {
		Secret string
		Body   string            `json:"body_base64"`
		Signed map[string]string `json:"headers_signed"`
	}
	check(t, json.Unmarshal(forgetest.Shared(t, "gitcode/signature-vectors.json"), &vector))
	body, err := base64.StdEncoding.DecodeString(vector.Body)
	check(t, err)
	w := newWorld(t, many)
	headers := func() http.Header {
		w.Lock()
		defer w.Unlock()
		return w.Headers(rest.Hook{Secret: vector.Secret}, "Merge Request Hook", body, time.Time{})
	}
	h := headers()
	for name, want := range vector.Signed {
		if got := h.Get(name); name != "X-GitCode-Delivery" && got != want || got == "" {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	check(t, w.Turn(rest.Password, 1))
	if h := headers(); h.Get("X-GitCode-Token") != vector.Secret || h.Get("X-GitCode-Signature-256") != "" {
		t.Errorf("with a password: %v", h)
	}
}

// TestIDs holds that people have other ids in webhooks, and that comments are changed by
// another id than that under which they were made.
func TestIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, many)
	sent := w.deliveries()
	made := w.call(201, "alice", "POST", pull+"/comments", obj{"body": "well"}).Object(t)
	body := giteetest.Answer{Body: sent()[0].Body}.Object(t)
	me := w.call(200, "alice", "GET", "/user", nil).Object(t)
	hook := body["user"].(map[string]any)
	if hook["username"] != "alice" || fmt.Sprint(hook["id"]) == me["id"] || len(me["id"].(string)) != 24 {
		t.Errorf("alice is %v and %v", me["id"], hook)
	}
	note := fmt.Sprintf("%s/pulls/comments/%.0f", repo, made["note_id"])
	w.call(404, "alice", "PATCH", fmt.Sprintf("%s/pulls/comments/%s", repo, made["id"]), obj{"body": "better"})
	w.call(200, "carol", "PATCH", note, obj{"body": "better"})
	var edits []string
	history := strings.Replace(note, "/comments/", "/comment/", 1) + "/modify_history"
	for _, e := range w.call(200, "alice", "GET", history, nil).List(t) {
		edits = append(edits, fmt.Sprint(e["updated_user"].(map[string]any)["login"], " ", e["content"], " ", e["created"]))
	}
	if diff := cmp.Diff([]string{"alice well true", "carol better false"}, edits); diff != "" {
		t.Error(diff)
	}
}

// TestBlocking holds what lets merge: testers, and threads that are resolved.
func TestBlocking(t *testing.T) {
	t.Parallel()
	w := newWorld(t, many)
	w.call(404, "gate", "POST", repo+"/check-runs", obj{"name": "x"})
	state := func(want bool, passed ...string) {
		t.Helper()
		got := w.call(200, "gate", "GET", fmt.Sprint(repo, "/pulls/", w.pull.Number()), nil).Object(t)["mergeable_state"].(map[string]any)
		for _, name := range []string{"approval_testers_required_passed", "resolve_discussion_passed"} {
			if got[name] != strings.Contains(strings.Join(passed, " "), name) {
				t.Errorf("%s: %v", name, got[name])
			}
		}
		if got["state"] != want || w.Passes(w.pull) != want || (w.Obstacle(w.pull) == "") != want {
			t.Errorf("mergeable: %v, passes: %v, obstacle: %q; want %v", got["state"], w.Passes(w.pull), w.Obstacle(w.pull), want)
		}
	}
	const tested, resolved = "approval_testers_required_passed", "resolve_discussion_passed"
	gate := w.call(200, "gate", "GET", pull+"/option_reviewers", nil).List(t)
	id := ""
	for _, one := range gate {
		if one["login"] == "gate" {
			id = fmt.Sprintf("%.0f", one["id"])
		}
	}
	w.call(403, "alice", "PUT", repo+"/pull_request_settings", obj{"approval_required_testers": 1})
	w.call(200, "gate", "PUT", repo+"/pull_request_settings", obj{"approval_required_testers": 1, "approval_tester_ids": id,
		"only_allow_merge_if_all_discussions_are_resolved": true})
	check(t, w.pull.Close("dave"))
	var err error
	w.pull, err = w.Repo.Open(fake.Opening{Author: "dave", Head: "topic"}) // with the testers that each has now
	check(t, err)
	const pull = repo + "/pulls/2"
	state(false, resolved)
	w.call(201, "gate", "POST", pull+"/test", nil)
	state(true, tested, resolved)
	thread := w.call(201, "gate", "POST", pull+"/comments", obj{"body": "not yet"}).Object(t)
	state(false, tested)
	w.call(403, "mallory", "PUT", pull+"/comments/"+fmt.Sprint(thread["id"]), obj{"resolved": true})
	w.call(200, "gate", "PUT", pull+"/comments/"+fmt.Sprint(thread["id"]), obj{"resolved": true})
	state(true, tested, resolved)
	w.push("best\n")
	state(false, resolved)
}

// TestFilesOfBoth holds the two lists of files against each other: what is a commit's id in
// one is so in both, and the count is in one.
func TestFilesOfBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, many)
	file := w.call(200, "alice", "GET", pull+"/files", nil).List(t)[0]
	whole := w.call(200, "alice", "GET", pull+"/files.json", nil).Object(t)
	refs, diff := whole["diff_refs"].(map[string]any), whole["diffs"].([]any)[0].(map[string]any)
	if file["sha"] != w.pull.Head() || refs["head_sha"] != w.pull.Head() || refs["base_sha"] != w.Repo.Tip("main") || whole["count"] != 1.0 ||
		diff["new_blob_id"] != file["blob_id"] {
		t.Errorf("%v\n%v", file, whole)
	}
}

// TestLabelsByForm holds that a label is made by a form, and by nothing else.
func TestLabelsByForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, many)
	w.call(415, "carol", "POST", repo+"/labels", obj{"name": "bug", "color": "ED4014"})
	w.call(201, "carol", "POST", repo+"/labels", url.Values{"name": {"bug"}, "color": {"ED4014"}})
	w.call(400, "carol", "POST", repo+"/labels", url.Values{"name": {"more"}, "color": {"ED4014"}, "text": {"x"}})
}

// TestLimits holds that 50 calls in a minute are taken, and no header tells of it.
func TestLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 3 {
		for range 50 {
			w.call(200, "alice", "GET", "/user", nil)
		}
		late := w.call(http.StatusTooManyRequests, "alice", "GET", "/user", nil)
		if late.Header.Get("Retry-After") != "" || late.Header.Get("X-RateLimit-Limit") != "" {
			t.Fatalf("minute %d: headers %v", i, late.Header)
		}
		w.ticks.Add(60)
	}
}

// TestRoutesAreDescribed holds what calls may give to the published descriptions.
func TestRoutesAreDescribed(t *testing.T) {
	t.Parallel()
	described := map[string]map[string]bool{}
	for line := range strings.Lines(string(forgetest.Shared(t, "gitcode/operations.jsonl"))) {
		var op struct {
			Method, Path string
			Query        []string
			Body         map[string]json.RawMessage
		}
		check(t, json.Unmarshal([]byte(line), &op))
		params := map[string]bool{}
		for _, q := range op.Query {
			name, _, _ := strings.Cut(q, ":")
			params[strings.TrimSuffix(name, "*")] = true
		}
		for _, body := range op.Body {
			var fields map[string]any
			if json.Unmarshal(body, &fields) == nil {
				for name := range fields {
					params[name] = true
				}
			}
		}
		path := strings.NewReplacer("{comment_id}", "{id}", "{discussion_id}", "{discussion}", "{base}...{head}", "{basehead}").Replace(op.Path)
		described[op.Method+" "+strings.TrimPrefix(path, "/api/v5")] = params
	}
	for _, rt := range gitcode.New(fake.New(nil), rest.Options{}).Routes() {
		op := rt.Method + " " + strings.ReplaceAll(rt.Path, "...}", "}")
		params, ok := described[op]
		if !ok && op != "GET /users/{username}" {
			t.Errorf("%s is not described", op)
		}
		for _, name := range strings.Fields(rt.Query + " " + rt.Body) {
			if !params[strings.TrimSuffix(name, "*")] {
				t.Errorf("%s: %s is not described", op, name)
			}
		}
	}
}
