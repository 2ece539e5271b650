package forge_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// origin serves texts by path with an ETag, and remembers how it answered.
type origin struct {
	mu    sync.Mutex
	texts map[string]string
	log   []string
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	body := o.texts[r.URL.Path] + r.Header.Get("Accept")
	sum := sha256.Sum256([]byte(body))
	etag := `"` + hex.EncodeToString(sum[:4]) + `"`
	w.Header().Set("X-RateLimit-Remaining", fmt.Sprint(100-len(o.log)))
	if !strings.HasPrefix(r.URL.Path, "/plain") {
		w.Header().Set("ETag", etag)
	}
	if r.Header.Get("If-None-Match") == etag {
		o.log = append(o.log, "304 "+r.URL.Path)
		w.Header().Set("Content-Type", "not/this")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	o.log = append(o.log, "200 "+r.URL.Path)
	w.Header().Set("Content-Type", "text/mine")
	w.Header().Set("Link", "<next>")
	_, _ = io.WriteString(w, body) // a client that left is its own business
}

// set changes a text; took gives what was answered since the last call.
func (o *origin) set(path, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts[path] = text
}

func (o *origin) took() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	log := strings.Join(o.log, ", ")
	o.log = nil
	return log
}

type revalidating struct {
	t      *testing.T
	origin *origin
	url    string
	trip   *forge.Revalidate
}

func newRevalidating(t *testing.T, limit int) *revalidating {
	o := &origin{texts: map[string]string{"/a": "A", "/b": "B", "/plain": "P"}}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	return &revalidating{t, o, server.URL, &forge.Revalidate{Base: server.Client().Transport, Limit: limit}}
}

// get asks and gives the body; headers are name, value.
func (v *revalidating) get(method, path string, headers ...string) (string, *http.Response) {
	v.t.Helper()
	req := request(v.t, method, v.url+path, "")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := v.trip.RoundTrip(req)
	return text(v.t, res, err), res
}

// expect compares what the origin was asked.
func (v *revalidating) expect(want string) {
	v.t.Helper()
	if diff := cmp.Diff(want, v.origin.took()); diff != "" {
		v.t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRevalidateAlwaysAsks holds that nothing is served without asking, and
// that an answer that still holds comes with its old body and fresh numbers.
func TestRevalidateAlwaysAsks(t *testing.T) {
	t.Parallel()
	v := newRevalidating(t, 1000)
	for i, remaining := range []string{"100", "99", "98"} {
		body, res := v.get("GET", "/a")
		got := []string{body, res.Status, res.Header.Get("Content-Type"), res.Header.Get("Link"), res.Header.Get("X-RateLimit-Remaining"),
			fmt.Sprint(res.ContentLength)}
		want := []string{"A", "200 OK", "text/mine", "<next>", remaining, "1"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("call %d (-want +got):\n%s", i, diff)
		}
	}
	v.expect("200 /a, 304 /a, 304 /a")
	v.origin.set("/a", "A2")
	if body, _ := v.get("GET", "/a"); body != "A2" {
		t.Errorf("%q after a change", body)
	}
	v.get("GET", "/a")
	v.expect("200 /a, 304 /a")
}

// TestRevalidateKeepsApart holds that answers are kept by address and Accept,
// and of whole GETs with an ETag only.
func TestRevalidateKeepsApart(t *testing.T) {
	t.Parallel()
	v := newRevalidating(t, 1000)
	v.get("GET", "/a")
	if body, _ := v.get("GET", "/a", "Accept", "raw"); body != "Araw" {
		t.Errorf("%q", body)
	}
	v.get("GET", "/a?page=2")
	v.expect("200 /a, 200 /a, 200 /a")
	v.get("POST", "/a")
	v.get("GET", "/a", "Range", "bytes=0-1")
	v.get("GET", "/plain")
	v.get("GET", "/plain")
	v.expect("200 /a, 200 /a, 200 /plain, 200 /plain")
	v.get("GET", "/a")
	v.expect("304 /a")
}

// TestRevalidateForgetsTheOldest holds the bound on memory.
func TestRevalidateForgetsTheOldest(t *testing.T) {
	t.Parallel()
	v := newRevalidating(t, 10)
	v.origin.set("/a", "AAAA")
	v.origin.set("/b", "BBBB")
	v.origin.set("/c", "CCCC")
	v.get("GET", "/a")
	v.get("GET", "/b")
	v.get("GET", "/a") // now /b is the oldest
	v.get("GET", "/c")
	v.expect("200 /a, 200 /b, 304 /a, 200 /c")
	v.get("GET", "/a")
	v.get("GET", "/c")
	v.get("GET", "/b")
	v.expect("304 /a, 304 /c, 200 /b")
	v.origin.set("/c", "more than ten bytes")
	v.get("GET", "/c")
	if body, _ := v.get("GET", "/c"); body != "more than ten bytes" {
		t.Errorf("%q", body)
	}
	v.expect("200 /c, 200 /c")
}

// TestRevalidateLargeAnswers holds that an answer too large to keep comes
// through whole.
func TestRevalidateLargeAnswers(t *testing.T) {
	t.Parallel()
	v := newRevalidating(t, 100<<20)
	large := strings.Repeat("x", 2<<20+1)
	v.origin.set("/a", large)
	for range 2 {
		if body, _ := v.get("GET", "/a"); body != large {
			t.Errorf("%d bytes", len(body))
		}
	}
	v.expect("200 /a, 200 /a")
}

func TestRevalidatePassesErrorsOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	v := &forge.Revalidate{Limit: 10, Base: tripper(func(*http.Request) (*http.Response, error) { return nil, broken })}
	if _, err := v.RoundTrip(request(t, "GET", "https://forge.example/", "")); !errors.Is(err, broken) {
		t.Error(err)
	}
	v.Base = tripper(func(*http.Request) (*http.Response, error) {
		res := answer(200, "", "ETag", `"x"`)
		res.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), failing{broken}))
		return res, nil
	})
	if _, err := v.RoundTrip(request(t, "GET", "https://forge.example/", "")); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestRevalidateConcurrently is for the race detector.
func TestRevalidateConcurrently(t *testing.T) {
	t.Parallel()
	v := newRevalidating(t, 3)
	var wg sync.WaitGroup
	for _, path := range []string{"/a", "/b", "/a", "/b"} {
		wg.Go(func() {
			for range 20 {
				req, err := http.NewRequestWithContext(t.Context(), "GET", v.url+path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				res, err := v.trip.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if want := strings.ToUpper(path[1:]); err != nil || string(body) != want {
					t.Errorf("%q, %v; want %s", body, err, want)
				}
			}
		})
	}
	wg.Wait()
}
