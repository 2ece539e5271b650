package gitee

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestRequestReviewers holds that who is asked is read from the pull request, and that one
// who is refused keeps nobody else from being asked.
func TestRequestReviewers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, nil)
		asked, refused, err := f.RequestReviewers(t.Context(), request, []string{"alice", "bob"})
		if err != nil || !slices.Equal(asked, []string{"alice", "bob"}) || refused != nil || len(s.wrote()) != 1 {
			t.Errorf("asked %v, refused %v, %v", asked, refused, err)
		}
		s.asked = []object{}
		asked, refused, err = f.RequestReviewers(t.Context(), request, []string{"Alice", "mallory", "bob", "@acme/mm"})
		if err != nil || !slices.Equal(asked, []string{"bob"}) || !slices.Equal(refused, []string{"Alice", "mallory", "@acme/mm"}) {
			t.Errorf("asked %v, refused %v, %v", asked, refused, err)
		}
		asked, refused, err = f.RequestReviewers(t.Context(), request, []string{"@acme/mm"})
		if err != nil || asked != nil || len(refused) != 1 {
			t.Errorf("a team: asked %v, refused %v, %v", asked, refused, err)
		}
		s.denied["POST pulls/3/"+f.reviewers] = http.StatusInternalServerError
		if _, _, err = f.RequestReviewers(t.Context(), request, []string{"alice"}); err == nil {
			t.Error("a fault is no error")
		}
	})
}

// TestUnrequestReviewers holds how requests are taken back, and that one that is kept is no
// error.
func TestUnrequestReviewers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, nil)
		path := "DELETE pulls/3/" + f.reviewers
		for status, fails := range map[int]bool{http.StatusForbidden: false, http.StatusNotFound: false, http.StatusInternalServerError: true} {
			s.denied[path] = status
			if err := f.UnrequestReviewers(t.Context(), request, []string{"alice", "@acme/mm"}); (err != nil) != fails {
				t.Errorf("%d: %v", status, err)
			}
		}
		if err := f.UnrequestReviewers(t.Context(), request, []string{"@acme/mm"}); err != nil || len(s.wrote()) != 3 {
			t.Errorf("a team: %v", err)
		}
	})
}

// TestUpsertComment holds that a comment is found again and written in place, that one which
// somebody deleted is told as such, and that what stands must have the mark.
func TestUpsertComment(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, func(s *site) { s.say("mallory", "mine "+publish.Mark) })
		body := "text " + publish.Mark
		id, err := f.UpsertComment(t.Context(), request, body, "", true)
		if err != nil || id != "102" {
			t.Fatalf("%q, %v", id, err)
		}
		again, err := f.UpsertComment(t.Context(), request, "more "+body, "", true)
		if err != nil || again != id || len(s.comments) != 2 || s.comments[1]["body"] != "more "+body {
			t.Errorf("%q, %v: %v", again, err, s.comments)
		}
		if own, err := f.OwnComment(t.Context(), request); own != id || err != nil {
			t.Errorf("ours is %q, %v", own, err)
		}
		if _, err := f.UpsertComment(t.Context(), request, body, "900", false); !errors.Is(err, pull.ErrNotFound) {
			t.Errorf("a comment that is gone: %v", err)
		}
		if _, err := f.UpsertComment(t.Context(), request, "no mark", id, false); err == nil {
			t.Error("a comment without the mark counts as written")
		}
	})
}

// TestCommentWithoutNumber holds that a comment of which the answer tells no number is found.
func TestCommentWithoutNumber(t *testing.T) {
	t.Parallel()
	f := answering(t, KindGitCode, map[string]string{"user": `{"id":"66f","login":"gate"}`,
		"repos/acme/linux/pulls/3/comments": `[{"id":8,"body":"text ` + publish.Mark + `","user":{"id":"66f","login":"gate"}}]`})
	if id, err := f.OwnComment(t.Context(), request); id != "8" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
}

// TestReply holds that an answer of a key is written once, and that nothing is reacted to.
func TestReply(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, nil)
		for range 2 {
			if err := f.Reply(t.Context(), request, "k", "no"); err != nil {
				t.Error(err)
			}
		}
		err := errors.Join(f.React(t.Context(), request.Repo, "1", seam.Eyes), f.Retract(t.Context(), request.Repo, "1", seam.Eyes))
		if wrote := s.wrote(); err != nil || len(wrote) != 1 {
			t.Errorf("%q, %v", wrote, err)
		}
	})
}

// TestLabels holds that labels are created and put on, which of them are refused, and how
// one is taken off.
func TestLabels(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind string) {
		s, f := newSite(t, kind, nil)
		put, refused, err := f.AddLabels(t.Context(), request, []string{"area/mm", "area/fs"})
		if err != nil || !slices.Equal(put, []string{"area/mm", "area/fs"}) || refused != nil {
			t.Errorf("put %v, refused %v, %v", put, refused, err)
		}
		if err := f.RemoveLabel(t.Context(), request, "area/mm"); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"area/fs"}, s.labels); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if calls := s.wrote(); !slices.Contains(calls, "DELETE pulls/3/labels/area%2Fmm") {
			t.Errorf("%q", calls)
		}
		s.denied["POST labels"] = http.StatusBadRequest
		put, refused, err = f.AddLabels(t.Context(), request, []string{"area/net"})
		if err != nil || put != nil || !slices.Equal(refused, []string{"area/net"}) {
			t.Errorf("put %v, refused %v, %v", put, refused, err)
		}
		s.denied["DELETE pulls/3/labels/gone"] = http.StatusNotFound
		if err := f.RemoveLabel(t.Context(), request, "gone"); err != nil {
			t.Error(err)
		}
		if err := f.Assign(t.Context(), request, []string{"alice", "bob"}); err != nil {
			t.Error(err)
		}
	})
}

// TestRenamedRepository holds that a write to a former name is an error, although the server
// forwards it.
func TestRenamedRepository(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, Kind, func(s *site) { s.denied["POST pulls/3/comments"] = http.StatusMovedPermanently })
	if _, err := f.UpsertComment(t.Context(), request, "text "+publish.Mark, "", false); !errors.Is(err, pull.ErrNotFound) {
		t.Errorf("a write to a former name: %v", err)
	}
	if wrote := s.wrote(); len(wrote) != 1 {
		t.Errorf("the write was forwarded: %q", wrote)
	}
	now, err := f.Resolve(t.Context(), request.Repo)
	if err != nil || now.Slug() != "acme/linux" {
		t.Errorf("resolved to %v, %v", now, err)
	}
	s.denied["GET"] = http.StatusNotFound
	if _, err := f.Resolve(t.Context(), request.Repo); !errors.Is(err, pull.ErrGone) {
		t.Errorf("a repository that is gone: %v", err)
	}
}

// TestRemote holds where a repository's git is, and that its address has no secret.
func TestRemote(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{Kind: "https://gitee.com/acme/linux.git", KindGitCode: "https://gitcode.com/acme/linux.git"} {
		c := Config{Kind: kind, Token: "hunter2"}
		address, header, err := c.Remote(t.Context(), request.Repo)
		if address != want || !strings.HasPrefix(header, "Authorization: Basic ") || err != nil {
			t.Errorf("%s: %s, %s, %v", kind, address, header, err)
		}
		if ref := c.RequestRef(12); ref != map[string]string{Kind: "refs/pull/12/head", KindGitCode: "refs/merge-requests/12/head"}[kind] {
			t.Errorf("%s: %s", kind, ref)
		}
	}
	for _, c := range []Config{{Kind: Kind}, {Kind: Kind, Token: "t", APIURL: "gitee.com"}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}
