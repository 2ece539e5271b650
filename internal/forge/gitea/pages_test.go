package gitea

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
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

// TestTimelineIsReadToItsEnd holds that a timeline, whose header counts a page and whose pages
// have holes, is read past them.
func TestTimelineIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	ofPage := func(_, page []map[string]any) int { return len(page) }
	f := paged(t, func(int) []map[string]any { return numbered(1, 56) }, ofPage)
	if rows, err := listHoled[rowAnswer](t.Context(), f, "repos/a/b/issues/1/timeline", 0); len(rows) != 56 || err != nil {
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
	if rows, err := listHoled[rowAnswer](t.Context(), f, "repos/a/b/issues/1/timeline", pageSize); len(rows) != 150 || err != nil {
		t.Errorf("%d rows of 150, %v", len(rows), err)
	}
}
