package past

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

var linux = pull.Repo{Forge: "gitee", Owner: "acme", Name: "linux"}

const (
	late = "2026-06-03T12:00:00+08:00"
	long = "2025-06-03T12:00:00+08:00"
)

// site serves pull requests, the one that changed last first, and so many files of each.
type site struct {
	pulls []map[string]any
	files map[string]int
	whole bool // each page is the whole list
}

func (s *site) client(t *testing.T) *rest.Client {
	t.Helper()
	tell := func(w http.ResponseWriter, what any) {
		if err := json.NewEncoder(w).Encode(what); err != nil {
			t.Error(err)
		}
	}
	const base = "/api/v5/repos/acme/linux/pulls"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base, func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("state") != "merged" || q.Get("sort") != "updated" || q.Get("direction") != "desc" {
			t.Errorf("asked for %s", r.URL.RawQuery)
		}
		page, err := strconv.Atoi(r.FormValue("page"))
		if err != nil {
			t.Error(err)
		}
		if s.whole {
			tell(w, s.pulls)
			return
		}
		from := min((page-1)*2, len(s.pulls))
		tell(w, s.pulls[from:min(from+2, len(s.pulls))])
	})
	mux.HandleFunc("GET "+base+"/{n}", func(w http.ResponseWriter, r *http.Request) {
		for _, p := range s.pulls {
			if fmt.Sprint(p["number"]) == r.PathValue("n") {
				tell(w, p)
			}
		}
	})
	mux.HandleFunc("GET "+base+"/{n}/files", func(w http.ResponseWriter, r *http.Request) {
		n, known := s.files[r.PathValue("n")]
		if !known {
			http.Error(w, `{"message":"broken"}`, http.StatusInternalServerError)
			return
		}
		files := []map[string]any{}
		for i := range n {
			files = append(files, map[string]any{"filename": fmt.Sprintf("mm/%d.c", i)})
		}
		tell(w, files)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL + "/api/v5/")
	if err != nil {
		t.Fatal(err)
	}
	return rest.New(rest.Config{URL: at, Token: "t", Transport: http.DefaultTransport, Now: time.Now})
}

// of is a pull request of that site, accepted by alice.
func of(n int, merged, updated string) map[string]any {
	side := map[string]any{"ref": "main", "sha": strings.Repeat("a", 40)}
	return map[string]any{"id": 1000 + n, "number": n, "state": "merged", "user": map[string]any{"id": 4, "login": "dave"},
		"created_at": long, "updated_at": updated, "merged_at": merged, "head": side, "base": side,
		"assignees": []map[string]any{{"id": 5, "login": "alice", "accept": true}, {"id": 6, "login": "bob", "accept": false}}}
}

// asked reads a pull request as an adapter does.
func asked(ref pull.Ref, p *rest.Pull) pull.Request {
	r := pull.Request{Ref: ref, Author: p.User.Person(), Head: string(p.Head.SHA), OpenedAt: p.CreatedAt.Time}
	for _, m := range p.Asked() {
		if m.Accept {
			r.Reviews = append(r.Reviews, m.Approval())
		}
	}
	return r
}

// TestMerged lists what was merged since a time, over several pages, also of a site that knows
// none, with who had accepted it.
func TestMerged(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, whole := range []bool{false, true} {
		s := &site{files: map[string]int{"1": 2, "3": 300, "4": 1}, whole: whole,
			pulls: []map[string]any{of(1, late, late), of(2, long, late), of(3, late, late), of(4, late, late)}}
		if !whole {
			s.pulls = append(s.pulls, of(5, long, long)) // of which no file can be read
		}
		all, err := Merged(t.Context(), s.client(t), asked, linux, since, 3000)
		if err != nil || len(all) != 3 {
			t.Fatalf("%d merged, %v; want 3", len(all), err)
		}
		r := all[0].Request
		if len(r.Files) != 2 || !r.Complete || !r.Merged || len(r.Reviews) != 1 || r.Reviews[0].Author.Login != "alice" ||
			r.Reviews[0].Commit != r.Head || r.UpdatedAt.Year() != 2026 {
			t.Errorf("%+v", r)
		}
		if cut := all[1].Request; cut.Complete || !strings.Contains(cut.Incomplete, "300 files") {
			t.Errorf("300 files: %t, %q", cut.Complete, cut.Incomplete)
		}
		if few, err := Merged(t.Context(), s.client(t), asked, linux, since, 1); err != nil || len(few) != 1 {
			t.Errorf("%d, %v; want the last one", len(few), err)
		}
	}
}

// TestMergedUnread holds that what can't be read is an error.
func TestMergedUnread(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{
		"files":   {pulls: []map[string]any{of(1, late, late)}},
		"a time":  {pulls: []map[string]any{of(1, late, "")}, files: map[string]int{"1": 1}},
		"a state": {pulls: []map[string]any{{"number": 1, "merged_at": late, "updated_at": late}}, files: map[string]int{"1": 1}},
	} {
		if all, err := Merged(t.Context(), s.client(t), asked, linux, time.Time{}, 9); err == nil {
			t.Errorf("%s: %+v, and no error", name, all)
		}
	}
}
