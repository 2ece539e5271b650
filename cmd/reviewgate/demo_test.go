//go:build !nodemo

package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/demo"
	"github.com/reviewgate/reviewgate/internal/forge/gitee"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
)

// seen is a request that passed a recorder, and its answer.
type seen struct {
	method, path string
	header       http.Header
	status       int
}

// recorder stands between two sides as a reverse proxy.
type recorder struct {
	t  *testing.T
	mu sync.Mutex
	on []seen
}

// via gives the address of a proxy to an address.
func (r *recorder) via(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	proxy := httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(&url.URL{Scheme: u.Scheme, Host: u.Host}) },
		ModifyResponse: func(res *http.Response) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.on = append(r.on, seen{res.Request.Method, res.Request.URL.Path, res.Request.Header.Clone(), res.StatusCode})
			return nil
		},
	}
	server := httptest.NewServer(&proxy)
	r.t.Cleanup(server.Close)
	return server.URL + u.Path, nil
}

var signature = regexp.MustCompile(`^sha256=[0-9a-f]{64}$`)

// count tells how many requests fit.
func (r *recorder) count(fits func(seen) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, s := range r.on {
		if fits(s) {
			n++
		}
	}
	return n
}

// TestDemo plays the demo's story and sees that it was told over HTTP, with
// signed webhooks one way and checks the other.
func TestDemo(t *testing.T) {
	t.Parallel()
	r := &recorder{t: t}
	var out bytes.Buffer
	if err := playDemo(t.Context(), &out, github.Kind, true, r.via); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	hooks := r.count(func(s seen) bool {
		return s.path == "/webhooks/github" && s.status == http.StatusAccepted && signature.MatchString(s.header.Get("X-Hub-Signature-256"))
	})
	if hooks < 6 { // accepted means that the signature was right
		t.Errorf("%d signed webhooks passed, want one for each step at least", hooks)
	}
	checks := r.count(func(s seen) bool {
		return s.method == http.MethodPost && strings.HasSuffix(s.path, "/check-runs") && s.status == http.StatusCreated
	})
	if checks != 2 {
		t.Errorf("%d checks were posted, want one on each of two heads", checks)
	}
	var steps, ratios []string
	for line := range strings.Lines(out.String()) {
		if m := regexp.MustCompile(`^(\d)\. `).FindStringSubmatch(line); m != nil {
			steps = append(steps, m[1])
		}
		if m := regexp.MustCompile(`^   (pass|fail|wait) +review-gate (\d of \d) `).FindStringSubmatch(line); m != nil {
			ratios = append(ratios, m[1]+" "+m[2])
		}
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5", "6"}, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	want := []string{"wait 0 of 7", "wait 4 of 7", "wait 3 of 7", "wait 4 of 7", "wait 6 of 7", "pass 7 of 7"}
	if diff := cmp.Diff(want, ratios); diff != "" {
		t.Errorf("checks (-want +got):\n%s\n%s", diff, &out)
	}
}

// TestDemoFilesFitTheSchemas holds the demo's policy and map to what editors are told.
func TestDemoFilesFitTheSchemas(t *testing.T) {
	t.Parallel()
	for format, text := range map[string]string{"policy": demo.Policy, "subsystems": demo.Map} {
		if err := compileSchema(t, format).Validate(instance(t, []byte(text))); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// TestDemoInChinese plays the story on the forges that need git.
func TestDemoInChinese(t *testing.T) {
	gittest.Need(t)
	t.Parallel()
	for _, kind := range []string{gitee.Kind, gitee.KindGitCode} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if kind == gitee.KindGitCode && !*wide {
				t.Skip("waits minutes for calls that it may make; -wide plays it")
			}
			r := &recorder{t: t}
			var out bytes.Buffer
			if err := playDemo(t.Context(), &out, kind, true, r.via); err != nil {
				t.Fatalf("%v\n%s", err, &out)
			}
			var ratios []string
			for _, m := range regexp.MustCompile(`(?m)^   (通过|等待) +review-gate 已评审 (\d/\d)`).FindAllStringSubmatch(out.String(), -1) {
				if said := m[1] + " " + m[2]; len(ratios) == 0 || ratios[len(ratios)-1] != said {
					ratios = append(ratios, said)
				}
			}
			want := []string{"等待 0/7", "等待 4/7", "等待 3/7", "等待 4/7", "等待 6/7", "通过 7/7"}
			if diff := cmp.Diff(want, ratios); diff != "" {
				t.Errorf("checks (-want +got):\n%s\n%s", diff, &out)
			}
		})
	}
}

// runningDemo plays the demo's story on a kind of forge, and returns the pages of its people and
// of the gate. It ends with the test.
func runningDemo(t *testing.T, kind string) (play, gate string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	out, done := &logBuffer{}, make(chan error, 1)
	go func() {
		done <- playDemo(ctx, out, kind, false, func(u string) (string, error) { return u, nil })
	}()
	t.Cleanup(func() { cancel(); check0(t, <-done) })
	pages := regexp.MustCompile(`(http\S+/-/play)\n.*(http\S+/\w+/[\w-]+/[\w-]+/\d+)\n`)
	var found []string
	wait(t, 3*time.Minute, "the story is played", func() bool {
		found = pages.FindStringSubmatch(out.String())
		return found != nil
	})
	return found[1], found[2]
}

// TestSignInToTheDemo signs people of the story in by their forge, as a browser does: they see
// what waits for them, and only the administrator how the service fares.
func TestSignInToTheDemo(t *testing.T) {
	t.Parallel()
	for kind, people := range map[string]struct{ admin, other string }{
		github.Kind: {"carol", "alice"}, gitee.Kind: {"linhaoyu", "wangjing"}, gitee.KindGitCode: {"linhaoyu", "wangjing"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if kind != github.Kind {
				gittest.Need(t)
			}
			if kind == gitee.KindGitCode && !*wide {
				t.Skip("waits minutes for calls that it may make; -wide plays it")
			}
			_, page := runningDemo(t, kind)
			home, _, _ := strings.Cut(page, "/"+kind+"/")
			for who, may := range map[string]bool{people.admin: true, people.other: false} {
				jar, err := cookiejar.New(nil)
				check0(t, err)
				client := &http.Client{Jar: jar, Timeout: time.Minute}
				chosen := visit(t, client, home+"/-/signin/"+kind+"?back=/-/me").Request.URL
				q := chosen.Query()
				q.Set("as", who)
				chosen.RawQuery = q.Encode()
				if res := visit(t, client, chosen.String()); res.StatusCode != http.StatusOK || res.Request.URL.Path != "/-/me" {
					t.Errorf("%s arrives at %s with %d", who, res.Request.URL, res.StatusCode)
				}
				if res := visit(t, client, home+"/-/admin"); (res.StatusCode == http.StatusOK) != may {
					t.Errorf("%s, how the service fares: %d", who, res.StatusCode)
				}
			}
		})
	}
}

// visit reads a page and closes it.
func visit(t *testing.T, client *http.Client, address string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	check0(t, err)
	res, err := client.Do(req)
	check0(t, err)
	check0(t, res.Body.Close())
	return res
}
