package gitee_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
)

// accepted is a world in which alice has reviewed and the gate tested.
func accepted(t *testing.T, knobs map[string]int) *world {
	t.Helper()
	w := newWorld(t, knobs)
	w.call(201, "carol", "POST", pull+"/assignees", obj{"assignees": "alice"})
	w.call(201, "carol", "POST", pull+"/testers", obj{"testers": "gate"})
	w.call(204, "alice", "POST", pull+"/review", obj{})
	w.call(204, "gate", "POST", pull+"/test", nil)
	return w
}

// holds holds who has accepted.
func (w *world) holds(after, reviewed, tested string) {
	w.t.Helper()
	if got := w.accepts("assignees"); got != reviewed {
		w.t.Errorf("after %s: assignees %q, want %q", after, got, reviewed)
	}
	if got := w.accepts("testers"); got != tested {
		w.t.Errorf("after %s: testers %q, want %q", after, got, tested)
	}
}

// TestPushesTakeAcceptancesBack holds what becomes of acceptances, under each knob.
func TestPushesTakeAcceptancesBack(t *testing.T) {
	t.Parallel()
	w := accepted(t, nil)
	w.holds("a review", "alice:true", "gate:true")
	check(t, w.Repo.SetBranch("next", "main", "carol"), w.pull.Retarget("dave", "next"))
	w.holds("another base", "alice:true", "gate:true")
	w.push()
	w.holds("a push", "alice:false", "gate:false")
	log := string(w.call(200, "alice", "GET", pull+"/operate_logs", nil).Body)
	if !strings.Contains(log, "reset it to 'Not Reviewed'") || !strings.Contains(log, "alice reviewed passed") {
		t.Errorf("the log: %s", log)
	}

	w = accepted(t, map[string]int{rest.PushKeeps: 1})
	w.push()
	w.holds("a push that keeps", "alice:true", "gate:true")

	w = accepted(t, map[string]int{rest.RewriteKeeps: 1, rest.RetargetResets: 1})
	w.commit("main", map[string]*fake.File{"z": {Content: "z\n"}}, nil)
	_, err := w.Repo.Commit(fake.Change{Branch: "topic", Author: "dave", From: "main", Rename: map[string]string{"c": "e"},
		Files: map[string]*fake.File{"a": nil, "b": {Content: "better\n"}, "d": {Content: "d\n"}}})
	check(t, err)
	w.holds("a rewrite that keeps the patches", "alice:true", "gate:true")
	check(t, w.Repo.SetBranch("next", "main", "carol"), w.pull.Retarget("dave", "next"))
	w.holds("another base that resets", "alice:false", "gate:false")
}

// TestResets holds who takes back what.
func TestResets(t *testing.T) {
	t.Parallel()
	w := accepted(t, nil)
	w.call(403, "bob", "POST", pull+"/review", nil)
	w.call(403, "bob", "PATCH", pull+"/assignees", obj{"reset_all": true})
	w.call(200, "bob", "PATCH", pull+"/assignees", nil)
	w.holds("a reset of nothing", "alice:true", "gate:true")
	w.call(200, "alice", "PATCH", pull+"/assignees", nil)
	w.holds("one's own reset", "alice:false", "gate:true")
	w.call(200, "carol", "PATCH", pull+"/testers", obj{"reset_all": true})
	w.holds("a reset of all", "alice:false", "gate:false")
	w.call(403, "bob", "POST", pull+"/test", obj{"force": true})
	w.call(204, "carol", "POST", pull+"/test", obj{"force": true})
	w.holds("a forced test", "alice:false", "gate:true")
}

// TestAskingStrangers holds that nobody is asked who may not write.
func TestAskingStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.call(400, "carol", "POST", pull+"/assignees", obj{"assignees": "alice,mallory"})
	w.holds("a refusal", "", "")
	check(t, w.Turn(rest.AskingIgnored, 1))
	w.call(201, "carol", "POST", pull+"/assignees", obj{"assignees": "alice,mallory"})
	w.holds("one who is passed over", "alice:false", "")
	w.call(200, "carol", "DELETE", pull+"/assignees?assignees=alice", nil)
	w.holds("a withdrawal", "", "")
}

// newRun writes a check run, and returns its id.
func (w *world) newRun(pull int64, fields obj) int64 {
	w.t.Helper()
	body := obj{"name": "review-gate", "head_sha": w.pull.Head(), "pull_request_id": pull}
	for name, value := range fields {
		body[name] = value
	}
	return int64(w.call(201, "gate", "POST", repo+"/check-runs", body).Object(w.t)["id"].(float64))
}

// TestCheckRuns holds rights, finality, and what a branch that requires a check lets merge.
func TestCheckRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Require("main", "review-gate")
	may := func(want bool) {
		t.Helper()
		if got := w.Obstacle(w.pull) == ""; got != want {
			t.Errorf("mergeable: %v, want %v", got, want)
		}
	}
	body := obj{"name": "review-gate", "head_sha": w.pull.Head(), "status": "completed"}
	w.call(403, "alice", "POST", repo+"/check-runs", body)
	w.call(400, "gate", "POST", repo+"/check-runs", body)
	w.call(404, "gate", "POST", repo+"/check-runs", obj{"name": "x", "head_sha": w.pull.Head(), "pull_request_id": w.pull.Number()})
	w.call(400, "gate", "POST", repo+"/check-runs", obj{"name": "x", "head_sha": w.pull.Head(), "conclusion": "action_required"})
	may(false)
	id := w.newRun(w.pull.ID, obj{"status": "in_progress"})
	run := repo + "/check-runs/" + strconv.FormatInt(id, 10)
	w.call(400, "gate", "PATCH", run, obj{"conclusion": "success"})
	shown := w.call(200, "gate", "PATCH", run, obj{"name": "review-gate", "conclusion": "success", "output": obj{"title": "good"}}).Object(t)
	may(true)
	if shown["status"] != "completed" || shown["pull_request_id"] != nil || shown["creator"] != nil || shown["app"] != nil {
		t.Errorf("shown: %v", shown)
	}
	w.call(400, "gate", "PATCH", run, obj{"name": "review-gate", "conclusion": "failure"})
	check(t, w.Turn(rest.FinalIgnored, 1))
	w.call(200, "gate", "PATCH", run, obj{"name": "review-gate", "conclusion": "failure"})
	may(true)
	w.newRun(w.pull.ID, obj{"conclusion": "failure"})
	may(false)
	w.newRun(0, obj{"conclusion": "neutral"})
	may(true)
	check(t, w.Turn(rest.NeutralFails, 1))
	may(false)
}

// TestRunsOfTwins holds that a run of a pull request is none of another of the same head,
// unless a knob says so.
func TestRunsOfTwins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	check(t, w.Repo.SetBranch("next", "main", "carol"))
	twin, err := w.Repo.Open(fake.Opening{Author: "dave", Head: "topic", Base: "next"})
	check(t, err)
	w.newRun(w.pull.ID, obj{"conclusion": "success"})
	w.newRun(twin.ID, obj{"conclusion": "failure"})
	listed := func() string {
		t.Helper()
		path := fmt.Sprintf("%s/commits/%s/check-runs?check_name=review-gate&pull_request_id=%d", repo, w.pull.Head(), w.pull.ID)
		answer := w.call(200, "gate", "GET", path, nil)
		return fmt.Sprint(strings.Count(string(answer.Body), `"conclusion":`), " ", strings.Contains(string(answer.Body), "success"))
	}
	if got := fmt.Sprint(w.Passes(w.pull, "review-gate"), w.Passes(twin, "review-gate"), listed()); got != "true false1 true" {
		t.Errorf("apart: %s", got)
	}
	check(t, w.Turn(rest.TwinsShare, 1), w.Turn(rest.BareRuns, 1))
	if got := fmt.Sprint(w.Passes(w.pull, "review-gate"), w.Passes(twin, "review-gate"), listed()); got != "false false1 false" {
		t.Errorf("together: %s", got)
	}
}

// TestTester holds the other way of blocking: without administering, by an acceptance.
func TestTester(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{rest.NoAdministrator: 1})
	w.call(403, "gate", "POST", repo+"/check-runs", obj{"name": "review-gate", "head_sha": w.pull.Head()})
	w.call(200, "gate", "PATCH", pull, obj{"testers_number": 1})
	w.call(201, "gate", "POST", pull+"/testers", obj{"testers": "gate"})
	passes := func(want bool) {
		t.Helper()
		if got := w.Obstacle(w.pull) == "" && w.Passes(w.pull, ""); got != want {
			t.Errorf("passes: %v, want %v", got, want)
		}
	}
	passes(false)
	w.call(204, "gate", "POST", pull+"/test", nil)
	passes(true)
	w.push()
	passes(false)
	w.call(405, "carol", "PUT", pull+"/merge", obj{})
	w.call(204, "gate", "POST", pull+"/test", nil)
	w.call(200, "carol", "PUT", pull+"/merge", obj{})
}

// TestUnknownParameters holds that nothing is taken that is not described, and that what is
// demanded is missed.
func TestUnknownParameters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"GET", repo + "/pulls?per=3", nil},
		{"POST", pull + "/comments", obj{"text": "well"}},
		{"POST", pull + "/comments", obj{"body": "well", "sticky": true}},
		{"POST", pull + "/labels", obj{"labels": "bug"}},
		{"POST", pull + "/labels", []string{"b"}},
		{"POST", pull + "/labels", []string{strings.Repeat("b", 21)}},
		{"POST", repo + "/labels", obj{"name": "bug", "color": "red"}},
		{"DELETE", pull + "/testers", nil},
	} {
		w.call(400, "carol", c.method, c.path, c.body)
	}
}

// TestComments holds that an edit moves the time of change, and who may make one.
func TestComments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{rest.LateComments: 1})
	id := fmt.Sprint(w.call(201, "alice", "POST", pull+"/comments", obj{"body": "well"}).Object(t)["id"])
	w.ticks.Add(5)
	said := repo + "/pulls/comments/" + strings.TrimSuffix(id, ".0")
	w.call(404, "alice", "GET", said, nil)
	w.call(403, "bob", "PATCH", said, obj{"body": "no"})
	w.call(200, "carol", "PATCH", said, obj{"body": "better"})
	shown := w.call(200, "alice", "GET", said, nil).Object(t)
	if shown["body"] != "better" || shown["updated_at"] == shown["created_at"] || shown["updated_at"] != "2026-03-01T20:00:05+08:00" {
		t.Errorf("shown: %v", shown)
	}
	w.call(204, "alice", "DELETE", said, nil)
	if left := w.call(200, "alice", "GET", pull+"/comments", nil).List(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestPages holds the headers of lists, and their order.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 4 {
		w.ticks.Add(1)
		branch := fmt.Sprint("b", i)
		_, err := w.Repo.Commit(fake.Change{Branch: branch, Author: "dave", Files: map[string]*fake.File{branch: {Content: branch}}})
		check(t, err)
		_, err = w.Repo.Open(fake.Opening{Author: "dave", Head: branch})
		check(t, err)
	}
	w.ticks.Add(1)
	check(t, w.pull.AddLabel("carol", "bug"))
	second := w.call(200, "alice", "GET", repo+"/pulls?sort=updated&direction=desc&per_page=2&page=1", nil)
	var got []any
	for _, p := range second.List(t) {
		got = append(got, p["number"])
	}
	if diff := cmp.Diff([]any{1.0, 5.0}, got); diff != "" {
		t.Error(diff)
	}
	if h := second.Header; h.Get("total_page") != "3" || h.Get("total_count") != "5" {
		t.Errorf("headers %v", h)
	}
}

// TestLimits holds that calls beyond the limit are refused until the hour ends.
func TestLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for range 5000 {
		w.call(200, "alice", "GET", "/user", nil)
	}
	late := w.call(http.StatusTooManyRequests, "alice", "GET", "/user", nil)
	if late.Header.Get("Retry-After") == "" || late.Header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("headers %v", late.Header)
	}
	w.call(200, "bob", "GET", "/user", nil)
	w.ticks.Add(int64(time.Hour / time.Second))
	w.call(200, "alice", "GET", "/user", nil)
}

// TestDeskDeliveries holds what webhooks tell of desks, and that a knob has them say nothing.
func TestDeskDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.listener()
	acts := func() {
		w.call(201, "carol", "POST", pull+"/assignees", obj{"assignees": "alice"})
		w.call(204, "alice", "POST", pull+"/review", nil)
		w.call(200, "alice", "PATCH", pull+"/assignees", nil)
		w.call(200, "carol", "DELETE", pull+"/assignees?assignees=alice", nil)
	}
	acts()
	got, _ := w.told(0)
	want := []string{"merge_request_hooks assign assign open", "merge_request_hooks approved approved open",
		"merge_request_hooks unassign unassign open"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	check(t, w.Turn(rest.SilentApprovals, 1))
	acts()
	if got, _ := w.told(len(want)); got != nil {
		t.Errorf("told in silence: %q", got)
	}
	if err := w.Turn("none", 1); err == nil {
		t.Error("a knob that is none was turned")
	}
}

// TestContents holds what is answered by a path that is missing, under both settings.
func TestContents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.call(404, "alice", "GET", repo+"/contents/none", nil)
	check(t, w.Turn(rest.EmptyContents, 1))
	if list := w.call(200, "alice", "GET", repo+"/contents/none", nil).List(t); len(list) > 0 {
		t.Errorf("listed: %v", list)
	}
}

// TestGit holds that the heads of pull requests are read by git, with a token as password.
func TestGit(t *testing.T) {
	t.Parallel()
	gittest.Need(t)
	w := newWorld(t, nil)
	refs := func(token string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/acme/app.git/info/refs?service=git-upload-pack", nil)
		check(t, err)
		req.SetBasicAuth("x", token)
		res, err := http.DefaultClient.Do(req)
		check(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		check(t, err)
		return res.StatusCode, string(body)
	}
	if status, body := refs("token-gate"); status != http.StatusOK || !strings.Contains(body, w.pull.Head()+" refs/pull/1/head") {
		t.Errorf("status %d: %s", status, body)
	}
	if status, _ := refs("none"); status != http.StatusNotFound {
		t.Errorf("a token that is none: status %d", status)
	}
}
