package gitea

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

var request = pull.Ref{Repo: pull.Repo{Forge: "gitea", Owner: "kern", Name: "linux"}, Number: 3}

// scripted is a server that answers each call as a test says, by method and path, and keeps
// what it was asked.
type scripted struct {
	answers map[string]string // "STATUS body"
	asked   []string          // "METHOD path body"
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	call := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/v1/")
	s.asked = append(s.asked, strings.TrimSpace(call+" "+string(body)))
	answer, ok := s.answers[call+" "+string(body)]
	if !ok {
		answer, ok = s.answers[call]
	}
	if !ok {
		answer = `404 {"message":"not found"}`
	}
	var status int
	text := ""
	if _, err := fmt.Sscanf(answer, "%d", &status); err == nil {
		_, text, _ = strings.Cut(answer, " ")
	}
	if status == http.StatusMovedPermanently {
		w.Header().Set("Location", "/api/v1/repos/kern/new")
	}
	w.WriteHeader(status)
	io.WriteString(w, text) //nolint:errcheck // a test's answer
}

func newScripted(t *testing.T, answers map[string]string) (*scripted, *Forge) {
	t.Helper()
	s := &scripted{answers: answers}
	answers["GET user"] = `200 {"id":7,"login":"gate"}`
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

// TestSetCheck holds that a status counts as written only if the answer shows it: the same
// word, the same name, and by us.
func TestSetCheck(t *testing.T) {
	t.Parallel()
	const path = "POST repos/kern/linux/statuses/abc"
	check := publish.Check{Name: "review-gate", Head: "abc", Outcome: policy.Pending, Title: "0 of 1"}
	for answer, fails := range map[string]bool{
		`201 {"id":4,"status":"pending","context":"review-gate","creator":{"id":7}}`: false,
		`201 {"id":4,"status":"success","context":"review-gate","creator":{"id":7}}`: true,
		`201 {"id":4,"status":"pending","context":"Review-Gate","creator":{"id":7}}`: true,
		`201 {"id":4,"status":"pending","context":"review-gate","creator":{"id":3}}`: true,
		`201 {"status":"pending","context":"review-gate","creator":{"id":7}}`:        true,
		`201 {}`: true, `200 []`: true, `500 {"message":"no such commit"}`: true, `301 {}`: true, `201 `: true,
	} {
		_, f := newScripted(t, map[string]string{path: answer})
		id, err := f.SetCheck(t.Context(), request, check, seam.Written{})
		if (err != nil) != fails || !fails && id != "4" {
			t.Errorf("%s: id %q, %v", answer, id, err)
		}
	}
}

// TestSetCheckOnce holds that a write that may have happened is looked for, by the largest
// number, and that somebody else's is written over.
func TestSetCheckOnce(t *testing.T) {
	t.Parallel()
	const list, path = "GET repos/kern/linux/commits/abc/statuses", "POST repos/kern/linux/statuses/abc"
	check := publish.Check{Name: "review-gate", Head: "abc", Outcome: policy.Pending, Title: "0 of 1"}
	ours := `{"id":4,"status":"pending","context":"review-gate","description":"0 of 1","creator":{"id":7}}`
	forged := `{"id":5,"status":"success","context":"review-gate","description":"mine","creator":{"id":3}}`
	for listed, writes := range map[string]int{ours: 0, forged + "," + ours: 1, "": 1} {
		s, f := newScripted(t, map[string]string{list: "200 [" + listed + "]", path: "201 " + strings.Replace(ours, `"id":4`, `"id":9`, 1)})
		if _, err := f.SetCheck(t.Context(), request, check, seam.Written{Search: true}); err != nil {
			t.Error(err)
		}
		n := 0
		for _, call := range s.asked {
			if strings.HasPrefix(call, path) {
				n++
			}
		}
		if n != writes {
			t.Errorf("%q: %d writes, want %d", listed, n, writes)
		}
		seen, err := f.CheckOn(t.Context(), request, "abc", "review-gate", true)
		if want := map[bool]policy.Outcome{true: policy.Success, false: policy.Pending}[strings.Contains(listed, "forged") ||
			strings.Contains(listed, "mine")]; err != nil || listed != "" && seen != want {
			t.Errorf("%q shows %s, %v", listed, seen, err)
		}
	}
}

// TestRequestReviewers holds that each is asked by a call of their own, so that one who is
// refused keeps nobody else from being asked.
func TestRequestReviewers(t *testing.T) {
	t.Parallel()
	const path = "POST repos/kern/linux/pulls/3/requested_reviewers"
	s, f := newScripted(t, map[string]string{
		path + ` {"reviewers":["bob"]}`: "201 []", path + ` {"reviewers":["alice"]}`: `422 {"message":"poster"}`,
		path + ` {"team_reviewers":["mm"]}`: "201 []",
	})
	asked, refused, err := f.RequestReviewers(t.Context(), request, []string{"alice", "bob", "nobody", "@kern/mm", "@other/mm"})
	if err != nil || !slices.Equal(asked, []string{"bob", "@kern/mm"}) || !slices.Equal(refused, []string{"alice", "nobody", "@other/mm"}) {
		t.Errorf("asked %v, refused %v, %v", asked, refused, err)
	}
	if len(s.asked) != 4 {
		t.Errorf("calls: %q", s.asked)
	}
}

// TestUpsertComment holds that a comment that somebody deleted is told as such, and that ours
// is found by our number and the mark, not by the mark alone.
func TestUpsertComment(t *testing.T) {
	t.Parallel()
	body := "text " + publish.Mark
	quoted, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	_, f := newScripted(t, map[string]string{})
	if _, err := f.UpsertComment(t.Context(), request, body, "5", false); !errors.Is(err, pull.ErrNotFound) {
		t.Errorf("a comment that is gone: %v", err)
	}
	_, f = newScripted(t, map[string]string{
		"GET repos/kern/linux/issues/3/comments": fmt.Sprintf(`200 [{"id":1,"user":{"id":3},"body":%s},{"id":2,"user":{"id":7},"body":%s}]`,
			quoted, quoted),
		"PATCH repos/kern/linux/issues/comments/2": fmt.Sprintf(`200 {"id":2,"body":%s}`, quoted),
	})
	if id, err := f.UpsertComment(t.Context(), request, body, "", true); err != nil || id != "2" {
		t.Errorf("ours: %q, %v", id, err)
	}
}

// TestRenamedRepository holds that a write to a former name is an error, although the
// server forwards it, and that a reading follows.
func TestRenamedRepository(t *testing.T) {
	t.Parallel()
	s, f := newScripted(t, map[string]string{
		"POST repos/kern/linux/issues/3/comments": "301 ", "GET repos/kern/linux": "301 ",
		"GET repos/kern/new": `200 {"id":1,"full_name":"kern/new","default_branch":"main"}`,
	})
	if _, err := f.UpsertComment(t.Context(), request, "text", "", false); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("a write to a former name: %v", err)
	}
	if slices.ContainsFunc(s.asked, func(call string) bool { return strings.HasPrefix(call, "GET repos/kern/new") }) {
		t.Errorf("the write was forwarded: %q", s.asked)
	}
	now, err := f.Resolve(t.Context(), request.Repo)
	if err != nil || now.Slug() != "kern/new" {
		t.Errorf("resolved to %v, %v", now, err)
	}
}

// TestListsAreWhole holds that a list is an error that has fewer or more than the server
// counts, or what it leaves out.
func TestListsAreWhole(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		total, pages, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v1/repos/kern/"), "/")
		w.Header().Set("X-Total-Count", strings.TrimPrefix(total, "n"))
		var page int
		if _, err := fmt.Sscan(r.URL.Query().Get("page"), &page); err != nil {
			return
		}
		parts := strings.Split(strings.TrimSuffix(pages, "/pulls"), "-")
		if page > len(parts) {
			io.WriteString(w, "[]") //nolint:errcheck // a test's answer
			return
		}
		var n int
		if _, err := fmt.Sscan(parts[page-1], &n); err == nil {
			io.WriteString(w, "["+strings.TrimSuffix(strings.Repeat("{},", n), ",")+"]") //nolint:errcheck // likewise
		}
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"n3/3": 3, "n5/2-3": 5, "n4/3": -1, "n2/3": -1, "n0/0": 0, "/3": 3, "/50-1": 51} {
		all, err := list[struct{}](t.Context(), f, "repos/kern/"+path+"/pulls", nil)
		if len(all) != max(want, 0) || (err != nil) != (want < 0) {
			t.Errorf("%s: %d, %v", path, len(all), err)
		}
	}
}
