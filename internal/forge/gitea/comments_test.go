package gitea

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestMuchTalk holds that what anybody may write of comments, more than any other answer may
// have, is read to its end, with the commands in it; one that is cut is an error.
func TestMuchTalk(t *testing.T) {
	t.Parallel()
	const comments = 600
	long := strings.Repeat("well, ", 11_000)
	cut := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/user") {
			io.WriteString(w, `{"id":7,"login":"gate"}`) //nolint:errcheck // a test's answer
			return
		}
		for i := range comments {
			body := long
			switch i {
			case 0:
				body = "ours"
			case comments - 1:
				body = "/override cancel"
			}
			author := map[bool]int{true: 7, false: 9}[i == 0]
			fmt.Fprintf(w, `%c{"id":%d,"user":{"id":%d,"login":"u%d"},"body":%q}`, "[,"[min(i, 1)], i+1, author, author, body)
		}
		if !cut {
			io.WriteString(w, "]") //nolint:errcheck // likewise
		}
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	ref := pull.Ref{Repo: pull.Repo{Forge: "gitea", Owner: "a", Name: "b"}, Number: 1}
	all, err := f.comments(t.Context(), ref)
	if err != nil || len(all) != comments {
		t.Fatalf("%d comments, %v", len(all), err)
	}
	if all[0].Body != "ours" || all[1].Body != "" || all[comments-1].Body != "/override cancel" {
		t.Errorf("%.40q, %.40q, %.40q", all[0].Body, all[1].Body, all[comments-1].Body)
	}
	cut = true
	if all, err := f.comments(t.Context(), ref); err == nil {
		t.Errorf("cut: %d comments, and no error", len(all))
	}
}
