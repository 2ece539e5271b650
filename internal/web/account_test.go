package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/web/signin"
)

// drawer keeps sessions in memory.
type drawer struct {
	mu  sync.Mutex
	all map[string]history.Session
}

func (d *drawer) Session(_ context.Context, key string, now time.Time) (history.Session, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.all[key]
	return s, ok && s.Expires.After(now), nil
}

func (d *drawer) SaveSession(_ context.Context, s history.Session) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all == nil {
		d.all = map[string]history.Session{}
	}
	d.all[s.Key] = s
	return nil
}

func (d *drawer) DropSession(_ context.Context, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.all, key)
	return nil
}

// city is a forge with people who sign in, and who may read what is private.
type city struct {
	mu      sync.Mutex
	citizen string // whose browser it is
	readers map[string]bool
	err     error
	asked   int
}

// RoundTrip answers who somebody is.
func (c *city) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case c.citizen == "":
		w.WriteHeader(http.StatusBadGateway)
	case r.URL.Path == "/token":
		fmt.Fprint(w, `{"access_token":"t","token_type":"bearer"}`)
	default:
		fmt.Fprintf(w, `{"id":%d,"login":%q}`, numberOf(c.citizen), c.citizen)
	}
	return w.Result(), nil
}

func numberOf(login string) int64 { return pull.AccountNumber("id of " + login) }

// Public implements Visibility: nothing is.
func (c *city) Public(context.Context, pull.Repo) (bool, error) { return false, nil }

// MayRead implements Readers.
func (c *city) MayRead(_ context.Context, repo pull.Repo, who pull.Person) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return c.readers[who.Login] && who.ID == numberOf(who.Login) && repo == linux, c.err
}

// set changes who may read.
func (c *city) set(login string, may bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readers = map[string]bool{login: may}
}

const home = "https://gate.example.org"

// pagesOf makes pages, and serves them.
func pagesOf(t testing.TB, cfg Config) (*Pages, http.Handler) {
	t.Helper()
	messages, err := publish.NewMessages()
	check(t, err)
	cfg.Messages, cfg.Log = messages, slog.New(slog.DiscardHandler)
	if cfg.Charts == nil {
		cfg.Charts, _ = cfg.Runs.(Charts)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	p, err := New(cfg)
	check(t, err)
	mux := http.NewServeMux()
	p.Register(mux)
	return p, mux
}

// absentPage is the page that says that an address has none, without the address.
func absentPage(t testing.TB, h http.Handler, address string, headers ...string) string {
	t.Helper()
	w := get(t, h, address, headers...)
	if w.Code != http.StatusNotFound {
		t.Errorf("%s: %d\n%s", address, w.Code, w.Body)
	}
	body := strings.ReplaceAll(w.Body.String(), address, "ADDRESS")
	return strings.ReplaceAll(body, strings.ReplaceAll(address, "/", "%2f"), "ADDRESS")
}

// town are pages of a private repository, and a forge that people sign in by.
type town struct {
	*city
	t     testing.TB
	pages *Pages
	http.Handler
	drawer *drawer
	queue  line
	shop   *shop
	now    time.Time
}

func newTown(t testing.TB, runs Runs) *town {
	t.Helper()
	w := &town{city: &city{}, t: t, drawer: &drawer{}, now: time.Now(), shop: &shop{}}
	by := signin.Forge{ClientID: "us", Secret: "s"}
	by.AuthURL, by.TokenURL = "https://forge.example.org/authorize", "https://forge.example.org/token"
	by.UserURL = "https://forge.example.org/user"
	desk := signin.New(signin.Config{Home: home, Forges: map[string]signin.Forge{"github": by}, Sessions: w.drawer, Transport: w.city})
	w.pages, w.Handler = pagesOf(t, Config{Runs: runs, Forges: map[string]Visibility{"github": w.city},
		Readers: map[string]Readers{"github": w.city}, Desk: desk, Waits: &w.queue, Steward: w.shop.steward(), Home: home, Now: func() time.Time { return w.now }})
	return w
}

// signIn signs in somebody, and returns the header that the browser sends from then on.
func (w *town) signIn(login, back string) (cookie string) {
	w.t.Helper()
	w.citizen = login
	begin := get(w.t, w, "/-/signin/github?back="+url.QueryEscape(back))
	to, err := url.Parse(begin.Header().Get("Location"))
	check(w.t, err)
	if begin.Code != http.StatusSeeOther || to.Host != "forge.example.org" {
		w.t.Fatalf("sent to %s with %d", to, begin.Code)
	}
	end := get(w.t, w, "/-/signin/github/back?code=c&state="+to.Query().Get("state"), "Cookie", cookies(begin))
	if end.Code != http.StatusSeeOther || end.Header().Get("Location") != back {
		w.t.Fatalf("sent back to %s with %d:\n%s", end.Header().Get("Location"), end.Code, end.Body)
	}
	return cookies(end)
}

// cookies are those that an answer sets.
func cookies(w *httptest.ResponseRecorder) string {
	var all []string
	for _, c := range w.Result().Cookies() {
		if c.MaxAge >= 0 {
			all = append(all, c.Name+"="+c.Value)
		}
	}
	return strings.Join(all, "; ")
}

// post sends a form, as a browser does from a page of ours or of another site.
func post(t testing.TB, h http.Handler, address, cookie, site string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", site)
	r.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// private is a shelf with an evaluation of a pull request, which is open.
func private(t testing.TB) *shelf {
	t.Helper()
	runs := shelved(t, golden(t, "6/scope.json"))
	runs.open = []history.PullState{{Ref: pull.Ref{Repo: linux, Number: 7}, Open: true, Outcome: "pending"}}
	return runs
}

// guardedPages are the addresses of what only some may see, by the path of their route.
var guardedPages = []string{"/github/acme/linux/7", "/github/acme/linux", "/github/acme/linux/7?run=1", "/github/acme/linux/7?since=1",
	"/github/acme/linux/7?q=a&if=alice"}

// TestPrivatePages shows pages of a private repository to who may read it, and to nobody else:
// a stranger, somebody who may not, and somebody who could until now see what they see of a page
// that is not there.
func TestPrivatePages(t *testing.T) {
	t.Parallel()
	for _, json := range []string{"text/html", "application/json"} {
		for _, address := range guardedPages {
			w := newTown(t, private(t))
			ann, bob := w.signIn("ann", address), w.signIn("bob", address)
			w.set("ann", true)
			_, query, _ := strings.Cut(address, "?")
			for who, cookie := range map[string]string{"a stranger": "", "bob": bob} {
				empty := newTown(t, &shelf{})
				empty.drawer.all = w.drawer.all
				want := absentPage(t, empty, address, "Cookie", cookie, "Accept", json)
				got := get(t, w, address, "Cookie", cookie, "Accept", json)
				body := strings.NewReplacer(address, "ADDRESS", strings.ReplaceAll(address, "/", "%2f"), "ADDRESS").Replace(got.Body.String())
				if got.Code != http.StatusNotFound || body != want {
					t.Errorf("%s, %s: %d\n%s", address, who, got.Code, body)
				}
			}
			if got := get(t, w, address, "Cookie", ann, "Accept", json); got.Code != http.StatusOK && !strings.Contains(query, "since") ||
				got.Code == http.StatusOK && got.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s, ann: %d %v", address, got.Code, got.Header())
			}
			w.set("ann", false)
			w.pages.Told("github", "member")
			absentPage(t, w, address, "Cookie", ann, "Accept", json)
		}
	}
}

// TestAccessIsBelievedAMinute holds that what a forge said of somebody is asked again after a
// minute, and after an event that may have changed it.
func TestAccessIsBelievedAMinute(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	ann := w.signIn("ann", "/github/acme/linux")
	seen := func() bool { return get(t, w, "/github/acme/linux", "Cookie", ann).Code == http.StatusOK }
	w.set("ann", true)
	if first, again := seen(), seen(); !first || !again || w.asked != 1 {
		t.Errorf("asked %d times", w.asked)
	}
	w.set("ann", false)
	for _, kind := range []string{"pull_request", "push", "issue_comment"} {
		w.pages.Told("github", kind)
	}
	w.pages.Told("other", "member")
	if !seen() {
		t.Error("what changes nothing has the forge asked again")
	}
	w.now = w.now.Add(seenFor)
	if seen() {
		t.Error("believed for longer than a minute")
	}
	for _, kind := range []string{"member", "membership", "team", "team_add", "organization", "repository", "public",
		"installation_repositories"} {
		w.set("ann", true)
		w.pages.Told("github", kind)
		if !seen() {
			t.Errorf("%s: who may read now is not asked for", kind)
		}
		w.set("ann", false)
		w.pages.Told("github", kind)
		if seen() {
			t.Errorf("%s: who may not read any more still does", kind)
		}
	}
	w.set("ann", true)
	w.now = w.now.Add(seenFor)
	w.err = errors.New("away")
	if seen() {
		t.Error("a forge that does not answer says yes")
	}
}

// TestAnswerOfBeforeAnEvent holds that what a forge was asked before an event is not believed
// after it.
func TestAnswerOfBeforeAnEvent(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	who := signin.Person{Forge: "github", Person: pull.Person{Login: "ann", ID: numberOf("ann")}}
	w.pages.visible.recall(t.Context(), question{linux, who}, func() (bool, error) {
		w.pages.Told("github", "member")
		return true, nil
	})
	if w.pages.visible.may(t.Context(), linux, who) {
		t.Error("it is")
	}
}

// TestAskingIsBounded holds that one person has a forge asked about so many repositories in a
// minute.
func TestAskingIsBounded(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	who := signin.Person{Forge: "github", Person: pull.Person{Login: "ann", ID: 1}}
	for i := range maxAsked + 10 {
		w.pages.visible.may(t.Context(), pull.Repo{Forge: "github", Owner: "acme", Name: fmt.Sprint("r", i)}, who)
	}
	if w.asked != maxAsked {
		t.Errorf("%d times", w.asked)
	}
	w.set("ann", true)
	other := signin.Person{Forge: "gitea", Person: pull.Person{Login: "ann", ID: numberOf("ann")}}
	if w.pages.visible.may(t.Context(), linux, other) || w.asked != maxAsked {
		t.Error("who signed in by another forge is asked for")
	}
}

// TestSignInAndOut follows the links of the pages, in both languages.
func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	w.set("ann", true)
	for lang, words := range map[string][2]string{"en": {"Sign in", "Sign out ann"}, "zh-CN": {"登录", "退出登录 ann"}} {
		page := "/github/acme/linux?lang=" + lang
		stranger := get(t, w, page).Body.String()
		if !strings.Contains(stranger, words[0]) || !strings.Contains(stranger, `href="/-/signin?back=%2fgithub%2facme%2flinux"`) {
			t.Errorf("a stranger sees\n%s", stranger)
		}
		choice := get(t, w, "/-/signin?back=/github/acme/linux&lang="+lang)
		if choice.Code != http.StatusOK || !strings.Contains(choice.Body.String(), `href="/-/signin/github?back=%2fgithub%2facme%2flinux"`) {
			t.Errorf("the choice: %d\n%s", choice.Code, choice.Body)
		}
		ann := w.signIn("ann", "/github/acme/linux")
		if body := get(t, w, page, "Cookie", ann).Body.String(); !strings.Contains(body, words[1]) || !strings.Contains(body, "#7") {
			t.Errorf("ann sees\n%s", body)
		}
		if out := post(t, w, "/-/signout", ann, "same-origin", nil); out.Code != http.StatusSeeOther {
			t.Errorf("signing out: %d", out.Code)
		}
		if body := get(t, w, page, "Cookie", ann).Body.String(); strings.Contains(body, "ann") || !strings.Contains(body, words[0]) {
			t.Errorf("after it ann sees\n%s", body)
		}
	}
}

// TestSigningInIsApart holds that who signs in waits for nobody's page, and the other way round.
func TestSigningInIsApart(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	check(t, w.pages.turn.Acquire(t.Context(), atOnce))
	w.signIn("ann", "/-/me")
}

// TestSlowForgeIsNotAwaited holds that a page of much that waits is shown without what a forge
// does not tell in time, and says so.
func TestSlowForgeIsNotAwaited(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	may, cut := w.pages.readable(ctx, []history.Waiting{{Ref: pull.Ref{Repo: linux, Number: 1}}}, visitor{})
	if may[linux] || !cut {
		t.Errorf("%v, %v", may, cut)
	}
}

// TestOtherSitesSendNothing holds that no other site signs somebody out, or has anything done.
func TestOtherSitesSendNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	ann := w.signIn("ann", "/github/acme/linux")
	for _, site := range []string{"cross-site", "same-site"} {
		if got := post(t, w, "/-/signout", ann, site, nil); got.Code != http.StatusForbidden || len(w.drawer.all) != 1 {
			t.Errorf("%s: %d", site, got.Code)
		}
	}
	if got := get(t, w, "/-/signout", "Cookie", ann); got.Code == http.StatusSeeOther || len(w.drawer.all) != 1 {
		t.Errorf("by a link: %d", got.Code)
	}
}

// TestNotSignedIn says why somebody is not signed in, and what to do, in both languages.
func TestNotSignedIn(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	begin := get(t, w, "/-/signin/github")
	to, err := url.Parse(begin.Header().Get("Location"))
	check(t, err)
	state := to.Query().Get("state")
	for address, want := range map[string]struct {
		code     int
		en, zh   string
		withFlow bool
	}{
		"/-/signin/github/back?code=c&state=x":                     {http.StatusForbidden, "sign in again", "重新登录", true},
		"/-/signin/github/back?code=c":                             {http.StatusForbidden, "sign in again", "重新登录", false},
		"/-/signin/github/back?error=access_denied&state=" + state: {http.StatusForbidden, "agree there", "同意", true},
		"/-/signin/github/back?code=c&state=" + state:              {http.StatusBadGateway, "try again in a while", "稍后再试", true},
		"/-/signin/none":      {http.StatusNotFound, "no such page", "没有这个页面", false},
		"/-/signin/none/back": {http.StatusNotFound, "no such page", "没有这个页面", false},
	} {
		for lang, words := range map[string]string{"en": want.en, "zh-CN": want.zh} {
			cookie := ""
			if want.withFlow {
				cookie = cookies(begin)
			}
			got := get(t, w, address, "Cookie", cookie, "Accept-Language", lang)
			if got.Code != want.code || !strings.Contains(got.Body.String(), words) || !strings.Contains(got.Body.String(), "</html>") {
				t.Errorf("%s in %s: %d\n%s", address, lang, got.Code, got.Body)
			}
		}
	}
	for range 30 {
		begin = get(t, w, "/-/signin/github")
	}
	if begin.Code != http.StatusTooManyRequests || begin.Header().Get("Retry-After") == "" ||
		!strings.Contains(begin.Body.String(), "wait a minute") {
		t.Errorf("too often: %d\n%s", begin.Code, begin.Body)
	}
	if len(w.drawer.all) > 0 {
		t.Errorf("strangers left %v", w.drawer.all)
	}
}

// TestLoadIsForWhoSignedIn holds that how much people have to do is not shown to everybody.
func TestLoadIsForWhoSignedIn(t *testing.T) {
	t.Parallel()
	var record map[string]any
	check(t, json.Unmarshal(golden(t, "6/scope.json"), &record))
	record["verdict"].(map[string]any)["asked"] = []any{
		map[string]any{"who": "alice", "state": "waiting", "load": 3.5, "knows": 0.5, "files": 1}}
	body, err := json.Marshal(record)
	check(t, err)
	seen := func(h http.Handler, headers ...string) string {
		return get(t, h, "/github/acme/linux/7?lang=en", headers...).Body.String()
	}
	page := seen(handler(t, shelved(t, body), &says{public: true}))
	if strings.Contains(page, "load 3.5") || strings.Contains(page, "knows the files") {
		t.Error("a stranger sees it")
	}
	w := newTown(t, shelved(t, body))
	w.set("ann", true)
	if page := seen(w, "Cookie", w.signIn("ann", "/github/acme/linux")); !strings.Contains(page, "load 3.5") {
		t.Errorf("who signed in does not:\n%s", page)
	}
}
