package gitee_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
)

// world is a double with the repository acme/app, and a pull request of dave's that adds,
// deletes, renames and changes a file.
type world struct {
	giteetest.Gitee
	t     *testing.T
	pull  *fake.PullRequest
	ticks atomic.Int64
}

const (
	repo = "/repos/acme/app"
	pull = repo + "/pulls/1"
)

func check(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newWorld(t *testing.T, knobs map[string]int) *world {
	t.Helper()
	w := &world{t: t}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return start.Add(time.Duration(w.ticks.Load()) * time.Second) }
	cast := forgetest.Players()
	cast.Repo, cast.Files = "acme/app", map[string]string{"a": "a\n", "b": "b\n", "c": forgetest.Lines("c", 9), "README": "hello\n"}
	w.Gitee = giteetest.NewGitee(t, fake.New(clock), rest.Options{Knobs: knobs}, cast)
	w.commit("topic", map[string]*fake.File{"a": nil, "b": {Content: "better\n"}, "d": {Content: "d\n"}}, map[string]string{"c": "e"})
	var err error
	w.pull, err = w.Repo.Open(fake.Opening{Author: "dave", Head: "topic", Title: "Better", Body: "for all"})
	check(t, err)
	return w
}

func (w *world) commit(branch string, files map[string]*fake.File, renamed map[string]string) {
	w.t.Helper()
	_, err := w.Repo.Commit(fake.Change{Branch: branch, Author: "dave", Message: "Change\n", Files: files, Rename: renamed})
	check(w.t, err)
}

func (w *world) push() {
	w.t.Helper()
	w.commit("topic", map[string]*fake.File{"f": {Content: fmt.Sprint(w.ticks.Add(1))}}, nil)
}

func (w *world) call(status int, as, method, path string, body any) giteetest.Answer {
	w.t.Helper()
	return w.Want(w.t, status, as, method, path, body)
}

// accepts lists who has accepted, of those with seats.
func (w *world) accepts(role string) string {
	w.t.Helper()
	var out []string
	for _, seat := range w.call(200, "gate", "GET", pull, nil).Object(w.t)[role].([]any) {
		seat := seat.(map[string]any)
		out = append(out, fmt.Sprint(seat["login"], ":", seat["accept"]))
	}
	return strings.Join(out, " ")
}

// obj is a JSON object to send.
type obj = map[string]any

// listener takes webhooks.
func (w *world) listener() {
	w.t.Helper()
	l := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w.t.Cleanup(l.Close)
	w.SetWebhook(rest.Hook{URL: l.URL, Secret: giteetest.Secret})
}

// told are the webhooks since the last time, as event, action and description.
func (w *world) told(since int) (out []string, bodies []rest.Delivered) {
	w.t.Helper()
	check(w.t, w.FlushWebhooks(w.t.Context()))
	for _, d := range w.Deliveries()[since:] {
		body := giteetest.Answer{Body: d.Body}.Object(w.t)
		line := d.Event
		for _, name := range []string{"action", "action_desc", "state"} {
			if text, ok := body[name].(string); ok {
				line += " " + text
			}
		}
		out, bodies = append(out, line), append(bodies, d)
	}
	return out, bodies
}
