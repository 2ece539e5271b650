package signin

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// drawer keeps sessions in memory.
type drawer struct {
	mu     sync.Mutex
	all    map[string]history.Session
	writes int
	drops  int
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
	d.writes++
	if d.all == nil {
		d.all = map[string]history.Session{}
	}
	d.all[s.Key] = s
	return nil
}

func (d *drawer) DropSession(_ context.Context, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drops++
	delete(d.all, key)
	return nil
}

// forge is one that people sign in by: it answers in the words of a test.
type forge struct {
	mu         sync.Mutex
	challenge  string
	token      string // answer to a code
	user       string // answer to whose it is
	status     int
	codes      int // that were changed
	unverified bool
}

func (f *forge) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/token":
		f.codes++
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		f.unverified = f.challenge != base64.RawURLEncoding.EncodeToString(sum[:])
		if r.PostForm.Get("client_secret") != "hush" || r.PostForm.Get("redirect_uri") != "https://gate.example.org/-/signin/github/back" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, f.token)
	case "/user":
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		if f.status != 0 {
			w.WriteHeader(f.status)
		}
		fmt.Fprint(w, f.user)
	}
	return w.Result(), nil
}

const home = "https://gate.example.org"

func newForge() *forge {
	return &forge{token: `{"access_token":"t0ken","token_type":"bearer"}`, user: `{"id":7,"login":"Ann"}`}
}

func newDesk(f *forge, kept history.Sessions, pkce bool) *Desk {
	at := seam.SignIn{AuthURL: "https://forge.example.org/authorize", TokenURL: "https://forge.example.org/token",
		UserURL: "https://forge.example.org/user", Scopes: []string{"who"}, PKCE: pkce}
	return New(Config{Home: home, Sessions: kept, Transport: f,
		Forges: map[string]Forge{"github": {at, "us", "hush"}, "gitee": {at, "us", "hush"}}})
}

// browser keeps cookies.
type browser struct {
	t       *testing.T
	desk    *Desk
	cookies map[string]*http.Cookie
	from    string
}

func (b *browser) request(address string) *http.Request {
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if b.from != "" {
		r.RemoteAddr = b.from
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	return r
}

// keep takes the cookies of an answer.
func (b *browser) keep(w *httptest.ResponseRecorder) {
	if b.cookies == nil {
		b.cookies = map[string]*http.Cookie{}
	}
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
}

// begin goes to the forge, and returns what it is told there.
func (b *browser) begin(back string) url.Values {
	b.t.Helper()
	w := httptest.NewRecorder()
	to, err := b.desk.Begin(w, b.request("/-/signin/github"), "github", back)
	check(b.t, err)
	b.keep(w)
	u, err := url.Parse(to)
	check(b.t, err)
	if u.Host != "forge.example.org" || u.Path != "/authorize" {
		b.t.Fatalf("sent to %s", to)
	}
	return u.Query()
}

// finish comes back with an answer.
func (b *browser) finish(forge string, answer url.Values) (string, error) {
	w := httptest.NewRecorder()
	back, err := b.desk.Finish(w, b.request("/-/signin/"+forge+"/back?"+answer.Encode()), forge)
	b.keep(w)
	return back, err
}

// signIn does both.
func (b *browser) signIn() {
	b.t.Helper()
	_, err := b.finish("github", url.Values{"code": {"c"}, "state": {b.begin("/").Get("state")}})
	check(b.t, err)
}

func (b *browser) who() string {
	b.t.Helper()
	who, ok, err := b.desk.Who(b.request("/"))
	check(b.t, err)
	if !ok {
		return ""
	}
	return who.Forge + ":" + who.Login
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func why(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Why
	}
	return fmt.Sprint(err)
}

// TestSignIn signs in somebody, and shows the page that they came from.
func TestSignIn(t *testing.T) {
	t.Parallel()
	f, kept := newForge(), &drawer{}
	b := &browser{t: t, desk: newDesk(f, kept, true)}
	if b.who() != "" {
		t.Error("a stranger is somebody")
	}
	asked := b.begin("/github/acme/linux/7?q=mm")
	if asked.Get("code_challenge_method") != "S256" || asked.Get("scope") != "who" || asked.Get("client_id") != "us" ||
		asked.Get("redirect_uri") != home+"/-/signin/github/back" {
		t.Errorf("the forge is told %v", asked)
	}
	f.challenge = asked.Get("code_challenge")
	back, err := b.finish("github", url.Values{"code": {"c"}, "state": {asked.Get("state")}})
	check(t, err)
	if back != "/github/acme/linux/7?q=mm" || b.who() != "github:Ann" || f.unverified {
		t.Errorf("back to %s as %q, verified %v", back, b.who(), !f.unverified)
	}
	for _, s := range kept.all {
		if s.Who != (pull.Person{Login: "Ann", ID: 7}) || s.Forge != "github" {
			t.Errorf("kept %+v", s)
		}
	}
}

// TestNoCodeIsHeldWithoutPKCE holds that a forge which knows no such thing is told nothing of it.
func TestNoCodeIsHeldWithoutPKCE(t *testing.T) {
	t.Parallel()
	b := &browser{t: t, desk: newDesk(newForge(), &drawer{}, false)}
	if asked := b.begin("/"); asked.Has("code_challenge") {
		t.Errorf("the forge is told %v", asked)
	}
}

// TestOnlyWhoBeganIsSignedIn holds that what comes back belongs to what this browser began, at
// that forge, once; and that the forge is not asked otherwise.
func TestOnlyWhoBeganIsSignedIn(t *testing.T) {
	t.Parallel()
	f := newForge()
	desk := newDesk(f, &drawer{}, true)
	attacker := (&browser{t: t, desk: desk}).begin("/").Get("state")
	for name, come := range map[string]func(b *browser) (string, error){
		"without having begun": func(b *browser) (string, error) { return b.finish("github", url.Values{"code": {"c"}, "state": {"x"}}) },
		"with somebody else's code": func(b *browser) (string, error) {
			b.begin("/")
			return b.finish("github", url.Values{"code": {"c"}, "state": {attacker}})
		},
		"without a state": func(b *browser) (string, error) { b.begin("/"); return b.finish("github", url.Values{"code": {"c"}}) },
		"from another forge": func(b *browser) (string, error) {
			return b.finish("gitee", url.Values{"code": {"c"}, "state": {b.begin("/").Get("state")}})
		},
		"with a cookie that is none": func(b *browser) (string, error) {
			b.cookies = map[string]*http.Cookie{"x": {Name: desk.cookie("-signin"), Value: "e30"}}
			return b.finish("github", url.Values{"code": {"c"}, "state": {""}})
		},
	} {
		b := &browser{t: t, desk: desk}
		if _, err := come(b); why(err) != Again || b.who() != "" {
			t.Errorf("%s: %v, as %q", name, err, b.who())
		}
	}
	b := &browser{t: t, desk: desk}
	state := b.begin("/").Get("state")
	if _, err := b.finish("github", url.Values{"error": {"access_denied"}, "state": {state}}); why(err) != Refused {
		t.Errorf("who says no: %v", err)
	}
	if _, err := b.finish("github", url.Values{"code": {"c"}, "state": {state}}); why(err) != Again {
		t.Errorf("the same once more: %v", err)
	}
	if _, err := desk.Begin(httptest.NewRecorder(), b.request("/"), "none", "/"); why(err) != Unknown {
		t.Errorf("a forge that is none: %v", err)
	}
	if f.codes != 0 {
		t.Errorf("the forge was asked %d times", f.codes)
	}
}

// TestForgeThatDoesNotSay holds that nobody is signed in where a forge does not say who it is,
// and that no secret is in what the log is told.
func TestForgeThatDoesNotSay(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*forge){
		"no token":             func(f *forge) { f.token = `{"error":"bad_verification_code","error_description":"hush"}` },
		"not JSON":             func(f *forge) { f.token = `<html>hush` },
		"another token":        func(f *forge) { f.token = `{"access_token":"hush","token_type":"bearer"}` },
		"no account":           func(f *forge) { f.user = `{"id":null,"login":"Ann"}` },
		"no login":             func(f *forge) { f.user = `{"id":7}` },
		"an odd number":        func(f *forge) { f.user = `{"id":{},"login":"Ann"}` },
		"half":                 func(f *forge) { f.user = `{"id":7,` },
		"refused":              func(f *forge) { f.status = http.StatusForbidden },
		"sent on to somewhere": func(f *forge) { f.status = http.StatusFound },
		"much":                 func(f *forge) { f.user = `{"x":"` + strings.Repeat("x", maxAnswer) + `","id":7,"login":"Ann"}` },
	} {
		f := newForge()
		change(f)
		b := &browser{t: t, desk: newDesk(f, &drawer{}, true)}
		_, err := b.finish("github", url.Values{"code": {"c0de"}, "state": {b.begin("/").Get("state")}})
		if why(err) != Away || b.who() != "" {
			t.Errorf("%s: %v, as %q", name, err, b.who())
		}
		for _, secret := range []string{"hush", "t0ken", "c0de"} {
			if strings.Contains(fmt.Sprint(err), secret) {
				t.Errorf("%s: the log is told %v", name, err)
			}
		}
	}
	f := newForge()
	f.user = `{"id":"61f0c3","login":"Ann"}`
	b := &browser{t: t, desk: newDesk(f, &drawer{}, false)}
	if b.signIn(); b.who() != "github:Ann" {
		t.Error("an account without a number is nobody")
	}
}

// TestSessionIsNew holds that who signs in has a session of their own: one that was there
// before, which somebody else may know, is none any more; and that what is stored tells nobody
// what the browser has.
func TestSessionIsNew(t *testing.T) {
	t.Parallel()
	kept := &drawer{}
	b := &browser{t: t, desk: newDesk(newForge(), kept, true)}
	b.signIn()
	name := b.desk.cookie("")
	before := b.cookies[name]
	b.signIn()
	now := b.cookies[name]
	if before.Value == now.Value || len(kept.all) != 1 {
		t.Errorf("%s, then %s, of %d", before.Value, now.Value, len(kept.all))
	}
	if b.cookies[name] = before; b.who() != "" {
		t.Error("the session of before is one still")
	}
	for key, s := range kept.all {
		if strings.Contains(fmt.Sprint(key, s), now.Value) {
			t.Error("the store has what the browser has")
		}
		if b.cookies[name] = (&http.Cookie{Name: name, Value: key}); b.who() != "" {
			t.Error("who reads the store is signed in")
		}
	}
	b.cookies[name] = &http.Cookie{Name: name, Value: "made-up"}
	if _, err := b.finish("github", url.Values{"code": {"c"}, "state": {b.begin("/").Get("state")}}); err != nil ||
		b.cookies[name].Value == "made-up" {
		t.Errorf("a session that somebody made up is taken: %v", err)
	}
}

// TestSignOut holds that a session is over for whoever has its cookie.
func TestSignOut(t *testing.T) {
	t.Parallel()
	kept := &drawer{}
	b := &browser{t: t, desk: newDesk(newForge(), kept, true)}
	b.signIn()
	other := &browser{t: t, desk: b.desk, cookies: map[string]*http.Cookie{"s": b.cookies[b.desk.cookie("")]}}
	w := httptest.NewRecorder()
	check(t, b.desk.End(w, b.request("/")))
	b.keep(w)
	if len(b.cookies) > 0 || len(kept.all) > 0 || other.who() != "" {
		t.Errorf("left: %v, %v, %q", b.cookies, kept.all, other.who())
	}
	kept.drops = 0
	for _, v := range []*browser{b, other} { // nobody, and who is nobody any more
		check(t, v.desk.End(httptest.NewRecorder(), v.request("/")))
	}
	if kept.drops > 0 {
		t.Error("a stranger who signs out has the database written to")
	}
}

// TestSessionsEnd holds that a session ends when it is not used, and in the end anyway; that one
// which is used lives on; and that looking at pages costs few writes.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &drawer{}
		b := &browser{t: t, desk: newDesk(newForge(), kept, true)}
		b.signIn()
		for range 10 {
			<-time.After(time.Second)
			b.who()
		}
		if kept.writes != 1 {
			t.Errorf("%d writes", kept.writes)
		}
		begun := time.Now()
		for time.Since(begun) < Lifetime-Idle {
			<-time.After(Idle / 2)
			if b.who() == "" {
				t.Fatalf("over after %s", time.Since(begun))
			}
		}
		<-time.After(Idle)
		if b.who() != "" {
			t.Error("it never ends")
		}
		b.signIn()
		<-time.After(Idle)
		if b.who() != "" {
			t.Error("one that nobody used is one still")
		}
	})
}

// TestForgeThatIsGone holds that nobody is signed in by a forge that is no longer configured.
func TestForgeThatIsGone(t *testing.T) {
	t.Parallel()
	kept := &drawer{}
	b := &browser{t: t, desk: newDesk(newForge(), kept, true)}
	b.signIn()
	b.desk = New(Config{Home: home, Sessions: kept, Forges: map[string]Forge{"gitee": {}}})
	if b.who() != "" || !slices.Equal(b.desk.Forges(), []string{"gitee"}) {
		t.Errorf("%q of %v", b.who(), b.desk.Forges())
	}
}
