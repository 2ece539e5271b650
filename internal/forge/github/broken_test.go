package github_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// brokenAnswers are what a server, or something before it, may answer in place
// of what was asked for.
func brokenAnswers() map[string]*fakegithub.Fault {
	html := "<html><body>Something went wrong</body></html>"
	out := map[string]*fakegithub.Fault{
		"500":           {Status: http.StatusInternalServerError},
		"502":           {Status: http.StatusBadGateway, Body: html},
		"503":           {Status: http.StatusServiceUnavailable},
		"504":           {Status: http.StatusGatewayTimeout},
		"hung up":       {HangUp: true},
		"half":          {Half: true},
		"HTML":          {Status: http.StatusOK, Body: html},
		"empty":         {Status: http.StatusOK, Header: http.Header{"Content-Length": {"0"}}},
		"null":          {Status: http.StatusOK, Body: "null"},
		"{}":            {Status: http.StatusOK, Body: "{}"},
		"data of null":  {Status: http.StatusOK, Body: `{"data":null}`},
		"data of {}":    {Status: http.StatusOK, Body: `{"data":{}}`},
		"no repository": {Status: http.StatusOK, Body: `{"data":{"repository":null}}`},
		"errors": {Status: http.StatusOK,
			Body: `{"data":{"repository":null},"errors":[{"type":"RESOURCE_LIMITS_EXCEEDED","message":"Resource limits exceeded"}]}`},
		"limited by GraphQL": {Status: http.StatusOK, Body: `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`,
			Header: http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"4102444800"}}},
		"limited":             fakegithub.SecondaryLimit(time.Hour),
		"no content":          {Status: http.StatusNoContent},
		"limited by its body": {Status: http.StatusOK, Body: `{"errors":[{"message":"You have exceeded a secondary rate limit."}]}`},
	}
	for _, body := range []string{
		"[]", "[{}]", "[null]", "7", `"text"`, `{"errors":[]}`, `{"data":[]}`, `{"total_count":1}`,
		`{"total_count":1,"repositories":[],"check_runs":[]}`,
		`{"data":{"repository":{}}}`, `{"data":{"repository":{"pullRequest":{}}}}`,
		`{"data":{"repository":{"pullRequest":{"number":1,"state":"OPEN","headRefOid":"x","baseRefName":"main"}}}}`,
		`{"data":{"repository":{"object":{},"mergeQueue":{},"o0":{}}}}`, `{"data":{"repository":{"mergeQueue":{"entries":{}}}}}`,
	} {
		out[body] = &fakegithub.Fault{Status: http.StatusOK, Body: body}
	}
	return out
}

// TestBrokenAnswersNeverLookWhole has each call of each method answered wrongly
// and holds that the method fails: nothing half-read is taken for whole, nothing
// unread for empty, and no write for done.
func TestBrokenAnswersNeverLookWhole(t *testing.T) {
	t.Parallel()
	for name := range newQuestions(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup
			for broken, fault := range brokenAnswers() {
				ask := newQuestions(t)[name]
				_, err := ask.method(t.Context())
				check(t, err)
				all.Go(func() { ask.holdBroken(t, broken, fault) })
			}
			all.Wait()
		})
	}
}

// question is a method with what it is asked.
type question struct {
	w      *world
	method func(context.Context) (any, error)
}

// newQuestions makes a world and questions on it.
func newQuestions(t *testing.T) map[string]question {
	t.Helper()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	look := w.look(ref)
	head, base := pr.Head(), w.repo.Tip("main")
	_, merged := w.open("merged", map[string]string{"b.c": "new\n"})
	_, err := merged.Merge("carol")
	check(t, err)
	entries, err := w.app.Entries(t.Context(), linux, base, []string{"a.c"})
	check(t, err)
	blob := entries["a.c"].ID
	verdict := publish.Check{Name: "review-gate", Head: head, Outcome: policy.Pending, Title: "0 of 1"}
	// Another commit has a check, and the pull request a comment, so that there is
	// something to find and to write over.
	again := verdict
	again.Head = base
	run, err := w.app.SetCheck(t.Context(), pull.Ref{Repo: linux}, again, seam.Written{})
	check(t, err)
	comment, err := w.app.UpsertComment(t.Context(), ref, "text "+publish.Mark, "", false)
	check(t, err)
	out := map[string]question{}
	for name, method := range map[string]func(context.Context) (any, error){
		"Look":         func(ctx context.Context) (any, error) { return w.app.Look(ctx, ref, []string{"a.c"}, true) },
		"Files":        func(ctx context.Context) (any, error) { return w.app.Files(ctx, look) },
		"Entries":      func(ctx context.Context) (any, error) { return w.app.Entries(ctx, linux, base, []string{"a.c"}) },
		"Blob":         func(ctx context.Context) (any, error) { return w.app.Blob(ctx, linux, blob, 1<<20) },
		"Trees":        func(ctx context.Context) (any, error) { return w.app.Trees(ctx, linux, []string{base}) },
		"MergeBases":   func(ctx context.Context) (any, error) { return w.app.MergeBases(ctx, linux, base, head) },
		"OpenRequests": func(ctx context.Context) (any, error) { return w.app.OpenRequests(ctx, linux) },
		"Tip":          func(ctx context.Context) (any, error) { return w.app.Tip(ctx, linux, "main") },
		"Repositories": func(ctx context.Context) (any, error) { return one(w.app.Repositories(ctx)) },
		"Resolve":      func(ctx context.Context) (any, error) { return w.app.Resolve(ctx, linux) },
		"Team":         func(ctx context.Context) (any, error) { return w.app.Team(ctx, linux, "acme/kernel") },
		"MergeQueue":   func(ctx context.Context) (any, error) { return w.app.MergeQueue(ctx, linux, "main") },
		"HeadAt":       func(ctx context.Context) (any, error) { return w.app.HeadAt(ctx, look, head) },
		"SetCheck": func(ctx context.Context) (any, error) {
			return w.app.SetCheck(ctx, pull.Ref{Repo: linux}, verdict, seam.Written{Search: true})
		},
		"RequestsAt": func(ctx context.Context) (any, error) { return w.app.RequestsAt(ctx, linux, head) },
		"Found":      func(ctx context.Context) (any, error) { return w.app.Found(ctx, linux, again.Head) },
		"HeadOf":     func(ctx context.Context) (any, error) { head, _, err := w.app.HeadOf(ctx, ref); return head, err },
		"ClosedAt":   func(ctx context.Context) (any, error) { return w.app.ClosedAt(ctx, linux, head) },
		"Merged":     func(ctx context.Context) (any, error) { return w.app.Merged(ctx, linux, time.Time{}, 9) },
		"CheckOn": func(ctx context.Context) (any, error) {
			return w.app.CheckOn(ctx, pull.Ref{Repo: linux}, again.Head, verdict.Name, true)
		},
		"OwnComment": func(ctx context.Context) (any, error) { return w.app.OwnComment(ctx, ref) },
		"Reply":      func(ctx context.Context) (any, error) { return nil, w.app.Reply(ctx, ref, "key", "text") },
		"updated check": func(ctx context.Context) (any, error) {
			return w.app.SetCheck(ctx, pull.Ref{Repo: linux}, again, seam.Written{ID: run, Outcome: policy.Pending})
		},
		"edited comment": func(ctx context.Context) (any, error) {
			return w.app.UpsertComment(ctx, ref, "again "+publish.Mark, comment, false)
		},
		"UpsertComment": func(ctx context.Context) (any, error) {
			return w.app.UpsertComment(ctx, ref, "text "+publish.Mark, "", true)
		},
		"RequestReviewers": func(ctx context.Context) (any, error) {
			asked, _, err := w.app.RequestReviewers(ctx, ref, []string{"alice"})
			return asked, err
		},
	} {
		out[name] = question{w, method}
	}
	return out
}

// holdBroken has the first call of a method answered wrongly, then the second,
// and so on until it makes no more.
func (q question) holdBroken(t *testing.T, broken string, fault *fakegithub.Fault) {
	t.Helper()
	for nth := 1; nth < 9; nth++ {
		q.w.as(noChange) // forget what was learned
		var calls atomic.Int32
		q.w.SetFault(func(*http.Request) *fakegithub.Fault {
			// The second try is the same call.
			if n := int(calls.Add(1)); n == nth || n == nth+1 {
				return fault
			}
			return nil
		})
		got, err := q.method(t.Context())
		q.w.SetFault(nil)
		if int(calls.Load()) < nth {
			return // it makes fewer calls
		}
		if err == nil && !unread(got) && !emptyList(broken, got) && !q.right(t, got) {
			want, _ := q.method(t.Context())
			t.Errorf("call %d answered with %q gives no error and (-want +got):\n%s", nth, broken, cmp.Diff(want, got))
		}
	}
}

// unread tells of an answer that says itself that it is not whole.
func unread(got any) bool {
	switch got := got.(type) {
	case policy.Team:
		return got.Unread != ""
	case seam.Change:
		return got.Incomplete != ""
	case pull.Head:
		// An unknown mode is never that of what was reviewed.
		return !got.Complete || slices.ContainsFunc(got.Files, func(c pull.Content) bool { return c.Mode == "" })
	}
	return false
}

// emptyList tells of an answer of an empty list where one belongs, or of null: some
// servers write an empty one so. Then nothing is thought to be listed, which lets
// nobody in.
func emptyList(broken string, got any) bool {
	if broken != "null" && broken != "[]" {
		return false
	}
	switch got := got.(type) {
	case []seam.Listed:
		return len(got) == 0
	case []history.PullState:
		return len(got) == 0
	case []pull.Repo, policy.Team:
		return broken == "[]"
	case string, nil: // a comment, written although there is one
		return true
	}
	return false
}

// right reports whether an answer is what the server gives to the same question
// without a fault: the fault was made good, or did not matter.
func (q question) right(t *testing.T, got any) bool {
	t.Helper()
	q.w.as(noChange)
	want, err := q.method(t.Context())
	return err == nil && cmp.Equal(want, got, cmpopts.EquateEmpty())
}

func noChange(*github.Config) {}

// TestListsThatNeverEnd has the server name the same page as the next one again
// and again.
func TestListsThatNeverEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	w.look(ref) // as who it is known
	for end, ask := range map[string]func() error{
		"comments":   func() error { _, err := w.app.OwnComment(t.Context(), ref); return err },
		"members":    func() error { _, err := w.app.Team(t.Context(), linux, "acme/kernel"); return err },
		"deliveries": func() error { _, _, err := w.app.Redeliver(t.Context(), time.Now().Add(-time.Hour)); return err },
		"pulls":      func() error { _, err := w.app.OpenRequests(t.Context(), linux); return err },
	} {
		w.ResetCalls()
		w.SetFault(func(r *http.Request) *fakegithub.Fault {
			if !strings.HasSuffix(r.URL.Path, "/"+end) {
				return nil
			}
			next := "page=1"
			if end == "deliveries" {
				next = "cursor=c"
			}
			return &fakegithub.Fault{Status: http.StatusOK, Body: "[]",
				Header: http.Header{"Link": {"<https://forge.example/?" + next + `>; rel="next"`}}}
		})
		if err := ask(); err == nil || !strings.Contains(err.Error(), "the same page") || len(w.Calls()) > 5 {
			t.Errorf("%s: %d calls, %v", end, len(w.Calls()), err)
		}
		w.SetFault(nil)
	}
}

// one leaves out what else an answer tells.
func one[T, U any](answer T, _ U, err error) (any, error) { return answer, err }
