package gitea

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// mergedSite serves closed pull requests, the one that changed last first, with two files each and
// the reviews that are given.
func mergedSite(t *testing.T, pulls []map[string]any, reviews map[string][]map[string]any) *Forge {
	t.Helper()
	const base = "/api/v1/repos/acme/linux/"
	lists := func(w http.ResponseWriter, r *http.Request, all []map[string]any) {
		page, err := strconv.Atoi(r.FormValue("page"))
		if err != nil {
			t.Errorf("%s: %v", r.URL, err)
		}
		from := min((page-1)*pageSize, len(all))
		w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
		if err := json.NewEncoder(w).Encode(all[from:min(from+pageSize, len(all))]); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"pulls", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("state") != "closed" || r.FormValue("sort") != "recentupdate" {
			t.Errorf("asked for %s", r.URL.RawQuery)
		}
		lists(w, r, pulls)
	})
	mux.HandleFunc("GET "+base+"pulls/{n}/files", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("n") == "666" {
			http.Error(w, `{"message":"broken"}`, http.StatusInternalServerError)
			return
		}
		lists(w, r, []map[string]any{{"filename": "mm/a.c"}, {"filename": "fs/b.c"}})
	})
	mux.HandleFunc("GET "+base+"pulls/{n}/reviews", func(w http.ResponseWriter, r *http.Request) { lists(w, r, reviews[r.PathValue("n")]) })
	mux.HandleFunc("GET "+base+"git/commits/{id}", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.PathValue("id"), "dead") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"created":"2026-06-02T12:00:00Z"}`))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// closedPull is a pull request of that site; merged is empty for one that was only closed.
func closedPull(n int, merged, updated, head string) map[string]any {
	p := map[string]any{"number": n, "user": map[string]any{"id": 4, "login": "dave"}, "created_at": "2026-06-01T12:00:00Z",
		"updated_at": updated, "head": map[string]any{"sha": head + strings.Repeat("0", 40-len(head))}, "merged_at": nil}
	if merged != "" {
		p["merged_at"] = merged
	}
	return p
}

// TestMerged lists what was merged since a time, with files and reviews, over several pages.
func TestMerged(t *testing.T) {
	t.Parallel()
	const late, long = "2026-06-03T12:00:00Z", "2025-06-03T12:00:00Z"
	pulls := []map[string]any{closedPull(1, late, late, "a"), closedPull(2, long, late, "b"), closedPull(3, "", late, "c"),
		closedPull(4, late, late, "dead")}
	for n := range 60 {
		pulls = append(pulls, closedPull(100+n, late, late, "e"))
	}
	pulls = append(pulls, closedPull(666, long, long, "f"))
	who := func(id int, login, state string, dismissed bool) map[string]any {
		return map[string]any{"id": id, "user": map[string]any{"id": id, "login": login}, "state": state, "dismissed": dismissed,
			"submitted_at": late, "commit_id": strings.Repeat("a", 40)}
	}
	f := mergedSite(t, pulls, map[string][]map[string]any{"1": {who(5, "alice", "APPROVED", false), who(6, "bob", "APPROVED", true),
		who(7, "carol", "REQUEST_REVIEW", false), who(8, "erin", "COMMENT", false)}})
	repo := pull.Repo{Forge: "gitea", Owner: "acme", Name: "linux"}
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	all, err := f.Merged(t.Context(), repo, since, 3000)
	if err != nil || len(all) != 62 {
		t.Fatalf("%d merged, %v; want 62", len(all), err)
	}
	first := all[0].Request
	var said []string
	for _, r := range first.Reviews {
		said = append(said, fmt.Sprint(r.Author.Login, " ", r.State))
	}
	if got := strings.Join(said, ", "); got != fmt.Sprint("alice ", pull.Approved, ", erin ", pull.Commented) {
		t.Errorf("reviews: %s", got)
	}
	if len(first.Files) != 2 || !first.Complete || first.Author.Login != "dave" || !first.UpdatedAt.Equal(all[1].Request.UpdatedAt) {
		t.Errorf("%+v", first)
	}
	if day := all[0].Pushed.Day(); day != 2 {
		t.Errorf("pushed on day %d, want that of its commit", day)
	}
	if !all[1].Pushed.Equal(all[1].Request.OpenedAt) || all[1].Request.Ref.Number != 4 {
		t.Errorf("a commit that is gone: %+v", all[1])
	}
	if few, err := f.Merged(t.Context(), repo, since, 5); err != nil || len(few) != 5 {
		t.Errorf("%d, %v; want the last 5", len(few), err)
	}
	if got, err := f.Merged(t.Context(), repo, time.Time{}, 3000); err == nil {
		t.Errorf("%d, where files can't be read", len(got))
	}
}

// TestMergedEnds holds that a server that tells its first page for every page is not asked for ever.
func TestMergedEnds(t *testing.T) {
	t.Parallel()
	const late = "2026-06-03T12:00:00Z"
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked > 10 {
			http.Error(w, `{"message":"enough"}`, http.StatusTeapot)
			return
		}
		_ = json.NewEncoder(w).Encode([]map[string]any{closedPull(1, "", late, "a"), closedPull(2, "", late, "b")})
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Merged(t.Context(), pull.Repo{Forge: "gitea", Owner: "acme", Name: "linux"}, time.Time{}, 3000)
	if err != nil || len(all) != 0 || asked > 3 {
		t.Errorf("%d merged after %d calls, %v", len(all), asked, err)
	}
}
