package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// asToken returns a forge that acts with a token; asApp one that acts as an App
// would, as far as decoding goes.
func asToken(t testing.TB) *Forge {
	t.Helper()
	f, err := New(Config{Name: "github", Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func asAppOf(t testing.TB, id int64) *Forge {
	t.Helper()
	f := asToken(t)
	f.cfg.Token, f.cfg.App = "", &App{ID: id}
	return f
}

func deliver(kind string) http.Header {
	return http.Header{"X-Github-Delivery": {"d-1"}, "X-Github-Event": {kind}}
}

// example is one kind of event with GitHub's own payloads.
type example struct {
	Name     string            `json:"name"`
	Examples []json.RawMessage `json:"examples"`
}

// examples reads GitHub's published payloads.
func examples(t testing.TB) []example {
	t.Helper()
	var list []example
	if err := json.Unmarshal(forgetest.Shared(t, "github/webhook-examples.json.gz"), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// wanted returns the hint of each published payload, by event and index. What is
// not here is ignored.
func wanted() map[string]string {
	const hello = "github:Codertocat/Hello-World"
	want := map[string]string{
		"check_run 7":                 "github:github/hello-world head d6fde92930d4715a2b49857d24b940956b26d2d3",
		"check_run 8":                 "github:github/hello-world head d6fde92930d4715a2b49857d24b940956b26d2d3",
		"check_suite 7":               hello + " head ec26c3e57ca3a959ca5aad62de7213c562f8c821",
		"check_suite 8":               hello + " head ec26c3e57ca3a959ca5aad62de7213c562f8c821",
		"installation 1":              hello,
		"installation 2":              hello,
		"installation 4":              hello,
		"installation_repositories 0": "github:Codertocat/Space",
		"installation_repositories 1": "github:Codertocat/Space",
		"push 4":                      hello + " branch master, the default",
		"push 5":                      hello + " branch master, the default",
		"merge_group 0":               "github:octo-org/octo-repo",
		"merge_group 1":               "github:octo-org/octo-repo",
		"organization 0":              "team Octocoders/",
		"organization 1":              "team Octocoders/",
		"organization 2":              "team Octocoders/",
		"team 0":                      "team Octocoders/github; github:Octocoders/Hello-World",
		"team 1":                      "team Octocoders/github; github:Octocoders/Hello-World",
		"team 2":                      "team Octocoders/github",
		"team 3":                      "team Octocoders/",
		"team 4":                      "team Octocoders/",
		"team 5":                      "team Octocoders/github; github:Octocoders/Hello-World",
	}
	for i := range 6 {
		want[fmt.Sprintf("check_run %d", i)] = hello + " head ec26c3e57ca3a959ca5aad62de7213c562f8c821 check Octocoders-linter"
	}
	for i := range 4 {
		want[fmt.Sprintf("member %d", i)] = hello
		want[fmt.Sprintf("status %d", i)] = hello + " head 6113728f27ae82c7b1a177c8d03f9e96e0adf246 check default"
	}
	for i := range 5 {
		want[fmt.Sprintf("membership %d", i)] = "team Octocoders/github"
	}
	want["membership 3"] = "team Octocoders/" // of a team that is deleted
	// opened, closed, converted_to_draft, ready_for_review, reopened and
	// synchronize; not assigned, labeled, locked and so on.
	for _, i := range []int{0, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19, 22} {
		want[fmt.Sprintf("pull_request %d", i)] = hello + " number 2"
	}
	for i := 9; i <= 12; i++ {
		want[fmt.Sprint("repository ", i)] = "github:Octocoders/Hello-World"
	}
	for i := range 4 {
		want[fmt.Sprintf("pull_request_review %d", i)] = hello + " number 2"
	}
	return want
}

func describe(hints []webhook.Hint) string {
	var list []string
	for _, h := range hints {
		text := h.Repo.String()
		switch {
		case h.Number != 0:
			text += fmt.Sprintf(" number %d", h.Number)
		case h.Head != "":
			text += " head " + h.Head
			if h.Check != "" {
				text += " check " + h.Check
			}
		case h.Team != "":
			text = "team " + h.Team
		case h.Branch != "":
			text += " branch " + h.Branch
		}
		if h.Default {
			text += ", the default"
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

// TestDecodePublished reads every payload that GitHub publishes.
func TestDecodePublished(t *testing.T) {
	t.Parallel()
	want, got, payloads := wanted(), map[string]string{}, 0
	f := asToken(t)
	for _, e := range examples(t) {
		for i, body := range e.Examples {
			payloads++
			event, err := f.Decode(deliver(e.Name), body)
			if err != nil || event.Kind != e.Name {
				t.Errorf("%s %d: %+v, %v", e.Name, i, event, err)
			}
			if len(event.Hints) > 0 {
				got[fmt.Sprintf("%s %d", e.Name, i)] = describe(event.Hints)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if payloads < 100 {
		t.Errorf("%d payloads", payloads)
	}
}

const inRepo = `"repository": {"full_name": "acme/kernel", "default_branch": "main"}`

func TestDecode(t *testing.T) {
	t.Parallel()
	const number7 = "github:acme/kernel number 7"
	comment := func(action, pull, body string) string {
		return fmt.Sprintf(`{"action": %q, "issue": {"number": 7%s}, "comment": {"body": %q}, %s}`, action, pull, body, inRepo)
	}
	const onPull = `, "pull_request": {"url": "x"}`
	tests := map[string]struct{ kind, body, want string }{
		"approved": {"pull_request_review",
			`{"action": "submitted", "review": {"state": "approved"}, "pull_request": {"number": 7}, ` + inRepo + `}`, number7},
		"changes requested": {"pull_request_review",
			`{"action": "submitted", "review": {"state": "changes_requested"}, "pull_request": {"number": 7}, ` + inRepo + `}`, number7},
		"review edited":         {"pull_request_review", `{"action": "edited", "pull_request": {"number": 7}, ` + inRepo + `}`, number7},
		"review of nothing":     {"pull_request_review", `{"action": "submitted", ` + inRepo + `}`, ""},
		"base changed":          {"pull_request", `{"action": "edited", "number": 7, "changes": {"base": {}}, ` + inRepo + `}`, number7},
		"pull request 0":        {"pull_request", `{"action": "opened", ` + inRepo + `}`, ""},
		"unknown action":        {"pull_request", `{"action": "milestoned", "number": 7, ` + inRepo + `}`, ""},
		"recheck":               {"issue_comment", comment("created", onPull, "/recheck"), number7},
		"recheck among lines":   {"issue_comment", comment("created", onPull, "thanks\r\n/recheck \r\nbye"), number7},
		"recheck in a sentence": {"issue_comment", comment("created", onPull, "please /recheck"), ""},
		"a command with more":   {"issue_comment", comment("created", onPull, "thanks\n/approve abc mm/"), number7},
		"a command edited in":   {"issue_comment", comment("edited", onPull, "/recheck"), number7},
		"a command deleted":     {"issue_comment", comment("deleted", onPull, "/override abc"), number7},
		"talk deleted":          {"issue_comment", comment("deleted", onPull, "a/b"), ""},
		"command on an issue":   {"issue_comment", comment("created", "", "/recheck"), ""},
		"a command edited out": {"issue_comment",
			`{"action": "edited", "changes": {"body": {"from": "\n/approve"}}, "issue": {"number": 7, "pull_request": {}}, "comment": {"body": "no"}, ` + inRepo + `}`, number7},
		"queued":         {"pull_request", `{"action": "enqueued", "number": 7, ` + inRepo + `}`, "github:acme/kernel"},
		"left the queue": {"pull_request", `{"action": "dequeued", "number": 7, ` + inRepo + `}`, "github:acme/kernel"},
		"group to check": {"merge_group", `{"action": "checks_requested", "merge_group": {"head_sha": "abc"}, ` + inRepo + `}`,
			"github:acme/kernel"},
		"group gone": {"merge_group", `{"action": "destroyed", "reason": "merged", ` + inRepo + `}`, ""},
		"status": {"status", `{"sha": "abc", "context": "gate", "state": "success", "sender": {"login": "eve"}, ` + inRepo +
			`}`, "github:acme/kernel head abc check gate"},
		"status without context": {"status", `{"sha": "abc", "state": "success", ` + inRepo + `}`, ""},
		"check by another app": {"check_run", `{"action": "completed", "check_run": {"name": "gate", "head_sha": "abc", "app": {"id": 9}}, ` +
			inRepo + `}`, "github:acme/kernel head abc check gate"},
		"check without a name": {"check_run", `{"action": "created", "check_run": {"head_sha": "abc"}, ` + inRepo + `}`, ""},
		"joined a team": {"membership", `{"action": "added", "team": {"slug": "mm"}, "organization": {"login": "acme"}}`,
			"team acme/mm"},
		"left a child team": {"membership",
			`{"action": "removed", "team": {"slug": "mm", "parent": {"slug": "kernel"}}, "organization": {"login": "acme"}}`, "team acme/"},
		"team got another name": {"team", `{"action": "edited", "team": {"slug": "mm"}, "organization": {"login": "acme"}}`, "team acme/"},
		"team of nobody":        {"team", `{"action": "created", "team": {"slug": "mm"}}`, ""},
		"team's rights": {"team", `{"action": "edited", "team": {"slug": "mm"}, "organization": {"login": "acme"}, ` + inRepo + `}`,
			"team acme/; github:acme/kernel"},
		"left the organisation": {"organization", `{"action": "member_removed", "organization": {"login": "acme"}}`, "team acme/"},
		"invited":               {"organization", `{"action": "member_invited", "organization": {"login": "acme"}}`, ""},
		"collaborator removed":  {"member", `{"action": "removed", "member": {"login": "eve"}, ` + inRepo + `}`, "github:acme/kernel"},
		"push to a branch":      {"push", `{"ref": "refs/heads/release/1.0", ` + inRepo + `}`, "github:acme/kernel branch release/1.0"},
		"push to the default":   {"push", `{"ref": "refs/heads/main", ` + inRepo + `}`, "github:acme/kernel branch main, the default"},
		"branch deleted":        {"push", `{"ref": "refs/heads/old", "deleted": true, ` + inRepo + `}`, ""},
		"tag":                   {"push", `{"ref": "refs/tags/v1", ` + inRepo + `}`, ""},
		"check asked for again": {"check_run", `{"action": "rerequested", "check_run": {"head_sha": "abc"}, ` + inRepo + `}`,
			"github:acme/kernel head abc"},
		"check without a head": {"check_run", `{"action": "rerequested", "check_run": {}, ` + inRepo + `}`, ""},
		"no check":             {"check_suite", `{"action": "rerequested", ` + inRepo + `}`, ""},
		"repository of no owner": {"push", `{"ref": "refs/heads/a", "repository": {"full_name": "kernel"}}`,
			"error: repository \"kernel\": want owner/name"},
		"no repository": {"push", `{"ref": "refs/heads/a"}`, ""},
		"unknown event": {"star", `{"action": "created", ` + inRepo + `}`, ""},
		"not JSON":      {"push", `payload=%7B%7D`, "error: the body is no JSON of a push event"},
		"wrong types":   {"push", `{"ref": 7}`, "error: the body is no JSON of a push event"},
		"no event":      {"", `{}`, "error: headers X-GitHub-Delivery and X-GitHub-Event are missing"},
		"installed on two": {"installation",
			`{"action": "created", "repositories": [{"full_name": "acme/a"}, {"full_name": "broken"}, {"full_name": "acme/b"}]}`,
			"github:acme/a; github:acme/b"},
		"removed from one": {"installation_repositories", `{"action": "removed", "repositories_removed": [{"full_name": "acme/a"}]}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event, err := asToken(t).Decode(deliver(tt.kind), []byte(tt.body))
			got := describe(event.Hints)
			if err != nil {
				got = "error: " + err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeNeedsADelivery(t *testing.T) {
	t.Parallel()
	header := deliver("push")
	header.Del("X-GitHub-Delivery")
	if _, err := asToken(t).Decode(header, []byte("{}")); err == nil {
		t.Error("a delivery without an id could be stored twice")
	}
}

// TestDecodeOtherAppsChecks holds that an App looks again only when its own
// check is asked for again.
func TestDecodeOtherAppsChecks(t *testing.T) {
	t.Parallel()
	body := []byte(`{"action": "rerequested", "check_run": {"head_sha": "abc", "app": {"id": 1}}, ` + inRepo + `}`)
	for id, want := range map[int64]int{1: 1, 2: 0} {
		event, err := asAppOf(t, id).Decode(deliver("check_run"), body)
		if err != nil || len(event.Hints) != want {
			t.Errorf("app %d: %v, %v", id, event.Hints, err)
		}
	}
}

// TestDecodeOwnWrites holds that we do not look again for what we wrote
// ourselves, once we know who we are.
func TestDecodeOwnWrites(t *testing.T) {
	t.Parallel()
	f := asAppOf(t, 1)
	look := func(kind, body string) int {
		t.Helper()
		event, err := f.Decode(deliver(kind), []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return len(event.Hints)
	}
	ours := `{"action": "completed", "check_run": {"name": "gate", "head_sha": "abc", "app": {"id": 1}}, ` + inRepo + `}`
	status := `{"sha": "abc", "context": "gate", "sender": {"login": "Gate[bot]"}, ` + inRepo + `}`
	before := look("status", status)
	f.rememberSelf("gate[bot]")
	if own, after := look("check_run", ours), look("status", status); own != 0 || before != 1 || after != 0 {
		t.Errorf("own run %d, status of somebody %d, own status %d", own, before, after)
	}
}

// TestDecodePush holds that only a push which is known to touch nothing that
// verdicts are read from gives no hint.
func TestDecodePush(t *testing.T) {
	t.Parallel()
	push := func(flags, commits string) string {
		return `{"ref": "refs/heads/main", "before": "a", "after": "b", ` + flags + `"commits": [` + commits + `], ` + inRepo + `}`
	}
	const code = `{"added": ["mm/x.c"], "removed": [], "modified": ["net/y.c"]}`
	tests := map[string]struct {
		body string
		hint bool
	}{
		"code":               {push("", code), false},
		"nothing new":        {`{"ref": "refs/heads/main", "before": "a", "after": "a", ` + inRepo + `}`, false},
		"no commits told":    {push("", ""), true},
		"forced":             {push(`"forced": true, `, code), true},
		"created":            {push(`"created": true, `, code), true},
		"as many as listed":  {push("", strings.Repeat(code+",", 2047)+code), true},
		"one fewer":          {push("", strings.Repeat(code+",", 2046)+code), false},
		"all paths listed":   {push("", `{"added": ["a0"`+strings.Repeat(`, "a"`, 2999)+`]}`), true},
		"a path fewer":       {push("", `{"added": ["a0"`+strings.Repeat(`, "a"`, 2998)+`]}`), false},
		"a merge":            {push("", code+`, {"added": [], "removed": [], "modified": []}`), true},
		"the policy":         {push("", code+`, {"modified": [".github/review-gate.yml"]}`), true},
		"attributes":         {push("", `{"added": ["mm/.gitattributes"]}`), true},
		"a mailmap":          {push("", `{"removed": [".mailmap"]}`), true},
		"owners":             {push("", `{"modified": ["MAINTAINERS"]}`), true},
		"owners by another":  {push("", `{"added": ["net/OWNERS"]}`), true},
		"like owners":        {push("", `{"added": ["net/OWNERS.md"]}`), false},
		"owners taken away":  {push("", code+`, {"removed": ["mm/OWNERS"]}`), true},
		"to another, unread": {strings.ReplaceAll(push("", code), "acme/kernel", "acme/other"), true},
	}
	f := asToken(t)
	f.watch(pull.Repo{Forge: "github", Owner: "Acme", Name: "Kernel"}, []string{"MAINTAINERS", "mm/OWNERS"})
	for name, tt := range tests {
		event, err := f.Decode(deliver("push"), []byte(tt.body))
		if err != nil || len(event.Hints) > 0 != tt.hint {
			t.Errorf("%s: %v, %v", name, event.Hints, err)
		}
	}
}

// TestDecodeLearnsQueues holds that a group to check tells of a queue, for
// servers that do not tell it otherwise.
func TestDecodeLearnsQueues(t *testing.T) {
	t.Parallel()
	f := asToken(t)
	repo := pull.Repo{Forge: "github", Owner: "Acme", Name: "Kernel"}
	before := f.HasQueue(repo)
	if _, err := f.Decode(deliver("merge_group"), []byte(`{"action": "checks_requested", `+inRepo+`}`)); err != nil || before ||
		!f.HasQueue(repo) {
		t.Errorf("%v, %v", before, err)
	}
}

// TestDecodeLearnsInstallations holds that an event saves the look-up of its
// installation.
func TestDecodeLearnsInstallations(t *testing.T) {
	t.Parallel()
	f := asAppOf(t, 1)
	for kind, body := range map[string]string{
		"push":         `{"installation": {"id": 5}, "ref": "refs/heads/a", "repository": {"full_name": "Acme/kernel"}}`,
		"installation": `{"action": "created", "installation": {"id": 6, "account": {"login": "Other"}}}`,
	} {
		if _, err := f.Decode(deliver(kind), []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int64{"acme": 5, "other": 6}, f.installs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzDecode holds the decoder to its promises: no panic, and hints that name
// a repository and one thing in it.
func FuzzDecode(f *testing.F) {
	kinds := append(doctor.Events(), "installation", "installation_repositories", "ping", "")
	f.Add("push", []byte(`{"ref": "refs/heads/main", `+inRepo+`}`))
	f.Add("pull_request", []byte(`{"action": "opened", "number": 7, `+inRepo+`}`))
	f.Add("installation", []byte(`{"action": "created", "repositories": [{"full_name": "a/b"}]}`))
	f.Add("membership", []byte(`{"action": "added", "team": {"slug": "mm"}, "organization": {"login": "acme"}}`))
	f.Add("status", []byte(`{"sha": "abc", "context": "gate", `+inRepo+`}`))
	f.Add("issue_comment", []byte(`{"action": "created", "issue": {"number": 7, "pull_request": {}}, "comment": {"body": "/recheck"}, `+
		inRepo+`}`))
	for _, kind := range kinds {
		f.Add(kind, []byte(`{"installation": {"id": 1, "account": null}, "check_run": {"app": null}, `+inRepo+`}`))
	}
	forge := asAppOf(f, 1)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		event, err := forge.Decode(deliver(kind), body)
		if err != nil && len(event.Hints) > 0 {
			t.Errorf("an error with hints: %v, %v", err, event.Hints)
		}
		for _, h := range event.Hints {
			things := 0
			for _, set := range []bool{h.Number != 0, h.Head != "", h.Branch != "", h.Team != ""} {
				if set {
					things++
				}
			}
			if h.Repo.Forge != "github" || h.Repo.Owner == "" || (h.Repo.Name == "") != (h.Team != "") || things > 1 || h.Number < 0 ||
				h.Check != "" && h.Head == "" {
				t.Errorf("%+v", h)
			}
		}
	})
}

// TestUntoldPermission holds that an answer that leaves open whether a reviewer may push
// says neither.
func TestUntoldPermission(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{
		`{"authorCanPushToRepository": true}`:  {true, false},
		`{"authorCanPushToRepository": false}`: {false, false},
		`{"authorCanPushToRepository": null}`:  {false, true},
		`{}`:                                   {false, true},
	} {
		var a reviewAnswer
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatal(err)
		}
		if r := a.review(); r.CanWrite != want[0] || r.WriteUnknown != want[1] {
			t.Errorf("%s: may write %t, unknown %t", text, r.CanWrite, r.WriteUnknown)
		}
	}
}
