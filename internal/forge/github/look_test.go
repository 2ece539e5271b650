package github_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/pull"
)

func TestLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	for range 120 { // more than a page
		_, err := pr.Review(fake.Review{By: "alice", State: fake.Commented, Body: "text"})
		check(t, err)
	}
	id, err := pr.Review(fake.Review{By: "bob", State: fake.ChangesRequested, Body: "no"})
	check(t, err, pr.Dismiss("carol", id, "fine"))
	for i := range 70 {
		w.commit("topic", "dave", map[string]string{"a.c": fmt.Sprint(i, "\n")})
	}
	look, err := w.app.Look(t.Context(), ref, []string{"a.c", "none"}, true)
	check(t, err)
	req := look.Request
	if len(req.Reviews) != 121 || len(req.Commits) != 71 || look.MoreCommits != "" || req.MergeBase != w.repo.Tip("main") {
		t.Errorf("%d reviews, %d commits, %q, merge base %s", len(req.Reviews), len(req.Commits), look.MoreCommits, req.MergeBase)
	}
	last := req.Reviews[120]
	if last.State != pull.Dismissed || last.DismissedState != pull.ChangesRequested || last.DismissedBy.Login != "carol" {
		t.Errorf("dismissed: %+v", last)
	}
	if string(look.Policy.Text) != "version: 1\n" || look.Owned["a.c"].ID == "" || look.Owned["none"].ID != "" || !req.BaseMovesKnown {
		t.Errorf("policy %q, owned %v", look.Policy.Text, look.Owned)
	}
}

// TestManyCommits holds that the commits beyond those that GitHub lists are
// read with their people.
func TestManyCommits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	base := w.repo.Tip("main")
	for i := range 249 {
		w.commit("long", "dave", map[string]string{"a.c": fmt.Sprint(i, "\n")})
	}
	_, err := w.repo.Commit(fake.Change{Branch: "long", Author: "dave", CoAuthors: []string{"bob"},
		Files: map[string]*fake.File{"a.c": {Content: "with bob"}}})
	check(t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "long"})
	check(t, err)
	long := pull.Ref{Repo: linux, Number: pr.Number()}
	if look := w.look(long); look.MoreCommits != "" || len(look.Request.Commits) != 250 {
		t.Errorf("250 commits: %q, %d listed", look.MoreCommits, len(look.Request.Commits))
	}
	for i := range 150 {
		w.commit("long", "mallory", map[string]string{"b.c": fmt.Sprint(i, "\n")})
	}
	w.commit("main", "carol", map[string]string{"c.c": "meanwhile"})
	w.ResetCalls()
	look := w.look(long)
	people := map[string]int{}
	for _, c := range look.Request.Commits {
		for _, s := range c.Signed {
			people[s.Account.Login]++
		}
	}
	want := map[string]int{"dave": 2 * 250, "mallory": 2 * 150, "bob": 1} // author and committer
	if diff := cmp.Diff(want, people); diff != "" || look.MoreCommits != "" {
		t.Errorf("400 commits, %q (-want +got):\n%s", look.MoreCommits, diff)
	}
	if look.Request.MergeBase != base {
		t.Errorf("merge base %s", look.Request.MergeBase)
	}
	if n := len(w.Calls()); n > 13 { // a look, 4 pages of the list, 4 of the comparison, 3 of people
		t.Errorf("%d calls", n)
	}
}

// TestLookAtTheConversation holds that all comments are read, and who edited
// what.
func TestLookAtTheConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	var ids []int64
	for i := range 130 {
		id, err := pr.Comment("bob", fmt.Sprint("/approve ", i))
		check(t, err)
		ids = append(ids, id)
	}
	review, err := pr.Review(fake.Review{By: "alice", State: fake.Approved, Body: "fine"})
	check(t, err, pr.EditReview("bob", review, "very fine"), pr.EditComment("carol", ids[129], "/approve all"))
	r := w.look(ref).Request
	var got []int64
	for _, c := range r.Comments {
		got = append(got, c.ID)
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Fatalf("comments (-want +got):\n%s", diff)
	}
	first, last := r.Comments[0], r.Comments[129]
	if first.Author.Login != "bob" || first.Body != "/approve 0" || first.Edited || first.Node == "" || !last.Edited ||
		last.Body != "/approve all" {
		t.Errorf("%+v, %+v", first, last)
	}
	v := r.Reviews[0]
	if v.ID != review || !v.Edited || v.EditedBy.Login != "bob" || v.Node == "" {
		t.Errorf("%+v", v)
	}
}

func TestLookAtTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	w.ResetCalls()
	look := w.look(ref)
	if calls := w.Calls(); len(calls) != 3 || calls[2].Points != 1 { // installation, token, query
		t.Errorf("%d calls, the last for %d points", len(calls), calls[len(calls)-1].Points)
	}
	if look.HasQueue {
		t.Error("there is no queue yet")
	}
	w.repo.EnableQueue("main")
	if look = w.look(ref); !look.HasQueue {
		t.Error("the queue is not seen")
	}
}

// refuser refuses queries for some fields, and counts.
func refuser(refused *int, fields ...string) meddler {
	return func(_ *http.Request, sent, answer string) string {
		var errs []string
		for _, field := range fields {
			if strings.Contains(sent, field) {
				errs = append(errs, `{"message":"Field '`+field+`' doesn't exist on type 'PullRequest'"}`)
			}
		}
		if len(errs) == 0 {
			return answer
		}
		*refused++
		return `{"errors":[` + strings.Join(errs, ",") + `]}`
	}
}

// TestLookAtAnOldServer holds that a server which does not know newer fields is
// asked without them, and for them again later.
func TestLookAtAnOldServer(t *testing.T) {
	t.Parallel()
	refused := 0
	w := newWorld(t, refuser(&refused, "timelineItems", "isMergeQueueEnabled", "isInMergeQueue", "editor", "fullDatabaseId"))
	now := time.Now()
	w.as(func(c *github.Config) { c.Now = func() time.Time { return now } })
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	for range 101 {
		id, err := pr.Review(fake.Review{By: "alice", State: fake.Approved, Body: "text"})
		check(t, err, pr.EditReview("alice", id, "edited"))
	}
	for range 2 {
		look := w.look(ref)
		if v := look.Request.Reviews[100]; len(look.Request.Reviews) != 101 || v.ID == 0 || !v.Edited || v.EditedBy.Login != "" || look.HasQueue {
			t.Errorf("%+v", v)
		}
	}
	if refused != 1 {
		t.Errorf("refused %d times", refused)
	}
	now = now.Add(2 * time.Hour)
	w.look(ref)
	if refused != 2 {
		t.Errorf("asked for newer fields %d times in two hours", refused)
	}
}

// TestLookWithoutOneField holds that a refusal of one field costs no other, and
// that one which names none is taken for a passing one.
func TestLookWithoutOneField(t *testing.T) {
	t.Parallel()
	refused := 0
	w := newWorld(t, refuser(&refused, "isMergeQueueEnabled"))
	w.repo.EnableQueue("main")
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	for range 2 {
		if look := w.look(ref); look.HasQueue || !look.Request.BaseMovesKnown {
			t.Errorf("%+v", look)
		}
	}
	if refused != 1 {
		t.Errorf("refused %d times", refused)
	}
	failing := true
	w = newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
		if failing && strings.Contains(sent, "timelineItems") {
			return `{"errors":[{"message":"Something went wrong while executing your query."}]}`
		}
		return answer
	}))
	ref, _ = w.open("topic", map[string]string{"a.c": "new\n"})
	w.look(ref)
	failing = false
	if look := w.look(ref); !look.Request.BaseMovesKnown {
		t.Error("a passing fault is remembered")
	}
}

// TestIDsOfAServerThatGivesNone holds that reviews are told apart all the same.
func TestIDsOfAServerThatGivesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, meddler(func(req *http.Request, _, answer string) string {
		if isGraphQL(req) {
			answer = regexp.MustCompile(`"databaseId":"[0-9]+"`).ReplaceAllString(answer, `"databaseId":null`)
		}
		return answer
	}))
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	var ids []int64
	for range 2 {
		id, err := pr.Review(fake.Review{By: "alice", State: fake.Approved})
		check(t, err)
		ids = append(ids, id)
	}
	check(t, pr.Dismiss("carol", ids[0], "done"))
	r := w.look(ref).Request.Reviews
	if r[0].ID == 0 || r[0].ID == ids[0] || r[0].ID == r[1].ID || r[0].DismissedBy.Login != "carol" || r[1].DismissedBy.Login != "" {
		t.Errorf("%+v", r)
	}
}
