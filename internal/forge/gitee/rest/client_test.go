package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

var linux = pull.Repo{Forge: "site", Owner: "acme", Name: "linux"}

// serving is a client of a server that answers as a test says.
func serving(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL + "/api/v5/")
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{URL: at, Token: "hunter2", Transport: http.DefaultTransport, Now: time.Now})
}

// TestErrors holds the errors of both servers, and their kinds.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		says   string
		kind   error
	}{
		{404, `{"message":"404 Project Not Found"}`, "HTTP 404: 404 Project Not Found", forge.ErrNotFound},
		{404, `{"error_code":404,"error_code_name":"NOT_PATH","error_message":"Label Not Found","trace_id":"x"}`, "HTTP 404: Label Not Found", forge.ErrNotFound},
		{403, `{"error_code_name":"FORBIDDEN"}`, "HTTP 403: FORBIDDEN", forge.ErrForbidden},
		{400, `{"message":["a","b"]}`, "HTTP 400", pull.ErrRefused}, {422, ``, "HTTP 422", pull.ErrRefused}, {418, `{}`, "HTTP 418", pull.ErrRefused},
		{500, `<html>`, "HTTP 500", nil}, {401, `{"message":"401 Unauthorized: Access token does not exist"}`, "Access token", nil},
		{200, `<html>`, "is not what it should be", nil}, {200, ``, "empty", forge.ErrEmpty},
	} {
		client := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			io.WriteString(w, c.body) //nolint:errcheck // a test's answer
		})
		var out map[string]any
		err := client.Get(t.Context(), RepoPath(linux), nil, &out)
		if err == nil || !strings.Contains(err.Error(), c.says) || c.kind != nil && !errors.Is(err, c.kind) ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%d %s: %v", c.status, c.body, err)
		}
		if c.status != 200 && Status(err) != c.status || Declined(err) != (c.status == 404 || c.status == 403 || c.kind == pull.ErrRefused) { //nolint:errorlint // that very one
			t.Errorf("%d: status %d, declined %t", c.status, Status(err), Declined(err))
		}
	}
}

// TestLists holds when a list ends, and that one which has fewer or more than the server
// counts is an error.
func TestLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pages  []int // how many things each has
		header map[string]string
		want   int // negative for an error
		calls  int
	}{
		"a short page":                 {[]int{3}, nil, 3, 1},
		"nothing":                      {[]int{0}, nil, 0, 1},
		"two pages":                    {[]int{100, 7}, nil, 107, 2},
		"a full last page":             {[]int{100, 100}, nil, 200, 3},
		"smaller pages than asked for": {[]int{20, 20, 5}, nil, 45, 3},
		"total_page":                   {[]int{20, 20}, map[string]string{"total_page": "2", "total_count": "40"}, 40, 2},
		"one thing of two":             {[]int{1}, map[string]string{"total_page": "1", "total_count": "2"}, -1, 1},
		"more than counted":            {[]int{3}, map[string]string{"total_page": "1", "total_count": "2"}, -1, 1},
		"no pages at all":              {[]int{250}, nil, 250, 1},
	} {
		calls := 0
		client := serving(t, func(w http.ResponseWriter, r *http.Request) {
			calls++
			page := 0
			if _, err := fmt.Sscan(r.URL.Query().Get("page"), &page); err != nil || r.URL.Query().Get("per_page") != "100" {
				t.Errorf("%s", r.URL)
			}
			for k, v := range c.header {
				w.Header().Set(k, v)
			}
			var things []string
			for i := range append(c.pages, 0)[page-1] {
				things = append(things, fmt.Sprintf(`{"name":"%d-%d"}`, page, i))
			}
			io.WriteString(w, "["+strings.Join(things, ",")+"]") //nolint:errcheck // a test's answer
		})
		all, err := List[Label](t.Context(), client, RepoPath(linux, "labels"), nil)
		if len(all) != max(c.want, 0) || (err != nil) != (c.want < 0) || calls != c.calls {
			t.Errorf("%s: %d in %d calls, %v", name, len(all), calls, err)
		}
	}
	same := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "["+strings.TrimSuffix(strings.Repeat(`{"name":"a"},`, 20), ",")+"]") //nolint:errcheck // likewise
	})
	if all, err := List[Label](t.Context(), same, "labels", nil); len(all) != 20 || err != nil {
		t.Errorf("a server without pages: %d, %v", len(all), err)
	}
	endless := 0
	more := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		endless++
		fmt.Fprintf(w, `[{"name":"%d"}%s]`, endless, strings.Repeat(`,{"name":"a"}`, 99))
	})
	if _, err := List[Label](t.Context(), more, "labels", nil); !errors.Is(err, pull.ErrTooLarge) {
		t.Errorf("a list without end: %v", err)
	}
}

// TestRequests holds how requests are made: paths are escaped, a form is a form, and no
// write is forwarded.
func TestRequests(t *testing.T) {
	t.Parallel()
	var seen []string
	client := serving(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		seen = append(seen, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.EscapedPath(), r.Header.Get("Content-Type"), body))
		http.Redirect(w, r, "/api/v5/elsewhere", http.StatusMovedPermanently)
	})
	for _, body := range []any{nil, map[string]string{"a": "b"}, url.Values{"a": {"b c"}}} {
		_, err := client.Call(t.Context(), http.MethodPost, RepoPath(linux, "branches", "a/b"), nil, body, nil)
		if !errors.Is(err, forge.ErrNotFound) {
			t.Errorf("%v: %v", body, err)
		}
	}
	const at = "POST /api/v5/repos/acme/linux/branches/a%2Fb "
	want := []string{at + " ", at + `application/json {"a":"b"}`, at + "application/x-www-form-urlencoded a=b+c"}
	for i := range want {
		if i >= len(seen) || seen[i] != want[i] {
			t.Errorf("requests %q, want %q", seen, want)
			break
		}
	}
}

// always answers without a network.
type always struct{ calls int }

func (a *always) RoundTrip(*http.Request) (*http.Response, error) {
	a.calls++
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
}

// TestOnePullRequestIsServed holds that where few calls are taken, one evaluation may make all
// that it needs, be it a sweep's.
func TestOnePullRequestIsServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := &url.URL{Scheme: "https", Host: "site.example", Path: "/api/v5/"}
		client := New(Config{URL: at, Token: "t", Limits: []Limit{{Most: 50, Over: time.Minute}, {Most: 4000, Over: time.Hour}}, SweepShare: 20,
			Transport: &always{}, Now: time.Now})
		ctx := forge.Background(forge.For(t.Context(), pull.Ref{Repo: linux, Number: 1}))
		for n := range aRequest {
			if _, err := client.Call(ctx, http.MethodGet, "user", nil, nil, nil); err != nil {
				t.Fatalf("call %d: %v", n+1, err)
			}
		}
	})
}

// TestPace holds that calls keep to the server's limit, that sweeps have but a share of it,
// and that what takes a success back finds a place.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		net := &always{}
		at := &url.URL{Scheme: "https", Host: "site.example", Path: "/api/v5/"}
		client := New(Config{URL: at, Token: "t", Limits: []Limit{{Most: 50, Over: time.Minute}}, SweepShare: 20, Transport: net, Now: time.Now})
		ask := func(kind string, number int) bool {
			ctx := forge.For(t.Context(), pull.Ref{Repo: linux, Number: number})
			switch kind {
			case "sweep":
				ctx = forge.Background(ctx)
			case "urgent": // in a sweep's evaluation, too
				ctx = forge.Urgent(forge.Background(ctx))
			}
			_, err := client.Call(ctx, http.MethodGet, "user", nil, nil, nil)
			if limit, limited := errors.AsType[*forge.LimitError](err); err != nil && (!limited || limit.Minor != (kind == "sweep")) {
				t.Fatal(err)
			}
			return err == nil
		}
		count := func(kind string) (n int) {
			for number := 1; number <= 100; number++ {
				if ask(kind, number) {
					n++
				}
			}
			return n
		}
		// A share that is enough for one evaluation, and what no event needs but a quarter.
		if n := count("sweep"); n != aRequest+8 {
			t.Errorf("sweeps made %d calls of 50", n)
		}
		if n := count("evaluation"); n != 12 { // and a tenth is left to what is urgent
			t.Errorf("beside sweeps there were %d calls", n)
		}
		if n := count("urgent"); n == 0 || net.calls > 50 {
			t.Errorf("%d urgent calls, %d in all", n, net.calls)
		}
		<-time.After(time.Minute)
		if !ask("sweep", 1) {
			t.Error("nothing is free after a minute")
		}
		<-time.After(time.Minute)
		for range 10 {
			ask("evaluation", 1)
		}
		if n := count("sweep"); n != aRequest { // where things happen, their share alone
			t.Errorf("beside 10 calls sweeps made %d", n)
		}
		if until := client.Limited(); !until.IsZero() {
			t.Errorf("our own pace is told as the server's limit: %s", until)
		}
	})
}

// TestEventsAreBounded holds that of calls for events the last are remembered, and no more than
// some.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	var e events
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for i := range 3 * maxEvents {
		e.note(now.Add(time.Duration(i) * time.Millisecond))
	}
	if n := len(e.sent); n > maxEvents || n < maxEvents/2 {
		t.Errorf("%d are remembered", n)
	}
	last := e.sent[len(e.sent)-1]
	if got := e.idle(50, 9*time.Millisecond)(last); got != 50-2*10 {
		t.Errorf("after ten calls %d are left", got)
	}
}

// TestLimit holds that the server's limit keeps calls back until it ends.
func TestLimit(t *testing.T) {
	t.Parallel()
	calls := 0
	client := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for range 2 {
		_, err := client.Call(t.Context(), http.MethodGet, "user", nil, nil, nil)
		if limit, ok := errors.AsType[*forge.LimitError](err); !ok || limit.Minor {
			t.Errorf("%v", err)
		}
	}
	if calls != 1 || client.Limited().IsZero() {
		t.Errorf("%d calls, limited until %s", calls, client.Limited())
	}
}
