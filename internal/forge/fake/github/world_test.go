package github_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/githubtest"
)

// world is a forge behind a listener with a repository acme/app, whose branch
// feature changes one file.
type world struct {
	*github.Server
	t     *testing.T
	url   string
	repo  *fake.Repo
	ticks atomic.Int64
}

// must returns the value of a call that may not fail.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newWorld(t *testing.T, o github.Options) *world {
	t.Helper()
	w := &world{t: t}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return start.Add(time.Duration(w.ticks.Load()) * time.Second) }
	forge := githubtest.NewDouble(t, fake.New(clock), o, forgetest.Cast{
		Repo: "acme/app", People: []string{"alice", "bob", "carol", "dave", "mallory"},
		Owners: []string{"alice"}, Members: []string{"bob"},
		Teams: []fake.Team{
			{Org: "acme", Slug: "core", Members: []string{"bob"}},
			{Org: "acme", Slug: "kernel", Parent: "core", Members: []string{"carol"}},
		},
		Roles: map[string]string{"carol": "write", "dave": "read"},
		Files: map[string]string{"README": "hello\n", "src/a.go": lines(40)},
	})
	w.Server, w.url, w.repo = forge.Server, forge.HTTP.URL, forge.Repo
	check(t, w.repo.SetTeam("core", "write"))
	w.commit(fake.Change{Branch: "feature", Author: "carol", Message: "Feature", Files: text("src/b.go", "b\n")})
	return w
}

func (w *world) tick() { w.ticks.Add(1) }

func (w *world) commit(c fake.Change) string {
	w.t.Helper()
	return must(w.repo.Commit(c))(w.t)
}

func (w *world) open(o fake.Opening) *fake.PullRequest {
	w.t.Helper()
	return must(w.repo.Open(o))(w.t)
}

// text makes files of pairs of path and content.
func text(pairs ...string) map[string]*fake.File {
	out := map[string]*fake.File{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = &fake.File{Content: pairs[i+1]}
	}
	return out
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("line " + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "\n")
	}
	return b.String()
}

// answer is what a call got.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	check(t, json.Unmarshal(a.body, &out))
	return out
}

func (a answer) list(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	check(t, json.Unmarshal(a.body, &out))
	return out
}

// call makes a call as a user, or as nobody, with headers in pairs.
func (w *world) call(as, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var send io.Reader
	if body != nil {
		send = bytes.NewReader(must(json.Marshal(body))(w.t))
	}
	req := must(http.NewRequestWithContext(w.t.Context(), method, w.url+path, send))(w.t)
	if as != "" {
		token := as
		if !strings.HasPrefix(as, "ghs_") && strings.Count(as, ".") != 2 {
			token = "token-" + as
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp := must(http.DefaultClient.Do(req))(w.t)
	defer resp.Body.Close()
	return answer{resp.StatusCode, resp.Header, must(io.ReadAll(resp.Body))(w.t)}
}

// want makes a call and fails unless it has a status.
func (w *world) want(status int, as, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	a := w.call(as, method, path, body, headers...)
	if a.status != status {
		w.t.Fatalf("%s %s as %q: status %d, want %d: %s", method, path, as, a.status, status, a.body)
	}
	return a
}

// obj is a JSON object to send.
type obj map[string]any
