package forge_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// TestOnlyReadsAreRedirected holds which requests follow a redirect, and how far.
func TestOnlyReadsAreRedirected(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another server was asked") }))
	defer elsewhere.Close()
	var served []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served = append(served, r.Method+" "+r.URL.Path)
		switch r.URL.Path {
		case "/old":
			http.Redirect(w, r, "/new", http.StatusMovedPermanently)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusMovedPermanently)
		case "/away":
			http.Redirect(w, r, elsewhere.URL, http.StatusMovedPermanently)
		}
	}))
	defer server.Close()
	api, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: forge.OnlyReads(api)}
	for _, tt := range []struct {
		method, path string
		status       int
		served       string
	}{
		{http.MethodGet, "/old", http.StatusOK, "GET /old, GET /new"},
		{http.MethodPost, "/old", http.StatusMovedPermanently, "POST /old"},
		{http.MethodPatch, "/old", http.StatusMovedPermanently, "PATCH /old"},
		{http.MethodDelete, "/old", http.StatusMovedPermanently, "DELETE /old"},
		{http.MethodGet, "/away", http.StatusMovedPermanently, "GET /away"},
		{http.MethodGet, "/round", http.StatusMovedPermanently, "GET /round, GET /round, GET /round, GET /round"},
	} {
		served = nil
		req, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := strings.Join(served, ", "); res.StatusCode != tt.status || got != tt.served {
			t.Errorf("%s %s: %d after %s, want %d after %s", tt.method, tt.path, res.StatusCode, got, tt.status, tt.served)
		}
	}
}
