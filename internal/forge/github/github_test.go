package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/forge/sandbox"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

func check(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// world is a sandbox with acme/linux, and the adapter as an app of it.
type world struct {
	*sandbox.Forge
	t    *testing.T
	url  string
	repo *sandbox.Repo
	app  *github.Forge

	key       []byte
	transport http.RoundTripper
}

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

func newWorld(t *testing.T, transport http.RoundTripper) *world {
	t.Helper()
	hub, err := sandbox.New(sandbox.Options{})
	check(t, err)
	server := httptest.NewServer(hub)
	t.Cleanup(func() { server.Close(); hub.Close() })
	hub.SetURL(server.URL)
	check(t, hub.AddUsers("alice", "bob", "carol", "dave", "mallory"), hub.AddOrg("acme", []string{"carol"}, []string{"alice", "bob"}),
		hub.AddTeam(sandbox.Team{Org: "acme", Slug: "kernel", Name: "kernel", Members: []string{"carol"}}),
		hub.AddTeam(sandbox.Team{Org: "acme", Slug: "mm", Name: "mm", Parent: "kernel", Members: []string{"alice"}}))
	w := &world{Forge: hub, t: t, url: server.URL}
	w.repo, err = hub.AddRepo(sandbox.RepoOptions{Owner: "acme", Name: "linux"})
	check(t, err, w.repo.SetCollaborator("alice", "write"), w.repo.SetCollaborator("bob", "write"))
	w.commit("main", "carol", map[string]string{"a.c": "a\n", "b.c": "b\n", github.PolicyPath: "version: 1\n"})
	_, err = hub.Install("acme")
	check(t, err)
	key, err := hub.AppKey()
	check(t, err)
	w.key, w.transport = key, transport
	w.as(func(*github.Config) {})
	return w
}

// as makes the adapter anew with a changed configuration.
func (w *world) as(change func(*github.Config)) {
	w.t.Helper()
	cfg := github.Config{Name: "github", APIURL: w.url, App: &github.App{ID: 1, Key: w.key}, Transport: w.transport}
	change(&cfg)
	var err error
	w.app, err = github.New(cfg)
	check(w.t, err)
}

func (w *world) commit(branch, author string, texts map[string]string) string {
	w.t.Helper()
	files := map[string]*sandbox.File{}
	for path, text := range texts {
		files[path] = &sandbox.File{Content: text}
	}
	id, err := w.repo.Commit(sandbox.Change{Branch: branch, Author: author, Message: "change", Files: files})
	check(w.t, err)
	return id
}

func (w *world) open(branch string, texts map[string]string) (pull.Ref, *sandbox.PullRequest) {
	w.t.Helper()
	w.commit(branch, "dave", texts)
	pr, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: branch})
	check(w.t, err)
	return pull.Ref{Repo: linux, Number: pr.Number()}, pr
}

func (w *world) look(ref pull.Ref) gate.Look {
	w.t.Helper()
	look, err := w.app.Look(w.t.Context(), ref, []string{"none.yml"}, true)
	check(w.t, err)
	return look
}

// change reads list and sides.
func (w *world) change(look gate.Look) gate.Change {
	w.t.Helper()
	c, err := w.app.Files(w.t.Context(), look)
	check(w.t, err, w.app.Sides(w.t.Context(), look, &c))
	return c
}

// TestEveryOperationKeepsTheContract uses everything that the adapter does, and
// fails unless each operation was seen and checked.
func TestEveryOperationKeepsTheContract(t *testing.T) {
	t.Parallel()
	contract := forgetest.NewContract(t)
	w := newWorld(t, contract.Wrap(http.DefaultTransport))
	ctx := t.Context()
	missing, err := w.app.Check(ctx)
	check(t, err)
	if len(missing) != 0 {
		t.Errorf("missing: %v", missing)
	}
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	review, err := pr.Review(sandbox.Review{By: "alice", Event: "APPROVE"})
	check(t, err, pr.Dismiss("carol", review, "not yet"))
	look := w.look(ref)
	w.change(look)
	look.Request.MergeBase = "" // ask instead
	w.change(look)
	_, err = w.app.Blob(ctx, linux, look.Policy.ID)
	check(t, err)
	_, err = w.app.Entries(ctx, linux, look.DefaultTip, []string{"a.c"})
	check(t, err)
	_, err = w.app.HeadAt(ctx, look, look.Request.Head)
	check(t, err)
	_, err = w.app.Trees(ctx, linux, []string{look.Request.Head})
	check(t, err)
	_, err = w.app.Trees(ctx, linux, []string{strings.Repeat("1", 40)}) // by REST, in the end
	wantKind(t, err, forge.ErrNotFound)
	_, err = w.app.MergeBases(ctx, linux, look.DefaultTip, look.Request.Head)
	check(t, err)
	_, err = w.app.MergeQueue(ctx, linux, "main")
	check(t, err)
	_, err = w.app.Team(ctx, linux, "acme/mm")
	check(t, err)
	_, err = w.app.OpenRequests(ctx, linux)
	check(t, err)
	_, err = w.app.Tip(ctx, linux, "main")
	check(t, err)
	_, err = w.app.RequestsAt(ctx, linux, look.Request.Head)
	check(t, err)
	_, err = w.app.Repositories(ctx)
	check(t, err)
	exerciseWrites(t, w, ref, look.Request.Head)
	check(t, contractWithToken(w, contract, ref, look.Request.Head))

	want := []string{
		"GET /app", "GET /app/installations", "GET /installation/repositories",
		"GET /orgs/{org}/teams/{team_slug}/members",
		"GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls", "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
		"GET /repos/{owner}/{repo}/compare/{basehead}", "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
		"GET /repos/{owner}/{repo}/git/ref/{ref}", "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
		"GET /repos/{owner}/{repo}/installation",
		"GET /repos/{owner}/{repo}/issues/{issue_number}/comments", "GET /repos/{owner}/{repo}/issues/{issue_number}/timeline",
		"GET /repos/{owner}/{repo}/pulls", "GET /repos/{owner}/{repo}/pulls/{pull_number}/files", "GET /user",
		"PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
		"POST /app/installations/{installation_id}/access_tokens", "POST /graphql",
		"POST /repos/{owner}/{repo}/check-runs", "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
		"POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "POST /repos/{owner}/{repo}/statuses/{sha}",
	}
	if diff := cmp.Diff(want, contract.Seen()); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

// exerciseWrites writes everything twice, the second time without knowing the
// first.
func exerciseWrites(t *testing.T, w *world, ref pull.Ref, head string) {
	t.Helper()
	ctx := t.Context()
	c := publish.Check{Head: head, Name: "review-gate", Outcome: policy.Pending, Title: "0 of 1", Summary: "text"}
	first, err := w.app.SetCheck(ctx, linux, c, 0, false)
	check(t, err)
	c.Outcome = policy.Error
	again, err := w.app.SetCheck(ctx, linux, c, 0, true)
	check(t, err)
	if first != again || len(w.repo.CheckRuns(head)) != 1 {
		t.Errorf("check runs %d and %d", first, again)
	}
	if got := w.repo.CheckRuns(head)[0]; got.Conclusion != "failure" {
		t.Errorf("an error concludes as %q", got.Conclusion)
	}
	note, err := w.app.UpsertComment(ctx, ref, publish.Mark+" one", 0, false)
	check(t, err)
	second, err := w.app.UpsertComment(ctx, ref, publish.Mark+" two", 0, true)
	check(t, err)
	if note != second {
		t.Errorf("comments %d and %d", note, second)
	}
	reviews := w.look(ref).Request.Reviews
	check(t, w.app.React(ctx, linux, reviews[0].Node, gate.ThumbsUp))
	check(t, w.app.Reply(ctx, ref, "k", "text"), w.app.Reply(ctx, ref, "k", "text"))
	refused, err := w.app.RequestReviewers(ctx, ref, []string{"alice", "mallory", "bob"})
	check(t, err)
	people, _ := w.repo.PullRequest(ref.Number).Requested()
	slices.Sort(people)
	if diff := cmp.Diff([][]string{{"mallory"}, {"alice", "bob"}}, [][]string{refused, people}); diff != "" {
		t.Errorf("refused and asked (-want +got):\n%s", diff)
	}
}

// contractWithToken does what only a token does: statuses, the user, and the
// REST history where GraphQL has none.
func contractWithToken(w *world, contract *forgetest.Contract, ref pull.Ref, head string) error {
	f, err := github.New(github.Config{Name: "github", APIURL: w.url, Token: "token-alice", Transport: withoutEvents{contract.Wrap(http.DefaultTransport)}})
	if err != nil {
		return err
	}
	if _, err := f.Look(w.t.Context(), ref, nil, false); err != nil {
		return err
	}
	if _, err := f.OwnComment(w.t.Context(), ref); err != nil {
		return err
	}
	c := publish.Check{Head: head, Name: "review-gate", Outcome: policy.Error, Title: "error", Summary: "text"}
	if _, err := f.SetCheck(w.t.Context(), linux, c, 0, true); err != nil {
		return err
	}
	if all := w.repo.Statuses(head); len(all) != 1 || all[0].State != "error" {
		return fmt.Errorf("statuses: %+v", all)
	}
	return nil
}

// withoutEvents refuses queries for events, as a server without them would.
type withoutEvents struct{ base http.RoundTripper }

func (r withoutEvents) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/graphql") && req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		defer body.Close()
		text := make([]byte, req.ContentLength)
		if _, err := body.Read(text); err != nil {
			return nil, err
		}
		if strings.Contains(string(text), "timelineItems") {
			recorder := httptest.NewRecorder()
			fmt.Fprint(recorder, `{"errors":[{"message":"Field 'timelineItems' doesn't exist"}]}`)
			return recorder.Result(), nil
		}
	}
	return r.base.RoundTrip(req)
}

func TestLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	for range 120 { // more than a page
		_, err := pr.Review(sandbox.Review{By: "alice", Event: "COMMENT", Body: "text"})
		check(t, err)
	}
	id, err := pr.Review(sandbox.Review{By: "bob", Event: "REQUEST_CHANGES", Body: "no"})
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

func TestChangeKnowsBothSides(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.commit("topic", "dave", map[string]string{"new.c": "new\n"})
	_, err := w.repo.Commit(sandbox.Change{Branch: "topic", Author: "dave", Message: "more", Rename: map[string]string{"a.c": "moved.c"},
		Files: map[string]*sandbox.File{"b.c": nil, "link": {Content: "new.c", Mode: pull.Symlink}}})
	check(t, err)
	pr, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "topic"})
	check(t, err)
	c := w.change(w.look(pull.Ref{Repo: linux, Number: pr.Number()}))
	got := map[string]string{}
	for _, f := range c.Files {
		if !f.Whole() {
			t.Errorf("not whole: %+v", f.Content)
		}
		got[f.Path] = fmt.Sprint(f.Status, " ", f.OldPath, " ", f.OldMode, ">", f.Mode)
	}
	want := map[string]string{"new.c": "added  >100644", "moved.c": "renamed a.c 100644>100644", "b.c": "removed  100644>", "link": "added  >120000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Incomplete != "" || c.SameTree {
		t.Errorf("%+v", c)
	}
}

// TestCaps holds that what GitHub does not list whole is never taken for whole.
func TestCaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	texts := map[string]string{}
	for i := range 3001 {
		texts[fmt.Sprintf("d/f%d.c", i)] = "x\n"
	}
	ref, _ := w.open("many", texts)
	c := w.change(w.look(ref))
	if !c.Capped || c.Incomplete != "" || len(c.Files) != 3000 {
		t.Errorf("3001 files: %d listed, capped %v, incomplete %q", len(c.Files), c.Capped, c.Incomplete)
	}
	w.commit("fewer", "dave", texts)
	_, err := w.repo.Commit(sandbox.Change{Branch: "fewer", Author: "dave", Files: map[string]*sandbox.File{"d/f0.c": nil, "d/f1.c": nil}})
	check(t, err)
	pr, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "fewer"})
	check(t, err)
	c = w.change(w.look(pull.Ref{Repo: linux, Number: pr.Number()}))
	if c.Capped || c.Incomplete != "" || len(c.Files) != 2999 {
		t.Errorf("2999 files: %d listed, capped %v, incomplete %q", len(c.Files), c.Capped, c.Incomplete)
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
	_, err := w.repo.Commit(sandbox.Change{Branch: "long", Author: "dave", CoAuthors: []string{"bob"}, Files: map[string]*sandbox.File{"a.c": {Content: "with bob"}}})
	check(t, err)
	pr, err := w.repo.Open(sandbox.Opening{Author: "dave", Head: "long"})
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
		for _, p := range c.People {
			people[p.Login]++
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
	review, err := pr.Review(sandbox.Review{By: "alice", Event: "APPROVE", Body: "fine"})
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
	if first.Author.Login != "bob" || first.Body != "/approve 0" || first.Edited || first.Node == "" || !last.Edited || last.Body != "/approve all" {
		t.Errorf("%+v, %+v", first, last)
	}
	v := r.Reviews[0]
	if v.ID != review || !v.Edited || v.EditedBy.Login != "bob" || v.Node == "" {
		t.Errorf("%+v", v)
	}
}

func TestLookAtTheMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	w.ResetCalls()
	look := w.look(ref)
	if calls := w.Calls(); len(calls) != 3 || calls[2].Points != 1 { // installation, token, query
		t.Errorf("%d calls, the last for %d points", len(calls), calls[len(calls)-1].Points)
	}
	want := []string{w.repo.Tip("main"), w.repo.Tip("topic")}
	if diff := cmp.Diff(want, look.TestMerge.Parents); diff != "" || len(look.TestMerge.ID) != 40 || look.Conflicts || look.HasQueue {
		t.Errorf("%+v (-want +got):\n%s", look.TestMerge, diff)
	}
	w.repo.EnableQueue("main")
	w.commit("main", "carol", map[string]string{"a.c": "other\n"})
	look = w.look(ref)
	if !look.Conflicts || look.TestMerge.ID != "" || !look.HasQueue {
		t.Errorf("at a conflict: %+v", look)
	}
}

// TestLookAtAnOldServer holds that a server which does not know newer fields is
// asked without them, and for them again later.
func TestLookAtAnOldServer(t *testing.T) {
	t.Parallel()
	newer := []string{"timelineItems", "isMergeQueueEnabled", "potentialMergeCommit", "editor", "fullDatabaseId"}
	refused := 0
	w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
		for _, field := range newer {
			if strings.Contains(sent, field) {
				refused++
				return `{"errors":[{"message":"Field '` + field + `' doesn't exist on type 'PullRequest'"}]}`
			}
		}
		return answer
	}))
	now := time.Now()
	w.as(func(c *github.Config) { c.Now = func() time.Time { return now } })
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	for range 101 {
		id, err := pr.Review(sandbox.Review{By: "alice", Event: "APPROVE", Body: "text"})
		check(t, err, pr.EditReview("alice", id, "edited"))
	}
	for range 2 {
		look := w.look(ref)
		if v := look.Request.Reviews[100]; len(look.Request.Reviews) != 101 || v.ID == 0 || !v.Edited || v.EditedBy.Login != "" || look.HasQueue || look.TestMerge.ID != "" {
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

// TestSidesOfWholeFiles holds that what is known is not asked for again, but the
// moment is.
func TestSidesOfWholeFiles(t *testing.T) {
	t.Parallel()
	asked := 0
	w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
		asked += strings.Count(sent, ": file(path: $p")
		return answer
	}))
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n", "b.c": "new\n", "c.c": "new\n"})
	look := w.look(ref)
	c := w.change(look)
	want := c
	asked = 0
	c.After = gate.Moment{}
	c.Files = slices.Clone(c.Files)
	c.Files[1].OldMode = ""
	check(t, w.app.Sides(t.Context(), look, &c))
	if diff := cmp.Diff(want, c); diff != "" || asked != 2 {
		t.Errorf("asked for %d sides (-want +got):\n%s", asked, diff)
	}
}

func TestListThatDiffersFromTheCountIsIncomplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n", "b.c": "new\n"})
	look := w.look(ref)
	look.ChangedFiles = 3
	c, err := w.app.Files(t.Context(), look)
	check(t, err)
	if c.Incomplete == "" || !c.Passing {
		t.Errorf("two files of three pass for whole: %+v", c)
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	team, err := w.app.Team(t.Context(), linux, "acme/kernel")
	check(t, err)
	var logins []string
	for _, m := range team.Members {
		logins = append(logins, m.Login)
	}
	slices.Sort(logins)
	if diff := cmp.Diff([]string{"alice", "carol"}, logins); diff != "" || team.Unread != "" {
		t.Errorf("child teams (-want +got):\n%s", diff)
	}
	gone, err := w.app.Team(t.Context(), linux, "acme/none")
	check(t, err)
	if gone.Unread == "" || gone.Members != nil {
		t.Errorf("a team that is not there: %+v", gone)
	}
}

func TestHeadAtOfALostCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	h, err := w.app.HeadAt(t.Context(), w.look(ref), strings.Repeat("0", 39)+"1")
	check(t, err)
	if h.Complete {
		t.Errorf("%+v", h)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	_, err := w.app.Look(t.Context(), pull.Ref{Repo: linux, Number: 99}, nil, false)
	wantKind(t, err, forge.ErrNotFound)
	token, err := github.New(github.Config{Name: "github", APIURL: w.url, Token: "token-mallory"})
	check(t, err)
	_, err = token.SetCheck(t.Context(), linux, publish.Check{Head: w.repo.Tip("main"), Name: "x", Outcome: policy.Success}, 0, false)
	wantKind(t, err, forge.ErrForbidden)
	w.SetRateLimit(0)
	_, err = w.app.Tip(t.Context(), linux, "main")
	wantLimit(t, err)
	_, err = w.app.Look(t.Context(), pull.Ref{Repo: linux, Number: 1}, nil, false)
	wantLimit(t, err)
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error %v, want %v", err, kind)
	}
}

func wantLimit(t *testing.T, err error) {
	t.Helper()
	limit, ok := errors.AsType[*forge.LimitError](err)
	if !ok || !limit.Until.After(time.Now()) {
		t.Errorf("error %v, want a limit", err)
	}
}

// TestBlobInJSON holds that a server that answers with JSON where raw content
// is asked for is understood.
func TestBlobInJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, acceptJSON{http.DefaultTransport})
	entries, err := w.app.Entries(t.Context(), linux, w.repo.Tip("main"), []string{"a.c"})
	check(t, err)
	data, err := w.app.Blob(t.Context(), linux, entries["a.c"].ID)
	check(t, err)
	if string(data) != "a\n" {
		t.Errorf("blob %q", data)
	}
}

type acceptJSON struct{ base http.RoundTripper }

func (a acceptJSON) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Accept", "application/json")
	return a.base.RoundTrip(req)
}
