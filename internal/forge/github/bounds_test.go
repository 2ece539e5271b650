package github

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

var acme = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

// answering is a server: it is given a request and what was sent, and gives the answer and
// the next page's query, if there is one.
type answering func(req *http.Request, sent string) (status int, body, next string)

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	status, body, next := a(req, string(sent))
	header := http.Header{"Content-Type": {"application/json"}}
	if next != "" {
		header.Set("Link", `<https://api.github.com/x?`+next+`>; rel="next"`)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func answeredBy(t *testing.T, a http.RoundTripper) *Forge {
	t.Helper()
	f, err := New(Config{Name: "github", Token: "t", Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestCallsAtOnceAreBounded holds that so many calls are under way at once, also where one
// connection carries them all, that the others wait, and that who gives up waiting does.
func TestCallsAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	full, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		if req.ProtoMajor != 2 {
			t.Errorf("a call by %s", req.Proto)
		}
		if n == maxConns {
			close(full)
		}
		<-release
		fmt.Fprint(rw, "{}")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	f := answeredBy(t, nil)
	waits, ok := f.cfg.Transport.(*atOnce)
	if !ok {
		t.Fatalf("calls go by a %T", f.cfg.Transport)
	}
	waits.base.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	var all sync.WaitGroup
	call := func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			return err
		}
		res, err := f.cfg.Transport.RoundTrip(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	for range 2 * maxConns {
		all.Go(func() {
			if err := call(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	<-full
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one more: %v", err)
	}
	close(release)
	all.Wait()
	if n := most.Load(); n != maxConns {
		t.Errorf("%d calls were under way at once, want %d", n, maxConns)
	}
}

// TestAbsentAreBounded holds that of more owners without an installation than are
// remembered the last one is.
func TestAbsentAreBounded(t *testing.T) {
	t.Parallel()
	key, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	f, err := New(Config{Name: "github", App: &App{ID: 1, Key: key}, Transport: answering(func(*http.Request, string) (int, string, string) {
		asked++
		return http.StatusNotFound, `{"message":"Not Found"}`, ""
	})})
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxAbsent {
		f.absent[fmt.Sprint("o", i)] = time.Now().Add(time.Hour)
	}
	if _, err := f.installation(t.Context(), "o1", ""); !errors.Is(err, forge.ErrGone) || asked > 0 {
		t.Errorf("%d calls, %v", asked, err)
	}
	for range 2 {
		if _, err := f.installation(t.Context(), "more", ""); !errors.Is(err, forge.ErrGone) {
			t.Error(err)
		}
	}
	if len(f.absent) != 1 || asked != 2 {
		t.Errorf("%d owners are remembered after %d calls", len(f.absent), asked)
	}
}

// TestKeptIsBounded holds that of more labels and pull requests than are remembered the
// last ones are.
func TestKeptIsBounded(t *testing.T) {
	t.Parallel()
	f := answeredBy(t, nil)
	for i := range maxLabels + 1 {
		f.learnLabel(acme, fmt.Sprint("l", i))
		if i == maxLabels-1 && !f.knowsLabel(acme, "l0") {
			t.Error("the first label is forgotten too soon")
		}
	}
	if len(f.labels) > maxLabels || f.knowsLabel(acme, "l0") || !f.knowsLabel(acme, fmt.Sprint("l", maxLabels)) {
		t.Errorf("%d labels are known", len(f.labels))
	}
	var l listPages
	page := listPage{listed: make([]seam.Listed, maxListed/4)}
	for i := range 4 {
		l.put(fmt.Sprint(i), page)
	}
	l.put("3", page) // anew
	if len(l.pages) != 4 {
		t.Errorf("%d pages are kept", len(l.pages))
	}
	l.put("4", listPage{listed: page.listed[:1]})
	if _, last := l.pages["4"]; len(l.pages) != 1 || !last || l.size != 1 {
		t.Errorf("%d pages with %d are kept", len(l.pages), l.size)
	}
}

// TestLargeAnswers holds that an answer of more bytes than are read is an error.
func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	for more, fails := range []bool{false, true} {
		head, tail := `{"token":"t","expires_at":"2030-01-01T00:00:00Z"`, "}"
		made := 0
		guard := tokenGuard{made: func() { made++ }, base: answering(func(*http.Request, string) (int, string, string) {
			return http.StatusCreated, head + strings.Repeat(" ", maxToken-len(head)-len(tail)+more) + tail, ""
		})}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.github.com/app/installations/1/access_tokens", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := guard.RoundTrip(req)
		if err == nil {
			res.Body.Close()
		}
		if (err != nil) != fails || made == 0 != fails {
			t.Errorf("a token's answer with %d bytes too many: %v", more, err)
		}
	}
	for size, fails := range map[int]bool{maxAnswer / 8: false, maxAnswer + 1: true} {
		head, tail := `{"data":{"x":7}`, "}"
		f := answeredBy(t, answering(func(*http.Request, string) (int, string, string) {
			return http.StatusOK, head + strings.Repeat(" ", size-len(head)-len(tail)) + tail, ""
		}))
		var a struct{ X int }
		if err := f.query(t.Context(), acme, "query Q { x }", map[string]any{}, &a); (err != nil) != fails || a.X != 7 == !fails {
			t.Errorf("an answer of %d bytes: %v", size, err)
		}
	}
}

// TestPagesAreBounded holds that lists of more pages than are read are errors, and those of
// as many are not.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		most int
		read func(t *testing.T, f *Forge) error
		page func(page int, last bool) string
	}{
		{"a merge queue", maxQueue, func(t *testing.T, f *Forge) error {
			q, err := f.MergeQueue(t.Context(), acme, "main")
			if err == nil && len(q.Groups) != maxQueue {
				t.Errorf("%d groups", len(q.Groups))
			}
			return err
		}, func(page int, last bool) string {
			return fmt.Sprintf(`{"data":{"repository":{"ref":{"target":{"oid":"tip"}},"mergeQueue":{"entries":{"totalCount":%d,"pageInfo":{"hasNextPage":%t,"endCursor":"%d"},
				"nodes":[{"position":%d,"baseCommit":{"oid":"tip"},"headCommit":{"oid":"h%d"},"pullRequest":{"number":%d,"headRefOid":"p"}}]}}}}}`,
				maxQueue, !last, page, page, page, page)
		}},
		{"a look", maxPages, func(t *testing.T, f *Forge) error {
			pr, none := &pullAnswer{}, 0
			pr.Comments.TotalCount, pr.Commits.TotalCount = &none, &none
			pr.Reviews.PageInfo = pageAnswer{HasNextPage: true}
			return f.readPages(t.Context(), pull.Ref{Repo: acme, Number: 1}, pr)
		}, func(page int, last bool) string {
			return fmt.Sprintf(`{"data":{"repository":{"pullRequest":{"reviews":{"totalCount":0,"pageInfo":{"hasNextPage":%t,"endCursor":"%d"},"nodes":[]},"comments":{"totalCount":0,"pageInfo":{"hasNextPage":false},"nodes":[]},"commits":{"totalCount":0,"pageInfo":{"hasNextPage":false},"nodes":[]}}}}}`, !last, page)
		}},
	} {
		for pages, fails := range map[int]bool{tt.most - 1: false, tt.most + 1: true} {
			if tt.name == "a merge queue" && !fails {
				pages++
			}
			asked := 0
			f := answeredBy(t, answering(func(*http.Request, string) (int, string, string) {
				asked++
				return http.StatusOK, tt.page(asked, asked == pages), ""
			}))
			if err := tt.read(t, f); (err != nil) != fails || asked != min(pages, tt.most) {
				t.Errorf("%s of %d pages: %d are read, %v", tt.name, pages, asked, err)
			}
		}
	}
}

// TestManyStatuses holds that a commit with more statuses than are read is an error.
func TestManyStatuses(t *testing.T) {
	t.Parallel()
	for pages, fails := range map[int]bool{maxStatusPages: false, maxStatusPages + 1: true} {
		f := answeredBy(t, answering(func(req *http.Request, _ string) (int, string, string) {
			page, next := max(1, atoi(req.URL.Query().Get("page"))), ""
			if page < pages {
				next = fmt.Sprint("page=", page+1)
			}
			return http.StatusOK, fmt.Sprintf(`[{"context":"c%d","state":"success","creator":{"login":"x"}}]`, page), next
		}))
		newest, err := newestStatuses(t.Context(), f.clientOf(0), acme, "head", func(*github.RepoStatus) bool { return false })
		if (err != nil) != fails || !fails && len(newest) != pages {
			t.Errorf("%d pages: %d statuses, %v", pages, len(newest), err)
		}
	}
}

// compared is a comparison of a row of commits, each with the one before it as parent and
// some with another one.
func compared(total, met int) answering {
	return func(req *http.Request, _ string) (int, string, string) {
		if !strings.HasSuffix(req.URL.Path, "base...head") { // of what was met with another one
			return http.StatusOK, `{"status":"behind","total_commits":0,"merge_base_commit":{"sha":"m"},"commits":[]}`, ""
		}
		page := max(1, atoi(req.URL.Query().Get("page")))
		var commits []string
		for i := (page - 1) * pageSize; i < min(total, page*pageSize); i++ {
			parents := fmt.Sprintf(`{"sha":"c%d"}`, i-1)
			if i == 0 {
				parents = `{"sha":"m"}`
			} else if i < met {
				parents += fmt.Sprintf(`,{"sha":"x%d"}`, i)
			}
			commits = append(commits, fmt.Sprintf(`{"sha":"c%d","parents":[%s]}`, i, parents))
		}
		return http.StatusOK, fmt.Sprintf(`{"status":"ahead","total_commits":%d,"merge_base_commit":{"sha":"m"},"commits":[%s]}`, total,
			strings.Join(commits, ",")), ""
	}
}

// TestHistoryIsBounded holds that between commits that more lies between than is read, or
// that met in more places than are looked at, the merge base is not known.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		total, met int
		fails      bool
	}{{maxGraph, 0, false}, {maxGraph + 1, 0, true}, {maxMet + 5, maxMet, false}, {maxMet + 5, maxMet + 1, true}} {
		f := answeredBy(t, compared(tt.total, tt.met))
		bases, err := f.MergeBases(t.Context(), acme, "base", "head")
		if errors.Is(err, pull.ErrTooLarge) != tt.fails || !tt.fails && (err != nil || !slices.Equal(bases, []string{"m"})) {
			t.Errorf("%d commits that met the base in %d places: %v, %v", tt.total, tt.met, bases, err)
		}
	}
}

// TestDeliveriesAreBounded holds that of the list of deliveries so many pages are read, and
// that one that failed often enough is not asked for again.
func TestDeliveriesAreBounded(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)
	failed := func(pages, attempts int) (listed int, guids []string) {
		key, err := rsaKey()
		if err != nil {
			t.Fatal(err)
		}
		f, err := New(Config{Name: "github", App: &App{ID: 1, Key: key}, Transport: answering(func(*http.Request, string) (int, string, string) {
			listed++
			next := ""
			if listed < pages {
				next = fmt.Sprint("cursor=", listed+1)
			}
			return http.StatusOK, fmt.Sprintf(`[{"id":%d,"guid":"g%d","delivered_at":%q,"status_code":503}]`, listed, (listed-1)/attempts, at), next
		})})
		if err != nil {
			t.Fatal(err)
		}
		list, err := f.failedDeliveries(t.Context(), time.Now().Add(-3*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			guids = append(guids, d.GetGUID())
		}
		return listed, guids
	}
	if listed, guids := failed(maxDeliveries+1, 1); listed != maxDeliveries || len(guids) != maxDeliveries {
		t.Errorf("%d pages are read, %d deliveries are to be asked for", listed, len(guids))
	}
	for attempts, want := range map[int]int{maxAttempts - 1: 1, maxAttempts: 0} {
		if _, guids := failed(attempts, attempts); len(guids) != want {
			t.Errorf("%d attempts: %v", attempts, guids)
		}
	}
}

func atoi(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// rsaKey is an App's key, which is short, as it guards nothing.
var rsaKey = sync.OnceValues(func() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // it guards nothing
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), nil
})
