package gitee

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// onBoth runs a test on both flavours.
func onBoth(t *testing.T, test func(t *testing.T, kind string)) {
	t.Helper()
	for _, kind := range []string{Kind, KindGitCode} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

// TestLook holds what is read of a pull request: the base's tip of its branch, who accepted
// as approvals without commit and time, who did not as asked, and the first place of a
// policy that there is.
func TestLook(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		_, f := newSite(t, kind, func(s *site) {
			s.asked = []object{s.member("alice", "true"), s.member("bob", 0), s.member("gate", true), s.member("robot", true)}
			s.testers = []object{s.member("tester", true)}
			s.labels = []string{"kind/bug"}
			s.say("alice", "/hold wait")
		})
		look, err := f.Look(t.Context(), request, []string{"x"}, false)
		if err != nil {
			t.Fatal(err)
		}
		r := look.Request
		if r.BaseTip != baseTip || look.DefaultTip != baseTip || look.ChangedFiles != seam.Untold ||
			look.PolicyPath != ".github/review-gate.yml" || r.Head != headOne || r.HeadBranch != "topic" || !r.Open || r.Merged || r.BaseMovesKnown || r.OpenedAt.IsZero() {
			t.Errorf("%+v", look)
		}
		if diff := cmp.Diff([]string{"bob"}, r.Requested); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		if len(r.Reviews) != 2 {
			t.Fatalf("reviews: %+v", r.Reviews)
		}
		for _, v := range r.Reviews {
			if v.State != pull.Approved || v.Commit != "" || !v.At.IsZero() || v.ID <= 0 || v.ID%history.Givings != 0 || v.NoWrite() ||
				v.Author.Bot != (v.Author.Login == "robot") {
				t.Errorf("a review: %+v", v)
			}
		}
		if len(r.Comments) != 1 || r.Comments[0].Edited || r.Comments[0].Author.Login != "alice" {
			t.Errorf("comments: %+v", r.Comments)
		}
		if got := r.Commits[0].Signed[0].Account.Login; got != "dave" {
			t.Errorf("the commit is of %q", got)
		}
		change := seam.Change{}
		if err := f.Sides(t.Context(), look, &change); err != nil || change.After != look.Revision() {
			t.Errorf("after: %+v, %v", change.After, err)
		}
	})
}

// TestMovedHead holds that a push between the calls of one look is noticed.
func TestMovedHead(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, nil)
		look, err := f.Look(t.Context(), request, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		s.push(headTwo, true)
		var change seam.Change
		if err := f.Sides(t.Context(), look, &change); err != nil || change.After == look.Revision() {
			t.Errorf("after a push: %+v, %v", change.After, err)
		}
	})
}

// TestHollowAnswers holds that what leaves out what is always told is an error, and never a
// pull request of which nobody approved.
func TestHollowAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"nothing":    `{}`,
		"no list":    `{"id":1,"number":3,"state":"open","head":{"sha":"a"},"base":{"ref":"main"}}`,
		"no head":    `{"id":1,"number":3,"state":"open","assignees":[],"head":{},"base":{"ref":"main"}}`,
		"other one":  `{"id":1,"number":4,"state":"open","assignees":[],"head":{"sha":"a"},"base":{"ref":"main"}}`,
		"odd state":  `{"id":1,"number":3,"state":"locked","assignees":[],"head":{"sha":"a"},"base":{"ref":"main"}}`,
		"odd accept": `{"id":1,"number":3,"state":"open","assignees":[{"login":"a","accept":"maybe"}],"head":{"sha":"a"},"base":{"ref":"main"}}`,
		"odd time":   `{"id":1,"number":3,"state":"open","assignees":[],"created_at":"yesterday","head":{"sha":"a"},"base":{"ref":"main"}}`,
		"no JSON":    `<html>`,
	} {
		f := answering(t, Kind, map[string]string{"user": `{"id":7,"login":"gate"}`, "repos/acme/linux/pulls/3": answer})
		if _, err := f.Look(t.Context(), request, nil, false); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestEdits holds which comments count as edited: on a Gitee those that changed after their
// second, on a GitCode also those of which it tells that anybody changed them.
func TestEdits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		created := object{"created": true, "user": object{"login": "alice"}}
		_, f := newSite(t, kind, func(s *site) {
			for _, body := range []string{"/approve " + headOne, "/approve " + headOne, "/approve " + headOne, "hello", "/hold x", "/hold y"} {
				s.say("alice", body)
			}
			s.comments[1]["updated_at"] = "2026-11-02T09:00:01+08:00"
			s.comments[4]["updated_at"] = nil
			s.history[101], s.history[103] = []object{created}, []object{created, {"created": false, "updated_user": object{"login": "alice"}}}
			s.history[106] = []object{{"created": true, "updated_user": object{"login": "mallory"}}}
		})
		comments, err := f.comments(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, c := range comments {
			got = append(got, c.Edited)
		}
		told := kind == KindGitCode
		if diff := cmp.Diff([]bool{false, true, told, false, true, told}, got); diff != "" {
			t.Errorf("edited (-want +got):\n%s", diff)
		}
	})
}

// TestManyEdits holds that one look asks of so many comments whether they were edited, of one
// author's fewer, that those which are left count as edited until a later look, and that nothing
// is asked twice of what says the same.
func TestManyEdits(t *testing.T) {
	t.Parallel()
	const people, each = 5, maxEditsOfOne + 1
	s, f := newSite(t, KindGitCode, func(s *site) {
		for range each * 2 {
			s.say("mallory", "/recheck")
		}
		for i := range people * each {
			s.say(fmt.Sprint("person", i/each), "/approve "+headOne)
		}
		s.say("alice", "/hold")
	})
	unread, asked := len(s.comments), 0
	for look := 1; unread > 0; look++ {
		s.wroteAndRead()
		comments, err := f.comments(t.Context(), request)
		if err != nil || look > 4 {
			t.Fatalf("look %d: %v", look, err)
		}
		last := comments[len(comments)-1]
		if by := map[string]int{}; look == 1 {
			for _, c := range comments {
				if !c.Edited {
					by[c.Author.Login]++
				}
			}
			if by["mallory"] != maxEditsOfOne || by["person0"] != maxEditsOfOne {
				t.Errorf("looked at %v", by)
			}
		}
		calls := strings.Count(strings.Join(s.wroteAndRead(), " "), "modify_history")
		if asked += calls; calls > maxEdits {
			t.Errorf("look %d: %d histories", look, calls)
		}
		unread = 0
		for _, c := range comments {
			if c.Edited {
				unread++
			}
		}
		if unread == 0 && last.Edited {
			t.Error("the last one is left out")
		}
	}
	if asked != len(s.comments) {
		t.Errorf("%d histories of %d comments", asked, len(s.comments))
	}
	s.comments[len(s.comments)-1]["body"] = "/hold cancel"
	s.history[s.comments[len(s.comments)-1]["id"].(int)] = []object{{"created": true}, {"created": false}}
	comments, err := f.comments(t.Context(), request)
	if err != nil || !comments[len(comments)-1].Edited {
		t.Errorf("one that says something else now counts as it was: %v", err)
	}
}

// TestOriginalsAreBounded holds that of more comments than are remembered all are asked anew.
func TestOriginalsAreBounded(t *testing.T) {
	t.Parallel()
	_, f := newSite(t, KindGitCode, nil)
	for i := range maxOriginal + 1 {
		f.original.Keep(original{id: int64(i)}, struct{}{})
	}
	if _, known := f.original.Get(original{id: 0}); known {
		t.Error("all are remembered")
	}
}

// TestCommitsOfAnotherMoment holds that a list of commits without the head is not taken for
// that of a pull request: whoever wrote what is new would be nobody. A full one may lack it.
func TestCommitsOfAnotherMoment(t *testing.T) {
	t.Parallel()
	full := "[" + strings.Repeat(`{"sha":"x"},`, listedOfPull-1) + `{"sha":"x"}]`
	for _, kind := range []string{Kind, KindGitCode} {
		for answer, ok := range map[string]bool{`[{"sha":"` + headOne + `"}]`: true, `[{"sha":"` + headTwo + `"}]`: false, `[]`: false,
			`{"message":"busy"}`: false, full: kind == Kind} {
			_, f := newSite(t, kind, func(s *site) { s.listed = answer })
			if _, err := f.Look(t.Context(), request, nil, false); (err == nil) != ok {
				t.Errorf("%s, %.60s: %v", kind, answer, err)
			}
		}
	}
	for answer, ok := range map[string]bool{`{"commits":[{"sha":"` + headOne + `"}]}`: true, `{"commits":[]}`: false, `{"message":"busy"}`: false} {
		f := answering(t, Kind, map[string]string{"repos/acme/linux/compare/b..." + headOne: answer})
		if _, err := f.Gate().Trees.Commits(t.Context(), request.Repo, "b", headOne); (err == nil) != ok {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// TestUnreadEdits holds that a look fails where it can't be told whether a comment was edited.
func TestUnreadEdits(t *testing.T) {
	t.Parallel()
	_, f := newSite(t, KindGitCode, func(s *site) {
		s.say("alice", "/approve "+headOne)
		s.denied["GET pulls/comment/101/modify_history"] = http.StatusNotFound
	})
	if _, err := f.Look(t.Context(), request, nil, false); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestReplies holds that what stands within a thread is read, too.
func TestReplies(t *testing.T) {
	t.Parallel()
	_, f := newSite(t, KindGitCode, func(s *site) {
		s.say("alice", "look here")
		s.comments[0]["reply"] = []object{{"id": 7, "body": "/hold no", "user": s.user("bob"), "created_at": "2026-11-02T09:10:00+08:00",
			"updated_at": "2026-11-02T09:10:00+08:00"}}
	})
	comments, err := f.comments(t.Context(), request)
	if err != nil || len(comments) != 2 || comments[1].Author.Login != "bob" || comments[1].ID != 7 {
		t.Errorf("%+v, %v", comments, err)
	}
}

// TestBlocks holds what is said of how a check keeps a pull request back.
func TestBlocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   string
		change func(*site)
		want   publish.Blocking
	}{
		"an administrator":         {Kind, func(s *site) { s.admin = true }, publish.BlocksAsUsual},
		"nothing":                  {Kind, nil, publish.BlocksNothing},
		"the only tester":          {Kind, func(s *site) { s.required, s.testers = 1, []object{s.member("gate", false)} }, publish.BlocksByTest},
		"one of two testers":       {Kind, func(s *site) { s.required, s.testers = 1, []object{s.member("gate", false), s.member("bob", false)} }, publish.BlocksByOneOf},
		"a tester nobody asks for": {Kind, func(s *site) { s.testers = []object{s.member("gate", false)} }, publish.BlocksNothing},
		"GitCode's tester":         {KindGitCode, func(s *site) { s.required, s.testers = 1, []object{s.member("gate", false)} }, publish.BlocksByTest},
		"GitCode's thread":         {KindGitCode, func(s *site) { s.resolve = true }, publish.BlocksByThread},
		"GitCode without either":   {KindGitCode, func(s *site) { s.testers = []object{s.member("gate", false)} }, publish.BlocksNothing},
	} {
		_, f := newSite(t, c.kind, c.change)
		look, err := f.Look(t.Context(), request, nil, false)
		if err != nil || look.Blocks != c.want {
			t.Errorf("%s: %q, want %q; %v", name, look.Blocks, c.want, err)
		}
	}
}

// TestOpenRequests holds the list that a sweep compares.
func TestOpenRequests(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, nil)
		for range 2 {
			open, err := f.OpenRequests(t.Context(), request.Repo)
			if err != nil || len(open) != 1 || open[0].Number != 3 || open[0].Head != headOne || open[0].DefaultBranch != "main" ||
				open[0].HeadRepo != "acme/linux" || open[0].UpdatedAt.IsZero() {
				t.Errorf("%+v, %v", open, err)
			}
		}
		if diff := cmp.Diff([]string{"GET pulls", "GET", "GET pulls"}, s.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		states, err := f.RequestsAt(t.Context(), request.Repo, headOne)
		if err != nil || len(states) != 1 {
			t.Errorf("at the head: %v, %v", states, err)
		}
	})
}

// TestMayPush takes rights away only where the server says so in a word that is known.
func TestMayPush(t *testing.T) {
	t.Parallel()
	path := "repos/acme/linux/collaborators/bob/permission"
	for answer, want := range map[string]string{
		`{"permission":"admin"}`: "true", `{"permission":"write"}`: "true", `{"permission":"read"}`: "false", `{"permission":"none"}`: "false",
		`{"permission":"developer"}`: "true", `{"permission":"custom","permissions":{"admin":1}}`: "true", `{"permission":"custom"}`: "error",
		`{}`: "error",
	} {
		may, err := answering(t, KindGitCode, map[string]string{path: answer}).MayPush(t.Context(), request.Repo, "bob")
		got := fmt.Sprint(may)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %s, %v", answer, got, err)
		}
	}
	_, err := answering(t, Kind, nil).MayPush(t.Context(), request.Repo, "bob")
	if !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("who is no collaborator: %v", err)
	}
}

// TestNoTeams holds that a team approves nothing by itself, and says what to do.
func TestNoTeams(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		team, err := answering(t, kind, nil).Team(t.Context(), request.Repo, "acme/mm")
		if err != nil || team.Unread == "" || len(team.Members) > 0 {
			t.Errorf("%+v, %v", team, err)
		}
	})
}
