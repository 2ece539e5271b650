package fake_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

func check(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// world is a forge without a dialect, that tells what happens on it.
type world struct {
	*fake.Forge
	t    *testing.T
	repo *fake.Repo
	told []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Forge: fake.New(func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }), t: t}
	check(t, w.AddUsers("alice", "bob", "carol"), w.AddOrg("acme", []string{"alice"}, []string{"bob"}))
	var err error
	w.repo, err = w.AddRepo(fake.RepoOptions{Owner: "acme", Name: "app"})
	check(t, err, w.repo.SetCollaborator("carol", "write"))
	w.commit("main", "alice", "README", "hello\n")
	w.commit("feature", "carol", "b.c", "b\n")
	w.Subscribe(func(e fake.Event) { w.told = append(w.told, string(e.Kind)+" by "+e.By.Login) })
	return w
}

func (w *world) commit(branch, author, path, text string) {
	w.t.Helper()
	_, err := w.repo.Commit(fake.Change{Branch: branch, Author: author, Files: map[string]*fake.File{path: {Content: text}}})
	check(w.t, err)
}

// tells holds what was told since it was asked last.
func (w *world) tells(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.told); diff != "" {
		w.t.Errorf("(-want +got):\n%s", diff)
	}
	w.told = nil
}

// TestEventsAreToldInOrder holds that subscribers hear what people do, each with who did
// it, and once.
func TestEventsAreToldInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.repo.Open(fake.Opening{Head: "feature", Author: "carol"})
	check(t, err, p.RequestReviewers("alice", []string{"bob"}, nil))
	id, err := p.Review(fake.Review{By: "bob", State: fake.Approved})
	check(t, err, p.Dismiss("alice", id, "stale"), p.SetTitle("carol", "Better"), p.AddLabel("alice", "big"))
	w.tells("pull request opened by carol", "review requested by alice", "review submitted by bob", "review dismissed by alice",
		"pull request edited by carol", "labeled by alice")
	w.commit("feature", "carol", "b.c", "more\n")
	_, err = p.Merge("alice")
	check(t, err)
	w.tells("pushed by carol", "head moved by carol", "pull request closed by alice", "pushed by alice")
	w.Lock()
	defer w.Unlock()
	var kinds []fake.Kind
	for _, e := range p.History {
		kinds = append(kinds, e.Kind)
	}
	want := []fake.Kind{fake.ReviewRequested, fake.ReviewDismissed, fake.TitleChanged, fake.Labeled, fake.PullMerged, fake.PullClosed}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// TestQueueWithoutADialect holds that a merge queue needs no forge's customs.
func TestQueueWithoutADialect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.repo.Protect("main", "gate")
	w.repo.EnableQueue("main")
	p, err := w.repo.Open(fake.Opening{Head: "feature", Author: "carol"})
	check(t, err, w.repo.SetStatus("bob", p.Head(), fake.Status{Context: "gate", State: fake.StatusSuccess}), p.Enqueue("alice"))
	head := p.QueueHead()
	if got := w.repo.Tip(fmt.Sprintf("queue/main/1-%s", w.repo.Tip("main"))); got != head || head == "" {
		t.Errorf("the queue's branch is at %q, its commit is %q", got, head)
	}
	check(t, w.repo.SetStatus("bob", head, fake.Status{Context: "gate", State: fake.StatusSuccess}))
	if _, merged := p.State(); !merged || w.repo.Tip("main") != head {
		t.Error("not merged")
	}
}

// TestRefusals holds that what is not allowed says of which kind it is.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.repo.Open(fake.Opening{Head: "feature", Author: "carol"})
	check(t, err)
	second := func(_ any, err error) error { return err }
	for want, err := range map[fake.Why]error{
		fake.OpenAlready:  second(w.repo.Open(fake.Opening{Head: "feature", Author: "carol"})),
		fake.NoBase:       p.Retarget("carol", "none"),
		fake.BadReview:    second(p.Review(fake.Review{By: "carol", State: fake.Approved})),
		fake.NotAskable:   p.RequestReviewers("alice", []string{"carol"}, nil),
		fake.EmptyComment: second(p.Comment("bob", " ")),
		fake.NotQueueable: p.Enqueue("alice"),
		fake.NotFound:     p.DeleteComment("bob", 1),
	} {
		var refusal *fake.Refusal
		if !errors.As(err, &refusal) || refusal.Why != want {
			t.Errorf("%v, want a refusal %q", err, want)
		}
	}
}

// TestModelNamesNoForge holds that what is here any forge could have.
func TestModelNamesNoForge(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	check(t, err)
	forge := regexp.MustCompile(`(?i)git(hub|ee|lab|ea|code)|forgejo|graphql|webhook`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		for i, line := range strings.Split(string(text), "\n") {
			if strings.HasSuffix(file, "_test.go") || strings.Contains(line, `"github.com/`) {
				continue
			}
			if name := forge.FindString(strings.ReplaceAll(line, "fake/github", "")); name != "" {
				t.Errorf("%s:%d names %s", file, i+1, name)
			}
		}
	}
}
