package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake/oauth"
)

// visitor is somebody's browser.
type visitor struct {
	w       *world
	cookies map[string]string
}

const gateHome = "https://gate.example.org"

// ask sends a request to the gate, of a path, and follows nowhere.
func (v *visitor) ask(method, path string) (code int, location, body string) {
	v.w.t.Helper()
	req, err := http.NewRequestWithContext(v.w.t.Context(), method, "http://"+v.w.svc.Public()+path, nil)
	check0(v.w.t, err)
	for name, value := range v.cookies {
		req.Header.Add("Cookie", name+"="+value)
	}
	req.Header.Set("Accept-Language", "en")
	res, err := http.DefaultTransport.RoundTrip(req)
	check0(v.w.t, err)
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if v.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	text, err := io.ReadAll(res.Body)
	check0(v.w.t, err)
	return res.StatusCode, res.Header.Get("Location"), string(text)
}

// signIn signs in somebody by the forge, as the App's own registration.
func (w *world) signIn(login string) *visitor {
	w.t.Helper()
	v := &visitor{w, map[string]string{}}
	_, to, _ := v.ask(http.MethodGet, "/-/signin/github?back=/github/acme/linux/1")
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, to+"&as="+url.QueryEscape(login), nil)
	check0(w.t, err)
	res, err := http.DefaultTransport.RoundTrip(req)
	check0(w.t, err)
	defer res.Body.Close()
	code, back, body := v.ask(http.MethodGet, strings.TrimPrefix(res.Header.Get("Location"), gateHome))
	if code != http.StatusSeeOther || back != "/github/acme/linux/1" {
		w.t.Fatalf("%s is sent to %q with %d:\n%s", login, back, code, body)
	}
	return v
}

// private makes a world of a private repository to whose pages people sign in.
func private(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\nassign: off\n", idle: true})
	w.Lock()
	w.repo.Private = true
	w.Unlock()
	w.extra = "public_url: " + gateHome + "\n"
	w.oauth = config.OAuth{ClientID: "us", ClientSecret: "hush"}
	w.AllowSignIn(oauth.App{ClientID: "us", Secret: "hush"})
	return w
}

// TestPeopleSeeWhatTheyMayRead signs people in by the forge: who may read a private repository
// sees its pages, until the forge takes that away; a stranger and somebody else do not.
func TestPeopleSeeWhatTheyMayRead(t *testing.T) {
	t.Parallel()
	w := private(t)
	w.start(nil)
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	check0(t, w.repo.SetCollaborator("dave", "read"))
	page := "/github/acme/linux/1"
	alice, dave, mallory, stranger := w.signIn("alice"), w.signIn("dave"), w.signIn("mallory"), &visitor{w, map[string]string{}}
	for name, v := range map[string]*visitor{"alice": alice, "dave": dave} {
		if code, _, body := v.ask(http.MethodGet, page); code != http.StatusOK || !strings.Contains(body, "mm/a.c") {
			t.Errorf("%s: %d\n%s", name, code, body)
		}
	}
	for name, v := range map[string]*visitor{"mallory": mallory, "a stranger": stranger} {
		code, _, body := v.ask(http.MethodGet, page)
		_, _, absent := v.ask(http.MethodGet, "/github/acme/linux/9")
		if code != http.StatusNotFound || strings.NewReplacer("linux/1", "linux/9", "linux%2f1", "linux%2f9").Replace(body) != absent {
			t.Errorf("%s: %d\n%s", name, code, body)
		}
	}
	for who, words := range map[*visitor][]string{
		alice:   {"1 pull request waits for your review", "acme/linux#1", "only you can approve:", "mm/a.c"},
		dave:    {"waits for others", "acme/linux#1"},
		mallory: {"Nothing waits for your review"},
	} {
		_, _, body := who.ask(http.MethodGet, "/-/me")
		for _, word := range words {
			if !strings.Contains(body, word) {
				t.Errorf("what waits, without %q:\n%s", word, body)
			}
		}
	}
	check0(t, w.repo.SetCollaborator("dave", "none"))
	wait(t, 20*time.Second, "an event tells that dave may not read", func() bool {
		code, _, _ := dave.ask(http.MethodGet, page)
		return code == http.StatusNotFound
	})
	if code, _, _ := alice.ask(http.MethodPost, "/-/signout"); code != http.StatusSeeOther {
		t.Errorf("signing out: %d", code)
	}
	if code, _, _ := alice.ask(http.MethodGet, page); code != http.StatusNotFound {
		t.Errorf("after signing out: %d", code)
	}
	for _, secret := range []string{"hush", "token-alice", "code-1"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log has %s", secret)
		}
	}
}

// TestAdminsSeeTheService shows an admin how the service fares, and nobody else that there is
// such a page; what it shows has no secret.
func TestAdminsSeeTheService(t *testing.T) {
	t.Parallel()
	w := private(t)
	w.extra += "admins: [github:carol]\n"
	w.start(nil)
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	carol, alice := w.signIn("carol"), w.signIn("alice")
	code, _, body := carol.ask(http.MethodGet, "/-/admin")
	for _, word := range []string{"Webhooks since the start", "<td>202</td>", "admins:", "- github:carol", "client_id: us", "installed"} {
		if code != http.StatusOK || !strings.Contains(body, word) {
			t.Errorf("%d without %q:\n%s", code, word, body)
		}
	}
	for _, secret := range []string{"hush", testSecret, "PRIVATE KEY"} {
		if strings.Contains(body, secret) {
			t.Errorf("the page has %s", secret)
		}
	}
	for name, v := range map[string]*visitor{"alice": alice, "a stranger": {w, map[string]string{}}} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			path := map[string]string{http.MethodGet: "/-/admin", http.MethodPost: "/-/admin/retry"}[method]
			if code, _, _ := v.ask(method, path); code != http.StatusNotFound {
				t.Errorf("%s, %s: %d", name, path, code)
			}
		}
	}
}
