package gitee

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

type object = map[string]any

// site is a server with one repository, acme/linux, and one pull request, 3, as far as the
// adapter reads and writes them. Its account is gate.
type site struct {
	kind string

	mu       sync.Mutex
	admin    bool // gate may write check runs
	head     string
	state    string
	asked    []object // those who are asked for review
	testers  []object
	required int  // tests
	resolve  bool // threads have to be resolved
	labels   []string
	comments []object
	runs     []object
	history  map[int][]object // of comments
	members  []string         // who may be asked
	denied   map[string]int   // statuses by method and path
	listed   string           // the commits of the pull request; empty: its head
	final    bool             // a change of a completed run is taken, and has no effect
	before   func(call string)
	calls    []string // method and path, below the repository
	next     int
}

const headOne, headTwo, baseTip = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222",
	"3333333333333333333333333333333333333333"

var request = pull.Ref{Repo: pull.Repo{Forge: "site", Owner: "acme", Name: "linux"}, Number: 3}

// newSite serves a site, and returns the adapter on it. Each request is held to the
// published description.
func newSite(t *testing.T, kind string, change func(*site)) (*site, *Forge) {
	t.Helper()
	s := &site{kind: kind, head: headOne, state: "open", asked: []object{}, testers: []object{},
		denied: map[string]int{}, members: []string{"alice", "bob", "gate"}, next: 100,
		history: map[int][]object{}}
	if change != nil {
		change(s)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "site", Kind: kind, APIURL: server.URL + "/api/v5/", Token: "secret-token",
		PublicURL: "https://gate.example.org", Content: nothing{}, Bots: []string{"Robot"}, Transport: held{t, readContract(t, kind)}})
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

// user is an account: its number is one at Gitee, and digits of no meaning at a GitCode.
func (s *site) user(login string) object {
	if s.kind == KindGitCode {
		return object{"id": fmt.Sprintf("66%x", login), "login": login}
	}
	n := 0
	for _, c := range login {
		n = n*31 + int(c)
	}
	return object{"id": n, "login": login}
}

func (s *site) member(login string, accept any) object {
	u := s.user(login)
	u["accept"] = accept
	return u
}

func (s *site) pull() object {
	labels := []object{}
	for _, l := range s.labels {
		labels = append(labels, object{"name": l})
	}
	p := object{
		"id": 4744278, "number": 3, "state": s.state, "title": "a change", "user": s.user("dave"), "html_url": "https://site/acme/linux/pulls/3",
		"created_at": "2026-11-02T08:00:00+08:00", "updated_at": "2026-11-02T09:00:00+08:00", "merged_at": nil, "labels": labels,
		"assignees": []object{}, "testers": s.testers, "head": object{"ref": "topic", "sha": s.head, "repo": object{"full_name": "acme/linux"}},
		"base": object{"ref": "main", "sha": "4444444444444444444444444444444444444444"},
	}
	if s.kind == KindGitCode {
		p["number"], p["approval_reviewers"] = "3", s.asked
		p["mergeable_state"] = object{
			"approval_testers_required_passed": s.passedTests() >= s.required,
			"merge_request_switch":             object{"only_allow_merge_if_all_discussions_are_resolved": s.resolve},
		}
		return p
	}
	p["assignees"], p["testers_number"] = s.asked, s.required
	return p
}

func (s *site) passedTests() (n int) {
	for _, m := range s.testers {
		if m["accept"] == true {
			n++
		}
	}
	return n
}

// push moves the head; reset takes tests back, as Gitee does.
func (s *site) push(head string, reset bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head = head; reset {
		for _, m := range append(s.testers, s.asked...) {
			m["accept"] = false
		}
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v5/"), "repos/acme/linux")
	call := strings.TrimSuffix(r.Method+" "+strings.TrimPrefix(path, "/"), " ")
	if s.before != nil {
		s.before(call)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	if s.listed != "" && call == "GET pulls/3/commits" {
		s.answer(w, http.StatusOK, json.RawMessage(s.listed))
		return
	}
	if status := s.denied[call]; status != 0 {
		s.answer(w, status, object{"message": "no", "error_message": "no"})
		return
	}
	status, answer := s.serve(call, r, data)
	s.answer(w, status, answer)
}

func (s *site) answer(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data) //nolint:errcheck // a test's answer
}

// serve answers a call.
func (s *site) serve(call string, r *http.Request, data []byte) (int, any) {
	body := object{}
	_ = json.Unmarshal(data, &body) // a list is read where it is one
	parts := strings.Split(call, "/")
	last, err := url.PathUnescape(parts[len(parts)-1])
	if err != nil {
		return http.StatusBadRequest, object{}
	}
	switch pattern := patternOf(call); pattern {
	case "GET user":
		return http.StatusOK, s.user("gate")
	case "GET":
		return http.StatusOK, object{"id": 1, "full_name": "acme/linux", "default_branch": "main", "permission": object{"admin": s.admin}}
	case "GET user/repos":
		return http.StatusOK, []object{{"full_name": "acme/linux", "permission": object{"admin": s.admin}}}
	case "GET branches/*":
		return http.StatusOK, object{"name": last, "protected": true, "commit": object{"sha": baseTip, "id": baseTip},
			"protection_rule": object{"contexts": []string{"review-gate"}}}
	case "GET pulls":
		return http.StatusOK, []object{s.pull()}
	case "GET pulls/3":
		return http.StatusOK, s.pull()
	case "PATCH pulls/3":
		s.required = int(body["testers_number"].(float64))
		return http.StatusOK, s.pull()
	case "GET pulls/3/commits":
		return http.StatusOK, []object{{"sha": s.head, "author": s.user("dave"), "commit": object{"author": object{"email": "Dave@example.com"}}}}
	case "GET collaborators/*/permission":
		return http.StatusOK, object{"permission": map[bool]string{true: "write", false: "none"}[slices.Contains(s.members, parts[1])]}
	case "GET pull_request_settings":
		return http.StatusOK, object{"only_allow_merge_if_all_discussions_are_resolved": s.resolve, "merge_request_setting": object{
			"approval_required_testers": s.required, "approval_testers": []object{{"username": "gate"}}, "can_force_merge": "1"}}
	default:
		return s.serveParts(pattern, last, body, r, data)
	}
}

// patternOf replaces what differs from call to call.
func patternOf(call string) string {
	method, path, _ := strings.Cut(call, " ")
	parts := strings.Split(path, "/")
	for i := 1; i < len(parts); i++ {
		before := parts[i-1]
		if slices.Contains([]string{"branches", "commits", "check-runs", "comment", "collaborators", "labels"}, before) ||
			before == "comments" {
			parts[i] = "*"
		}
	}
	return strings.TrimSpace(method + " " + strings.Join(parts, "/"))
}

// serveParts answers calls on what a pull request has.
func (s *site) serveParts(pattern, last string, body object, r *http.Request, data []byte) (int, any) {
	switch pattern {
	case "GET pulls/3/comments":
		return http.StatusOK, s.comments
	case "POST pulls/3/comments":
		return http.StatusCreated, s.say("gate", body["body"].(string))
	case "GET pulls/comments/*", "PATCH pulls/comments/*":
		return s.comment(last, body)
	case "PUT pulls/3/comments/*":
		for _, c := range s.comments {
			if c["discussion_id"] == last {
				c["resolved"] = body["resolved"]
			}
		}
		return http.StatusOK, object{}
	case "GET pulls/comment/*/modify_history":
		id, err := strconv.Atoi(strings.Split(r.URL.Path, "/")[8])
		if err != nil {
			return http.StatusNotFound, object{}
		}
		return http.StatusOK, s.history[id]
	case "POST pulls/3/assignees", "POST pulls/3/reviewers":
		names, _ := body[last].(string)
		return s.ask(strings.Split(names, ","))
	case "POST pulls/3/testers":
		if !slices.Contains(s.members, "gate") {
			return http.StatusForbidden, object{"message": "no member"}
		}
		s.testers = append(s.testers, s.member("gate", false))
		return http.StatusOK, s.pull()
	case "PATCH pulls/3/testers", "POST pulls/3/test":
		for _, m := range s.testers {
			if m["login"] == "gate" {
				m["accept"] = pattern == "POST pulls/3/test"
			}
		}
		return http.StatusOK, object{}
	case "GET labels":
		return http.StatusOK, []object{}
	case "POST labels":
		if form, err := url.ParseQuery(string(data)); err == nil && form.Get("name") != "" {
			body["name"] = form.Get("name")
		}
		return http.StatusCreated, object{"id": 1, "name": body["name"]}
	case "POST pulls/3/labels":
		var names []string
		if err := json.Unmarshal(data, &names); err != nil {
			return http.StatusBadRequest, object{}
		}
		s.labels = append(s.labels, names...)
		return http.StatusOK, s.pull()["labels"]
	case "DELETE pulls/3/labels/*":
		s.labels = slices.DeleteFunc(s.labels, func(l string) bool { return l == last })
		return http.StatusOK, object{}
	default:
		return s.serveRuns(pattern, last, body, r)
	}
}

// serveRuns answers calls on check runs.
func (s *site) serveRuns(pattern, last string, body object, r *http.Request) (int, any) {
	switch pattern {
	case "POST check-runs":
		if !s.admin {
			return http.StatusForbidden, object{"message": "403 Forbidden"}
		}
		s.next++
		body["id"] = s.next
		s.runs = append(s.runs, body)
	case "PATCH check-runs/*":
		for _, run := range s.runs {
			if fmt.Sprint(run["id"]) != last {
				continue
			}
			if run["status"] == completed && s.final {
				return http.StatusOK, run
			}
			if run["status"] == completed {
				return http.StatusUnprocessableEntity, object{"message": "the conclusion can't be changed"}
			}
			for k, v := range body {
				run[k] = v
			}
			return http.StatusOK, run
		}
		return http.StatusNotFound, object{"message": "404"}
	case "GET commits/*/check-runs":
		var found []object
		for _, run := range s.runs {
			if run["head_sha"] == strings.Split(r.URL.Path, "/")[7] {
				found = append(found, run)
			}
		}
		return http.StatusOK, object{"total_count": len(found), "check_runs": found}
	default:
		return http.StatusNotFound, object{"message": "404 Not Found", "error_message": "Not Found"}
	}
	answer := object{}
	for k, v := range body {
		if k != "pull_request_id" {
			answer[k] = v
		}
	}
	return http.StatusCreated, answer
}

// ask asks people, if all are members.
func (s *site) ask(names []string) (int, any) {
	for _, name := range names {
		if !slices.Contains(s.members, name) {
			return http.StatusBadRequest, object{"message": name + " is no member"}
		}
	}
	for _, name := range names {
		s.asked = append(s.asked, s.member(name, false))
	}
	return http.StatusCreated, s.pull()
}

// say writes a comment, and returns the answer: a GitCode's names its thread.
func (s *site) say(login, body string) object {
	s.next++
	c := object{"id": s.next, "body": body, "user": s.user(login), "created_at": "2026-11-02T09:00:00+08:00",
		"updated_at": "2026-11-02T09:00:00+08:00"}
	if s.kind == KindGitCode {
		c["discussion_id"], c["resolved"] = fmt.Sprintf("d%d", s.next), false
	}
	s.comments = append(s.comments, c)
	if s.kind == KindGitCode {
		return object{"id": c["discussion_id"], "note_id": s.next, "body": body}
	}
	return c
}

func (s *site) comment(id string, body object) (int, any) {
	for _, c := range s.comments {
		if fmt.Sprint(c["id"]) != id {
			continue
		}
		if text, ok := body["body"]; ok {
			if c["body"] = text; s.kind == KindGitCode {
				return http.StatusOK, object{}
			}
		}
		return http.StatusOK, c
	}
	return http.StatusNotFound, object{"message": "404 Not Found"}
}

// wroteAndRead returns the calls so far, and forgets all.
func (s *site) wroteAndRead() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// wrote returns the writes among the calls so far, and forgets all.
func (s *site) wrote() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := slices.DeleteFunc(s.calls, func(call string) bool { return strings.HasPrefix(call, "GET") })
	s.calls = nil
	return calls
}

// nothing is a content of one commit by dave.
type nothing struct{}

func (nothing) MergeBases(context.Context, pull.Repo, string, string) ([]string, error) {
	return []string{baseTip}, nil
}

func (nothing) Trees(context.Context, pull.Repo, []string) (map[string][]gittree.Entry, error) {
	return nil, nil
}

func (nothing) Commits(_ context.Context, _ pull.Repo, _, head string) ([]pull.Commit, error) {
	return []pull.Commit{{ID: head, Signed: []pull.Signature{{Part: pull.Author, Email: "dave@example.com"}}}}, nil
}

func (nothing) Blob(context.Context, pull.Repo, string, int) ([]byte, error) { return nil, nil }

func (nothing) Entries(_ context.Context, _ pull.Repo, commit string, paths []string) (map[string]seam.Entry, error) {
	out := map[string]seam.Entry{}
	for _, p := range paths {
		if p == ".github/review-gate.yml" && commit == baseTip {
			out[p] = seam.Entry{ID: "policy", Mode: pull.Regular}
		}
	}
	return out, nil
}

func (nothing) Files(context.Context, seam.Look) (seam.Change, error) { return seam.Change{}, nil }

func (nothing) HeadAt(context.Context, seam.Look, string) (pull.Head, error) { return pull.Head{}, nil }
