package gitea

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// paged serves a list by pages of at most 50, with a header that counts.
func paged(t *testing.T, rows func(asked int) []map[string]any, count func(all, page []map[string]any) int) *Forge {
	t.Helper()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := rows(asked)
		asked++
		page, err := strconv.Atoi(r.FormValue("page"))
		if err != nil {
			t.Error(err)
		}
		from := min((page-1)*pageSize, len(all))
		some := all[from:min(from+pageSize, len(all))]
		w.Header().Set("X-Total-Count", strconv.Itoa(count(all, some)))
		if err := json.NewEncoder(w).Encode(some); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func numbered(from, to int) (all []map[string]any) {
	for id := from; id <= to; id++ {
		all = append(all, map[string]any{"id": id, "state": "COMMENT", "type": "comment"})
	}
	return all
}

// TestListThatChanges holds that a list of which an entry goes, and another one may come, while
// it is read is not taken for whole.
func TestListThatChanges(t *testing.T) {
	t.Parallel()
	whole := func(all, _ []map[string]any) int { return len(all) }
	for name, second := range map[string][]map[string]any{"one goes": numbered(2, 60), "one goes, and one comes": numbered(2, 61)} {
		f := paged(t, func(asked int) []map[string]any {
			if asked == 0 {
				return numbered(1, 60)
			}
			return second
		}, whole)
		if got, err := list[reviewAnswer](t.Context(), f, "repos/a/b/pulls/1/reviews", nil); err == nil {
			t.Errorf("%s: %d reviews, and no error", name, len(got))
		}
	}
	f := paged(t, func(int) []map[string]any { return numbered(1, 160) }, whole)
	if got, err := list[reviewAnswer](t.Context(), f, "repos/a/b/pulls/1/reviews", nil); len(got) != 160 || err != nil {
		t.Errorf("one that stays: %d, %v", len(got), err)
	}
}

// TestAWordWhileAListIsRead holds that nobody can keep the open pull requests of a repository from
// being listed by saying something in one of them all the time.
func TestAWordWhileAListIsRead(t *testing.T) {
	t.Parallel()
	whole := func(all, _ []map[string]any) int { return len(all) }
	requests := func(from, to, asked int) []map[string]any {
		all := numbered(from, to)
		for _, p := range all {
			p["number"], p["state"], p["comments"] = p["id"], "open", asked
			p["head"], p["base"] = map[string]any{"sha": "1"}, map[string]any{"ref": "main", "repo": map[string]any{}}
		}
		return all
	}
	repo := pull.Repo{Forge: "gitea", Owner: "a", Name: "b"}
	f := paged(t, func(asked int) []map[string]any { return requests(1, 60, asked) }, whole)
	if got, err := f.OpenRequests(t.Context(), repo); len(got) != 60 || err != nil {
		t.Errorf("%d requests, %v", len(got), err)
	}
	f = paged(t, func(asked int) []map[string]any { return requests(1+min(asked, 1), 60+min(asked, 1), asked) }, whole)
	if got, err := f.OpenRequests(t.Context(), repo); err == nil {
		t.Errorf("one was closed, and another one opened: %d requests, and no error", len(got))
	}
}

// no says that a timeline lacks nothing.
func no([]rowAnswer) bool { return false }

// TestHiddenRows holds that a timeline of which somebody hid the rows of some pages is read until
// it has what it must have, and no further than that is looked for.
func TestHiddenRows(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		rows := map[string][]map[string]any{"1": numbered(1, 20), "9": numbered(401, 402)}
		if err := json.NewEncoder(w).Encode(rows[r.FormValue("page")]); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	for comment, want := range map[int64]struct{ rows, calls int }{402: {22, 10}, 20: {20, 2}, 403: {22, 3 + maxHoles}} {
		asked = 0
		rows, err := listHoled(t.Context(), f, "repos/a/b/issues/1/timeline", 0,
			func(all []rowAnswer) bool { return lacksOne(all, []commentAnswer{{ID: 1}, {ID: comment}}) })
		if err != nil || len(rows) != want.rows || asked != want.calls {
			t.Errorf("with comment %d: %d rows by %d calls, want %+v, %v", comment, len(rows), asked, want, err)
		}
	}
}

// TestTimelineIsReadToItsEnd holds that a timeline, whose header counts a page and whose pages
// have holes, is read past them.
func TestTimelineIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	ofPage := func(_, page []map[string]any) int { return len(page) }
	f := paged(t, func(int) []map[string]any { return numbered(1, 56) }, ofPage)
	if rows, err := listHoled[rowAnswer](t.Context(), f, "repos/a/b/issues/1/timeline", 0, no); len(rows) != 56 || err != nil {
		t.Errorf("%d rows of 56, %v", len(rows), err)
	}
	holed := func(page int) []map[string]any { // of 200 rows the second page's are not for us
		if page == 2 {
			return nil
		}
		return numbered((page-1)*pageSize+1, min(page, 4)*pageSize)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, err := strconv.Atoi(r.FormValue("page"))
		if err == nil && page <= 4 {
			err = json.NewEncoder(w).Encode(append([]map[string]any{}, holed(page)...))
		} else if err == nil {
			_, err = w.Write([]byte("[]"))
		}
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := listHoled[rowAnswer](t.Context(), f, "repos/a/b/issues/1/timeline", pageSize, no); len(rows) != 150 || err != nil {
		t.Errorf("%d rows of 150, %v", len(rows), err)
	}
}
