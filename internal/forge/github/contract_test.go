package github_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/forge/githubtest"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestEveryOperationKeepsTheContract uses everything that the adapter does, and
// fails unless each operation was seen and checked: against the description of
// github.com and against that of GitHub Enterprise Server.
func TestEveryOperationKeepsTheContract(t *testing.T) {
	t.Parallel()
	t.Run("github.com", func(t *testing.T) {
		t.Parallel()
		everyOperation(t, githubtest.NewContract(t), "")
	})
	t.Run("enterprise server", func(t *testing.T) {
		t.Parallel()
		everyOperation(t, githubtest.NewGHES(t), "/api/v3")
	})
}

func everyOperation(t *testing.T, contract *githubtest.Contract, path string) {
	t.Helper()
	w := newWorld(t, contract.Wrap(http.DefaultTransport))
	w.path = path
	w.as(func(*github.Config) {})
	ctx := t.Context()
	w.examine()
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	review, err := pr.Review(fake.Review{By: "alice", State: fake.Approved})
	check(t, err, pr.Dismiss("carol", review, "not yet"))
	look := w.look(ref)
	look.Candidates = []string{"alice", "nobody"}
	w.change(look)
	_, err = w.app.Available(ctx, linux, look.Candidates)
	check(t, err)
	look.Request.MergeBase = "" // ask instead
	w.change(look)
	_, err = w.app.Blob(ctx, linux, look.Policy.ID, 1<<20)
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
	w.repo.EnableQueue("main")
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
	_, err = w.app.ClosedAt(ctx, linux, look.Request.Head)
	check(t, err)
	_, err = w.app.Merged(ctx, linux, time.Time{}, 100)
	check(t, err)
	_, err = w.app.Found(ctx, linux, look.Request.Head)
	check(t, err)
	_, _, err = w.app.HeadOf(ctx, ref)
	check(t, err)
	_, _, err = w.app.Repositories(ctx)
	check(t, err)
	for range 2 {
		_, refused, err := w.app.AddLabels(ctx, ref, []string{"area/mm", "needs-review/a, b?"})
		check(t, err)
		if len(refused) > 0 {
			t.Errorf("refused %v", refused)
		}
		w.as(func(*github.Config) {}) // it forgets which labels there are
		check(t, w.app.RemoveLabel(ctx, ref, "needs-review/a, b?"), w.app.RemoveLabel(ctx, ref, "none"))
	}
	if got := strings.Join(pr.Labels(), " "); got != "area/mm" {
		t.Errorf("labels %q", got)
	}
	exerciseWrites(t, w, ref, look.Request.Head)
	check(t, contractWithToken(w, contract, ref, look.Request.Head))

	want := []string{
		"DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}",
		"GET /app", "GET /app/hook/config", "GET /app/hook/deliveries", "GET /app/installations", "GET /installation/repositories",
		"GET /orgs/{org}/teams/{team_slug}/members", "GET /rate_limit", "GET /repos/{owner}/{repo}/branches/{branch}/protection",
		"GET /repos/{owner}/{repo}/commits/{ref}/check-runs", "GET /repos/{owner}/{repo}/commits/{ref}/statuses",
		"GET /repos/{owner}/{repo}/compare/{basehead}", "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
		"GET /repos/{owner}/{repo}/git/ref/{ref}", "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
		"GET /repos/{owner}/{repo}/installation",
		"GET /repos/{owner}/{repo}/issues/{issue_number}/comments", "GET /repos/{owner}/{repo}/issues/{issue_number}/timeline",
		"GET /repos/{owner}/{repo}/pulls", "GET /repos/{owner}/{repo}/pulls/{pull_number}", "GET /repos/{owner}/{repo}/pulls/{pull_number}/files",
		"GET /repos/{owner}/{repo}/rules/branches/{branch}",
		"PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
		"POST /app/installations/{installation_id}/access_tokens", "POST /graphql",
		"POST /repos/{owner}/{repo}/check-runs", "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
		"POST /repos/{owner}/{repo}/issues/{issue_number}/labels", "POST /repos/{owner}/{repo}/labels",
		"POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "POST /repos/{owner}/{repo}/statuses/{sha}",
		"undescribed GET /repos/acme/linux/branches/main", // the extract that lies beside the repository lacks it
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
	first, err := w.app.SetCheck(ctx, pull.Ref{Repo: linux}, c, seam.Written{})
	check(t, err)
	c.Outcome = policy.Error
	again, err := w.app.SetCheck(ctx, pull.Ref{Repo: linux}, c, seam.Written{Search: true})
	check(t, err)
	if first != again || len(w.repo.CheckRuns(head)) != 1 {
		t.Errorf("check runs %s and %s", first, again)
	}
	if got := w.repo.CheckRuns(head)[0]; got.Conclusion != "failure" {
		t.Errorf("an error concludes as %q", got.Conclusion)
	}
	note, err := w.app.UpsertComment(ctx, ref, publish.Mark+" one", "", false)
	check(t, err)
	second, err := w.app.UpsertComment(ctx, ref, publish.Mark+" two", "", true)
	check(t, err)
	if note != second {
		t.Errorf("comments %s and %s", note, second)
	}
	reviews := w.look(ref).Request.Reviews
	check(t, w.app.React(ctx, linux, reviews[0].Node, seam.ThumbsUp))
	check(t, w.app.Reply(ctx, ref, "k", "text"), w.app.Reply(ctx, ref, "k", "text"))
	_, refused, err := w.app.RequestReviewers(ctx, ref, []string{"alice", "mallory", "bob"})
	check(t, err)
	people, _ := w.repo.PullRequest(ref.Number).Requested()
	slices.Sort(people)
	if diff := cmp.Diff([][]string{{"mallory"}, {"alice", "bob"}}, [][]string{refused, people}); diff != "" {
		t.Errorf("refused and asked (-want +got):\n%s", diff)
	}
}

// contractWithToken does what only a token does: statuses, who it is, and the
// REST history where GraphQL has none.
func contractWithToken(w *world, contract *githubtest.Contract, ref pull.Ref, head string) error {
	f, err := github.New(github.Config{Name: "github", APIURL: w.url + w.path, Token: "token-alice",
		Transport: withoutEvents{contract.Wrap(http.DefaultTransport)}})
	if err != nil {
		return err
	}
	if seen := f.Examine(w.t.Context(), 0); seen.Login.State != doctor.Taken || seen.Token.Login != "alice" || !seen.Token.Told {
		return fmt.Errorf("the token: %+v", seen)
	}
	if _, err := f.Look(w.t.Context(), ref, nil, false); err != nil {
		return err
	}
	if _, err := f.OwnComment(w.t.Context(), ref); err != nil {
		return err
	}
	c := publish.Check{Head: head, Name: "review-gate", Outcome: policy.Error, Title: "error", Summary: "text"}
	for range 2 { // the second one finds that it stands
		if _, err := f.SetCheck(w.t.Context(), pull.Ref{Repo: linux}, c, seam.Written{Search: true}); err != nil {
			return err
		}
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
