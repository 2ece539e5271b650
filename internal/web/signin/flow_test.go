package signin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestCookies holds that scripts and other sites get none of ours, and no host but this one sets
// them where the way is encrypted.
func TestCookies(t *testing.T) {
	t.Parallel()
	for at, secure := range map[string]bool{home: true, "http://127.0.0.1:8080": false} {
		d := New(Config{Home: at, Sessions: &drawer{}, Forges: map[string]Forge{"github": {}}})
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		_, err := d.Begin(w, r, "github", "/")
		check(t, err)
		check(t, d.start(w, r, Person{"github", pull.Person{Login: "ann", ID: 7}}))
		cookies := w.Result().Cookies()
		if len(cookies) != 2 {
			t.Errorf("%s: %v", at, cookies)
		}
		for _, c := range cookies {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Path != "/" || c.Domain != "" ||
				strings.HasPrefix(c.Name, "__Host-") != secure {
				t.Errorf("%s: %s", at, c.Raw)
			}
		}
	}
}

// TestLocal holds that nobody is sent to another site.
func TestLocal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/github/acme/linux": "/github/acme/linux", "/github/a/b/1?q=a%20b&x": "/github/a/b/1?q=a%20b&x", "/": Start, "/a/": "/a",
		"": Start, "//evil.example": Start, "https://evil.example/": Start, `/\evil.example`: Start, "/a/../..//evil.example": Start,
		"javascript:alert(1)": Start, "evil.example": Start, "/-/signin": Start, "/-/signout": Start, "/a\r\nX: y": Start,
		"/%2f/evil.example": Start, "/%5cevil.example": "/%5Cevil.example", "/%0d%0aX:y": "/%0D%0AX:y", "/" + strings.Repeat("a", maxBack): Start,
		"/a?b=//evil.example": "/a?b=//evil.example", "https:/evil": Start, "/.//evil": Start,
	} {
		if got := Local(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzLocal holds that a browser which goes where it is sent stays on this host.
func FuzzLocal(f *testing.F) {
	for _, seed := range []string{"/a", "//b", "/\\b", "/a/..//b", "/%2f%2fb", "/a?b#c", "/\tb"} {
		f.Add(seed)
	}
	at, err := url.Parse(home)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Local(text)
		to, err := at.Parse(got)
		if err != nil || to.Host != at.Host || to.Scheme != at.Scheme || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t ") {
			t.Errorf("%q leads to %q", text, got)
		}
	})
}

// TestComers holds that an address tries so often in a minute, that addresses of one network
// count as one, and that it is not the proxy's that counts.
func TestComers(t *testing.T) {
	t.Parallel()
	b := &browser{t: t, desk: newDesk(newForge(), &drawer{}, true), from: "198.51.100.7:1"}
	for range maxTries {
		b.begin("/")
	}
	if _, err := b.desk.Begin(httptest.NewRecorder(), b.request("/"), "github", "/"); why(err) != Often {
		t.Errorf("one more: %v", err)
	}
	state := url.Values{"code": {"c"}, "state": {(&browser{t: t, desk: b.desk, from: "198.51.100.8:1"}).begin("/").Get("state")}}
	if _, err := b.finish("github", state); why(err) != Again {
		t.Errorf("another one's state: %v", err)
	}
	for from, want := range map[string]string{
		"198.51.100.7:9 ": "198.51.100.7/32", "[2001:db8:1:2::7]:9 ": "2001:db8:1:2::/64", "[::ffff:198.51.100.7]:9 ": "198.51.100.7/32",
		"127.0.0.1:9 9.9.9.9, 198.51.100.7": "198.51.100.7/32", "10.0.0.1:9 ": "10.0.0.1/32", "198.51.100.7:9 9.9.9.9": "198.51.100.7/32",
		"10.0.0.1:9 nonsense": "10.0.0.1/32", "@ ": "invalid Prefix",
	} {
		address, named, _ := strings.Cut(from, " ")
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if r.RemoteAddr = address; named != "" {
			r.Header.Set("X-Forwarded-For", named)
		}
		if got := addressOf(r).String(); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}

// TestManyComers holds that those who are counted take a bounded memory, and that a minute later
// all may try again.
func TestManyComers(t *testing.T) {
	t.Parallel()
	var c comers
	now := time.Now()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	try := func(i int, now time.Time) bool {
		r.RemoteAddr = fmt.Sprintf("198.%d.%d.%d:1", 18+i>>16, i>>8&255, i&255)
		return c.allow(addressOf(r), now)
	}
	for i := range maxComers {
		if !try(i, now) {
			t.Fatalf("the %dth waits", i)
		}
	}
	if try(maxComers, now) || len(c.tries) > maxComers {
		t.Errorf("%d are counted", len(c.tries))
	}
	if !try(0, now) || !try(maxComers, now.Add(time.Minute)) {
		t.Error("who came before, or comes later, waits")
	}
}
