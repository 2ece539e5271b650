package github_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// listener decodes what the forge sends.
type listener struct {
	mu  sync.Mutex
	app *github.Forge
	got []string
}

func (l *listener) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	event, err := l.app.Decode(req.Header, body)
	if err != nil {
		l.got = append(l.got, "error: "+err.Error())
	}
	for _, h := range event.Hints {
		h.Repo.Forge = ""
		l.got = append(l.got, fmt.Sprintf("%s %s#%d %s%s%s%s", event.Kind, h.Repo, h.Number, h.Branch, h.Head, h.Check, h.Team))
	}
}

// TestEventsOfAForge holds that what a forge sends leads back to what happened
// there.
func TestEventsOfAForge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	l := &listener{app: w.app}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	w.SetWebhook(server.URL, "")
	// hints gives what an act leads to.
	hints := func(act func() error) []string {
		t.Helper()
		check(t, act(), w.FlushWebhooks(t.Context()))
		l.mu.Lock()
		defer l.mu.Unlock()
		got := l.got
		l.got = nil
		return got
	}
	want := func(act func() error, lines ...string) {
		t.Helper()
		if diff := cmp.Diff(lines, slices.Clip(hints(act))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	hints(func() error { return nil })
	w.look(ref)
	head := pr.Head()
	status := fake.Status{Context: "review-gate", State: "success"}
	want(func() error { return w.repo.SetStatus("bob", head, status) }, "status :acme/linux#0 "+head+"review-gate")
	want(func() error { _, err := w.repo.CheckByApp("other", head, "ci", "success"); return err },
		"check_run :acme/linux#0 "+head+"ci", "check_run :acme/linux#0 "+head+"ci")
	ours := publish.Check{Head: head, Name: "review-gate", Outcome: policy.Success, Title: "all", Summary: "text"}
	want(func() error {
		_, err := w.app.SetCheck(t.Context(), pull.Ref{Repo: linux}, ours, seam.Written{})
		return err
	})
	want(func() error { _, err := pr.Comment("alice", "/approve"); return err }, "issue_comment :acme/linux#1 ")
	want(func() error { return w.AddTeamMember("acme", "mm", "bob") }, "membership :acme/#0 acme/")
	want(func() error { return w.RemoveTeamMember("acme", "kernel", "carol") }, "membership :acme/#0 acme/kernel")
	want(func() error { return w.RemoveMember("acme", "bob") }, "membership :acme/#0 acme/", "organization :acme/#0 acme/")
	want(func() error { return w.repo.SetTeam("kernel", "write") }, "team :acme/#0 acme/kernel", "team :acme/linux#0 ")
	want(func() error { return w.repo.SetCollaborator("mallory", "write") }, "member :acme/linux#0 ")
	want(func() error { w.commit("main", "carol", map[string]string{"z.c": "z"}); return nil })
	want(func() error { w.commit("main", "carol", map[string]string{"sub/none.yml": "z"}); return nil }, "push :acme/linux#0 main")
	w.repo.EnableQueue("main")
	want(func() error { return pr.Enqueue("carol") }, "pull_request :acme/linux#0 ", "push :acme/linux#0 gh-readonly-queue/main/pr-1-"+
		w.repo.Tip("main"),
		"merge_group :acme/linux#0 ")
}
