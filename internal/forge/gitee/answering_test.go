package gitee

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answering is a forge that answers paths in the words of a test; it has nothing else.
func answering(t *testing.T, kind string, answers map[string]string) *Forge {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[strings.TrimPrefix(r.URL.Path, "/api/v5/")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			answer = `{"message":"404 Not Found"}`
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "site", Kind: kind, APIURL: server.URL + "/api/v5/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
