package rest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// pagesOf serves a list of comments by pages as they are at each call.
func pagesOf(t *testing.T, comments func(call int) []int, counted bool) *Client {
	t.Helper()
	calls := 0
	return serving(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		all := comments(calls)
		page, err := strconv.Atoi(r.FormValue("page"))
		if err != nil {
			t.Error(err)
		}
		if counted {
			w.Header().Set("total_count", strconv.Itoa(len(all)))
			w.Header().Set("total_page", strconv.Itoa((len(all)+pageSize-1)/pageSize))
		}
		from := min((page-1)*pageSize, len(all))
		var out []string
		for _, id := range all[from:min(from+pageSize, len(all))] {
			out = append(out, fmt.Sprintf(`{"id":%d}`, id))
		}
		io.WriteString(w, "["+strings.Join(out, ",")+"]") //nolint:errcheck // a test's answer
	})
}

func from(first, last int) (ids []int) {
	for id := first; id <= last; id++ {
		ids = append(ids, id)
	}
	return ids
}

// TestListThatChanges holds that a list of which an entry goes while it is read, so that one of
// the next page comes where it was read already, is not taken for whole; one to which some are
// added is.
func TestListThatChanges(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		later []int
		ok    bool
	}{
		"one goes":                   {from(2, 150), false},
		"one goes and another comes": {from(2, 151), false},
		"one comes":                  {from(1, 151), true},
		"it stays":                   {from(1, 150), true},
	} {
		for _, counted := range []bool{true, false} {
			c := pagesOf(t, func(call int) []int {
				if call == 1 {
					return from(1, 150)
				}
				return tt.later
			}, counted)
			seen := 0
			err := Each(t.Context(), c, "comments", nil, func(*Comment) { seen++ })
			if all, again := List[Comment](t.Context(), c, "comments", nil); again != nil || len(all) != len(tt.later) {
				t.Errorf("%s, once it stays: %d, %v", name, len(all), again)
			}
			if (err == nil) != tt.ok || err == nil && seen < len(tt.later) {
				t.Errorf("%s, counted %t: %d seen, %v", name, counted, seen, err)
			}
		}
	}
}

// TestMuchTalk holds that what anybody may write of comments, more than an answer may have that
// is held, is read to its end; that which is cut, and more than anybody can write, is an error.
func TestMuchTalk(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		characters int
		end        string
		ok         bool
	}{
		"as long as may be": {65_535, "]", true}, "cut": {10, "", false}, "longer than may be": {120_000, "]", false},
	} {
		c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("total_page", "1")
			body := strings.Repeat(`\ud83d\ude00`, tt.characters)
			for i := range pageSize {
				fmt.Fprintf(w, `%c{"id":%d,"body":"%s"}`, "[,"[min(i, 1)], i+1, body)
			}
			io.WriteString(w, tt.end) //nolint:errcheck // a test's answer
		})
		seen := 0
		err := Each(t.Context(), c, "comments", nil, func(*Comment) { seen++ })
		if (err == nil) != tt.ok || tt.ok && seen != pageSize {
			t.Errorf("%s: %d comments, %v", name, seen, err)
		}
		if _, err := List[Comment](t.Context(), c, "comments", nil); tt.characters > 10 && (err == nil || !strings.Contains(err.Error(), "more than")) {
			t.Errorf("%s, held: %v", name, err)
		}
	}
}

// TestEachOf holds what is read as a list entry by entry.
func TestEachOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`[{"id":1},{"id":2}]`: 2, " \n[]": 0, `null`: 0, `{"id":1}`: 1, `[{"id":1}`: -1, `[{"id":{}}]`: -1,
		`"x"`: -1, ``: -1, `  `: -1, `[{"id":1},`: -1} {
		n := 0
		if err := eachOf(strings.NewReader(text), func(*Comment) { n++ }); err != nil {
			n = -1
		}
		if n != want {
			t.Errorf("%q: %d, want %d", text, n, want)
		}
	}
}
