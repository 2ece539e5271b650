package gitee_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/gitee"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
)

// like holds an answer against a recorded one.
func like(t *testing.T, name string, got []byte) {
	t.Helper()
	faults, err := giteetest.Like(forgetest.Shared(t, "gitee/"+name), got)
	check(t, err)
	for _, fault := range faults {
		t.Errorf("%s: %s", name, fault)
	}
}

// TestAnswersAsRecorded holds each answer of which there is a recorded one to its keys and
// types.
func TestAnswersAsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.call(201, "carol", "POST", pull+"/assignees", obj{"assignees": "alice"})
	w.call(201, "carol", "POST", pull+"/testers", obj{"testers": "bob"})
	w.call(201, "carol", "POST", pull+"/labels", []string{"bug"})
	made := w.call(201, "alice", "POST", pull+"/comments", obj{"body": "well"})
	like(t, "pr_comment.json", made.Body)
	for name, path := range map[string]string{
		"pr.json": pull, "pulls.json": repo + "/pulls", "pr_files.json": pull + "/files", "pr_commits.json": pull + "/commits",
		"pr_comments.json": pull + "/comments", "repo.json": repo, "user.json": "/user", "content.json": repo + "/contents/README",
		"membership.json": "/orgs/acme/memberships/alice", "compare.json": repo + "/compare/main...topic",
	} {
		like(t, name, w.call(200, "alice", "GET", path, nil).Body)
	}
	like(t, "error.json", w.call(404, "alice", "GET", "/repos/acme/none", nil).Body)
}

// TestTraps holds the double to what is told by the names of something else.
func TestTraps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var traps struct {
		Files []struct {
			Status *string `json:"status"`
			AMode  string  `json:"a_mode"`
			BMode  string  `json:"b_mode"`
		} `json:"pulls_files"`
		Lacks []string `json:"pr_answer_has_no"`
	}
	check(t, json.Unmarshal(forgetest.Shared(t, "gitee/traps.json"), &traps))
	recorded := map[string]string{}
	for _, f := range traps.Files {
		recorded[fmt.Sprint(word(f.Status))] = f.AMode + " " + f.BMode
	}
	base := w.Repo.Tip("main")
	w.commit("main", map[string]*fake.File{"z": {Content: "z\n"}}, nil)
	for _, f := range w.call(200, "alice", "GET", pull+"/files", nil).List(t) {
		patch, at := f["patch"].(map[string]any), w.pull.Head()
		if f["status"] == "deleted" {
			at = base
		}
		if got := fmt.Sprint(patch["a_mode"], " ", patch["b_mode"]); f["sha"] != at || got != recorded[fmt.Sprint(f["status"])] {
			t.Errorf("%s is %v at %s with modes %s, recorded %q", f["filename"], f["status"], f["sha"], got, recorded[fmt.Sprint(f["status"])])
		}
	}
	shown := w.call(200, "alice", "GET", pull, nil).Object(t)
	if sha := shown["base"].(map[string]any)["sha"]; sha != base {
		t.Errorf("the base is %s, want the merge base %s", sha, base)
	}
	for _, name := range traps.Lacks {
		if _, ok := shown[name]; ok {
			t.Errorf("the answer has %s", name)
		}
	}
	branch := w.call(200, "alice", "GET", repo+"/branches/main", nil).Object(t)
	if sha := branch["commit"].(map[string]any)["sha"]; sha != w.Repo.Tip("main") {
		t.Errorf("the tip is %s", sha)
	}
}

// word is a status, null for none.
func word(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// TestDeliveriesAsRecorded holds webhooks to recorded ones.
func TestDeliveriesAsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.listener()
	acts := []struct {
		name string
		do   func() error
	}{
		{"pr_update.json", func() error { w.push(); return nil }},
		{"pr_labeled.json", func() error { return w.pull.AddLabel("carol", "bug") }},
		{"pr_unlabeled.json", func() error { return w.pull.RemoveLabel("carol", "bug") }},
		{"note_hook_pr_comment.json", func() error { _, err := w.pull.Comment("alice", "well"); return err }},
		{"pr_close.json", func() error { return w.pull.Close("dave") }},
		{"pr_open.json", func() error { return w.pull.Reopen("dave") }},
		{"pr_merge.json", func() error { _, err := w.pull.Merge("carol"); return err }},
	}
	for _, act := range acts {
		recorded := giteetest.Answer{Body: forgetest.Shared(t, "gitee/webhooks/"+act.name)}
		was := recorded.Object(t)
		want := fmt.Sprint(was["hook_name"], " ", was["action"])
		for _, name := range []string{"action_desc", "state"} {
			if was[name] != nil {
				want += fmt.Sprint(" ", was[name])
			}
		}
		since := len(w.Deliveries())
		check(t, act.do())
		lines, sent := w.told(since)
		found := false
		for i, line := range lines {
			if line == want {
				found = true
				like(t, "webhooks/"+act.name, sent[i].Body)
			}
			if strings.HasPrefix(line, "push_hooks") && act.name == "pr_update.json" {
				like(t, "webhooks/push.json", sent[i].Body)
			}
		}
		if !found {
			t.Errorf("%s: want %q, got %q", act.name, want, lines)
		}
	}
}

// TestSignature holds webhooks to the known vector: the body takes no part in it.
func TestSignature(t *testing.T) {
	t.Parallel()
	var vector struct {
		Secret, Token string
		Timestamp     string `json:"timestamp_ms"`
		Want          string `json:"x_gitee_token"`
	}
	check(t, json.Unmarshal(forgetest.Shared(t, "gitee/signature-vectors.json"), &vector))
	if got := gitee.Sign(vector.Secret, vector.Timestamp); got != vector.Want {
		t.Errorf("signature %s, want %s", got, vector.Want)
	}
	for knob, want := range map[string][2]string{"": {"Note Hook", ""}, rest.MachineWords: {"note_hooks", ""},
		rest.Password: {"Note Hook", giteetest.Secret}} {
		w := newWorld(t, nil)
		w.listener()
		if knob != "" {
			check(t, w.Turn(knob, 1))
		}
		_, err := w.pull.Comment("alice", "well")
		check(t, err)
		_, sent := w.told(0)
		h := sent[0].Header
		token := want[1]
		if token == "" {
			token = gitee.Sign(giteetest.Secret, h.Get("X-Gitee-Timestamp"))
		}
		if h.Get("X-Gitee-Event") != want[0] || h.Get("X-Gitee-Token") != token || h.Get("X-Request-Id") != "" {
			t.Errorf("%q: headers %v", knob, h)
		}
	}
}

// newer are parameters and routes that the description of 5.3.2 lacks, as they are younger.
var newer = map[string]string{
	"GET /repos/{owner}/{repo}/compare/{basehead}": "", "GET /repos/{owner}/{repo}/branches": "page per_page",
	"GET /repos/{owner}/{repo}/pulls": "since", "GET /repos/{owner}/{repo}/pulls/{number}/comments": "direction comment_type",
	"PATCH /repos/{owner}/{repo}/pulls/{number}":            "assignees_number testers_number draft close_related_issue",
	"PUT /repos/{owner}/{repo}/pulls/{number}/merge":        "title description close_related_issue",
	"GET /repos/{owner}/{repo}/pulls/{number}/labels":       "page per_page",
	"PATCH /repos/{owner}/{repo}/pulls/{number}/assignees":  "reset_all",
	"PATCH /repos/{owner}/{repo}/pulls/{number}/testers":    "reset_all",
	"POST /repos/{owner}/{repo}/pulls/{number}/review":      "force",
	"POST /repos/{owner}/{repo}/pulls/{number}/test":        "force",
	"GET /repos/{owner}/{repo}/raw/{path}":                  "ref",
	"POST /repos/{owner}/{repo}/check-runs":                 "*",
	"PATCH /repos/{owner}/{repo}/check-runs/{id}":           "*",
	"GET /repos/{owner}/{repo}/check-runs/{id}":             "*",
	"GET /repos/{owner}/{repo}/check-runs/{id}/annotations": "*",
	"GET /repos/{owner}/{repo}/commits/{ref}/check-runs":    "*",
	"GET /user/repos": "visibility affiliation type sort direction q page per_page",
}

// TestRoutesAreDescribed holds what calls may give to the published description.
func TestRoutesAreDescribed(t *testing.T) {
	t.Parallel()
	described := readDescription(t)
	for _, rt := range gitee.New(fake.New(nil), rest.Options{}).Routes() {
		op := rt.Method + " " + strings.ReplaceAll(rt.Path, "...}", "}")
		more, known := newer[op]
		params, ok := described[op]
		if !ok && !known {
			t.Errorf("%s is not described", op)
		}
		for _, name := range strings.Fields(rt.Query + " " + rt.Body) {
			name = strings.TrimSuffix(name, "*")
			if more != "*" && !params[name] && !strings.Contains(" "+more+" ", " "+name+" ") {
				t.Errorf("%s: %s is not described", op, name)
			}
		}
	}
}

// readDescription reads the parameters of each operation.
func readDescription(t *testing.T) map[string]map[string]bool {
	t.Helper()
	type property struct {
		Properties map[string]any `yaml:"properties"`
	}
	type operation struct {
		Parameters []struct {
			Name   string
			Schema struct {
				Ref string `yaml:"$ref"`
			}
		}
	}
	var doc struct {
		Paths       map[string]map[string]yaml.Node
		Definitions map[string]yaml.Node
	}
	check(t, yaml.Unmarshal(forgetest.Shared(t, "gitee/swagger-5.3.2.yaml.gz"), &doc))
	out := map[string]map[string]bool{}
	for path, ops := range doc.Paths {
		for method, node := range ops {
			if node.Kind != yaml.MappingNode { // what all operations of a path have
				continue
			}
			var op operation
			check(t, node.Decode(&op))
			params := map[string]bool{}
			for _, p := range op.Parameters {
				params[p.Name] = true
				var body property
				if node := doc.Definitions[strings.TrimPrefix(p.Schema.Ref, "#/definitions/")]; p.Schema.Ref != "" {
					check(t, node.Decode(&body))
				}
				for name := range body.Properties {
					params[name] = true
				}
			}
			out[strings.ToUpper(method)+" "+strings.TrimPrefix(path, "/v5")] = params
		}
	}
	return out
}
