package gitea

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestCallsAtOnce holds that so many connections are open at once, and that all calls are made.
func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	full := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		if n == maxConns {
			close(full)
		}
		<-full
		io.WriteString(w, `{"commit":{"id":"x"}}`) //nolint:errcheck // a test's answer
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "site", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	for range 2 * maxConns {
		group.Go(func() error {
			_, err := f.Tip(t.Context(), pull.Repo{Forge: "site", Owner: "a", Name: "b"}, "main")
			return err
		})
	}
	if err := group.Wait(); err != nil || most.Load() != maxConns {
		t.Errorf("%d calls at once, %v", most.Load(), err)
	}
}

// TestLargeAnswer holds that an answer of more bytes than may be held is an error.
func TestLargeAnswer(t *testing.T) {
	t.Parallel()
	for more, ok := range map[int]bool{-100: true, 1: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"commit":{"id":"x"},"more":[1%s]}`, strings.Repeat(",1", (maxAnswer+more)/2))
		}))
		f, err := New(Config{Name: "site", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Tip(t.Context(), pull.Repo{Forge: "site", Owner: "a", Name: "b"}, "main"); (err == nil) != ok {
			t.Errorf("%d more: %v", more, err)
		}
		server.Close()
	}
}

// TestEndlessList holds that a list whose pages never end is an error that says so.
func TestEndlessList(t *testing.T) {
	t.Parallel()
	count := 0
	f := paged(t, func(asked int) []map[string]any { count++; return numbered(1, (asked+2)*pageSize) },
		func(all, _ []map[string]any) int { return maxPages * pageSize * 2 })
	if _, err := list[reviewAnswer](t.Context(), f, "repos/a/b/pulls/1/reviews", nil); !errors.Is(err, pull.ErrTooLarge) || count != maxPages {
		t.Errorf("%d pages, %v", count, err)
	}
}

// endless is text that begins somehow, and goes on without end.
type endless struct {
	begin, more string
	read        int64
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if e.begin == "" {
			e.begin = e.more
		}
		k := copy(p[n:], e.begin)
		e.begin, n = e.begin[k:], n+k
	}
	e.read += int64(n)
	return n, nil
}

// TestEndlessTalk holds that comments that never end are an error, be they many or large.
func TestEndlessTalk(t *testing.T) {
	t.Parallel()
	all, err := readComments(&endless{begin: `[{"id":1}`, more: strings.Repeat(`,{"id":1}`, 1000)}, pull.Person{})
	if !errors.Is(err, pull.ErrTooLarge) || len(all) > maxComments+1 {
		t.Errorf("%d comments, %v", len(all), err)
	}
	large := &endless{begin: `[{"id":1}`, more: strings.Repeat(" ", 1<<16)}
	if all, err := readComments(large, pull.Person{}); err == nil || large.read > maxTalk {
		t.Errorf("%d comments of %d bytes, %v", len(all), large.read, err)
	}
}
