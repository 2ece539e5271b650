package web

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
)

// tried is what becomes of a request of a route.
type tried struct {
	address         string
	stranger, ended int    // the answer to a stranger, and to who has just lost access
	secret          string // that neither may see
}

// everyRoute are all that pages add to a server.
var everyRoute = map[string]tried{
	"GET /-/":                    {"/-/pages.css", 200, 200, ""},
	"GET /-/signin":              {"/-/signin", 200, 200, "vault"},
	"GET /-/signin/{forge}":      {"/-/signin/github", 303, 303, "vault"},
	"GET /-/signin/{forge}/back": {"/-/signin/github/back?code=c&state=s", 403, 403, "vault"},
	"GET /-/me":                  {"/-/me", 303, 200, "vault"},
	"GET /-/admin":               {"/-/admin", 404, 404, "v1.2.3"},
	"POST /-/admin/retry":        {"/-/admin/retry", 404, 404, ""},
	"GET /{forge}/{path...}":     {"/github/acme/linux/7", 404, 404, "mm/b.c"},
	"POST /-/signout":            {"/-/signout", 303, 303, ""}, // at last: it ends the session
}

// TestEveryRoute holds what each route answers to a stranger and to somebody who has just lost
// access, and that none is left out.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("web.go")
	check(t, err)
	var routes []string
	for _, m := range regexp.MustCompile(`mux\.Handle\("([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		routes = append(routes, m[1])
	}
	slices.Sort(routes)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(everyRoute)), routes); diff != "" {
		t.Errorf("routes (-in the table +in web.go):\n%s", diff)
	}
	for route, want := range everyRoute {
		w := withDead(t)
		w.queue = line{waits(linux, 3, history.Wait{Who: "ann", Turn: true, Files: 1, Alone: []string{"vault"}})}
		w.set("ann", true)
		ann := w.signIn("ann", "/-/me")
		if got := get(t, w, "/github/acme/linux/7", "Cookie", ann); !strings.Contains(got.Body.String(), "mm/b.c") {
			t.Fatalf("ann may read, and gets %d", got.Code)
		}
		if got := get(t, w, "/-/me", "Cookie", ann); !strings.Contains(got.Body.String(), "vault") {
			t.Fatalf("ann may read, and sees %s", got.Body)
		}
		w.set("ann", false)
		w.pages.Told("github", "member")
		for cookie, code := range map[string]int{"": want.stranger, ann: want.ended} {
			var got *httptest.ResponseRecorder
			if strings.HasPrefix(route, "POST") {
				got = post(t, w, want.address, cookie, "same-origin", url.Values{"ref": {"all"}})
			} else {
				got = get(t, w, want.address, "Cookie", cookie)
			}
			if got.Code != code || want.secret != "" && strings.Contains(got.Body.String(), want.secret) || len(w.shop.retried) > 0 {
				t.Errorf("%s, signed in: %v: %d, want %d\n%s", route, cookie != "", got.Code, code, got.Body)
			}
		}
	}
}

// TestEveryPageOfARepository holds that of a repository that somebody has just lost, no page is
// left: neither what it shows by itself, nor what can be asked of it.
func TestEveryPageOfARepository(t *testing.T) {
	t.Parallel()
	w := withDead(t)
	w.set("ann", true)
	ann := w.signIn("ann", "/-/me")
	pages := []string{"", "?path=mm/b.c", "/-/thresholds", "/7", "/7?run=1", "/7?q=b.c", "/7?since=1", "/7?if=alice"}
	for _, page := range pages {
		if got := get(t, w, "/github/acme/linux"+page, "Cookie", ann); got.Code == http.StatusNotFound {
			t.Errorf("%s: who may read gets %d", page, got.Code)
		}
	}
	w.set("ann", false)
	w.pages.Told("github", "member")
	for _, page := range pages {
		for _, accept := range []string{"text/html", "application/json"} {
			for _, cookie := range []string{ann, ""} {
				if got := get(t, w, "/github/acme/linux"+page, "Cookie", cookie, "Accept", accept); got.Code != http.StatusNotFound {
					t.Errorf("%s: %d", page, got.Code)
				}
			}
		}
	}
}
