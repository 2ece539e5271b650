package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestNewToken holds that calls are sent again that a new token was refused, and that a
// refusal that stays is told.
func TestNewToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	now := time.Now()
	w.as(func(c *github.Config) {
		c.Waits.Token, c.Now = time.Millisecond, func() time.Time { return now }
	})
	w.SetBehaviour(fakegithub.Behaviour{NewTokens: 3})
	if look := w.look(ref); look.Request.Head == "" {
		t.Error("no head")
	}
	w.RevokeTokens()
	w.SetBehaviour(fakegithub.Behaviour{NewTokens: 1000})
	if _, err := w.app.Look(t.Context(), ref, nil, true); err == nil {
		t.Error("a refusal that stays is no error")
	}
	w.SetBehaviour(fakegithub.Behaviour{})
	w.look(ref)
	now = now.Add(time.Minute) // the token is not young any more
	w.ResetCalls()
	w.SetFault(func(*http.Request) *fakegithub.Fault {
		return &fakegithub.Fault{Status: http.StatusForbidden, Body: `{"message":"Resource not accessible by integration"}`}
	})
	if _, err := w.app.CheckOn(t.Context(), pull.Ref{Repo: linux}, "x", "gate", false); !errors.Is(err, forge.ErrForbidden) ||
		len(w.Calls()) != 1 {
		t.Errorf("%v, %d calls", err, len(w.Calls()))
	}
}

// TestNewTokenInGraphQL holds the same for the refusal of single fields, which comes in
// an answer of success.
func TestNewTokenInGraphQL(t *testing.T) {
	t.Parallel()
	refused := 0
	w := newWorld(t, meddler(func(r *http.Request, _, answer string) string {
		if !strings.Contains(r.URL.Path, "graphql") {
			return answer
		}
		if refused++; refused > 2 {
			return answer
		}
		return `{"data":null,"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}`
	}))
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	w.as(func(c *github.Config) { c.Waits.Token = time.Millisecond })
	if look := w.look(ref); look.Request.Head == "" || refused != 3 {
		t.Errorf("head %q, %d answers", look.Request.Head, refused)
	}
}

// TestWrittenTooFast holds that nobody is taken for refused whom GitHub would take
// later, that writes of the kind wait without being sent, and that checks and reads go on.
func TestWrittenTooFast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	now := time.Now()
	w.as(func(c *github.Config) { c.Now = func() time.Time { return now } })
	w.SetBehaviour(fakegithub.Behaviour{TooFast: 1})
	asked, refused, err := w.app.RequestReviewers(t.Context(), ref, []string{"alice", "bob"})
	if limit, limited := errors.AsType[*forge.LimitError](err); !limited || !limit.Minor || len(asked)+len(refused) > 0 {
		t.Errorf("asked %v, refused %v: %v", asked, refused, err)
	}
	w.ResetCalls()
	_, err = w.app.UpsertComment(t.Context(), ref, "text", "", false)
	if limit, limited := errors.AsType[*forge.LimitError](err); !limited || !limit.Minor || len(w.Calls()) > 0 {
		t.Errorf("%v, %d calls", err, len(w.Calls()))
	}
	_, err = w.app.SetCheck(t.Context(), pull.Ref{Repo: linux},
		publish.Check{Head: pr.Head(), Name: "gate", Outcome: policy.Pending, Title: "t", Summary: "s"}, seam.Written{})
	check(t, err)
	w.look(ref)
	now = now.Add(2 * time.Minute)
	w.SetBehaviour(fakegithub.Behaviour{})
	asked, _, err = w.app.RequestReviewers(t.Context(), ref, []string{"alice", "bob"})
	check(t, err)
	if diff := cmp.Diff([]string{"alice", "bob"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	w.SetBehaviour(fakegithub.Behaviour{TooFast: 1})
	for range 3 { // the second write is one too many
		if err = w.app.React(t.Context(), linux, "IC_1", seam.Eyes); !errors.Is(err, forge.ErrNotFound) {
			break
		}
	}
	if limit, limited := errors.AsType[*forge.LimitError](err); !limited || !limit.Minor {
		t.Errorf("a reaction: %v", err)
	}
}

// TestBlockedFromContent holds that a limit on creating content keeps back no check and
// no read, and that one on everything does.
func TestBlockedFromContent(t *testing.T) {
	t.Parallel()
	for message, everything := range map[string]bool{
		"You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again " +
			"later.": false,
		"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.": true,
	} {
		w := newWorld(t, nil)
		ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
		w.SetFault(func(r *http.Request) *fakegithub.Fault {
			if !strings.HasSuffix(r.URL.Path, "/comments") {
				return nil
			}
			return &fakegithub.Fault{Status: http.StatusForbidden, Body: fmt.Sprintf(`{"message":%q}`, message)}
		})
		for range 2 {
			_, err := w.app.UpsertComment(t.Context(), ref, "text", "", false)
			if limit, limited := errors.AsType[*forge.LimitError](err); !limited || limit.Minor == everything {
				t.Errorf("a comment: %v", err)
			}
		}
		_, err := w.app.SetCheck(t.Context(), pull.Ref{Repo: linux},
			publish.Check{Head: pr.Head(), Name: "gate", Outcome: policy.Pending, Title: "t", Summary: "s"}, seam.Written{})
		_, unread := w.app.Look(t.Context(), ref, nil, true)
		if (err != nil) != everything || (unread != nil) != everything {
			t.Errorf("%s: a check: %v; a read: %v", message, err, unread)
		}
	}
}

// TestTurnsOfAMinute holds that what waits for its turn in a minute uses up nothing of
// the hour.
func TestTurnsOfAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	start := time.Now()
	now := start
	w.as(func(c *github.Config) { c.Now = func() time.Time { return now } })
	waiting := make([]time.Time, 400) // until when each comment does
	for len(waiting) > 0 && now.Sub(start) < time.Hour {
		left := waiting[:0]
		for _, until := range waiting {
			if until.After(now) {
				left = append(left, until)
				continue
			}
			_, err := w.app.UpsertComment(t.Context(), ref, "text", "", false)
			if limit, limited := errors.AsType[*forge.LimitError](err); limited {
				left = append(left, limit.Until)
				continue
			}
			check(t, err)
		}
		waiting = left
		now = now.Add(time.Second)
	}
	if took := now.Sub(start); took > 400/github.WritesPerMinute*time.Minute+time.Minute {
		t.Errorf("after %s %d of 400 comments wait", took, len(waiting))
	}
}

// TestFailureIsNoRefusal holds that no field is given up for a failure that passes, and
// none but its own for statuses that may not be read.
func TestFailureIsNoRefusal(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"": `{"data":null,"errors":[{"message":"Something went wrong while executing your query on 2026-03-25T04:48:34Z. This may be the result of a timeout, or it could be a GitHub bug."}]}`,
		"headCommit": `{"data":{"repository":{"pullRequest":null}},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration",
			"path":["repository","pullRequest","headCommit","nodes",0,"commit","status"]}]}`,
	}
	for field, refusal := range answers {
		failed := false
		w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
			if !strings.Contains(sent, "query Look") || !strings.Contains(sent, field) || field == "" && failed {
				return answer
			}
			failed = true
			return refusal
		}))
		ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
		before := pr.Head()
		w.commit("other", "dave", map[string]string{"b.c": "new\n"})
		check(t, w.repo.SetBranch("topic", w.repo.Tip("other"), "dave"))
		w.as(func(c *github.Config) { c.Waits.Token = time.Millisecond })
		if moves := w.look(ref).Request.HeadMoves; !failed || len(moves) != 1 || moves[0].Before != before {
			t.Errorf("%q: %+v", field, moves)
		}
	}
}

// TestGivenUp holds that a pull request is read whole, however little a query may need.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	texts := map[string]string{}
	for i := range 320 {
		texts[fmt.Sprintf("dir/f%03d.c", i)] = "new\n"
	}
	ref, pr := w.open("topic", texts)
	for i := range 30 {
		_, err := pr.Review(fake.Review{By: "alice", State: fake.Commented, Body: fmt.Sprint("remark ", i)})
		check(t, err)
		_, err = pr.Comment("bob", fmt.Sprint("comment ", i))
		check(t, err)
	}
	read := func() (seam.Look, seam.Change) {
		w.as(func(*github.Config) {})
		look, err := w.app.Look(t.Context(), ref, []string{"a.c", "none.yml"}, false)
		check(t, err)
		return look, w.change(look)
	}
	look, change := read()
	for _, budget := range []int{120, 400, 1500} {
		w.SetBehaviour(fakegithub.Behaviour{QueryBudget: budget})
		again, same := read()
		look.At, again.At = time.Time{}, time.Time{}
		if diff := cmp.Diff(look, again); diff != "" {
			t.Errorf("budget %d, look (-want +got):\n%s", budget, diff)
		}
		if diff := cmp.Diff(change, same); diff != "" {
			t.Errorf("budget %d, change (-want +got):\n%s", budget, diff)
		}
	}
	w.SetBehaviour(fakegithub.Behaviour{QueryBudget: 10})
	if _, err := w.app.Look(t.Context(), ref, nil, false); err == nil {
		t.Error("a pull request that can't be read is no error")
	}
}

// TestManySidesAreAskedInParts holds that no query asks for more than 500 sides.
func TestManySidesAreAskedInParts(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex // the queries are sent at once
	sides, queries := 0, 0
	w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
		mu.Lock()
		defer mu.Unlock()
		if n := strings.Count(sent, ": file(path:"); strings.Contains(sent, "query Change") {
			queries++
			sides = max(sides, n)
		}
		return answer
	}))
	texts := map[string]string{}
	for i := range 700 {
		texts[fmt.Sprintf("f%03d.c", i)] = "new\n"
	}
	ref, _ := w.open("topic", texts)
	w.SetBehaviour(fakegithub.Behaviour{NullIDs: true})
	c := w.change(w.look(ref))
	for _, f := range c.Files {
		if !f.Whole() {
			t.Fatalf("%s is not whole", f.Path)
		}
	}
	if queries != 2 || sides > 500 || len(c.Files) != 700 {
		t.Errorf("%d queries of up to %d sides for %d files", queries, sides, len(c.Files))
	}
}

// TestComparisonWithoutFiles holds that commits and merge bases are found where GitHub
// compares no files, as the diff is too large.
func TestComparisonWithoutFiles(t *testing.T) {
	t.Parallel()
	for _, commits := range []int{0, 1, 2, 3, 7, 99, 100, 101, 230} {
		t.Run(fmt.Sprint(commits), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			base := w.repo.Tip("main")
			w.commit("main", "carol", map[string]string{"b.c": "moved\n"})
			head := base
			for i := range commits {
				change := fake.Change{Branch: "topic", Author: "dave", Message: "change", Files: map[string]*fake.File{"a.c": {Content: fmt.Sprint(i)}}}
				if i == 0 {
					change.From = base
				}
				id, err := w.repo.Commit(change)
				check(t, err)
				head = id
			}
			tip := w.repo.Tip("main")
			read := func(ctx context.Context) ([]string, any) {
				w.as(func(*github.Config) {})
				bases, err := w.app.MergeBases(ctx, linux, tip, head)
				check(t, err)
				all, err := w.app.Commits(ctx, linux, tip, head)
				check(t, err)
				return bases, all
			}
			bases, all := read(t.Context())
			w.SetBehaviour(fakegithub.Behaviour{NoCompare: true})
			basesNow, allNow := read(t.Context())
			if diff := cmp.Diff(bases, basesNow); diff != "" {
				t.Errorf("merge bases (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(all, allNow); diff != "" {
				t.Errorf("commits (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRules holds what is read of a branch's protection and rulesets.
func TestRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	read := func() seam.Requirement {
		t.Helper()
		r, err := w.app.Required(t.Context(), linux, "main")
		check(t, err)
		return r
	}
	want := func(name string, want seam.Requirement) {
		t.Helper()
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	want("unprotected", seam.Requirement{Known: true})
	w.repo.Protect("main", "gate")
	want("of anybody", seam.Requirement{Known: true, Checks: []seam.RequiredCheck{{Name: "gate"}}})
	w.repo.Require("main", fake.RequiredCheck{Name: "gate", App: w.AppSlug()})
	ours := seam.Requirement{Known: true, Checks: []seam.RequiredCheck{{Name: "gate", Source: 1, Ours: true}}}
	want("of ours", ours)
	w.UseRulesets(w.repo)
	want("by a ruleset", ours)
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		if strings.Contains(r.URL.Path, "/rules/") {
			return &fakegithub.Fault{Status: http.StatusForbidden, Body: `{"message":"Resource not accessible by integration"}`}
		}
		return nil
	})
	want("half of it refused", seam.Requirement{})
}
